"""Pages of dots in ZPL II, for Zebra printers and those that speak as they do. Only writing, nothing measured.

Texts go as graphic fields (^GF), QRs by ^BQ. All commands are of Zebra's ZPL II Programming Guide.
"""

from collections.abc import Iterable, Iterator

from labels.bitmaps import Block, DotPage, blocks
from labels.printer_symbols import Commanded, parted

# A QR placed by ^FO sinks by the bar height that ^BY set last, even in another job; pinned to one dot, and taken off.
_SINKS_BY = 1


def zpl(pages: Iterable[DotPage], *, is_turned: bool = False) -> Iterator[bytes]:
    """One format (^XA to ^XZ) for each page, with its copies; ``is_turned`` prints upside down."""
    for page in pages:
        yield _format(page, is_turned)


def _format(page: DotPage, is_turned: bool) -> bytes:
    by_command, as_dots = parted(page)
    lines = [
        "^XA",
        f"^PW{page.rest.width}",
        f"^LL{page.rest.height}",
        "^LH0,0",
        f"^PO{'I' if is_turned else 'N'}",
        *(_graphic_field(block) for block in blocks(page.picture(as_dots))),
        *(_qr_code(commanded) for commanded in by_command),
        f"^PQ{page.copies}",
        "^XZ",
    ]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def _graphic_field(block: Block) -> str:
    """``^GFA,bytes sent,bytes of the graphic,bytes a row,data``: hexadecimal, and a comma fills a row with white."""
    count = block.bytes_per_row * len(block.rows)
    data = "".join(_row(row) for row in block.rows)
    return f"^FO{block.x},{block.y}^GFA,{count},{count},{block.bytes_per_row},{data}^FS"


def _row(row: bytes) -> str:
    inked = row.rstrip(b"\0")
    return inked.hex().upper() + ("," if len(inked) < len(row) else "")


def _qr_code(commanded: Commanded) -> str:
    """``^BQ``: normal orientation, model 2, dots a module; the data says its correction and "A", automatic modes."""
    placed = commanded.placed
    y = max(0, placed.y - _SINKS_BY)
    data = f"{commanded.correction}A,{placed.symbol.address}"
    return f"^BY2,3,{_SINKS_BY}^FO{placed.x},{y}^BQN,2,{placed.module}^FD{data}^FS"
