"""Use cases of accounts: people, organisations, members, places, parties, approval. Never commits."""

import hashlib
import json
from dataclasses import dataclass
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from trace.accounts import queries, rules
from trace.accounts.models import (
    Approval,
    Location,
    Membership,
    Organisation,
    OrganisationKind,
    Party,
    PartyKind,
    Role,
    User,
)
from trace.accounts.permissions import Actor, require_officer, require_owner
from trace.accounts.security_log import Action, record
from trace.accounts.sessions import check_new_password, hash_password, revoke_api_keys_of
from trace.core import clock
from trace.core.errors import BadInput, NotFound, Refusal
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


class ChangedMeanwhile(Refusal):
    """What an officer approves is not what the officer looked at."""

    code = "changed-meanwhile"


class LastOwner(Refusal):
    """An organisation never loses its last owner."""

    code = "last-owner"


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
    number = _number(phone, "phone")
    check_new_password(password)
    user = User(phone=number, name=name, password_hash=hash_password(password), language=language)
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
        "phone": _number(phone, "phone"),
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
    if queries.find_commune(session, place.commune_code) is None:
        raise BadInput(
            _l("Choose the commune or ward from the list."), code="commune-unknown", field="commune_code"
        )
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
    if queries.find_commune(session, place.commune_code) is None:
        raise BadInput(
            _l("Choose the commune or ward from the list."), code="commune-unknown", field="commune_code"
        )
    values = {
        "name": place.name or location.name,
        "commune_code": place.commune_code,
        "address_as_written": place.address,
    }
    revise(session, location, values, actor.user_id)
    session.refresh(location)
    return location


def add_member(session: Session, actor: Actor, phone: str, role: Role) -> Membership:
    """Invite somebody who has an account: it becomes a membership when that person accepts.

    Raises ``BadInput`` when nobody has the number, or that person is a member or invited already.
    """
    require_owner(actor)
    user = queries.find_user_by_phone(session, _number(phone, "phone"))
    if user is None:
        raise BadInput(
            _l("Nobody has signed up with this number yet. Ask them to sign up first."),
            code="person-not-found",
            field="phone",
        )
    membership = Membership(user_id=user.id, organisation_id=actor.organisation_id, role=role)
    try:
        with session.begin_nested():
            session.add(membership)
    except IntegrityError as error:  # the index decides: two requests at once would both find nobody
        raise BadInput(
            _l("This person is already a member or invited."), code="already-a-member", field="phone"
        ) from error
    record(session, Action.MEMBER_INVITED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=user.id, role=role)  # fmt: skip
    return membership


def accept_invitation(session: Session, user: User, membership_id: UUID) -> Membership:
    """The invited person agrees; twice is once. ``NotFound`` for anybody else's invitation, or one taken back."""
    membership = _get_invitation(session, user, membership_id)
    if not membership.is_accepted:
        membership.accepted_at = clock.now()
        record(session, Action.MEMBER_ADDED, user_id=user.id, organisation_id=membership.organisation_id,
               subject_id=user.id, role=membership.role)  # fmt: skip
        session.flush()
    return membership


def decline_invitation(session: Session, user: User, membership_id: UUID) -> None:
    """The invited person does not agree. ``NotFound`` for anybody else's invitation, or one already accepted."""
    membership = _get_invitation(session, user, membership_id)
    if membership.is_accepted:
        raise _no_invitation()
    membership.ended_at = clock.now()
    record(session, Action.INVITATION_DECLINED, user_id=user.id, organisation_id=membership.organisation_id,
           subject_id=user.id)  # fmt: skip
    session.flush()


def change_role(session: Session, actor: Actor, user_id: UUID, role: Role) -> None:
    """Make a member owner or staff; the last owner stays one. Staff have no keys: those of a former owner stop."""
    require_owner(actor)
    membership = queries.get_membership(session, user_id, actor.organisation_id)
    if membership.role == role:
        return
    if membership.role == Role.OWNER:
        _keep_an_owner(session, actor)
        revoke_api_keys_of(session, actor, user_id)
    membership.role = role
    record(session, Action.ROLE_CHANGED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=user_id, role=role)  # fmt: skip


def remove_member(session: Session, actor: Actor, user_id: UUID) -> None:
    """End a membership with the keys that person created, or take an invitation back; the last owner stays."""
    require_owner(actor)
    membership = queries.get_member_or_invited(session, user_id, actor.organisation_id)
    if membership.role == Role.OWNER and membership.is_accepted:
        _keep_an_owner(session, actor)
    revoke_api_keys_of(session, actor, user_id)
    membership.ended_at = clock.now()
    record(session, Action.MEMBER_REMOVED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=user_id)  # fmt: skip


