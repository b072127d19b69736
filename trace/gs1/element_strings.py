"""The application identifiers of GS1: which there are, what their values look like, and element strings of them.

Form only (length and character set); check digits are for ``trace.gs1.keys``. What an identifier means, and which of
them may stand in an address, is not told here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from trace.gs1.keys import CHARACTER_SET_39, CHARACTER_SET_82

FNC1 = "^"  # how the separator is written where people read it

# GS1 General Specifications 3.2. N digits, X character set 82, Y set 39, Z set 64; ".." up to; [ ] may be missing.
_FORMATS = """
00 N18|01 N14|02 N14|03 N14|10 X..20|11-13 N6|15-17 N6|20 N2|21 X..20|22 X..20|235 X..28|240 X..30|241 X..30
242 N..6|243 X..20|250 X..30|251 X..30|253 N13 [X..17]|254 X..20|255 N13 [N..12]|30 N..8|37 N..8
3900-3909 N..15|3910-3919 N3 N..15|3920-3929 N..15|3930-3939 N3 N..15|3940-3943 N4|3950-3955 N6
400 X..30|401 X..30|402 N17|403 X..30|410-417 N13|420 X..20|421 N3 X..9|422 N3|423 N..15|424 N3|425 N..15|426 N3
427 X..3|4300-4301 X..35|4302-4306 X..70|4307 X2|4308 X..30|4309 N20|4310-4311 X..35|4312-4316 X..70|4317 X2
4318 X..20|4319 X..30|4320 X..35|4321-4323 N1|4324-4325 N10|4326 N6|4330-4333 N6 [X1]
7001 N13|7002 X..30|7003 N10|7004 N..4|7005 X..12|7006 N6|7007 N6 [N6]|7008 X..3|7009 X..10|7010 X..2|7011 N6 [N4]
7020-7022 X..20|7023 X..30|7030-7039 N3 X..27|7040 N1 X3|7041 X..4|710-717 X..20|7230-7239 X2 X..28|7240 X..20
7241 N2|7242 X..25|7250 N8|7251 N12|7252 N1|7253-7254 X..40|7255 X..10|7256 X..90|7257 X..70|7258 X3|7259 X..40
8001 N14|8002 X..20|8003 N14 [X..16]|8004 X..30|8005 N6|8006 N18|8007 X..34|8008 N8 [N..4]|8009 X..50|8010 Y..30
8011 N..12|8012 X..20|8013 X..25|8014 X..25|8017-8018 N18|8019 N..10|8020 X..25|8026 N18|8030 Z..90|8040 X..60
8041 X..30|8042 X..70|8043 X..40|8110 X..70|8111 N4|8112 X..70|8200 X..70|90 X..30|91-99 X..90
"""
# Measures: the last digit says where the decimal point stands.
_MEASURES = chain(
    range(310, 317), range(320, 330), range(330, 338), range(340, 350), range(350, 358), range(360, 370)
)
# These have a length everybody knows, so no separator follows them (General Specifications 7.8.5, figure 7.8.5-2).
_PREDEFINED = frozenset(f"{n:02}" for n in (*range(5), *range(11, 21), *range(31, 37), 41))
# Of a company's keys at least the company prefix is digits: without four there is no key at all.
_DIGITS_FIRST = {"401": "X..30", "8004": "X..30", "8010": "Y..30", "8013": "X..25"}

_SETS = {
    "N": "[0-9]",
    "X": "[" + "".join(re.escape(c) for c in sorted(CHARACTER_SET_82)) + "]",
    "Y": "[" + "".join(re.escape(c) for c in sorted(CHARACTER_SET_39)) + "]",
    "Z": "[A-Za-z0-9_=-]",
}
_is_component = re.compile(r"(\[?)([NXYZ])(\.\.)?([0-9]+)\]?").fullmatch


def _pattern(components: str) -> str:
    parts = []
    for component in components.split():
        found = _is_component(component)
        if found is None:
            raise ValueError(f"No format of a component: {component}")
        is_optional, kind, up_to, length = found.groups()
        lengths = f"{{1,{length}}}" if up_to else f"{{{length}}}"
        part = _SETS[kind] + lengths
        parts.append(f"(?:{part})?" if is_optional else part)
    return "".join(parts)


def _read_formats() -> dict[str, Callable[[str], object]]:
    found: dict[str, Callable[[str], object]] = {}
    for line in re.split(r"[|\n]", _FORMATS.strip()):
        names, components = line.split(" ", 1)
        first, _, last = names.partition("-")
        matches = re.compile(_pattern(components)).fullmatch
        for number in range(int(first), int(last or first) + 1):
            found[str(number).zfill(len(first))] = matches
    six_digits = re.compile("[0-9]{6}").fullmatch
    for measure in _MEASURES:
        for point in range(6):
            found[f"{measure}{point}"] = six_digits
    for ai, components in _DIGITS_FIRST.items():
        found[ai] = re.compile("(?=[0-9]{4})" + _pattern(components)).fullmatch
    return found


_FORM_OF: Mapping[str, Callable[[str], object]] = _read_formats()


def is_known(ai: str) -> bool:
    """Whether GS1 has given this application identifier a meaning."""
    return ai in _FORM_OF


def is_well_formed(ai: str, value: str) -> bool:
    """Whether ``value`` has the length and the characters of this application identifier; False for unknown ones."""
    matches = _FORM_OF.get(ai)
    return matches is not None and matches(value) is not None


def is_predefined(ai: str) -> bool:
    """Whether the value's length is known to every scanner, so that nothing need separate it from what follows."""
    return ai[:2] in _PREDEFINED


def element_string(elements: Iterable[tuple[str, str]]) -> str:
    """Identifiers and values without brackets, with ``^`` for FNC1: ``^0109520123456788^10ABC^21X`` less what is
    predefined in length (General Specifications 7.8).
    """
    text, needs_separator = "", True
    for ai, value in elements:
        text += (FNC1 if needs_separator else "") + ai + value
        needs_separator = not is_predefined(ai)
    return text
