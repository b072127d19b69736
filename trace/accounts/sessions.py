"""Services of signing in: passwords, devices, throttling of strangers, recovery by a printed code.

Wrong passwords slow down whoever types them on an unknown device, per number and per address; a device that once
signed in is never slowed by others (a cooperative must not be locked out at packing time).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trace.accounts import queries, rules, tries
from trace.accounts.models import (
    AccountNotice,
    Device,
    OrganisationKind,
    RecoveryCode,
    SignIn,
    User,
)
from trace.accounts.permissions import Actor, require_owner
from trace.accounts.security_log import Action, record
from trace.accounts.tries import keyed
from trace.core import clock
from trace.core.errors import BadInput, Forbidden, NotFound
from trace.core.short_codes import ALPHABET

TOKEN_BYTES = 32
RECOVERY_LENGTH = 12
SEEN_EVERY_SECONDS = 60
_hasher = PasswordHasher()
# Verified for unknown numbers, so that the answer takes as long as for known ones.
_NOBODY = _hasher.hash(secrets.token_hex(16))


class WrongPassword(BadInput):
    """Number or password is wrong; which of them is not said."""

    code = "wrong-password"


class WrongRecoveryCode(BadInput):
    """The printed code does not fit the number, was used, or is too old."""

    code = "recovery-code-wrong"


@dataclass(frozen=True)
class Credentials:
    """What the browser keeps: the session's token, and the device's, which outlives signing out."""

    sign_in: SignIn
    token: str
    device_token: str


def hash_token(token: str) -> bytes:
    """Tokens are random, so one SHA-256 is enough to keep them unreadable in the database."""
    return hashlib.sha256(token.encode()).digest()


def check_new_password(password: str, field: str = "password") -> None:
    """Raise ``BadInput`` unless the password has 8 to 200 characters and is not among the first ones tried."""
    if len(password) < rules.SHORTEST_PASSWORD:
        raise BadInput(_l("Use at least 8 characters."), code="password-too-short", field=field)
    if len(password) > rules.LONGEST_PASSWORD:
        raise BadInput(_l("Use at most 200 characters."), code="password-too-long", field=field)
    if rules.is_common_password(password):
        raise BadInput(
            _l("Many people use this password, so it is tried first. Choose another."),
            code="password-too-common",
            field=field,
        )


def hash_password(password: str) -> str:
    """Argon2id with the library's current defaults (RFC 9106)."""
    return _hasher.hash(password)


def check_password(user: User | None, password: str) -> bool:
    """Whether this is the user's password; costs the same for nobody."""
    try:
        _hasher.verify(user.password_hash if user else _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return user is not None


def sign_in(
    session: Session,
    phone: str,
    password: str,
    *,
    device_token: str | None,
    label: str,
    address: str,
    key: bytes,
    previous: SignIn | None = None,
) -> Credentials:
    """Sign in on one device.

    ``phone`` as typed, ``address`` the network address, ``key`` the secret that keeps number and address out of
    the table of failures, ``previous`` this browser's ended session: what it was not told yet is told after
    signing in again. Raises ``WrongPassword`` (the caller commits, so that the try counts) or ``TooManyTries``.
    """
    number = rules.normalise_phone(phone) or phone[:20]
    user = queries.find_user_by_phone(session, number)
    device = _find_device(session, user, device_token)
    by_number = keyed(key, "phone", number)
    subjects = {by_number: rules.FREE_TRIES, keyed(key, "address", address): rules.FREE_TRIES_OF_AN_ADDRESS}
    # Counted before the password is looked at: tries sent at once must not all be the first.
    if device is not None and not tries.count_on_device(session, device):
        device = None
    counted = tries.count_ahead(session, subjects, user) if device is None else None
    if not check_password(user, password[: rules.LONGEST_PASSWORD + 1]):
        tries.record_failure(session, user, known_device=device is not None)
        raise WrongPassword(_l("The number or the password is wrong."), field="password")
    assert user is not None  # noqa: S101 - check_password is false for nobody; mypy cannot see it
    if counted is not None:
        tries.take_back(session, counted)
    tries.forget(session, by_number)
    opened = start_session(session, user, device=device, device_token=device_token, label=label)
    if previous is not None and previous.user_id == user.id:
        opened.sign_in.notices_seen_at = previous.notices_seen_at
    return opened


def start_session(
    session: Session, user: User, *, label: str, device: Device | None = None, device_token: str | None = None
) -> Credentials:
    """Open a session for somebody whose identity was just shown (password, sign-up, recovery)."""
    if device is None or device_token is None:
        device_token = secrets.token_urlsafe(TOKEN_BYTES)
        device = Device(user_id=user.id, token_hash=hash_token(device_token))
        session.add(device)
        session.flush()
    device.failed_in_a_row = 0
    token = secrets.token_urlsafe(TOKEN_BYTES)
    memberships = queries.list_memberships(session, user.id)
    opened = SignIn(
        user_id=user.id,
        device_id=device.id,
        organisation_id=memberships[0].organisation_id if memberships else None,
        token_hash=hash_token(token),
        device_label=label,
    )
    opened.user = user
    session.add(opened)
    session.flush()
    record(session, Action.SIGNED_IN, user_id=user.id, subject_id=opened.id)
    return Credentials(opened, token, device_token)


def find_sign_in(session: Session, token: str) -> SignIn | None:
    """The open session this token belongs to."""
    return session.scalars(
        select(SignIn).where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_(None))
    ).one_or_none()


