"""Counting wrong passwords and codes, and making strangers wait; how long is decided in ``rules``."""

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, delete, select
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


def slow_strangers(session: Session, subjects: Mapping[bytes, int], user: User | None) -> None:
    """Raise ``TooManyTries`` while one of the subjects (each with its free tries) has to wait."""
    now = clock.now()
    rows = session.scalars(select(SignInFailures).where(SignInFailures.subject_hash.in_(subjects)))
    wait = max(
        (rules.wait_after(row.failed, row.last_failed_at, now, subjects[row.subject_hash]) for row in rows),
        default=0,
    )
    if wait:
        record(session, Action.SIGN_IN_SLOWED, user_id=user.id if user else None, seconds=wait)
        raise TooManyTries(_l("Too many wrong tries. Wait a moment, then try again."), retry_after=wait)


def count_failure(
    session: Session, subjects: Iterable[bytes], device: Device | None, user: User | None
) -> None:
    """Count a wrong try: on a known device on itself, else on the subjects. The caller commits."""
    if device is not None:
        device.failed_in_a_row += 1
    else:
        _count(session, subjects)
    record(session, Action.SIGN_IN_FAILED, user_id=user.id if user else None, known_device=device is not None)


def count_sign_up(session: Session, key: bytes, address: str) -> None:
    """Count a sign-up, taken or refused: it also tells whether a number has an account. Raises ``TooManyTries``.

    The caller commits before the sign-up itself, so that a refused one counts too.
    """
    subjects = {keyed(key, "sign-up", address): rules.FREE_TRIES_OF_AN_ADDRESS}
    slow_strangers(session, subjects, None)
    _count(session, subjects)


def forget_old_tries(session: Session) -> int:
    """Delete counts that no longer slow anybody; returns how many."""
    result: Any = session.execute(
        delete(SignInFailures).where(SignInFailures.last_failed_at < clock.now() - rules.FORGOTTEN_AFTER)
    )
    return int(result.rowcount)


def _count(session: Session, subjects: Iterable[bytes]) -> None:
    now = clock.now()
    # Sorted, so that two requests never wait for each other's row.
    rows = [{"subject_hash": subject, "failed": 1, "last_failed_at": now} for subject in sorted(subjects)]
    is_forgotten = SignInFailures.last_failed_at < now - rules.FORGOTTEN_AFTER
    upsert = insert(SignInFailures).values(rows)
    session.execute(
        upsert.on_conflict_do_update(
            index_elements=[SignInFailures.subject_hash],
            set_={
                "failed": case((is_forgotten, 1), else_=SignInFailures.failed + 1),
                "last_failed_at": upsert.excluded.last_failed_at,
            },
        )
    )
