"""Pages of dots in TSPL, for TSC printers and the many that speak as they do (Xprinter). Only writing.

Texts go as BITMAP, QRs by QRCODE. All commands are of TSC's TSPL/TSPL2 Programming Manual; each ends in CR LF.
"""

from collections.abc import Iterable, Iterator

from labels.bitmaps import Block, DotPage, blocks
from labels.printer_symbols import Commanded, parted
from labels.spec import SheetSpec

_END = b"\r\n"
_TURNED = bytes(byte ^ 0xFF for byte in range(256))


def tspl(
    pages: Iterable[DotPage], spec: SheetSpec, *, gap_mm: float = 2.0, is_turned: bool = False
) -> Iterator[bytes]:
    """The paper's size first, then each page with its copies.

    ``gap_mm`` is the white between two rows of labels on the roll, 0 for paper without gaps; ``is_turned`` prints
    upside down.
    """
    yield _lines(
        f"SIZE {_mm(spec.page_width_mm)} mm,{_mm(spec.page_height_mm)} mm",
        f"GAP {_mm(gap_mm)} mm,0 mm",
        f"DIRECTION {0 if is_turned else 1}",
        "REFERENCE 0,0",
    )
    for page in pages:
        by_command, as_dots = parted(page)
        yield _lines("CLS")
        for block in blocks(page.picture(as_dots)):
            yield _bitmap(block)
        # Last, because a bitmap's white would cover them where two labels stand side by side.
        yield _lines(*(_qr_code(commanded) for commanded in by_command), f"PRINT 1,{page.copies}")


def _bitmap(block: Block) -> bytes:
    """``BITMAP x,y,bytes a row,rows,mode,data`` in mode 0 (overwrite); a bit that is 0 prints a dot."""
    head = f"BITMAP {block.x},{block.y},{block.bytes_per_row},{len(block.rows)},0,"
    return head.encode("ascii") + b"".join(block.rows).translate(_TURNED) + _END


def _qr_code(commanded: Commanded) -> str:
    """``QRCODE x,y,correction,dots a module,automatic modes,not rotated,model 2,"…"`` (model 1 is the default)."""
    placed = commanded.placed
    where = f"{placed.x},{placed.y},{commanded.correction},{placed.module}"
    return f'QRCODE {where},A,0,M2,S7,"{placed.symbol.address}"'


def _lines(*commands: str) -> bytes:
    return b"".join(command.encode("ascii") + _END for command in commands)


def _mm(length: float) -> str:
    return f"{length:.2f}".rstrip("0").rstrip(".")
