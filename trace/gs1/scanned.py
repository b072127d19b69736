"""What a scanner hands over from a GS1 symbol: element strings, with FNC1 or in brackets, read as a Digital Link.

Form and check digits are judged; who knows the key is for others. Addresses are for ``trace.gs1.link_uris``.
"""

import re
from itertools import pairwise

from trace.gs1.element_strings import FNC1, is_known, is_predefined, is_well_formed
from trace.gs1.link_uris import LinkUri, MalformedLink, build_link, parse_link

LONGEST = 600  # a GS1 symbol holds less
SEPARATOR = "\x1d"  # how scanners transmit FNC1 between elements
# What scanners that name the symbology begin with (ISO/IEC 15424): GS1-128, DataBar, DataMatrix, QR, DotCode.
_symbology = re.compile(r"\](?:C1|e0|d2|Q3|J1)").match
_bracketed = re.compile(r"\(([0-9]{2,4})\)")
# Lengths of values that are known without a separator (General Specifications 7.8.5).
_PREDEFINED_LENGTHS = (2, 6, 13, 14, 16, 18)


def read_elements(text: str) -> list[tuple[str, str]] | None:
    """Identifiers and values in their order; None for what is no element string."""
    if not text or len(text) > LONGEST:
        return None
    if text.startswith("("):
        return _read_bracketed(text)
    known = _symbology(text)
    return _read_plain((text[known.end() :] if known else text).replace(FNC1, SEPARATOR))


def read_link(text: str) -> LinkUri | None:
    """The same as a Digital Link, whose first key leads; None without a key, or with one that is written wrong."""
    elements = read_elements(text)
    if not elements:
        return None
    try:
        return parse_link(build_link(elements), check_digits=True)
    except MalformedLink:
        return None


def _read_plain(text: str) -> list[tuple[str, str]] | None:
    found: list[tuple[str, str]] = []
    rest = text.removeprefix(SEPARATOR)
    while rest:
        ai = next((rest[:length] for length in (2, 3, 4) if is_known(rest[:length])), None)
        if ai is None:
            return None
        value = _value(ai, rest[len(ai) :])
        if value is None:
            return None
        found.append((ai, value))
        rest = rest[len(ai) + len(value) :].removeprefix(SEPARATOR)
    return found


def _value(ai: str, rest: str) -> str | None:
    if is_predefined(ai):
        cut = (rest[:length] for length in _PREDEFINED_LENGTHS if length <= len(rest))
        return next((value for value in cut if is_well_formed(ai, value)), None)
    value = rest.partition(SEPARATOR)[0]
    return value if is_well_formed(ai, value) else None


def _read_bracketed(text: str) -> list[tuple[str, str]] | None:
    """As people read it under the symbol. A bracket may stand in a value too: only what is an identifier begins one."""
    starts = [found for found in _bracketed.finditer(text) if is_known(found[1])]
    if not starts or starts[0].start():
        return None
    ends = [second.start() for _first, second in pairwise(starts)] + [len(text)]
    found = [(start[1], text[start.end() : end]) for start, end in zip(starts, ends, strict=True)]
    return found if all(is_well_formed(ai, value) for ai, value in found) else None
