"""One QR as a picture: PNG in whole printer dots, SVG in millimetres. Quiet zone always included."""

import io
from xml.sax.saxutils import escape

from PIL import Image

from labels.qr import QUIET_ZONE_MODULES, QrSymbol
from labels.spec import MM_PER_INCH


def qr_png(symbol: QrSymbol, *, dots_per_module: int = 4, dpi: int = 203) -> bytes:
    """The symbol as a 1-bit PNG of ``dots_per_module`` pixels a module, its resolution stated as ``dpi``.

    At 4 dots of 203 dpi a module is 0.5005 mm.
    """
    side = symbol.modules_with_quiet_zone
    small = Image.new("1", (side, side), 1)
    for y, row in enumerate(symbol.rows, start=QUIET_ZONE_MODULES):
        for x, dark in enumerate(row, start=QUIET_ZONE_MODULES):
            if dark:
                small.putpixel((x, y), 0)
    picture = small.resize((side * dots_per_module, side * dots_per_module), Image.Resampling.NEAREST)
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def qr_svg(symbol: QrSymbol, *, title: str, dots_per_module: int = 4, dpi: int = 203) -> str:
    """The symbol as an SVG document in millimetres: a white ground and one black path, named ``title`` for readers."""
    side = symbol.modules_with_quiet_zone
    side_mm = round(side * dots_per_module * MM_PER_INCH / dpi, 4)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side_mm}mm" height="{side_mm}mm" '
        f'viewBox="0 0 {side} {side}" role="img"><title>{escape(title)}</title>'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path fill="#000" shape-rendering="crispEdges" d="{_path(symbol)}"/></svg>\n'
    )


def _path(symbol: QrSymbol) -> str:
    pieces: list[str] = []
    for loop in symbol.outline():
        (x, y), *rest = loop
        pieces.append(f"M{x + QUIET_ZONE_MODULES} {y + QUIET_ZONE_MODULES}")
        for next_x, next_y in rest:
            pieces.append(f"h{next_x - x}" if next_y == y else f"v{next_y - y}")
            x, y = next_x, next_y
        pieces.append("z")
    return "".join(pieces)
