"""Linear codes as bars: EAN-13 and GS1-128. Patterns in modules and where they stand; nothing is drawn here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labels.fonts import REGULAR, width_mm
from labels.placed import PlacedTag, PlacedText

# ISO/IEC 15420 (EAN/UPC): left-hand patterns of odd parity; even parity is the right-hand pattern read backwards.
_ODD = (
    "0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011",
)  # fmt: skip
_PARITY = ("OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO")
EAN_MODULES = 95
EAN_QUIET_LEFT, EAN_QUIET_RIGHT = 11, 7
# GS1 General Specifications 5.2.3: 22.85 mm high and 0.33 mm a module at 100 %; guards five modules longer.
NOMINAL_MODULE_MM, NOMINAL_HEIGHT_MM = 0.33, 22.85
LEAST_MODULE_MM = 0.264
_GUARD_MODULES = 5

# ISO/IEC 15417, table 1: widths of bar, space, bar, space, bar, space of the values 0 to 105.
_WIDTHS_128 = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232"
).replace(" ", "")
_STOP_128 = "2331112"
_START_C, _FNC1 = 105, 102
CODE_128_QUIET = 10


@dataclass(frozen=True)
class Bar:
    """One bar: its distance from the first and its width, in modules; guards of an EAN are longer."""

    start: int
    width: int
    is_guard: bool = False


def ean13_bars(digits: str) -> list[Bar]:
    """The bars of an EAN-13; ``digits`` are 13 with a right check digit."""
    parity = _PARITY[int(digits[0])]
    left = "".join(
        _ODD[int(digit)] if side == "O" else _right(digit)[::-1]
        for digit, side in zip(digits[1:7], parity, strict=True)
    )
    modules = "101" + left + "01010" + "".join(_right(digit) for digit in digits[7:]) + "101"
    guards = {*range(3), *range(45, 50), *range(92, 95)}
    return [Bar(start, width, start in guards) for start, width in _runs(modules)]


def gs1_128_bars(digits: str) -> list[Bar]:
    """The bars of a GS1-128 of an even number of digits, application identifier included: ``00`` and an SSCC."""
    values = [_START_C, _FNC1, *(int(digits[at : at + 2]) for at in range(0, len(digits), 2))]
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], 1))) % 103
    widths = "".join(_WIDTHS_128[6 * value : 6 * value + 6] for value in (*values, check)) + _STOP_128
    bars, at = [], 0
    for number, width in enumerate(map(int, widths)):
        if number % 2 == 0:
            bars.append(Bar(at, width))
        at += width
    return bars


def bars_width(bars: Sequence[Bar]) -> int:
    """How many modules a code is wide, its quiet zones not counted."""
    return bars[-1].start + bars[-1].width


def place_bars(
    bars: Sequence[Bar], x_mm: float, y_mm: float, module_mm: float, height_mm: float
) -> tuple[PlacedTag, ...]:
    """The bars from the left edge of the first and the top; guards reach five modules further down."""
    return tuple(
        PlacedTag(
            x_mm + bar.start * module_mm,
            y_mm,
            bar.width * module_mm,
            height_mm + (_GUARD_MODULES * module_mm if bar.is_guard else 0.0),
        )
        for bar in bars
    )


def ean13_height_below(module_mm: float) -> float:
    """What the digits and the longer guards of an EAN-13 take below its bars, in millimetres."""
    return max(_GUARD_MODULES * module_mm, _digit_size(module_mm) * 0.75 + module_mm)


def ean13_digits(digits: str, x_mm: float, bars_bottom_mm: float, module_mm: float) -> tuple[PlacedText, ...]:
    """The 13 digits under their bars: one before the first guard, twice six between the guards."""
    size = _digit_size(module_mm)
    baseline = bars_bottom_mm + module_mm + 0.74 * size
    first = x_mm - 2 * module_mm - width_mm(digits[0], size, REGULAR)
    found = [PlacedText(digits[0], first, baseline, size, REGULAR)]
    for text, start in ((digits[1:7], 4), (digits[7:], 50)):
        slack = 41 * module_mm - width_mm(text, size, REGULAR)
        found.append(PlacedText(text, x_mm + start * module_mm + slack / 2, baseline, size, REGULAR))
    return tuple(found)


def _digit_size(module_mm: float) -> float:
    return 38 * module_mm / width_mm("000000", 1.0, REGULAR)


def _right(digit: str) -> str:
    return _ODD[int(digit)].translate(str.maketrans("01", "10"))


def _runs(modules: str) -> Iterator[tuple[int, int]]:
    start = 0
    while (start := modules.find("1", start)) >= 0:
        end = modules.find("0", start)
        end = len(modules) if end < 0 else end
        yield start, end - start
        start = end
