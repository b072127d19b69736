"""The label page of a batch: what is offered, what was chosen, how one label and the first page will look."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from labels import services
from labels.backs import lay_out_back
from labels.bitmaps import for_dots
from labels.choices import DOTS, DPIS, GS1, LINES, SHORT, Choices
from labels.designs import DESIGNS, OWN_SIZE, Design, Paper
from labels.layout import fit_modules, lay_out
from labels.mending import Mending, ToldObstacle
from labels.pdf_description import Flip
from labels.placed import LabelLayout
from labels.preview import back_svg, label_svg, page_svg
from labels.qr import Correction
from labels.qr_size import SizeWarning, SymbolSize, measure
from labels.spec import CharacterNotPrintable, LabelContent, SheetSpec, TextDoesNotFit
from trace.batches.models import Batch
from trace.core.errors import BadInput

# The fields of a label by name, for what was left out or does not fit.
FIELD_NAMES = {
    "product_name": _l("Product name"),
    "lot_number": _l("Lot number"),
    "dates": _l("Dates"),
    "code": _l("Code to type"),
    "readable_site": _l("Site to type it at"),
    "net_quantity": _l("Net quantity"),
    "producer_name": _l("Producer"),
    "commune": _l("Commune"),
    "ocop": _l("OCOP stars"),
    "label_rules": _l("Maker's address and origin"),
    "own_text": _l("Further text"),
    "back_text": _l("Further text"),
    "hri": _l("GS1 text"),
    "ean": _l("EAN-13 for the till"),
    "address": _l("QR"),
}
_CORRECTIONS = {
    Correction.L: _l("L · least, smallest QR"),
    Correction.M: _l("M · usual"),
    Correction.Q: _l("Q · for wet or worn labels"),
    Correction.H: _l("H · most, largest QR"),
}
# Where a refusal of the label itself belongs to a field of the form.
_FORM_FIELDS = {"own_text": "text", "back_text": "text", "ean": "ean"}


@dataclass(frozen=True)
class Offer:
    """What the form offers: pairs of value and text; sizes by paper."""

    sheets: list[tuple[str, str]]
    rolls: list[tuple[str, str]]
    corrections: list[tuple[str, str]]
    dpis: list[tuple[str, str]]
    flips: list[tuple[str, str]]
    forms: list[tuple[str, str]]
    drawings: list[tuple[str, str]]
    has_gs1: bool
    has_ean: bool


@dataclass(frozen=True)
class Preview:
    """One label and the first page of the file as they will be printed, its back as well; sizes in words; what was left
    out, and warnings."""

    label: Markup
    page: Markup
    address: str
    label_size: str
    qr_size: str
    left_out: str
    warnings: tuple[str, ...]
    page_count: int
    back: Markup | None = None


@dataclass(frozen=True)
class LabelPage:
    """The label page of one batch: a preview, or what stands in its way.

    ``missing`` are the names of missing items with the step that adds each (None once sealed); ``refusal`` is any other
    reason, such as a name too long for the paper.
    """

    batch: Batch
    offer: Offer | None = None
    preview: Preview | None = None
    site: str = ""
    obstacles: tuple[ToldObstacle, ...] = ()
    missing: tuple[tuple[str, Mending | None], ...] = ()
    refusal: str = ""


def chosen_content(content: LabelContent, batch: Batch, choices: Choices, public_url: str) -> LabelContent:
    """The batch's label with what was chosen for it. Raises what a GS1 address refuses."""
    if choices.is_gs1:
        content = services.with_gs1_address(content, batch, public_url)
    ean = services.till_number(batch) if choices.has_ean else ""
    return replace(content, own_text=choices.own_text, ean=ean)


def chosen_spec(content: LabelContent, choices: Choices) -> SheetSpec:
    """The size with as many dots a module as were chosen, else with as many as fit. Raises what `lay_out` does."""
    if choices.has_fixed_dots:
        lay_out(content, choices.spec)
        return choices.spec
    return fit_modules([content], choices.spec)


def dotted(choices: Choices) -> Choices:
    """The same for a file of dots: letters not lower than the law has them once they are rounded to whole dots."""
    return replace(choices, spec=for_dots(choices.spec, choices.spec.dpi))


def make_preview(content: LabelContent, choices: Choices) -> Preview:
    """How the labels will look. Raises what `lay_out` does."""
    spec = chosen_spec(content, choices)
    return show_layout(
        lay_out(content, spec), spec, choices, _("Label of lot %(lot)s", lot=content.lot_number)
    )


