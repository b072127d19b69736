"""Symbols of many addresses that differ only in the code at their end: some ten thousand a second.

Of one version, correction and mask, every module of a QR symbol is a sum modulo 2 of data bits (Reed-Solomon codes are
linear, ISO/IEC 18004 annex A; placing and masking move and flip bits). So the encoder is asked once for each bit of the
code, and a symbol is the exclusive or of what its characters contribute. Lines of modules are whole numbers here, and
the eight masks of many symbols are weighed at once.

The symbols are those of `qr_matrix`, but that all have one version: a code that ends in seven digits is written there
in numeric mode, and here like the others.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from qrcode import util

from labels.qr import Correction, MarkNeedsCorrectionH, QrSymbol, drawn_modules, mark_of, plan_symbol

Lines = NDArray[np.uint64]

# ISO/IEC 18004, table 5: the value of an alphanumeric character; two make one number of eleven bits.
_VALUES = {character: value for value, character in enumerate(util.ALPHA_NUM.decode("ascii"))}
_CHARACTERS = "".join(_VALUES)
_VALUE_OF_BYTE = np.array([_VALUES.get(chr(byte), 0) for byte in range(128)])
_BASE = len(_VALUES)
_MASKS = 8
# Symbols that are weighed together: few enough to stay in the processor's cache.
_CHUNK = 32


class QrSeries:
    """The symbols of ``address_of(code)`` for codes of capitals and digits of one length.

    ``address_of`` must end in the code and else be the same for every code. Raises what `qr_matrix` raises.
    """

    def __init__(
        self,
        address_of: Callable[[str], str],
        code_length: int,
        error_correction: str = Correction.M,
        *,
        has_mark: bool = False,
        is_tight: bool = False,
    ) -> None:
        if has_mark and error_correction != Correction.H:
            raise MarkNeedsCorrectionH
        self._address_of, self._length = address_of, code_length
        self._correction, self._has_mark = Correction(error_correction), has_mark
        # Letters alone need the most room, and their whole end is one alphanumeric segment.
        self._plan = plan_symbol(address_of("A" * code_length), error_correction, is_tight=is_tight)
        self.side = 4 * self._plan.version + 17
        self._learn()

    def rows(self, codes: Sequence[str]) -> Lines:
        """The symbols as lines from the top: (codes, side) of which bit x is module x from the left, 1 is dark.

        Raises ValueError for a code of another length.
        """
        if any(len(code) != self._length for code in codes):
            raise ValueError("codes of one series have one length")
        made = np.empty((len(codes), self.side), np.uint64)
        for start in range(0, len(codes), _CHUNK):
            made[start : start + _CHUNK] = self._chunk(codes[start : start + _CHUNK])
        return made

    def symbol(self, code: str) -> QrSymbol:
        """One symbol as others take it."""
        (lines,) = self.rows([code]).tolist()
        return QrSymbol(
            address=self._address_of(code),
            version=self._plan.version,
            rows=tuple(tuple(bool(line >> x & 1) for x in range(self.side)) for line in lines),
            error_correction=self._correction,
            has_mark=self._has_mark,
            drawn_correction=self._plan.correction,
        )

    def _learn(self) -> None:
        *before, (mode, text) = self._plan.segments
        start = len(text) - self._length
        # A pair may begin with the last character before the code.
        first = start - start % 2
        self._at = [(at - start, min(2, len(text) - at)) for at in range(first, len(text), 2)]
        self._before = text[first:start]
        zeros = _CHARACTERS[0] * (len(text) - first)

        def drawn(end: str = zeros, mask: int = 0, *, is_test: bool = False) -> Lines:
            segments = [*before, (mode, text[:first] + end)]
            plan = self._plan
            return _packed(drawn_modules(segments, plan.version, plan.correction, mask, is_test=is_test))

        zero = drawn()
        self._tables = []
        for number, (_, size) in enumerate(self._at):
            bits = 11 if size == 2 else 6
            table = np.zeros((1 << bits, len(zero)), np.uint64)
            for bit in range(bits):
                value = 1 << bit
                one = (
                    _CHARACTERS[value // _BASE] + _CHARACTERS[value % _BASE]
                    if size == 2
                    else _CHARACTERS[value]
                )
                end = zeros[: 2 * number] + one + zeros[2 * number + size :]
                table[value : 2 * value] = table[:value] ^ (drawn(end) ^ zero)
            self._tables.append(table)
        # Masks are weighed with the format information still light, as the encoder does it.
        self._weighed = np.stack([drawn(mask=mask, is_test=True) for mask in range(_MASKS)])
        self._final = np.stack([drawn(mask=mask)[: self.side] for mask in range(_MASKS)])
        self._dark_points = _dark_points(self.side)

    def _chunk(self, codes: Sequence[str]) -> Lines:
        letters = np.frombuffer("".join(codes).encode("ascii"), np.uint8).reshape(len(codes), self._length)
        values = _VALUE_OF_BYTE[letters]
        changed = np.zeros((len(codes), 2 * self.side), np.uint64)
        for (at, size), table in zip(self._at, self._tables, strict=True):
            if size == 1:
                index = values[:, at]
            elif at < 0:
                index = _VALUES[self._before] * _BASE + values[:, 0]
            else:
                index = values[:, at] * _BASE + values[:, at + 1]
            changed ^= table[index]
        masks = _points(changed[:, None, :] ^ self._weighed, self.side, self._dark_points).argmin(axis=1)
        rows: Lines = changed[:, : self.side] ^ self._final[masks]
        if self._has_mark:
            taken, dark = (_packed(area)[: self.side] for area in mark_of(self.side))
            rows = rows & ~taken | dark
        return rows


def _packed(modules: Sequence[Sequence[bool]]) -> Lines:
    """Rows, then columns, each as a number whose bit i is module i."""
    square = np.array(modules, dtype=np.uint64)
    weights = np.uint64(1) << np.arange(len(square), dtype=np.uint64)
    return np.concatenate([(square * weights).sum(axis=1), (square.T * weights).sum(axis=1)])


def _points(lines: Lines, side: int, dark_points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Penalty points of symbols (ISO/IEC 18004, 7.8.3) given as (..., rows and columns): the fewer, the better."""
    full = np.uint64((1 << side) - 1)
    light = lines ^ full
    rows, light_rows = lines[..., :side], light[..., :side]
    points = _runs(lines) + _runs(light) + 40 * _finder_likes(lines, side)
    for same in (rows, light_rows):
        pairs: Lines = same & same >> np.uint64(1)
        points += 3 * _count(pairs[..., :-1] & pairs[..., 1:])
    points += dark_points[_count(rows)]
    return points


