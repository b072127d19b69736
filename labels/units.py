"""The logistic label of a carton or pallet in hand: from its rows to what `labels.pallet` takes. No request here."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from labels.designs import find_design
from labels.pallet import PalletContent, PalletLine, lay_out_pallet
from labels.pdf import layouts_pdf
from labels.qr import printed_address, readable_site
from labels.spec import SheetSpec
from trace.accounts.models import Organisation
from trace.batches.gate import check_may_be_labelled
from trace.batches.models import Batch
from trace.batches.rules import seal_value
from trace.batches.unit_models import LogisticUnit, UnitContent, UnitKind
from trace.core.errors import NotFound
from trace.core.installation import is_demo
from trace.core.numbers import format_quantity

# Printed words are Vietnamese whoever prints.
_KINDS = {UnitKind.CARTON: "Thùng", UnitKind.PALLET: "Pa-lét"}
_KEY = "roll-100x150"
_MARGIN_MM = 2.5


def unit_pdf(session: Session, organisation: Organisation, unit_id: UUID, public_url: str) -> bytes:
    """The label of a unit as a page of 100 × 150 mm.

    Raises ``NotFound`` for anybody but its holder and where it has no SSCC, ``LabelRefused`` where one of its lots may
    have no label, and what `lay_out_pallet` raises.
    """
    unit = session.get(LogisticUnit, unit_id)
    if unit is None or unit.holder_id != organisation.id or unit.sscc is None:
        raise NotFound(_l("There is no such carton among yours."), code="unit-not-found")
    content = PalletContent(
        sender=organisation.name,
        sender_address=_address(organisation),
        kind=_KINDS[UnitKind(unit.kind)],
        code=unit.code,
        address=printed_address(public_url, unit.code),
        readable_site=readable_site(public_url),
        sscc=unit.sscc,
        lines=_lines(session, unit),
        is_demo=is_demo(session),
    )
    spec = _spec()
    return layouts_pdf([lay_out_pallet(content, spec)], spec)


def _spec() -> SheetSpec:
    design = find_design(_KEY)
    if design is None:
        raise LookupError(_KEY)
    return replace(design.spec, label_margin_mm=_MARGIN_MM)


def _address(organisation: Organisation) -> str:
    seat = organisation.seat
    return ", ".join(
        part for part in (seat.address_as_written, seat.commune.name, seat.commune.province.name) if part
    )


def _lines(session: Session, unit: LogisticUnit) -> tuple[PalletLine, ...]:
    """What lies in the unit and in the units within it, by lot, the most first."""
    amounts: dict[Batch, Decimal] = {}
    waiting: Sequence[UUID] = [unit.id]
    while waiting:
        found = session.scalars(
            select(UnitContent)
            .where(UnitContent.unit_id.in_(waiting), UnitContent.quantity > 0)
            .options(joinedload(UnitContent.batch))
        )
        for content in found:
            amounts[content.batch] = amounts.get(content.batch, Decimal(0)) + content.quantity
        waiting = session.scalars(select(LogisticUnit.id).where(LogisticUnit.parent_id.in_(waiting))).all()
    for batch in amounts:
        check_may_be_labelled(batch)
    ordered = sorted(amounts.items(), key=lambda pair: (-pair[1], pair[0].lot_number))
    return tuple(
        PalletLine(
            seal_value(batch.seal or {}, "product_name"),
            seal_value(batch.seal or {}, "lot_number"),
            f"{format_quantity(amount)} {batch.unit_word}",
        )
        for batch, amount in ordered
    )
