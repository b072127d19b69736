"""Reads of accounts. ``find_`` returns None, ``get_`` raises, ``list_`` returns what there is."""

from collections.abc import Iterable
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from trace.accounts import rules
from trace.accounts.models import (
    AccountNotice,
    ApiKey,
    Approval,
    Commune,
    Location,
    Membership,
    Organisation,
    OrganisationKind,
    Party,
    Province,
    Role,
    SignIn,
    User,
)
from trace.core.errors import NotFound
from trace.core.reading import Reading
from trace.core.text import fold

HANOI_CODE = "01"
MOST_SUGGESTIONS = 20
_IS_MEMBER = (Membership.ended_at.is_(None), Membership.accepted_at.is_not(None))
_IS_INVITED = (Membership.ended_at.is_(None), Membership.accepted_at.is_(None))
_RECEIVER = Reading(
    "select {o}, {l} from organisations o left join locations l on l.organisation_id = o.id"
    " where o.id = %s and o.approval = %s and o.kind <> %s and o.id <> %s order by l.created_at, l.id",
    o=Organisation,
    l=Location,
)


def find_user_by_phone(session: Session, phone: str) -> User | None:
    """The user with this E.164 number."""
    return session.scalars(select(User).where(User.phone == phone)).one_or_none()


def list_memberships(session: Session, user_id: UUID) -> list[Membership]:
    """The user's current memberships, oldest first; invitations are none."""
    wanted = select(Membership).where(Membership.user_id == user_id, *_IS_MEMBER)
    return list(session.scalars(wanted.order_by(Membership.created_at, Membership.id)))


def list_invitations(session: Session, user_id: UUID) -> list[Membership]:
    """What the user was invited to and has not answered, oldest first."""
    wanted = select(Membership).where(Membership.user_id == user_id, *_IS_INVITED)
    return list(session.scalars(wanted.order_by(Membership.created_at, Membership.id)))


def list_members(session: Session, organisation_id: UUID) -> list[Membership]:
    """Who belongs to an organisation now, owners first; those only invited are not among them."""
    wanted = select(Membership).where(Membership.organisation_id == organisation_id, *_IS_MEMBER)
    return list(session.scalars(wanted.order_by(Membership.role, Membership.created_at)))


def list_invited(session: Session, organisation_id: UUID) -> list[Membership]:
    """Who was invited and has not answered. Their names are not the organisation's to know."""
    wanted = select(Membership).where(Membership.organisation_id == organisation_id, *_IS_INVITED)
    return list(session.scalars(wanted.order_by(Membership.created_at, Membership.id)))


def find_membership(session: Session, user_id: UUID, organisation_id: UUID) -> Membership | None:
    """The user's current membership of this organisation; an invitation is none."""
    found = find_member_or_invited(session, user_id, organisation_id)
    return found if found is not None and found.is_accepted else None


def find_member_or_invited(session: Session, user_id: UUID, organisation_id: UUID) -> Membership | None:
    """The user's current membership of this organisation, accepted or not. Never a ground to let anybody act."""
    return session.scalars(
        select(Membership).where(
            Membership.user_id == user_id,
            Membership.organisation_id == organisation_id,
            Membership.ended_at.is_(None),
        )
    ).one_or_none()


def get_membership(session: Session, user_id: UUID, organisation_id: UUID) -> Membership:
    """The user's current membership of this organisation, or ``NotFound``."""
    found = find_membership(session, user_id, organisation_id)
    if found is None:
        raise NotFound(_l("There is no such person in your organisation."), code="member-not-found")
    return found


def get_member_or_invited(session: Session, user_id: UUID, organisation_id: UUID) -> Membership:
    """The same with those only invited, or ``NotFound``: an invitation can be taken back."""
    found = find_member_or_invited(session, user_id, organisation_id)
    if found is None:
        raise NotFound(_l("There is no such person in your organisation."), code="member-not-found")
    return found


def count_owners(session: Session, organisation_id: UUID) -> int:
    """How many owners an organisation has; below two it is nudged to name another."""
    return session.scalar(
        select(func.count())
        .select_from(Membership)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.role == Role.OWNER,
            *_IS_MEMBER,
        )
    ) or 0  # fmt: skip


