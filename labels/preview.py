"""A label and a page on the screen: the same layout as on paper, as inline SVG in millimetres. Only drawing.

The page's own typeface is used by name, so that nothing is embedded; the Content-Security-Policy forbids style
attributes, so everything is a presentation attribute.
"""

from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from labels.backs import turned_place
from labels.fonts import SEMIBOLD
from labels.marks import MARK_WIDTH_MM, crop_marks, mark_margin
from labels.placed import LabelLayout, PlacedText
from labels.qr import QrSymbol
from labels.spec import A4_40, SheetSpec

_FAMILY = "Be Vietnam Pro, system-ui, sans-serif"
_EDGE = Markup('fill="#fff" stroke="#7C8A93" stroke-width="0.2"')


def label_svg(layout: LabelLayout, title: str, spec: SheetSpec = A4_40) -> Markup:
    """One label of a sheet with the paper around it; ``title`` is what a screen reader says."""
    left = (spec.label_width_mm - spec.content_width_mm) / 2
    top = (spec.label_height_mm - spec.content_height_mm) / 2
    parts = [
        Markup(
            '<svg class="label-preview" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {} {}">'
            '<title>{}</title><rect width="100%" height="100%" fill="#fff"/>'
        ).format(_mm(spec.label_width_mm), _mm(spec.label_height_mm), title),
        _edge(spec, 0.0, 0.0) if spec.is_round else Markup(""),
        Markup('<g transform="translate({} {})" fill="#000">').format(_mm(left), _mm(top)),
        _content(layout, spec),
        Markup("</g></svg>"),
    ]
    return Markup("").join(parts)


def page_svg(
    layout: LabelLayout, spec: SheetSpec, title: str, filled: range, *, has_marks: bool = False
) -> Markup:
    """A page as it will be printed: the label on each position of ``filled``, and crop marks.

    The edges of labels are grey; they are not printed.
    """
    margin = mark_margin(spec, has_marks=has_marks)
    parts = [
        _page_head(spec, title, margin),
        Markup('<defs><g id="one-label" fill="#000">'),
        _content(layout, spec),
        Markup("</g></defs>"),
        *_edges(spec),
        *(
            Markup('<use href="#one-label" x="{}" y="{}"/>').format(_mm(place.x_mm), _mm(place.y_mm))
            for place in map(spec.place, filled)
        ),
        *(_marks(spec, filled) if has_marks else ()),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def back_svg(
    texts: Sequence[PlacedText],
    spec: SheetSpec,
    title: str,
    filled: range,
    *,
    over_short_edge: bool,
    has_marks: bool = False,
) -> Markup:
    """The back of that page, as it lies once the sheet is turned."""
    parts = [
        _page_head(spec, title, mark_margin(spec, has_marks=has_marks)),
        Markup('<defs><g id="one-back" fill="#000">'),
        *(_text(text) for text in texts),
        Markup("</g></defs>"),
        *_turned_edges(spec, over_short_edge=over_short_edge),
        *(
            Markup('<use href="#one-back" x="{}" y="{}"/>').format(_mm(place.x_mm), _mm(place.y_mm))
            for place in (turned_place(spec, index, over_short_edge=over_short_edge) for index in filled)
        ),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def _page_head(spec: SheetSpec, title: str, margin: float) -> Markup:
    at = _mm(0.0 - margin)
    width, height = _mm(spec.page_width_mm + 2 * margin), _mm(spec.page_height_mm + 2 * margin)
    return Markup(
        '<svg class="label-preview wide" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="{} {} {} {}">'
        '<title>{}</title><rect x="{}" y="{}" width="{}" height="{}" fill="#fff"/>'
    ).format(at, at, width, height, title, at, at, width, height)


def _edges(spec: SheetSpec) -> Iterator[Markup]:
    for index in range(spec.labels_per_page):
        corner = spec.corner(index)
        yield _edge(spec, corner.x_mm, corner.y_mm)


def _turned_edges(spec: SheetSpec, *, over_short_edge: bool) -> Iterator[Markup]:
    for index in range(spec.labels_per_page):
        x, y = spec.corner(index).x_mm, spec.corner(index).y_mm
        if over_short_edge:
            yield _edge(spec, x, spec.page_height_mm - y - spec.label_height_mm)
        else:
            yield _edge(spec, spec.page_width_mm - x - spec.label_width_mm, y)


def _marks(spec: SheetSpec, filled: range) -> Iterator[Markup]:
    for index in filled:
        for line in crop_marks(spec, index):
            yield Markup('<path d="M{} {}L{} {}" stroke="#000" stroke-width="{}"/>').format(
                *map(_mm, line), MARK_WIDTH_MM
            )


def _edge(spec: SheetSpec, x_mm: float, y_mm: float) -> Markup:
    width, height = spec.label_width_mm, spec.label_height_mm
    if spec.is_round:
        return Markup('<circle cx="{}" cy="{}" r="{}" {}/>').format(
            _mm(x_mm + width / 2), _mm(y_mm + height / 2), _mm(width / 2 - 0.1), _EDGE
        )
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" {}/>').format(
        _mm(x_mm), _mm(y_mm), _mm(width), _mm(height), _EDGE
    )


def _content(layout: LabelLayout, spec: SheetSpec) -> Markup:
    parts = [
        _symbol(layout, spec),
        *(
            Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(
                _mm(tag.x_mm), _mm(tag.y_mm), _mm(tag.width_mm), _mm(tag.height_mm)
            )
            for tag in layout.tags
        ),
        *(_text(text) for text in layout.texts),
    ]
    return Markup("").join(parts)


def _symbol(layout: LabelLayout, spec: SheetSpec) -> Markup:
    return Markup('<path transform="translate({} {}) scale({})" d="{}"/>').format(
        _mm(layout.qr_x_mm), _mm(layout.qr_y_mm), _mm(spec.module_mm), _outline(layout.qr)
    )


def _outline(symbol: QrSymbol) -> str:
    return "".join("M" + "L".join(f"{x} {y}" for x, y in loop) + "z" for loop in symbol.outline())


def _text(text: PlacedText) -> Markup:
    return Markup(
        '<text x="{}" y="{}" font-size="{}" font-weight="{}" font-family="{}" fill="{}">{}</text>'
    ).format(
        _mm(text.x_mm),
        _mm(text.baseline_mm),
        _mm(text.size_mm),
        600 if text.font == SEMIBOLD else 400,
        _FAMILY,
        "#fff" if text.light else "#000",
        escape(text.text),
    )


def _mm(length: float) -> str:
    return f"{length:.4f}".rstrip("0").rstrip(".")
