"""Once by key: a verb bound to a quantity happens once however often its request arrives (design section 3).

The row is inserted first, in the verb's own transaction: a twin that arrives meanwhile waits for the first to
commit and then finds its answer. Keys are kept 90 days.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from psycopg.types.json import Jsonb
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from trace.core import clock
from trace.core.database import Base
from trace.core.errors import BadInput, Refusal
from trace.core.reading import fetch

KEPT = timedelta(days=90)
LONGEST_KEY = 100
_OTHERWISE = "once_otherwise"
_INSERT = (
    "insert into idempotency_keys (organisation_id, key, request_hash, answer, created_at)"
    " values (%s, %s, %s, %s, %s) on conflict do nothing returning key"
)


class IdempotencyKeyReused(Refusal):
    """The key was used before, for something else."""

    code = "idempotency-key-reused"


class IdempotencyKey(Base):
    """One request that was acted on, and what was answered."""

    __tablename__ = "idempotency_keys"

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)


class Receipt:
    """What ``once`` gives its caller: ``answer`` is None the first time, and is then to be set.

    Not so where the answer was known before: it is given either way, and ``is_repeat`` says which.
    """

    def __init__(self, answer: dict[str, Any] | None, *, is_repeat: bool = False) -> None:
        self.answer = answer
        self.is_repeat = is_repeat


@contextmanager
def once_otherwise(session: Session) -> Iterator[None]:
    """What the body does happens once by other means, as a captured event does by its id: keys are not kept."""
    session.info[_OTHERWISE] = True
    try:
        yield
    finally:
        session.info.pop(_OTHERWISE, None)


@contextmanager
def once(
    session: Session, organisation_id: UUID, key: str, request: Any, answer: dict[str, Any] | None = None
) -> Iterator[Receipt]:
    """Run the body once for this organisation and key.

    ``request`` is hashed by its JSON form; ``answer`` is what will be answered, where the caller knows it before.
    Raises ``IdempotencyKeyReused`` (409) where the key came with another request, ``BadInput`` where it is empty or
    over 100 characters.
    """
    if _OTHERWISE in session.info:
        yield Receipt(answer)
        return
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise BadInput(
            _l("The form has lost its number. Go back and open it again."), field="idempotency_key"
        )
    request_hash = _digest(request)
    known = None if answer is None else Jsonb(answer)
    is_new = fetch(session, _INSERT, [organisation_id, key, request_hash, known, clock.now()])
    mine = (IdempotencyKey.organisation_id == organisation_id) & (IdempotencyKey.key == key)
    if not is_new:
        stored_hash, stored_answer = session.execute(
            select(IdempotencyKey.request_hash, IdempotencyKey.answer).where(mine)
        ).one()
        if stored_hash != request_hash:
            raise IdempotencyKeyReused(
                _l("This form was already sent with other values. Open it again to send more.")
            )
        yield Receipt(stored_answer, is_repeat=True)
        return
    receipt = Receipt(answer)
    yield receipt
    session.flush()
    if answer is None:
        session.execute(update(IdempotencyKey).where(mine).values(answer=receipt.answer or {}))


def forget_old_keys(session: Session) -> int:
    """Delete keys past their 90 days; returns how many."""
    result: Any = session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.created_at < clock.now() - KEPT)
    )
    return int(result.rowcount)


def _digest(request: Any) -> str:
    to_text: Callable[[Any], str] = str
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=to_text).encode()).hexdigest()