def find_ended(session: Session, token: str) -> SignIn | None:
    """The session this token belonged to, where it was ended from elsewhere: its browser is told why."""
    return session.scalars(
        select(SignIn).where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_not(None))
    ).one_or_none()


def is_worth_noting(sign_in: SignIn, now: datetime) -> bool:
    """Whether the device was last seen long enough ago to write it down again."""
    return (now - sign_in.last_seen_at).total_seconds() > SEEN_EVERY_SECONDS


def note_seen(session: Session, sign_in_id: UUID, now: datetime) -> None:
    """Write down that a device is in use, in a transaction of its own: a page that only reads must not lose it."""
    with Session(session.get_bind()) as own:
        own.execute(update(SignIn).where(SignIn.id == sign_in_id).values(last_seen_at=now))
        own.commit()


def end_session(session: Session, sign_in: SignIn) -> None:
    """Sign this device out."""
    sign_in.ended_at = clock.now()
    record(session, Action.SIGNED_OUT, user_id=sign_in.user_id, subject_id=sign_in.id)


def end_device(session: Session, user: User, sign_in_id: UUID) -> None:
    """Sign out another of one's own devices, which becomes a stranger; ``NotFound`` for anybody else's."""
    found = session.get(SignIn, sign_in_id)
    if found is None or found.user_id != user.id or found.ended_at is not None:
        raise NotFound(_l("This device is not signed in any more."), code="device-not-found")
    found.ended_at = clock.now()
    _forget_devices(session, user.id, keep=None, only=found.device_id)
    record(session, Action.DEVICE_ENDED, user_id=user.id, subject_id=sign_in_id)


def change_password(session: Session, sign_in: SignIn, old: str, new: str, *, key: bytes) -> None:
    """Set a new password; every other device is signed out and told.

    Raises ``WrongPassword`` (the caller commits, so that the try counts) or ``TooManyTries``: whoever holds an
    unlocked phone must not find the password by trying.
    """
    user = sign_in.user
    subjects = {keyed(key, "own-password", str(user.id)): rules.FREE_TRIES}
    counted = tries.count_ahead(session, subjects, user)
    if not check_password(user, old[: rules.LONGEST_PASSWORD + 1]):
        tries.record_failure(session, user)
        raise WrongPassword(_l("This is not your present password."), field="old_password")
    tries.take_back(session, counted)
    check_new_password(new, "new_password")
    _set_password(session, user, new)
    _end_others(session, user.id, keep=sign_in)
    _tell(session, user.id, "password_changed", device=sign_in.device_label)
    sign_in.notices_seen_at = clock.now()
    record(session, Action.PASSWORD_CHANGED, user_id=user.id)


