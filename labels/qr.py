"""The address that goes into a QR, and the symbol that carries it: a matrix of modules, nothing drawn.

Addresses are printed for ever, so what this module refuses is refused before paper: a scheme in capitals (common
cameras show it as text instead of opening it), plain http to a public host, a path in front of ours. A mark in the
middle is part of the matrix, so that whatever draws modules draws it.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote, urlsplit

import qrcode
from flask_babel import lazy_gettext as _l
from qrcode import util
from qrcode.base import rs_blocks

from labels.contours import loops_around
from trace.core.errors import BadInput
from trace.gs1.keys import is_valid_gtin, is_valid_lot_number

# ISO/IEC 18004, 9.1: four light modules around a symbol.
QUIET_ZONE_MODULES = 4

_ALPHANUMERIC = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_CODE = re.compile(r"[0-9A-Z]+")
# What a GS1 Digital Link leaves as it is in a path (GS1 Digital Link URI syntax 4.11).
_UNRESERVED = "-._';="
_VISIBLE_ASCII = re.compile(r"[!-~]+")

# ISO/IEC 18004, table 3: bits of the character count by version group (last version, numeric, alphanumeric, byte).
_COUNT_BITS = ((9, (10, 9, 8)), (26, (12, 11, 16)), (40, (14, 13, 16)))
_MODES = (util.MODE_NUMBER, util.MODE_ALPHA_NUM, util.MODE_8BIT_BYTE)
# Sixths of a bit a character, so that ten bits for three digits and eleven for two letters stay whole numbers.
_SIXTHS = (20, 33, 48)
_IMPOSSIBLE = 10**9
_LAST_VERSION = 40

# A sprout, on a white ring: of 7 modules in symbols of 33 and more, of 5 in smaller ones.
_MARK = ("#...#", "##.##", ".###.", "..#..", "..#..")
_SMALL_MARK = ("#.#", ".#.", ".#.")
_LEAST_SIDE_OF_MARK = 33


class Correction(StrEnum):
    """How much of a symbol may be lost: about 7, 15, 25 and 30 % of its codewords (ISO/IEC 18004, table 8)."""

    L = "L"
    M = "M"
    Q = "Q"
    H = "H"


CORRECTIONS = {
    Correction.L: qrcode.constants.ERROR_CORRECT_L,
    Correction.M: qrcode.constants.ERROR_CORRECT_M,
    Correction.Q: qrcode.constants.ERROR_CORRECT_Q,
    Correction.H: qrcode.constants.ERROR_CORRECT_H,
}
# In smaller symbols one blot touches more codewords than their correction mends: 7 % of the area of a version 2 at M
# is lost in one of five, 15 % of a version 4 at H in one of forty (docs/labels.md, "What spoils a label").
_LEAST_VERSIONS = {Correction.L: 1, Correction.M: 3, Correction.Q: 3, Correction.H: 5}


class SchemeNotSmall(BadInput):
    """An address does not start with ``https://`` or ``http://`` in small letters, so cameras would not open it."""

    code = "scheme-not-small"

    def __init__(self) -> None:
        super().__init__(
            _l("The printed address must start with https:// in small letters."), field="address"
        )


class AddressNotPrintable(BadInput):
    """An address holds something other than visible ASCII, or is longer than a QR can carry."""

    code = "address-not-printable"

    def __init__(self) -> None:
        super().__init__(_l("This address cannot be put into a QR code."), field="address")


class PublicAddressNotPrintable(BadInput):
    """The configured public address cannot be printed; ``numbers["reason"]`` is a stable word for why."""

    code = "public-address-not-printable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            _l(
                "Labels need a public address such as https://check.example.vn, with no path; http is for local tests."
            ),
            field="public_url",
            reason=reason,
        )


class MarkNeedsCorrectionH(BadInput):
    """A mark in the middle hides modules, which only error correction H can spare."""

    code = "mark-needs-correction-h"

    def __init__(self) -> None:
        super().__init__(_l("A mark in the middle of the QR needs error correction H."), field="mark")


class NoSuchElement(BadInput):
    """A GTIN or lot number that no GS1 address can hold; ``field`` says which."""

    code = "gs1-element-malformed"

    def __init__(self, field: str) -> None:
        super().__init__(
            _l("A GS1 address needs a valid GTIN, and a lot number of at most 20 GS1 characters."),
            field=field,
        )


