"""Which QRs a printer may draw by its own command, and which it gets as dots. No printer language here.

A command leaves the choice of modes to the printer's firmware: one that knows only bytes makes a larger symbol than
ours where ours changes modes, and a larger symbol stands in its own quiet zone. So the command is used where every
choice ends in the same size; otherwise the symbol is sent as dots, which is the same on any printer.
"""

import qrcode
from qrcode import util

from labels.bitmaps import DotPage, PlacedSymbol
from labels.qr import QrSymbol

_CORRECTIONS = {
    "L": qrcode.constants.ERROR_CORRECT_L,
    "M": qrcode.constants.ERROR_CORRECT_M,
    "Q": qrcode.constants.ERROR_CORRECT_Q,
    "H": qrcode.constants.ERROR_CORRECT_H,
}
# Modules a command can ask for, in dots: ^BQ takes 1 to 10 on every model, QRCODE 1 to 10.
_LARGEST_MODULE = 10
# Signs that begin something else inside a command of one of the languages.
_SPECIAL = frozenset('^~"\\!')


def parted(page: DotPage) -> tuple[list[PlacedSymbol], list[PlacedSymbol]]:
    """The QRs of a page that go by command, and those that go as dots."""
    by_command = [placed for placed in page.symbols if is_certain(placed)]
    return by_command, [placed for placed in page.symbols if placed not in by_command]


def is_certain(placed: PlacedSymbol) -> bool:
    """Whether any printer's command makes a symbol of this very size with this very text."""
    symbol = placed.symbol
    return (
        placed.module <= _LARGEST_MODULE
        and not symbol.has_mark
        and not _SPECIAL & set(symbol.address)
        and _version_in_bytes(symbol) == symbol.version
    )


def _version_in_bytes(symbol: QrSymbol) -> int:
    """The version that firmware without other modes needs: the largest any would choose, as ours is the smallest."""
    code = qrcode.QRCode(error_correction=_CORRECTIONS[symbol.error_correction])
    code.add_data(util.QRData(symbol.address.encode("ascii"), mode=util.MODE_8BIT_BYTE), optimize=0)
    return int(code.best_fit())
