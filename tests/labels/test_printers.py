"""Settings of label printers: what is kept, what is refused, and what a printer is sent."""

import io
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image
from sqlalchemy.orm import Session

from labels import printers
from labels.bitmaps import picture_png
from labels.designs import SizeOutOfBounds
from labels.printer_forms import MOST_LABELS
from labels.printer_models import LabelPrinter
from labels.printers import (
    AddressNotApproved,
    DesignNotForPrinter,
    NoSuchPrinter,
    PrinterNameTaken,
    TooManyLabels,
    TooManyPrinters,
)
from labels.spec import StartOutsideSheet
from tests.factories import ActorFactory
from tests.labels.dots import as_array
from tests.labels.printers import tspl_pages, zpl_pages
from tests.labels.reading import a_label, page_raster, read_all_by_zxing
from trace.accounts.permissions import Actor
from trace.core.errors import BadInput

VALUES: dict[str, Any] = {
    "name": "Xprinter ở phòng đóng gói",
    "language": "tspl",
    "dpi": "203",
    "design": "roll-50x30",
    "width": None,
    "height": None,
    "gap": Decimal("2.0"),
    "offset_x": Decimal("0.00"),
    "offset_y": Decimal("0.00"),
    "is_turned": False,
    "address": "",
}
SHORT = "https://check.hanoi.vn"


@pytest.fixture
def actor(session: Session) -> Actor:
    made: Actor = ActorFactory.create(session=session)
    return made


def _add(session: Session, actor: Actor, approved: tuple[str, ...] = (), **changed: Any) -> LabelPrinter:
    return printers.add_printer(session, actor, VALUES | changed, approved)


def test_a_printer_is_kept_as_it_was_set_up(session: Session, actor: Actor) -> None:
    added = _add(session, actor, offset_x=Decimal("-1.25"))
    session.expire_all()
    (kept,) = printers.list_printers(session, actor.organisation_id)
    assert (kept.id, kept.name, kept.offset_x_mm) == (added.id, VALUES["name"], Decimal("-1.25"))


def test_another_organisation_sees_no_printer_of_ours(session: Session, actor: Actor) -> None:
    printer = _add(session, actor)
    other: Actor = ActorFactory.create(session=session)
    assert not printers.list_printers(session, other.organisation_id)
    for act in (
        lambda: printers.get_printer(session, other.organisation_id, printer.id),
        lambda: printers.change_printer(session, other, printer.id, VALUES, ()),
        lambda: printers.remove_printer(session, other, printer.id),
    ):
        with pytest.raises(NoSuchPrinter):
            act()


def test_two_printers_need_two_names(session: Session, actor: Actor) -> None:
    printer = _add(session, actor)
    with pytest.raises(PrinterNameTaken):
        _add(session, actor)
    assert printers.change_printer(session, actor, printer.id, VALUES | {"dpi": "300"}, ()).dpi == 300


def test_printers_have_a_bound(session: Session, actor: Actor) -> None:
    for number in range(printers.MOST_PRINTERS):
        _add(session, actor, name=f"Máy {number}")
    with pytest.raises(TooManyPrinters):
        _add(session, actor)


@pytest.mark.parametrize("language", ["zpl", "tspl"])
def test_a_sheet_is_for_pdf_only(session: Session, actor: Actor, language: str) -> None:
    with pytest.raises(DesignNotForPrinter):
        _add(session, actor, language=language, design="a4-40")
    assert _add(session, actor, language="pdf", design="a4-40").design == "a4-40"


def test_a_size_of_ones_own_needs_both_sides_within_bounds(session: Session, actor: Actor) -> None:
    with pytest.raises(BadInput) as missing:
        _add(session, actor, design="own", width=Decimal("60.0"))
    assert missing.value.field == "height"
    with pytest.raises(SizeOutOfBounds):
        _add(session, actor, design="own", width=Decimal("5.0"), height=Decimal("30.0"))
    own = _add(session, actor, design="own", width=Decimal("60.0"), height=Decimal("40.0"))
    assert printers.paper_of(own).page_width_mm == 60


def test_sides_of_a_ready_size_are_not_kept(session: Session, actor: Actor) -> None:
    assert _add(session, actor, width=Decimal("60.0"), height=Decimal("40.0")).width_mm is None


