"""What an address asks of a trace: direction and instant; and the trace as a table to download."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response
from flask_babel import gettext as _

from trace.core import clock
from trace.core.fields import Choice, Instant, load
from trace.recalls.graph import Direction
from trace.recalls.report import HandRow, Report

# A spreadsheet takes a file without it for the system's own letters.
_UTF8_MARK = "\ufeff"
# What a spreadsheet would take for a formula is written as text (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class AskedSchema(ma.Schema):
    direction = Choice(Direction, load_default=Direction.FORWARD)
    as_of = Instant(load_default=None)


@dataclass(frozen=True, slots=True)
class Asked:
    """``as_of`` None is now; ``as_of_typed`` is what the form shows again."""

    direction: Direction
    as_of: datetime | None
    as_of_typed: str


def read_asked(values: Mapping[str, Any]) -> Asked:
    """Direction and instant of an address's values; an empty instant is now. Raises ``BadInput``."""
    known = {name: value for name, value in values.items() if name in AskedSchema().fields and value}
    asked = load(AskedSchema(), known)
    as_of = asked["as_of"]
    return Asked(
        asked["direction"], as_of, f"{clock.local(as_of):%Y-%m-%dT%H:%M}" if as_of is not None else ""
    )


def as_csv(report: Report) -> Response:
    """One row a handover; a lot nobody handed on has one row too."""
    out = io.StringIO()
    out.write(_UTF8_MARK)
    rows = csv.writer(out)
    rows.writerow(
        [
            _("Steps"), _("Product"), _("Lot number"), _("How near"), _("Made by"), _("From"), _("To"),
            _("Handed over at"), _("Received at"), _("Quantity handed over"), _("Received quantity"), _("Unit"),
        ]
    )  # fmt: skip
    for lot in report.rows:
        head = [lot.hops, lot.product, lot.lot_number, lot.relation, lot.made_by]
        hands: Sequence[HandRow | None] = lot.hands or [None]
        for hand in hands:
            tail: list[Any] = [""] * 7
            if hand is not None:
                shipped = _("cancelled or refused") if hand.is_void else _when(hand.shipped_at)
                tail = [hand.giver, hand.taker, shipped, _when(hand.received_at)]
                tail += [_figure(hand.shipped), _figure(hand.received), lot.unit]
            rows.writerow([_harmless(value) for value in [*head, *tail]])
    answer = Response(out.getvalue(), mimetype="text/csv")
    name = f"trace-{report.batch.code}-{report.found.direction}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _when(at: datetime | None) -> str:
    return f"{clock.local(at):%d/%m/%Y %H:%M}" if at is not None else ""


def _figure(quantity: Any) -> str:
    return "" if quantity is None else f"{quantity.normalize():f}"