def list_sign_ins(session: Session, user_id: UUID) -> list[SignIn]:
    """The devices where the user is signed in, most recent first."""
    wanted = select(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    return list(session.scalars(wanted.order_by(SignIn.last_seen_at.desc())))


def list_notices(session: Session, sign_in: SignIn) -> list[AccountNotice]:
    """What happened to the account and was not yet dismissed on this device."""
    wanted = select(AccountNotice).where(
        AccountNotice.user_id == sign_in.user_id, AccountNotice.created_at > sign_in.notices_seen_at
    )
    return list(session.scalars(wanted.order_by(AccountNotice.created_at)))


def get_organisation(session: Session, organisation_id: UUID) -> Organisation:
    """The organisation, or ``NotFound``."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound(_l("There is no such organisation."), code="organisation-not-found")
    return found


def load_seats(session: Session, organisations: Iterable[Organisation]) -> None:
    """Read the places of several organisations in one question, not in one for each whose seat is asked for."""
    missing = {one.id for one in organisations if "locations" in inspect(one).unloaded}
    if missing:
        wanted = select(Organisation).where(Organisation.id.in_(missing))
        session.scalars(wanted.options(joinedload(Organisation.locations))).unique().all()


def list_organisations(session: Session, approval: Approval) -> list[Organisation]:
    """Organisations in one state of approval, longest waiting first."""
    wanted = select(Organisation).where(Organisation.approval == approval)
    return list(session.scalars(wanted.order_by(Organisation.created_at)))


def list_receivers(session: Session, sender_id: UUID, typed: str = "") -> list[Organisation]:
    """Approved organisations that goods may be shipped to, by name; at most 20 when something is typed."""
    wanted = select(Organisation).where(
        Organisation.approval == Approval.APPROVED,
        Organisation.kind != OrganisationKind.AUTHORITY,
        Organisation.id != sender_id,
    )
    if typed:
        wanted = wanted.where(Organisation.name_folded.contains(fold(typed), autoescape=True)).limit(
            MOST_SUGGESTIONS
        )
    return list(session.scalars(wanted.order_by(Organisation.name_folded)))


def find_receiver(session: Session, sender_id: UUID, organisation_id: UUID) -> Organisation | None:
    """An approved organisation that goods may be shipped to, with its places."""
    rows = _RECEIVER.all(session, organisation_id, Approval.APPROVED, OrganisationKind.AUTHORITY, sender_id)
    if not rows:
        return None
    found: Organisation = rows[0][0]
    set_committed_value(found, "locations", [place for _organisation, place in rows if place])
    return found


def list_near_duplicates(session: Session, organisation: Organisation) -> list[Organisation]:
    """Other organisations with the same phone or tax code, or a name that is nearly the same."""
    others = session.scalars(
        select(Organisation).where(
            Organisation.id != organisation.id, Organisation.kind != OrganisationKind.AUTHORITY
        )
    )
    return [
        other
        for other in others
        if other.phone == organisation.phone
        or (organisation.tax_code is not None and other.tax_code == organisation.tax_code)
        or rules.names_are_alike(other.name, organisation.name)
    ]


def get_location(session: Session, organisation_id: UUID, location_id: UUID) -> Location:
    """A place of this organisation, or ``NotFound``."""
    found = session.get(Location, location_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound(_l("There is no such place."), code="location-not-found")
    return found


def find_commune(session: Session, code: str) -> Commune | None:
    """The commune of today's list with this five-digit code."""
    found = session.get(Commune, code)
    return found if found is not None and found.valid_to is None else None


def list_communes(session: Session, province_code: str = HANOI_CODE) -> list[Commune]:
    """The communes of one province by name."""
    wanted = select(Commune).where(Commune.province_code == province_code, Commune.valid_to.is_(None))
    return list(session.scalars(wanted.order_by(Commune.name_folded)))


def list_provinces(session: Session) -> list[Province]:
    """All provinces: Hanoi first, then by code."""
    return list(session.scalars(select(Province).order_by(Province.code != HANOI_CODE, Province.code)))


def search_communes(session: Session, typed: str) -> list[Commune]:
    """Up to 20 communes of the whole country whose name holds what was typed, Hanoi's first."""
    wanted = (
        select(Commune)
        .where(Commune.name_folded.contains(fold(typed), autoescape=True), Commune.valid_to.is_(None))
        .order_by(Commune.province_code != HANOI_CODE, Commune.name_folded)
        .limit(MOST_SUGGESTIONS)
    )
    return list(session.scalars(wanted))


def list_parties(session: Session, organisation_id: UUID) -> list[Party]:
    """An organisation's address book by name."""
    wanted = select(Party).where(Party.organisation_id == organisation_id)
    return list(session.scalars(wanted.order_by(Party.name)))


def find_party(session: Session, organisation_id: UUID, party_id: UUID) -> Party | None:
    """A party of this organisation's own address book."""
    return session.scalars(
        select(Party).where(Party.organisation_id == organisation_id, Party.id == party_id)
    ).one_or_none()


def list_api_keys(session: Session, organisation_id: UUID) -> list[ApiKey]:
    """The organisation's keys that still work."""
    wanted = select(ApiKey).where(ApiKey.organisation_id == organisation_id, ApiKey.revoked_at.is_(None))
    return list(session.scalars(wanted.order_by(ApiKey.created_at)))
