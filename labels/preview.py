"""A label and a page on the screen: the same layout as on paper, as inline SVG in millimetres. Only drawing.

The page's own typeface is used by name, so that nothing is embedded; the Content-Security-Policy forbids style
attributes, so everything is a presentation attribute.
"""

from markupsafe import Markup, escape

from labels.fonts import SEMIBOLD
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


def page_svg(layout: LabelLayout, spec: SheetSpec, title: str, start: int, count: int) -> Markup:
    """The first page as it will be printed: the edge of every label, and the label on each position that is filled."""
    filled = range(start - 1, min(start - 1 + count, spec.labels_per_page))
    corners = [spec.corner(index) for index in range(spec.labels_per_page)]
    parts = [
        Markup(
            '<svg class="label-preview" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {} {}">'
            '<title>{}</title><rect width="100%" height="100%" fill="#fff"/><defs><g id="one-label" fill="#000">'
        ).format(_mm(spec.page_width_mm), _mm(spec.page_height_mm), title),
        _content(layout, spec),
        Markup("</g></defs>"),
        *(_edge(spec, corner.x_mm, corner.y_mm) for corner in corners),
        *(
            Markup('<use href="#one-label" x="{}" y="{}"/>').format(_mm(place.x_mm), _mm(place.y_mm))
            for place in map(spec.place, filled)
        ),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


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
