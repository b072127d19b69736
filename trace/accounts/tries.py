"""Counting wrong passwords and codes, and making strangers wait; how long is decided in ``rules``."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from trace.accounts import rules
from trace.accounts.models import Device, SignInFailures, User
from trace.accounts.security_log import Action, record
from trace.core import clock
from trace.core.errors import TooManyTries


def keyed(key: bytes, kind: str, value: str) -> bytes:
    """What a number or address is counted under: without the key nobody can tell whose it is."""
    return hmac.digest(key, f"{kind}:{value}".encode(), "sha256")


@dataclass(frozen=True)
class Try:
    """A try counted as wrong before it was looked at: when, and when each subject had failed before."""

    at: datetime
    failed_before: Mapping[bytes, datetime]


def count_ahead(session: Session, subjects: Mapping[bytes, int], user: User | None) -> Try:
    """Count a try on its subjects (each with its free tries) before looking at what was typed.

    In a transaction of its own, so that tries sent at once see each other; ``take_back`` undoes it. Raises
    ``TooManyTries``, uncounted, while one of the subjects has to wait.
    """
    now = clock.now()
    with Session(session.get_bind()) as own:
        rows = _lock(own, subjects, now)
        wait = max(
            rules.wait_after(row.failed, row.last_failed_at, now, subjects[row.subject_hash]) for row in rows
        )
        before = {row.subject_hash: row.last_failed_at for row in rows}
        if not wait:
            for row in rows:
                is_forgotten = row.last_failed_at < now - rules.FORGOTTEN_AFTER
                row.failed = 1 if is_forgotten else row.failed + 1
                row.last_failed_at = now
            own.commit()
    if wait:
        record(session, Action.SIGN_IN_SLOWED, user_id=user.id if user else None, seconds=wait)
        raise TooManyTries(_l("Too many wrong tries. Wait a moment, then try again."), retry_after=wait)
    return Try(now, before)


def count_on_device(session: Session, device: Device) -> bool:
    """Count a try on a known device before looking at the password; whether it had one left.

    In a transaction of its own; signing in sets the count back.
    """
    counted = (
        update(Device)
        .where(Device.id == device.id, Device.failed_in_a_row < rules.TRIES_OF_A_KNOWN_DEVICE)
        .values(failed_in_a_row=Device.failed_in_a_row + 1)
        .returning(Device.id)
    )
    with Session(session.get_bind()) as own:
        had_one = own.scalar(counted) is not None
        own.commit()
    session.refresh(device)
    return had_one


def take_back(session: Session, counted: Try) -> None:
    """The try was right: as if it had not been counted."""
    with Session(session.get_bind()) as own:
        for row in _lock(own, counted.failed_before, counted.at):
            row.failed = max(0, row.failed - 1)
            if row.last_failed_at == counted.at:
                row.last_failed_at = counted.failed_before[row.subject_hash]
        own.commit()


def forget(session: Session, subject: bytes) -> None:
    """Nothing is held against this subject any more."""
    with Session(session.get_bind()) as own:
        own.execute(delete(SignInFailures).where(SignInFailures.subject_hash == subject))
        own.commit()


def record_failure(session: Session, user: User | None, *, known_device: bool = False) -> None:
    """Log a wrong try, which was counted ahead. The caller commits."""
    record(session, Action.SIGN_IN_FAILED, user_id=user.id if user else None, known_device=known_device)


def count_sign_up(session: Session, key: bytes, address: str) -> None:
    """Count a sign-up, taken or refused: it also tells whether a number has an account. Raises ``TooManyTries``.

    A refused sign-up counts too.
    """
    subjects = {keyed(key, "sign-up", address): rules.FREE_TRIES_OF_AN_ADDRESS}
    count_ahead(session, subjects, None)


def forget_old_tries(session: Session) -> int:
    """Delete counts that no longer slow anybody; returns how many."""
    result: Any = session.execute(
        delete(SignInFailures).where(SignInFailures.last_failed_at < clock.now() - rules.FORGOTTEN_AFTER)
    )
    return int(result.rowcount)


def _lock(own: Session, subjects: Iterable[bytes], now: datetime) -> list[SignInFailures]:
    # Sorted, so that two requests never wait for each other's row.
    wanted = sorted(subjects)
    rows = [{"subject_hash": subject, "failed": 0, "last_failed_at": now} for subject in wanted]
    own.execute(insert(SignInFailures).values(rows).on_conflict_do_nothing())
    locked = select(SignInFailures).where(SignInFailures.subject_hash.in_(wanted))
    return list(own.scalars(locked.order_by(SignInFailures.subject_hash).with_for_update()))