def add_party(
    session: Session,
    actor: Actor,
    kind: PartyKind,
    name: str,
    phone: str = "",
    commune_code: str | None = None,
) -> Party:
    """Note somebody without an account in the address book; the same name and number is the same party."""
    number = _number(phone, "party_phone") if phone else None
    if commune_code is not None and queries.find_commune(session, commune_code) is None:
        raise BadInput(
            _l("Choose the commune or ward from the list."), code="commune-unknown", field="commune_code"
        )
    known = session.scalars(
        select(Party).where(
            Party.organisation_id == actor.organisation_id,
            Party.name == name,
            Party.phone.is_not_distinct_from(number),
        )
    ).first()
    if known is not None:
        return known
    party = Party(
        organisation_id=actor.organisation_id, kind=kind, name=name, phone=number, commune_code=commune_code
    )
    session.add(party)
    session.flush()
    return party


def change_party(
    session: Session,
    actor: Actor,
    party_id: UUID,
    kind: PartyKind,
    name: str,
    phone: str = "",
    commune_code: str | None = None,
) -> Party:
    """Change an entry of the own address book: what was handed over to it stays with it."""
    party = queries.find_party(session, actor.organisation_id, party_id)
    if party is None:
        raise NotFound(_l("There is no such entry in your address book."), code="party-not-found")
    number = _number(phone, "party_phone") if phone else None
    if commune_code is not None and queries.find_commune(session, commune_code) is None:
        raise BadInput(
            _l("Choose the commune or ward from the list."), code="commune-unknown", field="commune_code"
        )
    party.kind, party.name, party.phone, party.commune_code = kind, name, number, commune_code
    session.flush()
    return party


def approve(session: Session, actor: Actor, organisation_id: UUID, seen: str | None = None) -> Organisation:
    """An officer lets an organisation in. Approving twice is approving once.

    ``seen`` is the ``approval_digest`` of what the officer looked at (None where nobody looked: the demo). Raises
    ``ChangedMeanwhile`` when the organisation states something else by now.
    """
    require_officer(actor)
    organisation = _for_approval(session, organisation_id)
    if organisation.is_approved:
        return organisation
    stated = approval_digest(organisation)
    if seen is not None and seen != stated:
        raise ChangedMeanwhile(
            _l("The organisation changed what it states meanwhile. Look at it again, then decide.")
        )
    organisation.approval = Approval.APPROVED
    organisation.approved_name = organisation.name
    organisation.approved_at = clock.now()
    organisation.approved_by = actor.user_id
    organisation.approval_note = ""
    record(session, Action.APPROVAL_DECIDED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=organisation.id, approval=Approval.APPROVED)  # fmt: skip
    session.flush()
    return organisation


def approval_digest(organisation: Organisation) -> str:
    """What an officer vouches for, in 64 hexadecimal digits: kind, name, telephone, tax code and the first place."""
    seat = organisation.seat
    facts = (
        organisation.kind,
        organisation.name,
        organisation.phone,
        organisation.tax_code,
        seat.commune_code,
        seat.address_as_written,
    )
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def ask_for_changes(session: Session, actor: Actor, organisation_id: UUID, note: str) -> Organisation:
    """An officer says what is missing; the organisation mends it and waits again."""
    require_officer(actor)
    organisation = _for_approval(session, organisation_id)
    if organisation.is_approved:
        raise Refusal(_l("This organisation is already approved."), code="already-approved")
    organisation.approval = Approval.NEEDS_CHANGES
    organisation.approval_note = note
    record(session, Action.APPROVAL_DECIDED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=organisation.id, approval=Approval.NEEDS_CHANGES)  # fmt: skip
    session.flush()
    return organisation


def _found(
    session: Session, user: User, stated: NewOrganisation, approval: Approval, *, is_demo: bool
) -> Organisation:
    organisation = Organisation(
        kind=stated.kind,
        name=stated.name,
        name_folded=fold(stated.name),
        phone=_number(stated.phone, "organisation_phone"),
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


def _number(typed: str, field: str) -> str:
    number = rules.normalise_phone(typed)
    if number is None:
        raise BadInput(
            _l("Write the number with ten digits, as in 0912 345 678."), code="phone-malformed", field=field
        )
    return number


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


def _get_invitation(session: Session, user: User, membership_id: UUID) -> Membership:
    found = session.scalars(
        select(Membership)
        .where(Membership.id == membership_id, Membership.user_id == user.id, Membership.ended_at.is_(None))
        .with_for_update(of=Membership)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise _no_invitation()
    return found


def _no_invitation() -> NotFound:
    return NotFound(_l("There is no such invitation any more."), code="invitation-not-found")


def _keep_an_owner(session: Session, actor: Actor) -> None:
    # The row lock makes two owners who remove each other at once wait for one another.
    session.execute(select(Organisation.id).where(Organisation.id == actor.organisation_id).with_for_update())
    if queries.count_owners(session, actor.organisation_id) <= 1:
        raise LastOwner(_l("Name another owner first: an organisation never stays without one."))


def _for_approval(session: Session, organisation_id: UUID) -> Organisation:
    organisation = session.get(Organisation, organisation_id, with_for_update=True, populate_existing=True)
    if organisation is None or organisation.kind == OrganisationKind.AUTHORITY:
        raise NotFound(_l("There is no such organisation."), code="organisation-not-found")
    return organisation