def show_layout(layout: LabelLayout, spec: SheetSpec, choices: Choices, title: str) -> Preview:
    """How labels will look that are all like this one. Raises what their back does."""
    size = measure(layout.qr, spec)
    count, options = choices.labels, choices.pages
    filled = _first_page(choices)
    back = None
    if options.back_text:
        back = back_svg(
            lay_out_back(options.back_text, spec),
            spec,
            _("The back of the first page"),
            filled,
            over_short_edge=options.flip is Flip.SHORT_EDGE,
            has_marks=options.has_marks,
        )
    return Preview(
        label=label_svg(layout, title, spec),
        page=page_svg(layout, spec, _("The first page"), filled, has_marks=options.has_marks),
        back=back,
        address=layout.qr.address,
        label_size=_mm_by_mm(spec.label_width_mm, spec.label_height_mm),
        qr_size=tell_size(size),
        left_out=", ".join(_names(layout.left_out)),
        warnings=tuple(_warning(warning) for warning in size.warnings),
        page_count=-(-(choices.start - 1 + count) // spec.labels_per_page),
    )


def check_back(choices: Choices) -> None:
    """Refuse a text that the back of a label cannot hold, as the file would."""
    lay_out_back(choices.pages.back_text, choices.spec)


def _first_page(choices: Choices) -> range:
    """The positions that are filled on the first page of the file, which is the last sheet where that comes first."""
    size = choices.spec.labels_per_page
    first, end = choices.start - 1, choices.start - 1 + choices.labels
    if choices.pages.is_last_first and end > size:
        return range((end - 1) % size + 1)
    return range(first, min(end, size))


def make_offer(batch: Batch, *, has_digital_links: bool) -> Offer:
    """What can be chosen for this batch; GS1 addresses only where this service answers them and there is a GTIN."""
    has_gtin = bool(services.sealed_gtin(batch))
    return offer_of(has_gs1=has_digital_links and has_gtin, has_ean=bool(services.till_number(batch)))


def offer_of(*, has_gs1: bool, has_ean: bool) -> Offer:
    """What can be chosen for any label."""
    return Offer(
        sheets=[(design.key, design_title(design)) for design in DESIGNS if design.paper is Paper.SHEET],
        rolls=[
            *((design.key, design_title(design)) for design in DESIGNS if design.paper is Paper.ROLL),
            (OWN_SIZE, _("Another size")),
        ],
        corrections=[(str(level), str(text)) for level, text in _CORRECTIONS.items()],
        dpis=[(str(dpi), f"{dpi} dpi") for dpi in DPIS],
        flips=[(str(Flip.LONG_EDGE), _("Long edge")), (str(Flip.SHORT_EDGE), _("Short edge"))],
        forms=[(SHORT, _("Short address")), (GS1, "GS1 Digital Link")],
        drawings=[(LINES, _("Lines and letters")), (DOTS, _("Black and white dots"))],
        has_gs1=has_gs1,
        has_ean=has_ean,
    )


def design_title(design: Design) -> str:
    """A ready size in words: ``Tomy 145 · 38 × 21 mm · 65 labels``, ``35 × 22 mm · 2 across, paper 74 mm``."""
    spec = design.spec
    if spec.is_round:
        return str(_("Round, %(width)s mm", width=format_decimal(spec.label_width_mm)))
    size = _mm_by_mm(spec.label_width_mm, spec.label_height_mm)
    if design.paper is Paper.ROLL:
        if spec.columns == 1:
            return size
        paper = format_decimal(spec.page_width_mm)
        across = _("%(count)s across, paper %(width)s mm", count=spec.columns, width=paper)
        return f"{size} · {across}"
    count = spec.labels_per_page
    labels = ngettext("%(num)s label", "%(num)s labels", count)
    return f"{design.name} · {size} · {labels}"


def tell_size(size: SymbolSize) -> str:
    """The symbol with its white border, in millimetres and dots: ``13,9 mm, 3 dots a module, 111 dots in all``."""
    told = _(
        "QR with its white border: %(side)s mm, %(dots)s dots for each module, %(whole)s dots in all",
        side=format_decimal(round(size.whole_mm, 1)),
        dots=size.dots_per_module,
        whole=size.whole_dots,
    )
    return str(told)


def tell_refusal(refusal: BadInput) -> str:
    """A refusal with the name of the field of the label that it is about."""
    if isinstance(refusal, TextDoesNotFit | CharacterNotPrintable) and refusal.field in FIELD_NAMES:
        return f"{FIELD_NAMES[refusal.field]}: {refusal}"
    return str(refusal)


def form_field(refusal: BadInput) -> str:
    """The field of the form that a refusal of the label belongs to; empty for what the form cannot mend."""
    return _FORM_FIELDS.get(refusal.field or "", "")


def _names(fields: Iterable[str]) -> list[str]:
    return [str(FIELD_NAMES[field]) for field in fields]


def _warning(warning: SizeWarning) -> str:
    if warning is SizeWarning.FEW_DOTS:
        return str(_("Fewer than 3 dots for each module: printed like this, many phones will not read it."))
    return str(_("A module is under 0.33 mm: phones will not read it from a hand's distance."))


def _mm_by_mm(width: float, height: float) -> str:
    return f"{format_decimal(round(width, 2))} × {format_decimal(round(height, 2))} mm"
