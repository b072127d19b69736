"""Label printers of an organisation: their settings, and the jobs they are sent. Sending is `raw_printing`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labels.bitmaps import DotPage, Shift, dots, for_dots, layout_pages
from labels.designs import OWN_SIZE, Design, find_design, own_size
from labels.layout import lay_out
from labels.pdf import layouts_pdf
from labels.pdf_description import PageOptions
from labels.placed import LabelLayout
from labels.printer_forms import MOST_LABELS
from labels.printer_models import LabelPrinter, Language
from labels.qr import QrSymbol
from labels.rulers import ruler_dots, ruler_page, ruler_pdf
from labels.spec import LabelContent, SheetSpec
from labels.tspl import tspl
from labels.zpl import zpl
from trace.accounts.permissions import Actor
from trace.core.errors import BadInput, NotFound, Refusal

MOST_PRINTERS = 20


class NoSuchPrinter(NotFound):
    """The organisation has no such printer."""

    code = "no-such-printer"


class PrinterNameTaken(BadInput):
    """Two printers of one organisation need two names."""

    code = "printer-name-taken"


class TooManyPrinters(Refusal):
    """An organisation keeps at most ``MOST_PRINTERS``."""

    code = "too-many-printers"


class DesignNotForPrinter(BadInput):
    """There is no such size, or it comes as sheets and the printer takes rolls."""

    code = "design-not-for-printer"


class AddressNotApproved(BadInput):
    """The operator has not approved this address for this organisation."""

    code = "printer-address-not-approved"

    def __init__(self) -> None:
        super().__init__(_l("The operator has not approved this address for printing."), field="address")


class TooManyLabels(BadInput):
    """Fewer than one label, or more than go in one job; ``numbers["most"]`` is the bound."""

    code = "too-many-labels"

    def __init__(self) -> None:
        super().__init__(
            _l("Choose from 1 to %(most)s labels.", most=MOST_LABELS), field="count", most=MOST_LABELS
        )


class NotForLabelPrinter(BadInput):
    """A back or crop marks, which only a page printer can print; ``field`` names the choice."""

    code = "not-for-label-printer"

    def __init__(self, field: str) -> None:
        super().__init__(
            _l("A label printer prints one side and no crop marks. Leave that out, or take the PDF."),
            field=field,
        )


@dataclass(frozen=True)
class Job:
    """What a printer is sent, and as which kind of file it can be taken away."""

    content: bytes
    content_type: str
    ending: str


def list_printers(session: Session, organisation_id: UUID) -> Sequence[LabelPrinter]:
    """The organisation's printers by name."""
    mine = select(LabelPrinter).where(LabelPrinter.organisation_id == organisation_id)
    return session.scalars(mine.order_by(LabelPrinter.name, LabelPrinter.id)).all()


def get_printer(session: Session, organisation_id: UUID, printer_id: UUID) -> LabelPrinter:
    """One printer of the organisation; `NoSuchPrinter` for anybody else's."""
    found = session.get(LabelPrinter, printer_id)
    if found is None or found.organisation_id != organisation_id:
        raise NoSuchPrinter(_l("There is no such printer."))
    return found


def add_printer(
    session: Session, actor: Actor, values: Mapping[str, Any], approved: Collection[str]
) -> LabelPrinter:
    """Set up a printer; ``values`` are those of `PrinterForm`, ``approved`` the addresses open to the organisation.

    Raises `PrinterNameTaken`, `TooManyPrinters`, `DesignNotForPrinter`, `SizeOutOfBounds`, `AddressNotApproved`.
    """
    mine = LabelPrinter.organisation_id == actor.organisation_id
    if (session.scalar(select(func.count()).where(mine)) or 0) >= MOST_PRINTERS:
        raise TooManyPrinters(_l("At most %(most)s printers can be kept.", most=MOST_PRINTERS))
    printer = LabelPrinter(organisation_id=actor.organisation_id)
    _set(session, printer, values, approved)
    session.add(printer)
    session.flush()
    return printer


def change_printer(
    session: Session, actor: Actor, printer_id: UUID, values: Mapping[str, Any], approved: Collection[str]
) -> LabelPrinter:
    """Change a printer's settings; raises as :func:`add_printer` does, and `NoSuchPrinter`."""
    printer = get_printer(session, actor.organisation_id, printer_id)
    with session.no_autoflush:
        _set(session, printer, values, approved)
    session.flush()
    return printer


def remove_printer(session: Session, actor: Actor, printer_id: UUID) -> None:
    """Forget a printer; nothing that was printed depends on it."""
    session.delete(get_printer(session, actor.organisation_id, printer_id))
    session.flush()


def design_of(printer: LabelPrinter) -> Design:
    """The size of label that is in the printer. Raises `DesignNotForPrinter` for one that is no longer there."""
    if printer.width_mm is not None and printer.height_mm is not None:
        return own_size(printer.width_mm, printer.height_mm)
    found = find_design(printer.design)
    if found is None:
        raise DesignNotForPrinter(_l("Choose the label's size."), field="design")
    return found


def paper_of(printer: LabelPrinter) -> SheetSpec:
    """The printer's paper in whole dots of its head."""
    return for_dots(design_of(printer).spec, printer.dpi)


def label_job(
    printer: LabelPrinter,
    label: LabelContent,
    count: int,
    start: int = 1,
    spec: SheetSpec | None = None,
    options: PageOptions | None = None,
) -> Job:
    """``count`` labels alike, the first on position ``start`` of a row or sheet already begun.

    ``spec`` is the printer's paper with what was chosen for these labels, ``options`` how they come onto pages. Raises
    `TooManyLabels`, `NotForLabelPrinter`, and whatever laying out and placing refuse (`labels.layout`,
    `labels.bitmaps`).
    """
    spec = spec or paper_of(printer)
    check_count(count)
    return layout_job(printer, lay_out(label, spec), count, start, spec, options)


