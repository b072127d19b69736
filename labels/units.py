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
LEAST_WIDTH_MM, LEAST_HEIGHT_MM = 100, 150


def unit_pdf(session: Session, organisation: Organisation, unit_id: UUID, public_url: str) -> bytes:
    """The label of a unit as a page of 100 × 150 mm. Raises as `get_unit` and `unit_content` do."""
    design = find_design(_KEY)
    if design is None:
        raise LookupError(_KEY)
    content = unit_content(session, organisation, get_unit(session, organisation, unit_id), public_url)
    spec = unit_paper(design.spec)
    return layouts_pdf([lay_out_pallet(content, spec)], spec)


def get_unit(session: Session, organisation: Organisation, unit_id: UUID) -> LogisticUnit:
    """A unit with an SSCC in this organisation's hands; ``NotFound`` for any other."""
    unit = session.get(LogisticUnit, unit_id)
    if unit is None or unit.holder_id != organisation.id or unit.sscc is None:
        raise NotFound(_l("There is no such carton among yours."), code="unit-not-found")
    return unit


def unit_paper(spec: SheetSpec) -> SheetSpec:
    """A roll's paper with the margins of a logistic label."""
    return replace(spec, label_margin_mm=_MARGIN_MM)


def holds_units(spec: SheetSpec) -> bool:
    """Whether a logistic label goes on this paper: 100 × 150 mm or more."""
    return spec.label_width_mm >= LEAST_WIDTH_MM and spec.label_height_mm >= LEAST_HEIGHT_MM


def unit_content(
    session: Session, organisation: Organisation, unit: LogisticUnit, public_url: str
) -> PalletContent:
    """What the label of a unit says. Raises ``LabelRefused`` where one of its lots may have no label."""
    return PalletContent(
        sender=organisation.name,
        sender_address=_address(organisation),
        kind=_KINDS[UnitKind(unit.kind)],
        code=unit.code,
        address=printed_address(public_url, unit.code),
        readable_site=readable_site(public_url),
        sscc=unit.sscc or "",
        lines=_lines(session, unit),
        is_demo=is_demo(session),
    )


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
