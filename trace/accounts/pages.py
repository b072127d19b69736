"""What the pages of accounts show where that is more than a form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trace.accounts import queries, texts
from trace.accounts.models import Commune, Location, Membership, Organisation, Province, User
from trace.accounts.permissions import Actor
from trace.accounts.rules import readable_phone
from trace.core.forms import Form
from trace.core.revisions import Revision

MOST_REVISIONS = 10


@dataclass(frozen=True)
class CommuneChoice:
    """The two lists a place is chosen from: all provinces, and the communes of one of them."""

    provinces: list[Province]
    communes: list[Commune]
    province_code: str

    @property
    def province_options(self) -> list[tuple[str, str]]:
        return [(province.code, province.name) for province in self.provinces]

    @property
    def commune_options(self) -> list[tuple[str, str]]:
        return [(commune.code, commune.name) for commune in self.communes]


@dataclass(frozen=True)
class Change:
    """One changed field of an organisation or of one of its places, in words."""

    at: datetime
    by: str | None
    place: str | None
    field: Any
    old: Any
    new: Any


@dataclass(frozen=True)
class OrganisationPage:
    """An organisation as its members see it."""

    organisation: Organisation
    locations: list[Location]
    members: list[Membership]
    owner_count: int
    key_count: int
    changes: list[Change]


def commune_choice(session: Session, form: Form) -> CommuneChoice:
    """The lists for a form with ``province_code`` and ``commune_code``: of the chosen province, else of Hanoi."""
    provinces = queries.list_provinces(session)
    asked = form.value("province_code")
    code = asked if asked in {province.code for province in provinces} else queries.HANOI_CODE
    return CommuneChoice(provinces, queries.list_communes(session, code), code)


def organisation_page(session: Session, actor: Actor) -> OrganisationPage:
    """The acting organisation with its places, people and latest changes."""
    organisation = actor.organisation
    locations = [place for place in organisation.locations if place.closed_at is None]
    return OrganisationPage(
        organisation=organisation,
        locations=locations,
        members=queries.list_members(session, organisation.id),
        owner_count=queries.count_owners(session, organisation.id),
        key_count=len(queries.list_api_keys(session, organisation.id)),
        changes=_list_changes(session, organisation),
    )


def _list_changes(session: Session, organisation: Organisation) -> list[Change]:
    places = {place.id: place.name for place in organisation.locations}
    wanted = (
        select(Revision)
        .where(
            or_(
                and_(Revision.subject_kind == "organisations", Revision.subject_id == organisation.id),
                and_(Revision.subject_kind == "locations", Revision.subject_id.in_(places)),
            )
        )
        .order_by(Revision.revised_at.desc(), Revision.id.desc())
        .limit(MOST_REVISIONS)
    )
    latest = list(session.scalars(wanted))
    names = _names(session, {revision.revised_by for revision in latest if revision.revised_by})
    return [
        Change(
            at=revision.revised_at,
            by=names.get(revision.revised_by) if revision.revised_by else None,
            place=places.get(revision.subject_id),
            field=texts.FIELDS.get(field, field),
            old=_in_words(session, field, change["old"]),
            new=_in_words(session, field, change["new"]),
        )
        for revision in latest
        for field, change in revision.changes.items()
        if field not in texts.DERIVED_FIELDS
    ]


def _names(session: Session, user_ids: set[UUID]) -> dict[UUID, str]:
    return {user.id: user.name for user in session.scalars(select(User).where(User.id.in_(user_ids)))}


def _in_words(session: Session, field: str, value: Any) -> Any:
    if value is None or value == "":
        return _l("empty")
    if isinstance(value, bool):
        return _l("yes") if value else _l("no")
    if field == "commune_code" and isinstance(value, str):
        commune = session.get(Commune, value)
        return commune.full_name if commune else value
    if field == "phone" and isinstance(value, str):
        return readable_phone(value)
    return value
