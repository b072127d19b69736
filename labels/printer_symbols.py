"""Which QRs a printer may draw by its own command, and which it gets as dots. No printer language here.

A command leaves the choice of modes to the printer's firmware: one that knows only bytes makes a larger symbol than
ours where ours changes modes, and a larger symbol stands in its own quiet zone. So the command is used where every
choice ends in the same size; otherwise the symbol is sent as dots, which is the same on any printer.
"""

from dataclasses import dataclass
from functools import lru_cache

import qrcode
from qrcode import util
from qrcode.exceptions import DataOverflowError

from labels.bitmaps import DotPage, PlacedSymbol
from labels.qr import CORRECTIONS, Correction, QrSymbol, plan_symbol

# Modules a command can ask for, in dots: ^BQ takes 1 to 10 on every model, QRCODE 1 to 10.
_LARGEST_MODULE = 10
# Signs that begin something else inside a command of one of the languages.
_SPECIAL = frozenset('^~"\\!')


@dataclass(frozen=True)
class Commanded:
    """A QR that the printer draws, and the correction to ask it for."""

    placed: PlacedSymbol
    correction: Correction


def parted(page: DotPage) -> tuple[list[Commanded], list[PlacedSymbol]]:
    """The QRs of a page that go by command, and those that go as dots."""
    by_command: list[Commanded] = []
    as_dots: list[PlacedSymbol] = []
    for placed in page.symbols:
        correction = certain_correction(placed)
        if correction is None:
            as_dots.append(placed)
        else:
            by_command.append(Commanded(placed, correction))
    return by_command, as_dots


def certain_correction(placed: PlacedSymbol) -> Correction | None:
    """The correction at which any printer's command makes a symbol of this very size with this very text.

    The highest from what the dots have down to what was asked for; None where there is none.
    """
    symbol = placed.symbol
    if placed.module > _LARGEST_MODULE or symbol.has_mark or _SPECIAL & set(symbol.address):
        return None
    levels = list(Correction)
    asked, drawn = (
        levels.index(Correction(symbol.error_correction)),
        levels.index(Correction(symbol.drawn_correction)),
    )
    for level in reversed(levels[asked : drawn + 1]):
        if (
            _version_in_bytes(len(symbol.address), level) == symbol.version
            and _smallest_version(symbol, level) == symbol.version
        ):
            return level
    return None


def _smallest_version(symbol: QrSymbol, level: Correction) -> int:
    """The version of firmware that changes modes as well as can be: ours may be larger, for the sake of blots."""
    return plan_symbol(symbol.address, level, is_tight=True).version


@lru_cache(maxsize=1024)
def _version_in_bytes(length: int, correction: Correction) -> int:
    """The version that firmware without other modes needs for so many characters: the largest any would choose."""
    code = qrcode.QRCode(error_correction=CORRECTIONS[correction])
    code.add_data(util.QRData(b"a" * length, mode=util.MODE_8BIT_BYTE), optimize=0)
    try:
        return int(code.best_fit())
    except (DataOverflowError, ValueError):  # 8.2 answers an overflow with either
        return 0
