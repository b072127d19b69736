"""A label on the screen: the same layout as on paper, as inline SVG in millimetres. Only drawing.

The page's own typeface is used by name, so that nothing is embedded; the Content-Security-Policy forbids style
attributes, so everything is a presentation attribute.
"""

from markupsafe import Markup, escape

from labels.fonts import SEMIBOLD
from labels.layout import LabelLayout, PlacedText
from labels.qr import QrSymbol
from labels.spec import A4_40, SheetSpec

_FAMILY = "Be Vietnam Pro, system-ui, sans-serif"


def label_svg(layout: LabelLayout, title: str, spec: SheetSpec = A4_40) -> Markup:
    """One label of a sheet with the paper around it; ``title`` is what a screen reader says."""
    left = (spec.label_width_mm - spec.content_width_mm) / 2
    top = (spec.label_height_mm - spec.content_height_mm) / 2
    parts = [
        Markup(
            '<svg class="label-preview" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {} {}">'
            '<title>{}</title><rect width="100%" height="100%" fill="#fff"/>'
            '<g transform="translate({} {})" fill="#000">'
        ).format(_mm(spec.label_width_mm), _mm(spec.label_height_mm), title, _mm(left), _mm(top)),
        _symbol(layout, spec),
        *(
            Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(
                _mm(tag.x_mm), _mm(tag.y_mm), _mm(tag.width_mm), _mm(tag.height_mm)
            )
            for tag in layout.tags
        ),
        *(_text(text) for text in layout.texts),
        Markup("</g></svg>"),
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
