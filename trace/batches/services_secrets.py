"""Opening a hidden second code: what is known of it is when it was first typed, never that goods are genuine.

Only a deliberate act asks here (a form that is sent); nothing that merely reads a page does. The caller slows those who
guess, and commits.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.batches.hidden_codes import HiddenCodeKey
from trace.batches.models import Code
from trace.core import clock


class SecretAnswer(StrEnum):
    """What can be said of a typed hidden code."""

    OPENED_NOW = "opened_now"  # the first time, at this moment
    OPENED_BEFORE = "opened_before"
    WRONG = "wrong"
    NONE = "none"  # this stamp has no hidden code


@dataclass(frozen=True)
class Opened:
    """The answer, and when the hidden code was first typed; None where it was not."""

    answer: SecretAnswer
    first_opened_at: datetime | None = None


def open_secret(session: Session, key: HiddenCodeKey, code: str, typed: str) -> Opened:
    """Compare a typed hidden code with the one of the stamp ``code`` (normalised), and note the first right one.

    A stamp that is not there, and one without a hidden code, are answered alike. Of two who type it at once one is
    the first.
    """
    wanted = select(Code).where(Code.code == code).with_for_update()
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None or found.secret_hash is None:
        return Opened(SecretAnswer.NONE)
    if not key.matches(code, typed, found.secret_hash):
        return Opened(SecretAnswer.WRONG)
    if found.secret_opened_at is not None:
        return Opened(SecretAnswer.OPENED_BEFORE, found.secret_opened_at)
    found.secret_opened_at = clock.now()
    session.flush()
    return Opened(SecretAnswer.OPENED_NOW, found.secret_opened_at)