@dataclass(frozen=True)
class QrSymbol:
    """A QR symbol without its quiet zone: ``rows`` from the top, True is dark.

    ``error_correction`` is what was asked for; ``drawn_correction`` is what ``rows`` have, the same or more. With
    ``has_mark`` the matrix carries a mark that a printer's own QR command would not draw.
    """

    address: str
    version: int
    rows: tuple[tuple[bool, ...], ...]
    error_correction: str = Correction.M
    has_mark: bool = False
    drawn_correction: str = Correction.M

    @property
    def modules(self) -> int:
        """Modules along one side, quiet zone not counted: 29 for version 3."""
        return len(self.rows)

    @property
    def modules_with_quiet_zone(self) -> int:
        """Modules along one side with the quiet zone of four on each side."""
        return self.modules + 2 * QUIET_ZONE_MODULES

    def outline(self) -> list[list[tuple[int, int]]]:
        """The dark area as closed loops of corners (x to the right, y down, in modules, no quiet zone).

        Loops run clockwise round dark and counter-clockwise round holes, so that either fill rule paints the same; one
        path without inner edges leaves no hairlines between modules in any renderer.
        """
        return list(loops_around(self.rows))


def printed_address(public_url: str, code: str) -> str:
    """The address for paper: ``https://CHECK.EXAMPLE.VN/T/CODE``; the scheme small, the rest in capitals.

    Capitals let the QR use its alphanumeric mode; hosts do not mind, and both ``/T/`` and ``/t/`` are routes. A port is
    kept. Raises `PublicAddressNotPrintable` for a path, query, user or foreign letters in ``public_url``, and for http
    unless the host is local or a private network's.
    """
    scheme, host, port = _public_parts(public_url)
    if not _CODE.fullmatch(code):
        raise AddressNotPrintable
    return f"{scheme}://{(host + port).upper()}/T/{code}"


def readable_site(public_url: str) -> str:
    """What a person types into a browser to reach the service: host and port in small letters.

    Raises as :func:`printed_address` does.
    """
    _, host, port = _public_parts(public_url)
    return host + port


def digital_link_address(public_url: str, gtin: str, lot_number: str) -> str:
    """A lot's GS1 Digital Link for paper: ``https://CHECK.EXAMPLE.VN/01/08936012345678/10/CN-1``, scheme small.

    Raises `NoSuchElement` for what is no GTIN-14 or lot number, and what :func:`printed_address` raises.
    """
    scheme, host, port = _public_parts(public_url)
    if len(gtin) != 14 or not is_valid_gtin(gtin):
        raise NoSuchElement("gtin")
    if not is_valid_lot_number(lot_number):
        raise NoSuchElement("lot_number")
    return f"{scheme}://{(host + port).upper()}/01/{gtin}/10/{quote(lot_number, safe=_UNRESERVED)}"


def element_string(gtin: str, lot_number: str, serial: str = "") -> str:
    """What people read beside a GS1 code: ``(01)08936012345678(10)CN-1`` (GS1 General Specifications 4.14)."""
    return f"(01){gtin}(10){lot_number}" + (f"(21){serial}" if serial else "")


@dataclass(frozen=True)
class SymbolPlan:
    """What decides a symbol but for its mask: version, the correction that is drawn, and runs of (mode, text)."""

    version: int
    correction: Correction
    segments: tuple[tuple[int, str], ...]


def plan_symbol(address: str, error_correction: str = Correction.M, *, is_tight: bool = False) -> SymbolPlan:
    """The smallest version from 3 (5 at H, 1 at L) that carries ``address`` at this correction or more.

    ``is_tight`` is for labels without room for that: the smallest of all. Modes change inside the symbol where that
    saves bits: ``https`` as bytes, the capitals after it as alphanumeric. The correction drawn is the highest that the
    version holds, since it costs no paper. Raises `SchemeNotSmall` or `AddressNotPrintable`.
    """
    if not address.startswith(("https://", "http://")):
        raise SchemeNotSmall
    if not _VISIBLE_ASCII.fullmatch(address):
        raise AddressNotPrintable
    asked = Correction(error_correction)
    first = 1 if is_tight else _LEAST_VERSIONS[asked]
    for last_version, count_bits in _COUNT_BITS:
        segments = _segments(address, count_bits)
        bits = _bits(segments, count_bits)
        for version in range(first, last_version + 1):
            if bits <= _capacity(version, asked):
                levels = list(Correction)
                enough = [
                    level for level in levels[levels.index(asked) :] if bits <= _capacity(version, level)
                ]
                return SymbolPlan(version, enough[-1], tuple(segments))
        first = last_version + 1
    raise AddressNotPrintable


@lru_cache(maxsize=256)
def qr_matrix(
    address: str, error_correction: str = Correction.M, *, has_mark: bool = False, is_tight: bool = False
) -> QrSymbol:
    """The QR symbol that :func:`plan_symbol` chooses, under the mask with the fewest penalty points (ISO 18004, 7.8).

    Raises what it raises, or `MarkNeedsCorrectionH` for a mark at any other correction.
    """
    if has_mark and error_correction != Correction.H:
        raise MarkNeedsCorrectionH
    plan = plan_symbol(address, error_correction, is_tight=is_tight)
    modules = drawn_modules(plan.segments, plan.version, plan.correction)
    rows = tuple(tuple(bool(module) for module in row) for row in modules)
    return QrSymbol(
        address=address,
        version=plan.version,
        rows=marked(rows) if has_mark else rows,
        error_correction=error_correction,
        has_mark=has_mark,
        drawn_correction=plan.correction,
    )


