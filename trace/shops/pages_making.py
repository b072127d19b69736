"""One frozen dataclass for each page of making and packing, built from queries. Nothing is decided or changed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor
from trace.batches import queries as batch_queries
from trace.batches.models import Batch, Holding
from trace.batches.unit_models import LogisticUnit, UnitContent
from trace.core.short_codes import normalise
from trace.events import queries_making, units
from trace.shops.schemas_making import loose, quantity_name


@dataclass(frozen=True, slots=True, kw_only=True)
class LotChoice:
    """A lot in hand that may be ticked, with the name of the field for how much of it."""

    batch: Batch
    loose: Decimal
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A carton or pallet, what lies directly in it, and how many units lie in it."""

    unit: LogisticUnit
    contents: Sequence[UnitContent]
    inner_count: int

    @property
    def is_empty(self) -> bool:
        return not self.contents and not self.inner_count


@dataclass(frozen=True, slots=True, kw_only=True)
class LotInUnit:
    """How much of one lot lies in a unit, in all that is in it together."""

    batch: Batch
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPage:
    """One carton or pallet with what lies in it and around it."""

    row: UnitRow
    inner: Sequence[UnitRow]
    parent: LogisticUnit | None
    is_held: bool
    all_in_it: Sequence[LotInUnit]

    @property
    def unit(self) -> LogisticUnit:
        return self.row.unit

    @property
    def is_empty(self) -> bool:
        return self.row.is_empty


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicePage:
    """Lots and cartons in hand to choose from. ``unknown_code`` is a code that is none of them."""

    lots: Sequence[LotChoice]
    units: Sequence[UnitRow]
    unknown_code: str = ""


def choice_page(
    session: Session, actor: Actor, *, with_units: bool = False, unknown_code: str = ""
) -> ChoicePage:
    """What is in hand and may be processed, laid together or packed."""
    held = queries_making.list_mergeable(session, actor.organisation_id)
    in_hand = queries_making.list_units(session, actor.organisation_id) if with_units else []
    return ChoicePage(
        lots=[lot_choice(holding) for holding in held],
        units=[unit_row(session, unit) for unit in in_hand],
        unknown_code=unknown_code,
    )


def lot_choice(holding: Holding) -> LotChoice:
    """One lot to tick."""
    return LotChoice(batch=holding.batch, loose=loose(holding), field=quantity_name(holding.batch_id))


def find_choice(session: Session, actor: Actor, typed: str) -> UUID | None:
    """The lot in hand a scanned or typed code stands on; None where it is none of them."""
    batch = batch_queries.find_batch_by_code(session, normalise(typed))
    held = queries_making.list_mergeable(session, actor.organisation_id)
    return batch.id if batch is not None and batch.id in {one.batch_id for one in held} else None


def unit_row(session: Session, unit: LogisticUnit) -> UnitRow:
    """A unit as a line of a list."""
    within = units.list_within(session, [unit.id])
    return UnitRow(
        unit=unit,
        contents=[content for content in unit.contents if content.quantity],
        inner_count=len([one for one in within if one.parent_id == unit.id]),
    )


def unit_list(session: Session, actor: Actor) -> list[UnitRow]:
    """The cartons and pallets in hand that lie in no other; empty ones are packed again, not listed."""
    rows = [unit_row(session, unit) for unit in queries_making.list_units(session, actor.organisation_id)]
    return [row for row in rows if not row.is_empty]


def unit_page(session: Session, actor: Actor, unit_id: UUID) -> UnitPage:
    """A unit the organisation packed or holds, or ``NotFound``; who passed it on no longer sees what is in it."""
    unit = units.get_unit(session, actor.organisation_id, unit_id)
    is_held = unit.holder_id == actor.organisation_id
    within = units.list_within(session, [unit.id]) if is_held else [unit]
    inner = [one for one in within if one.parent_id == unit.id]
    parent = session.get(LogisticUnit, unit.parent_id) if unit.parent_id and is_held else None
    return UnitPage(
        row=UnitRow(
            unit=unit,
            contents=[content for content in unit.contents if content.quantity] if is_held else [],
            inner_count=len(inner),
        ),
        inner=[unit_row(session, one) for one in inner],
        parent=parent,
        is_held=is_held,
        all_in_it=_sums(within) if is_held else [],
    )


def _sums(within: Sequence[LogisticUnit]) -> list[LotInUnit]:
    """How much of each lot lies in a unit, however deep."""
    batches = {content.batch_id: content.batch for one in within for content in one.contents}
    return [
        LotInUnit(batch=batches[batch_id], quantity=quantity)
        for batch_id, quantity in units.quantities_in(within).items()
    ]