def layout_job(
    printer: LabelPrinter,
    layout: LabelLayout,
    count: int,
    start: int,
    spec: SheetSpec,
    options: PageOptions | None = None,
) -> Job:
    """The same for a finished layout."""
    check_count(count)
    options, shift = options or PageOptions(), shift_of(printer)
    if printer.language == Language.PDF:
        moved = replace(options, right_mm=shift.right_mm, down_mm=shift.down_mm)
        return _pdf(layouts_pdf([layout] * count, spec, start, moved))
    check_options(printer, options)
    pages = list(layout_pages([layout] * count, spec, start=start, shift=shift))
    return dots_job(printer, spec, reversed(pages) if options.is_last_first else pages)


def check_count(count: int) -> None:
    """Raise `TooManyLabels`."""
    if not 1 <= count <= MOST_LABELS:
        raise TooManyLabels


def check_options(printer: LabelPrinter, options: PageOptions) -> None:
    """Refuse what this printer cannot do with pages (`NotForLabelPrinter`): dropped in silence it would be missed."""
    if printer.language != Language.PDF and options.back_text:
        raise NotForLabelPrinter("back")
    if printer.language != Language.PDF and options.has_marks:
        raise NotForLabelPrinter("marks")


def test_job(printer: LabelPrinter, symbol: QrSymbol) -> Job:
    """One test label with rulers; ``symbol`` is the QR on it."""
    spec = paper_of(printer)
    page = ruler_page(spec, symbol, shift_of(printer))
    if printer.language == Language.PDF:
        return _pdf(ruler_pdf(page, spec))
    return dots_job(printer, spec, [ruler_dots(page, spec)])


def label_dots(printer: LabelPrinter, label: LabelContent) -> DotPage:
    """One page full of labels, a row of a roll or a sheet, exactly as its dots will be."""
    spec = paper_of(printer)
    return _full_page(printer, lay_out(label, spec), spec)


def label_picture(printer: LabelPrinter, layout: LabelLayout, spec: SheetSpec) -> Image.Image:
    """One label alone, dot by dot as it will be printed on the first position of a row or sheet."""
    corner = spec.corner(0)
    left, top = dots(corner.x_mm, spec.dpi), dots(corner.y_mm, spec.dpi)
    right, bottom = left + dots(spec.label_width_mm, spec.dpi), top + dots(spec.label_height_mm, spec.dpi)
    # A whole row is drawn, so that offsets that leave any label of it are refused.
    return _full_page(printer, layout, spec).picture().crop((left, top, right, bottom))


def _full_page(printer: LabelPrinter, layout: LabelLayout, spec: SheetSpec) -> DotPage:
    (page,) = layout_pages([layout] * spec.labels_per_page, spec, shift=shift_of(printer))
    return page


def _set(
    session: Session, printer: LabelPrinter, values: Mapping[str, Any], approved: Collection[str]
) -> None:
    is_own = values["design"] == OWN_SIZE
    if is_own and (values["width"] is None or values["height"] is None):
        raise BadInput(
            _l("Write the label's width and height."), field="height" if values["width"] else "width"
        )
    _check_design(values, is_own)
    _check_name(session, printer, values["name"])
    address = values["address"] or None
    if address is not None and address not in approved:
        raise AddressNotApproved
    if address is not None and values["language"] == Language.PDF:
        raise BadInput(
            _l("Only ZPL and TSPL go straight to a printer. Take PDFs away as files."), field="address"
        )
    printer.name, printer.language = values["name"], str(values["language"])
    printer.dpi, printer.design = int(values["dpi"]), values["design"]
    printer.width_mm = values["width"] if is_own else None
    printer.height_mm = values["height"] if is_own else None
    printer.gap_mm = values["gap"]
    printer.offset_x_mm, printer.offset_y_mm = values["offset_x"], values["offset_y"]
    printer.is_turned, printer.address = values["is_turned"], address


def _check_design(values: Mapping[str, Any], is_own: bool) -> None:
    design = own_size(values["width"], values["height"]) if is_own else find_design(values["design"])
    if design is None:
        raise DesignNotForPrinter(_l("Choose the label's size."), field="design")
    if values["language"] != Language.PDF and not design.spec.is_roll:
        raise DesignNotForPrinter(_l("A sheet is printed as PDF. Choose a roll, or PDF."), field="design")


def _check_name(session: Session, printer: LabelPrinter, name: str) -> None:
    same = select(LabelPrinter.id).where(
        LabelPrinter.organisation_id == printer.organisation_id, LabelPrinter.name == name
    )
    taken = session.scalar(same)
    if taken is not None and taken != printer.id:
        raise PrinterNameTaken(_l("Another printer has this name."), field="name")


def shift_of(printer: LabelPrinter) -> Shift:
    """The printer's stored offsets."""
    return Shift(float(printer.offset_x_mm), float(printer.offset_y_mm))


def dots_job(printer: LabelPrinter, spec: SheetSpec, pages: Iterable[DotPage]) -> Job:
    """Pages of dots in the printer's own language."""
    return Job(b"".join(dots_pieces(printer, spec, pages)), "application/octet-stream", printer.language)


def dots_pieces(printer: LabelPrinter, spec: SheetSpec, pages: Iterable[DotPage]) -> Iterator[bytes]:
    """The same, page by page, for jobs of any length."""
    if printer.language == Language.ZPL:
        return zpl(pages, is_turned=printer.is_turned)
    return tspl(pages, spec, gap_mm=float(printer.gap_mm or Decimal(0)), is_turned=printer.is_turned)


def _pdf(content: bytes) -> Job:
    return Job(content, "application/pdf", "pdf")
