"""One whole label as a file of its own: PNG in the dots of a printer, SVG in millimetres. Only drawing."""

from dataclasses import replace
from xml.sax.saxutils import escape

from PIL import Image

from labels.bitmaps import Shift, layout_pages, picture_png
from labels.outlines import line_path, units_per_em
from labels.placed import LabelLayout, PlacedText
from labels.spec import SheetSpec


def label_picture(layout: LabelLayout, spec: SheetSpec) -> Image.Image:
    """The label from edge to edge in whole dots of ``spec.dpi``, as it will be printed; mode "1", dark is 0.

    A round label comes in its square.
    """
    alone = replace(
        spec,
        page_width_mm=spec.label_width_mm,
        page_height_mm=spec.label_height_mm,
        columns=1,
        rows=1,
        left_mm=0.0,
        top_mm=0.0,
        unprintable_mm=0.0,
        label_margin_mm=0.0,
    )
    left, top = box_corner(spec)
    (page,) = layout_pages([layout], alone, shift=Shift(left, top))
    return page.picture()


def label_png(layout: LabelLayout, spec: SheetSpec) -> bytes:
    """That picture as a 1-bit PNG that states its resolution, so that it is placed in its true size."""
    return picture_png(label_picture(layout, spec), spec.dpi)


def label_svg_file(layout: LabelLayout, spec: SheetSpec, title: str) -> str:
    """The label as an SVG document of its true size: text as outlines, so that no program needs the typeface.

    ``title`` names it; its words stand in the description for those who cannot see them.
    """
    width, height = _mm(spec.label_width_mm), _mm(spec.label_height_mm)
    left, top = box_corner(spec)
    words = " · ".join(text.text for text in layout.texts)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title><desc>{escape(words)}</desc>",
        _ground(spec),
        f'<g transform="translate({_mm(left)} {_mm(top)})">',
        f'<path shape-rendering="crispEdges" transform="translate({_mm(layout.qr_x_mm)} {_mm(layout.qr_y_mm)}) '
        f'scale({spec.module_mm:.6f})" d="{_outline(layout)}"/>',
        *(
            f'<rect x="{_mm(tag.x_mm)}" y="{_mm(tag.y_mm)}" width="{_mm(tag.width_mm)}" '
            f'height="{_mm(tag.height_mm)}"/>'
            for tag in layout.tags
        ),
        *(_line(text) for text in layout.texts),
        "</g></svg>\n",
    ]
    return "".join(parts)


def box_corner(spec: SheetSpec) -> tuple[float, float]:
    """Where a label's content box starts, in millimetres from the label's corner, away from the paper's edges."""
    return (
        (spec.label_width_mm - spec.content_width_mm) / 2,
        (spec.label_height_mm - spec.content_height_mm) / 2,
    )


def _ground(spec: SheetSpec) -> str:
    if spec.is_round:
        x, y = _mm(spec.label_width_mm / 2), _mm(spec.label_height_mm / 2)
        return f'<ellipse cx="{x}" cy="{y}" rx="{x}" ry="{y}" fill="#fff"/>'
    return '<rect width="100%" height="100%" fill="#fff"/>'


def _outline(layout: LabelLayout) -> str:
    return "".join("M" + "L".join(f"{x} {y}" for x, y in loop) + "z" for loop in layout.qr.outline())


def _line(text: PlacedText) -> str:
    fill = ' fill="#fff"' if text.light else ""
    return (
        f'<path{fill} transform="translate({_mm(text.x_mm)} {_mm(text.baseline_mm)}) '
        f'scale({text.size_mm / units_per_em(text.font):.7f})" d="{line_path(text.text, text.font)}"/>'
    )


def _mm(length: float) -> str:
    return f"{length:.4f}".rstrip("0").rstrip(".")
