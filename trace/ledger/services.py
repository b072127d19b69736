"""Writing leaves: one for each event, in the event's own transaction. Ordering them is the sequencer's work."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from trace.core import clock
from trace.core.installation import find_fact, set_fact
from trace.ledger import leaves

ORIGIN = "log_origin"
# Said once and for ever, so it is read once for each database a process works on.
_ORIGINS: WeakKeyDictionary[Engine, str] = WeakKeyDictionary()


class OriginUnknown(RuntimeError):
    """The database was never told which log it keeps (``flask --app trace migrate`` does)."""


class OriginChanged(RuntimeError):
    """The settings name another log than the one this database keeps: leaves would not belong together."""


def claim_origin(session: Session, origin: str) -> None:
    """Say once and for ever which log this database keeps; raises ``OriginChanged`` for another name later."""
    known = find_fact(session, ORIGIN)
    if known is None:
        set_fact(session, ORIGIN, origin)
    elif known != origin:
        raise OriginChanged(
            f"This database keeps the log “{known}”; TRACE_LOG_ORIGIN says “{origin}”. Set it back."
        )


def log_origin(session: Session) -> str:
    """The name of the log this database keeps."""
    engine = session.get_bind().engine
    known = _ORIGINS.get(engine)
    if known is None:
        known = find_fact(session, ORIGIN)
        if known is None:
            raise OriginUnknown("The log has no name yet: run `flask --app trace migrate`.")
        _ORIGINS[engine] = known
    return known


def make_leaf(
    session: Session, event_id: UUID, lots: set[str], values: Mapping[str, Any]
) -> tuple[dict[str, Any], bytes]:
    """The row of one event's leaf about ``lots`` (names of lots), and its salts, packed.

    The caller writes the row in the event's own transaction and keeps the salts where only erasure deletes; without
    them the commitments open to nothing.
    """
    salts = leaves.new_packed_salts()
    tags = leaves.tags_of(lots, leaves.lot_key_in(salts))
    leaf = leaves.encode_packed(log_origin(session), {**values, "lots": tags}, salts)
    row = {
        "event_id": event_id,
        "leaf": leaf,
        "leaf_hash": leaves.leaf_hash(leaf),
        "created_at": clock.now(),
    }
    return row, salts