def issue_recovery_code(session: Session, actor: Actor, user_id: UUID) -> str:
    """A one-time code for a member who lost the password, to be printed and handed over.

    An owner of an approved organisation may do it for members who belong nowhere else, an officer for anybody but
    officers of other authorities: the code opens everything the person may do, not this organisation alone.
    Valid 48 hours; an earlier unused code stops working. Returns the code, which is shown this once.
    """
    user = session.get(User, user_id)
    others = [
        membership.organisation
        for membership in queries.list_memberships(session, user_id)
        if membership.organisation_id != actor.organisation_id
    ]
    is_member = queries.find_membership(session, user_id, actor.organisation_id) is not None
    if user is None or not (is_member or actor.is_officer):
        raise NotFound(_l("There is no such person in your organisation."), code="member-not-found")
    if is_member:
        require_owner(actor)
    if OrganisationKind.AUTHORITY in {other.kind for other in others}:
        raise Forbidden(_l("Officers recover through an owner of their own authority."), code="not-an-owner")
    if not actor.is_officer and (others or not actor.organisation.is_approved):
        raise Forbidden(
            _l("Only an officer of the authority can give this person a recovery code. Call the authority."),
            code="recovery-by-officer",
        )
    assert actor.user_id is not None  # noqa: S101 - views give people, never keys, this service
    session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
        .values(expires_at=clock.now())
    )
    code = "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH))
    session.add(
        RecoveryCode(
            user_id=user_id,
            code_hash=hash_token(code),
            issued_by=actor.user_id,
            expires_at=clock.now() + rules.RECOVERY_VALID,
        )
    )
    _tell(session, user_id, "recovery_issued", by=actor.organisation.name)
    record(session, Action.RECOVERY_ISSUED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=user_id)  # fmt: skip
    return code


def recover(
    session: Session, phone: str, code: str, new_password: str, *, label: str, address: str, key: bytes
) -> Credentials:
    """Choose a new password with a printed code; all other devices are signed out and told.

    Raises ``WrongRecoveryCode`` for a wrong, used or expired code (the caller commits, so that the try counts),
    ``TooManyTries`` after several, ``BadInput`` on the new password.
    """
    number = rules.normalise_phone(phone) or phone[:20]
    user = queries.find_user_by_phone(session, number)
    subjects = {
        keyed(key, "recovery", number): rules.FREE_TRIES,
        keyed(key, "address", address): rules.FREE_TRIES_OF_AN_ADDRESS,
    }
    normalised = "".join(c for c in code.upper() if c in ALPHABET)
    stored = session.scalars(
        select(RecoveryCode)
        .where(RecoveryCode.code_hash == hash_token(normalised), RecoveryCode.used_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if user is None or stored is None or stored.user_id != user.id or stored.expires_at <= clock.now():
        # Only wrong codes wait: nobody guesses twelve letters, and strangers must not lock the owner out.
        tries.count_ahead(session, subjects, user)
        tries.record_failure(session, user)
        raise WrongRecoveryCode(
            _l(
                "This code does not fit the number, was already used, or is older than 48 hours. Ask for a new one."
            ),
            field="code",
        )
    check_new_password(new_password, "new_password")
    stored.used_at = clock.now()
    _set_password(session, user, new_password)
    _end_others(session, user.id, keep=None)
    _tell(session, user.id, "recovery_used", device=label)
    record(session, Action.RECOVERY_USED, user_id=user.id)
    # Opened last: this device did it and need not be told.
    return start_session(session, user, label=label)


def dismiss_notices(sign_in: SignIn) -> None:
    """This device has shown what happened to the account."""
    sign_in.notices_seen_at = clock.now()


def _find_device(session: Session, user: User | None, device_token: str | None) -> Device | None:
    if user is None or not device_token:
        return None
    device = session.scalars(
        select(Device).where(Device.user_id == user.id, Device.token_hash == hash_token(device_token))
    ).one_or_none()
    if device is None or device.failed_in_a_row >= rules.TRIES_OF_A_KNOWN_DEVICE:
        return None
    return device


def _set_password(session: Session, user: User, password: str) -> None:
    user.password_hash = hash_password(password)
    user.password_changed_at = clock.now()
    session.flush()


def _end_others(session: Session, user_id: UUID, keep: SignIn | None) -> None:
    others = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    if keep is not None:
        others = others.where(SignIn.id != keep.id)
    session.execute(others.values(ended_at=clock.now()))
    _forget_devices(session, user_id, keep=keep.device_id if keep else None)


def _forget_devices(session: Session, user_id: UUID, keep: UUID | None, only: UUID | None = None) -> None:
    # The row stays, sign-ins point at it; without a token nobody can be this device again.
    forgotten = update(Device).where(Device.user_id == user_id)
    if keep is not None:
        forgotten = forgotten.where(Device.id != keep)
    if only is not None:
        forgotten = forgotten.where(Device.id == only)
    session.execute(forgotten.values(token_hash=b""))


def _tell(session: Session, user_id: UUID, kind: str, **details: str) -> None:
    session.add(AccountNotice(user_id=user_id, kind=kind, details=details))
    session.flush()