def test_an_address_must_be_approved(session: Session, actor: Actor) -> None:
    with pytest.raises(AddressNotApproved):
        _add(session, actor, approved=("10.0.0.7:9100",), address="10.0.0.8:9100")
    assert _add(session, actor, approved=("10.0.0.7:9100",), address="10.0.0.7:9100").address


def test_a_pdf_goes_to_no_address(session: Session, actor: Actor) -> None:
    with pytest.raises(BadInput):
        _add(session, actor, language="pdf", approved=("10.0.0.7:9100",), address="10.0.0.7:9100")


def test_removed_is_gone(session: Session, actor: Actor) -> None:
    printer = _add(session, actor)
    printers.remove_printer(session, actor, printer.id)
    with pytest.raises(NoSuchPrinter):
        printers.get_printer(session, actor.organisation_id, printer.id)
    with pytest.raises(NoSuchPrinter):
        printers.get_printer(session, actor.organisation_id, uuid4())


@pytest.mark.parametrize("language", ["zpl", "tspl"])
def test_labels_and_copies_reach_the_printer(session: Session, actor: Actor, language: str) -> None:
    job = printers.label_job(_add(session, actor, language=language), a_label(public_url=SHORT), 250)
    (page,) = zpl_pages(job.content) if language == "zpl" else tspl_pages(job.content, 203)
    assert (page.copies, read_all_by_zxing(page.grey)) == (250, [a_label(public_url=SHORT).address])
    assert job.ending == language


def test_stored_offsets_move_the_print(session: Session, actor: Actor) -> None:
    still = printers.label_dots(_add(session, actor), a_label())
    moved = printers.label_dots(
        _add(session, actor, name="B", offset_x=Decimal("0.50"), offset_y=Decimal("-0.25")), a_label()
    )
    assert (moved.symbols[0].x - still.symbols[0].x, moved.symbols[0].y - still.symbols[0].y) == (4, -2)


def test_stored_offsets_move_a_pdf(session: Session, actor: Actor) -> None:
    def left(printer: LabelPrinter) -> int:
        raster = page_raster(printers.label_job(printer, a_label(), 1).content, 300)
        return int(np.flatnonzero((raster < 128).any(axis=0))[0])

    still, moved = (
        _add(session, actor, language="pdf"),
        _add(session, actor, name="B", language="pdf", offset_x=Decimal("0.50")),
    )
    assert left(moved) - left(still) == pytest.approx(0.5 * 300 / 25.4, abs=1)


def test_a_pdf_has_the_size_of_the_roll(session: Session, actor: Actor) -> None:
    job = printers.label_job(_add(session, actor, language="pdf"), a_label(), 2)
    assert page_raster(job.content, 254).shape == pytest.approx((300, 500), abs=1)
    assert job.content_type == "application/pdf"


@pytest.mark.parametrize("count", [0, -1, MOST_LABELS + 1])
def test_no_labels_and_too_many_are_refused(session: Session, actor: Actor, count: int) -> None:
    with pytest.raises(TooManyLabels):
        printers.label_job(_add(session, actor), a_label(), count)


def test_a_start_beyond_the_row_is_refused(session: Session, actor: Actor) -> None:
    with pytest.raises(StartOutsideSheet):
        printers.label_job(_add(session, actor, design="roll-35x22-2"), a_label(), 1, start=3)


@pytest.mark.parametrize(
    "design", ["roll-50x30", "roll-40x30", "roll-35x22-2", "roll-35x22-3", "roll-72x22-2", "roll-100x150"]
)
@pytest.mark.parametrize("dpi", ["203", "300"])
def test_every_roll_prints_labels_that_are_read(
    session: Session, actor: Actor, design: str, dpi: str
) -> None:
    label = replace(a_label(public_url="https://nguongoc.vn"), producer_name="HTX Đông Cao")
    printer = _add(session, actor, language="zpl", design=design, dpi=dpi)
    page = printers.label_dots(printer, label)
    assert read_all_by_zxing(as_array(page.picture())) == [label.address] * len(page.symbols)
    (sent,) = zpl_pages(printers.label_job(printer, label, len(page.symbols)).content)
    assert read_all_by_zxing(sent.grey) == [label.address] * len(page.symbols)


def test_the_preview_is_the_dots_themselves(session: Session, actor: Actor) -> None:
    page = printers.label_dots(_add(session, actor), a_label())
    shown = Image.open(io.BytesIO(picture_png(page.picture(), 203)))
    assert shown.mode == "1"
    assert np.array_equal(as_array(shown), as_array(page.picture()))