def _runs(lines: Lines) -> NDArray[np.int64]:
    """Three points for five alike in a line, and one for each more."""
    two: Lines = lines & lines >> np.uint64(1)
    five: Lines = two & two >> np.uint64(2) & lines >> np.uint64(4)
    return _count(five) + 2 * _count(five & ~(five << np.uint64(1)))


def _finder_likes(lines: Lines, side: int) -> NDArray[np.int64]:
    """Lines of 1:1:3:1:1 with four light modules before or behind: dark where ``#``, light where ``.``

    ``#.###.#....`` and ``....#.###.#`` share their modules 1, 4, 5, 6 and 9; the others are the opposite of each other.
    """
    at = {step: lines >> np.uint64(step) for step in range(1, 11)} | {0: lines}
    low_all, low_any = at[0] & at[2] & at[3], at[0] | at[2] | at[3]
    high_all, high_any = at[7] & at[8] & at[10], at[7] | at[8] | at[10]
    found = (low_all & ~high_any) | (high_all & ~low_any)
    found &= at[4] & at[6]
    found &= ~(at[1] | at[5] | at[9])
    # What was shifted in from beyond the symbol is neither dark nor light.
    found &= np.uint64((1 << side - 10) - 1)
    return _count(found)


def _dark_points(side: int) -> NDArray[np.int64]:
    """Ten points for each five percent that dark modules are away from half, by their number."""
    modules = side * side
    return np.array([int(abs(dark / modules * 100 - 50) / 5) * 10 for dark in range(modules + 1)])


def _count(lines: Lines) -> NDArray[np.int64]:
    counted: NDArray[np.int64] = np.bitwise_count(lines).sum(axis=-1, dtype=np.int64)
    return counted
