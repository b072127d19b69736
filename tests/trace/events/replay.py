"""The event table read by somebody who never saw the service: who holds what, and where the rest of each batch is.

Written from docs/domain.md, not from ``trace.events.postings``: the two are held against each other.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

PLACES = ("created", "held", "in_transit", "in_question", "outside", "sold", "used", "destroyed", "lost")

_EVENTS = text(
    """
    select e.id, e.verb, e.is_declaration, e.organisation_id, e.counterpart_id, e.extensions,
           g.role, g.epc, g.batch_id, g.quantity
    from events e join event_goods g on g.event_id = e.id
    where g.batch_id is not null and g.quantity is not null and not e.is_foreign
    order by e.record_time, e.id, g.position
    """
)


@dataclass
class Books:
    """Quantities by batch and holder, and by batch and place."""

    held: dict[tuple[UUID, UUID], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    places: dict[UUID, dict[str, Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(PLACES, Decimal(0)))
    )

    def give(self, batch: UUID, who: UUID, amount: Decimal) -> None:
        self.held[batch, who] += amount
        self.places[batch]["held"] += amount

    def put(self, batch: UUID, place: str, amount: Decimal) -> None:
        self.places[batch][place] += amount


def replay(connection: Connection) -> Books:
    """All books, from the events alone."""
    return read(connection.execute(_EVENTS).mappings())


def read(rows: Iterable[Any]) -> Books:
    books = Books()
    for row in rows:
        _enter(books, row, Decimal(-1 if row["is_declaration"] else 1))
    return books


def _enter(books: Books, row: Any, sign: Decimal) -> None:
    """One line of one event; ``sign`` is -1 where the line is declared wrong."""
    verb, me, other, batch = row["verb"], row["organisation_id"], row["counterpart_id"], row["batch_id"]
    amount = row["quantity"] * sign
    if verb in ("activate", "add_delivery", "take_in") or row["role"] == "output":
        books.put(batch, "created", amount)
        books.give(batch, me, amount)
    elif row["role"] == "input":
        books.put(batch, "used", amount)
        books.give(batch, me, -amount)
    elif verb in ("sell", "use_up", "destroy", "sample"):
        giver = (other or me) if verb == "sample" else me
        books.give(batch, giver, -amount)
        books.put(batch, {"sell": "sold", "destroy": "destroyed"}.get(verb, "used"), amount)
    elif verb == "count":
        more = _difference(row)
        gone = (Decimal(more.get("lost", 0)) - Decimal(more.get("found", 0))) * sign
        books.give(batch, me, -gone)
        books.put(batch, "lost", gone)
    elif verb in ("ship", "return", "cancel", "refuse", "receive", "confirm_claim", "settle"):
        _hand_over(books, row, sign)


def _hand_over(books: Books, row: Any, sign: Decimal) -> None:
    verb, me, other, batch = row["verb"], row["organisation_id"], row["counterpart_id"], row["batch_id"]
    amount = row["quantity"] * sign
    if verb in ("ship", "return"):
        books.give(batch, me, -amount)
        books.put(batch, "in_transit" if other else "outside", amount)
    elif verb in ("cancel", "refuse"):
        books.give(batch, me if verb == "cancel" else other, amount)
        books.put(batch, "in_transit" if other else "outside", -amount)
    elif verb == "receive":
        more = _difference(row)
        lost, left_open = Decimal(more.get("lost", 0)) * sign, Decimal(more.get("open", 0)) * sign
        books.give(batch, me, amount)
        books.put(batch, "lost", lost)
        books.put(batch, "in_question", left_open)
        books.put(batch, "in_transit", -amount - lost - left_open)
    elif verb == "confirm_claim":
        books.give(batch, me, -amount)
        books.give(batch, other, amount)
    else:
        books.put(batch, "in_question", -amount)
        place = {"natural_loss": "lost", "lost": "lost", "spoiled": "destroyed"}.get(
            row["extensions"]["outcome"]
        )
        if place:
            books.put(batch, place, amount)
        else:
            books.give(batch, UUID(row["extensions"]["goes_to"]), amount)


def _difference(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = row["extensions"].get("difference", {}).get(row["epc"], {})
    return found
