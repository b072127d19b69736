"""People sign up and found organisations; an organisation changes what it states, and its places. Never commits."""

from dataclasses import dataclass
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from trace.accounts import queries, rules
from trace.accounts.checks import check_commune, phone_number
from trace.accounts.models import Approval, Location, Membership, Organisation, OrganisationKind, Role, User
from trace.accounts.permissions import Actor, require_owner
from trace.accounts.security_log import Action, record
from trace.accounts.sessions import check_new_password, hash_password
from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.core.revisions import revise
from trace.core.short_codes import new_code
from trace.core.text import fold

# One shorter than a batch code: a place is never mistaken for goods.
PLACE_CODE_LENGTH = 9


class PhoneTaken(Refusal):
    """There is an account with this number."""

    code = "phone-taken"


class TaxCodeTaken(Refusal):
    """An approved organisation has this tax code."""

    code = "tax-code-taken"


@dataclass(frozen=True)
class Place:
    """Where something is: a commune of today's list and the address as people write it."""

    commune_code: str
    address: str
    name: str = ""


@dataclass(frozen=True)
class NewOrganisation:
    """What a person who founds an organisation states about it; phone and tax code as typed."""

    kind: OrganisationKind
    name: str
    phone: str
    place: Place
    tax_code: str = ""
    description: str = ""


def sign_up(session: Session, phone: str, name: str, password: str, language: str = "vi") -> User:
    """Create an account. Raises ``BadInput`` on phone or password, ``PhoneTaken``."""
    number = phone_number(phone, "phone")
    check_new_password(password)
    return add_person(session, number, name, hash_password(password), language)


def add_person(session: Session, number: str, name: str, password_hash: str, language: str = "vi") -> User:
    """Create an account whose telephone ``number`` was read and whose password was hashed. Raises ``PhoneTaken``."""
    user = User(phone=number, name=name, password_hash=password_hash, language=language)
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise PhoneTaken(
            _l("There is an account with this number. Sign in, or ask for a recovery code."), field="phone"
        ) from error
    record(session, Action.SIGNED_UP, user_id=user.id)
    return user


def create_organisation(
    session: Session, user: User, stated: NewOrganisation, *, is_demo: bool = False
) -> Organisation:
    """Found an organisation with ``user`` as its owner; it waits for approval, drafts are allowed meanwhile."""
    if stated.kind == OrganisationKind.AUTHORITY:
        raise BadInput(
            _l("An authority is set up by the operator."), code="authority-by-operator", field="kind"
        )
    return _found(session, user, stated, Approval.PENDING, is_demo=is_demo)


def create_authority(
    session: Session, user: User, stated: NewOrganisation, *, is_demo: bool = False
) -> Organisation:
    """Set up an authority; for the operator's command line and the demo, never for a form."""
    return _found(session, user, stated, Approval.APPROVED, is_demo=is_demo)


def change_organisation(
    session: Session,
    actor: Actor,
    *,
    name: str,
    phone: str,
    tax_code: str,
    description: str,
    is_named_publicly: bool,
) -> None:
    """Change the profile. A new tax code of an approved organisation needs approval again, and so does a name that no
    longer resembles the approved one: an officer vouched for who this is."""
    require_owner(actor)
    # Locked, so that an officer approves what was seen and never what is being written.
    organisation = session.get_one(
        Organisation, actor.organisation_id, with_for_update=True, populate_existing=True
    )
    was_approved, old_tax_code = organisation.is_approved, organisation.tax_code
    approved_name = organisation.approved_name or organisation.name
    values = {
        "name": name,
        "name_folded": fold(name),
        "phone": phone_number(phone, "phone"),
        "tax_code": _tax_code(session, tax_code, organisation.id),
        "description": description,
        "is_named_publicly": is_named_publicly,
    }
    revise(session, organisation, values, actor.user_id)
    is_another = not rules.names_are_alike(approved_name, name) or organisation.tax_code != old_tax_code
    if (was_approved and is_another) or organisation.approval == Approval.NEEDS_CHANGES:
        organisation.approval = Approval.PENDING


def add_location(session: Session, organisation: Organisation, place: Place) -> Location:
    """Add a place. Raises ``BadInput`` where the commune is not in today's list."""
    check_commune(session, place.commune_code)
    location = Location(
        organisation_id=organisation.id,
        code=new_code(PLACE_CODE_LENGTH),
        name=place.name or organisation.name,
        commune_code=place.commune_code,
        address_as_written=place.address,
    )
    session.add(location)
    session.flush()
    session.refresh(organisation, ["locations"])
    return location


def change_location(session: Session, actor: Actor, location_id: UUID, place: Place) -> Location:
    """Change a place of one's own organisation; what it was stays in the revisions."""
    # The seat is part of what an officer approves: the same lock as the profile's.
    session.execute(select(Organisation.id).where(Organisation.id == actor.organisation_id).with_for_update())
    location = queries.get_location(session, actor.organisation_id, location_id)
    check_commune(session, place.commune_code)
    values = {
        "name": place.name or location.name,
        "commune_code": place.commune_code,
        "address_as_written": place.address,
    }
    revise(session, location, values, actor.user_id)
    session.refresh(location)
    return location


def _found(
    session: Session, user: User, stated: NewOrganisation, approval: Approval, *, is_demo: bool
) -> Organisation:
    organisation = Organisation(
        kind=stated.kind,
        name=stated.name,
        name_folded=fold(stated.name),
        phone=phone_number(stated.phone, "organisation_phone"),
        tax_code=_tax_code(session, stated.tax_code, None),
        description=stated.description,
        approval=approval,
        approved_at=clock.now() if approval == Approval.APPROVED else None,
        approved_name=stated.name if approval == Approval.APPROVED else None,
        is_demo=is_demo,
    )
    session.add(organisation)
    session.flush()
    add_location(session, organisation, stated.place)
    session.add(
        Membership(user_id=user.id, organisation_id=organisation.id, role=Role.OWNER, accepted_at=clock.now())
    )
    session.flush()
    record(session, Action.ORGANISATION_CREATED, user_id=user.id, organisation_id=organisation.id,
           subject_id=organisation.id)  # fmt: skip
    return organisation


def _tax_code(session: Session, typed: str, of: UUID | None) -> str | None:
    if not typed:
        return None
    number = rules.normalise_tax_code(typed)
    if number is None:
        raise BadInput(
            _l("A tax code has 10 or 13 digits (a household: 12). Check the digits, or leave it empty."),
            code="tax-code-malformed",
            field="tax_code",
        )
    taken = exists().where(
        Organisation.tax_code == number, Organisation.approval == Approval.APPROVED, Organisation.id != of
    )
    if session.scalar(select(taken)):
        raise TaxCodeTaken(
            _l("Another organisation has this tax code. If it is yours, call the authority."),
            field="tax_code",
        )
    return number