def drawn_modules(
    segments: Iterable[tuple[int, str]],
    version: int,
    correction: str,
    mask: int | None = None,
    *,
    is_test: bool = False,
) -> list[list[bool]]:
    """The encoder's modules of these runs; without ``mask`` under the best one. ``is_test`` leaves format information
    light, as it is while masks are weighed."""
    code = qrcode.QRCode(
        version=version, error_correction=CORRECTIONS[Correction(correction)], border=0, mask_pattern=mask
    )
    for mode, text in segments:
        code.add_data(util.QRData(text.encode("ascii"), mode=mode), optimize=0)
    if is_test:
        code.makeImpl(True, mask or 0)
    else:
        code.make(fit=False)
    modules: list[list[bool]] = code.modules
    return modules


def _bits(segments: list[tuple[int, str]], count_bits: tuple[int, int, int]) -> int:
    """What the runs take in a symbol, heads counted; the closing zeros may be cut off and are not."""
    return sum(
        4 + count_bits[(at := _MODES.index(mode))] + -(-len(text) * _SIXTHS[at] // 6)
        for mode, text in segments
    )


@lru_cache(maxsize=_LAST_VERSION * len(Correction))
def _capacity(version: int, correction: Correction) -> int:
    return 8 * sum(int(block.data_count) for block in rs_blocks(version, CORRECTIONS[correction]))


def mark_of(side: int) -> tuple[list[list[bool]], list[list[bool]]]:
    """The mark in the middle of a symbol of ``side`` modules: which modules it takes, and which of them are dark."""
    drawing = _MARK if side >= _LEAST_SIDE_OF_MARK else _SMALL_MARK
    first, size = (side - len(drawing)) // 2, len(drawing)
    taken = [[False] * side for _ in range(side)]
    dark = [[False] * side for _ in range(side)]
    for y in range(-1, size + 1):
        for x in range(-1, size + 1):
            taken[first + y][first + x] = True
            dark[first + y][first + x] = 0 <= x < size and 0 <= y < size and drawing[y][x] == "#"
    return taken, dark


def marked(rows: tuple[tuple[bool, ...], ...]) -> tuple[tuple[bool, ...], ...]:
    """The same modules with a mark in the middle."""
    taken, dark = mark_of(len(rows))
    return tuple(
        tuple(is_dark if is_taken else module for module, is_taken, is_dark in zip(*lines, strict=True))
        for lines in zip(rows, taken, dark, strict=True)
    )


def _public_parts(public_url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(public_url.strip())
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError as unreadable:
        raise PublicAddressNotPrintable("unreadable") from unreadable
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http"):
        raise PublicAddressNotPrintable("scheme")
    if parts.username is not None or parts.password is not None:
        raise PublicAddressNotPrintable("user")
    if parts.path not in ("", "/"):
        raise PublicAddressNotPrintable("path")
    if parts.query or parts.fragment:
        raise PublicAddressNotPrintable("query")
    if not _HOST.fullmatch(host):
        raise PublicAddressNotPrintable("host")
    if parts.scheme == "http" and not _is_local(host):
        raise PublicAddressNotPrintable("http")
    return parts.scheme, host, port


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local"))


def _fits_mode(mode: int, character: str) -> bool:
    if mode == util.MODE_NUMBER:
        return character in "0123456789"
    return mode == util.MODE_8BIT_BYTE or character in _ALPHANUMERIC


def _segments(text: str, count_bits: tuple[int, int, int]) -> list[tuple[int, str]]:
    """Cut ``text`` into runs of modes with the fewest bits in all (dynamic programming over modes)."""
    heads = [(4 + bits) * 6 for bits in count_bits]
    costs = list(heads)
    came_from: list[list[int]] = []
    for character in text:
        here = [
            cost + sixths if _fits_mode(mode, character) else _IMPOSSIBLE
            for mode, sixths, cost in zip(_MODES, _SIXTHS, costs, strict=True)
        ]
        origin = [0, 1, 2]
        ended = list(here)
        for target in range(3):
            for source in range(3):
                # A segment ends on a whole bit before the next one's head.
                changed = -(-ended[source] // 6) * 6 + heads[target]
                if changed < here[target]:
                    here[target], origin[target] = changed, source
        came_from.append(origin)
        costs = here
    # Walking back: origin[m] is the mode this character was written in if mode m is open after it.
    mode = min(range(3), key=costs.__getitem__)
    chosen: list[int] = []
    for origin in reversed(came_from):
        mode = origin[mode]
        chosen.append(mode)
    chosen.reverse()
    runs: list[tuple[int, str]] = []
    for index, character in zip(chosen, text, strict=True):
        if runs and runs[-1][0] == _MODES[index]:
            runs[-1] = (runs[-1][0], runs[-1][1] + character)
        else:
            runs.append((_MODES[index], character))
    return runs
