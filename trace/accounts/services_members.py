"""Who belongs to an organisation: invited, accepted, as owner or staff, until it ends. Never commits."""

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from trace.accounts import queries
from trace.accounts.api_keys import revoke_api_keys_of
from trace.accounts.checks import phone_number
from trace.accounts.models import Membership, Organisation, Role, User
from trace.accounts.permissions import Actor, require_owner
from trace.accounts.security_log import Action, record
from trace.core import clock
from trace.core.errors import BadInput, NotFound, Refusal


class LastOwner(Refusal):
    """An organisation never loses its last owner."""

    code = "last-owner"


def add_member(session: Session, actor: Actor, phone: str, role: Role) -> Membership:
    """Invite somebody who has an account: it becomes a membership when that person accepts.

    Raises ``BadInput`` when nobody has the number, or that person is a member or invited already.
    """
    require_owner(actor)
    user = queries.find_user_by_phone(session, phone_number(phone, "phone"))
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
