"""GS1 Digital Link URIs in full: read, checked and written (GS1 Digital Link Standard: URI Syntax, section 4).

The key with its qualifiers in the path, attributes in the query, percent coding, and what a compressed address looks
like. Only form is judged, and check digits where they are asked for; who knows the key is for others. A date that no
calendar has is six digits, as the grammar wants it: over that nobody must miss a recall. The canonical
form that the event hash needs is ``trace.gs1.digital_link``.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from trace.gs1 import digital_link
from trace.gs1.digital_link import CANONICAL_DOMAIN
from trace.gs1.element_strings import element_string, is_known, is_predefined, is_well_formed
from trace.gs1.keys import GTIN_LENGTHS, has_valid_check_digit, is_digits

LONGEST = 1000  # characters of an address; a key, its qualifiers and ten attributes need fewer than 400

# Keys, and the qualifiers each may have in the order they must stand in; a key with two rows takes one of them.
QUALIFIERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "00": (),
    "01": (("22", "10", "21"), ("235",)),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": (("254",), ("7040",)),
    "417": (("7040",),),
    "8003": (),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8013": (),
    "8017": (("8019",),),
    "8018": (("8019",),),
}
# Words for the numbers; a model number is no key of events, so only here it has one.
SHORT_NAMES: Mapping[str, str] = {**digital_link.SHORT_NAMES, "gmn": "8013"}
# Where in a key its check digit is the last of: all digits, or the first so many.
_CHECKED_DIGITS: Mapping[str, int] = {
    "00": 18, "01": 14, "02": 14, "03": 14, "253": 13, "255": 13, "402": 17, "410": 13, "411": 13, "412": 13,
    "413": 13, "414": 13, "415": 13, "416": 13, "417": 13, "8003": 14, "8006": 14, "8017": 18, "8018": 18, "8026": 14,
}  # fmt: skip

_has_legal_characters = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*").fullmatch
_read_address = re.compile(
    r"(?:https?|HTTPS?)://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::[0-9]{1,5})?(/[^?#]*)(?:\?([^#]*))?(?:#.*)?"
).fullmatch
_percent_coded = re.compile("%[0-9A-Fa-f]{2}")
_between_pairs = re.compile("[&;]")  # queryStringDelim in the grammar of the standard
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Fault(StrEnum):
    """What is wrong with an address that means to be a GS1 Digital Link."""

    NO_KEY = "no-key"
    CHARACTER = "character"
    KEY = "key"
    CHECK_DIGIT = "check-digit"
    QUALIFIERS = "qualifiers"
    ATTRIBUTE = "attribute"
    COMPRESSED = "compressed"
    TOO_LONG = "too-long"


class MalformedLink(ValueError):
    """The address is no GS1 Digital Link; ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class LinkUri:
    """A key, its qualifiers and attributes, decoded; a GTIN has 14 digits. ``depth`` is the number of path segments
    before the key."""

    key_ai: str
    key: str
    qualifiers: tuple[tuple[str, str], ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    depth: int = 0

    @property
    def element_string(self) -> str:
        """All of it without brackets, ``^`` for FNC1."""
        return element_string(((self.key_ai, self.key), *self.qualifiers, *self.attributes))

    def qualifier(self, ai: str) -> str | None:
        """The value of a qualifier, or None."""
        return dict(self.qualifiers).get(ai)


# ------------------------------------------------------------------------------------------------- percent coding


def decode_path(text: str) -> str:
    """What a path segment stands for; what is no triplet stays as it is. Bytes are read one character each."""
    return _percent_coded.sub(lambda found: chr(int(found[0][1:], 16)), text)


def decode_query(text: str) -> str:
    """The same for a name or value of the query, where ``+`` is a space."""
    return decode_path(text.replace("+", " "))


def encode_path(text: str) -> str:
    """``text`` as a path segment: everything but unreserved characters is coded."""
    return "".join(chr(b) if b in _UNRESERVED else f"%{b:02X}" for b in text.encode())


def encode_query(text: str) -> str:
    """``text`` as a name or value of the query: as in a path, a space is ``+``."""
    return encode_path(text).replace("%20", "+")


# -------------------------------------------------------------------------------------------------------- reading


def parse_link(
    uri: str, *, short_gtins: bool = False, short_names: bool = False, check_digits: bool = False
) -> LinkUri:
    """The link in an address of any host, below any path. Raises ``MalformedLink``.

    ``short_gtins`` takes GTINs of 8, 12 and 13 digits, ``short_names`` words for keys (``/gtin/``): forms of earlier
    releases. A slash at the end is tolerated (URI syntax, the regular expressions of section 6).
    """
    if len(uri) > LONGEST:
        raise MalformedLink(Fault.TOO_LONG)
    if not _has_legal_characters(uri):
        raise MalformedLink(Fault.CHARACTER)
    found = _read_address(uri)
    if found is None:
        raise MalformedLink(Fault.NO_KEY)
    return parse_path(
        found[1], found[2] or "", short_gtins=short_gtins, short_names=short_names, check_digits=check_digits
    )


def parse_path(
    path: str, query: str = "", *, short_gtins: bool, short_names: bool, check_digits: bool
) -> LinkUri:
    """The link in a path and query as they stand in an address, percent-coded. Raises ``MalformedLink``."""
    if len(path) + len(query) > LONGEST:
        raise MalformedLink(Fault.TOO_LONG)
    if not _has_legal_characters(path) or not _has_legal_characters(query):
        raise MalformedLink(Fault.CHARACTER)
    segments = path.removesuffix("/").split("/")[1:]
    start = _find_key(segments, short_names=short_names)
    names = [_name(segment, short_names=short_names) for segment in segments[start::2]]
    values = [decode_path(segment) for segment in segments[start + 1 :: 2]]
    if len(names) != len(values):
        raise MalformedLink(Fault.COMPRESSED if looks_compressed(segments[-1]) else Fault.QUALIFIERS)
    key_ai, key = names[0], _key(names[0], values[0], short_gtins=short_gtins)
    qualifiers = tuple(zip(names[1:], values[1:], strict=True))
    if not is_lawful_order(key_ai, names[1:]) or not all(is_well_formed(*pair) for pair in qualifiers):
        raise MalformedLink(Fault.QUALIFIERS)
    attributes = _attributes(query, key_ai, short_gtins=short_gtins)
    if check_digits:
        _hold_check_digits(((key_ai, key), *attributes))
    return LinkUri(key_ai, key, qualifiers, attributes, start)


def is_lawful_order(key_ai: str, names: Sequence[str]) -> bool:
    """Whether these qualifiers may follow the key, in this order (URI syntax 4.9)."""
    return not names or any(
        list(names) == [allowed for allowed in order if allowed in names]
        for order in QUALIFIERS.get(key_ai, ())
    )


def _name(segment: str, *, short_names: bool) -> str:
    return SHORT_NAMES.get(segment, segment) if short_names else segment


def _find_key(segments: Sequence[str], *, short_names: bool) -> int:
    """Where the key's identifier stands: the last one that is a key, as a path may begin with anything (4.3)."""
    for end in (len(segments) - 2, len(segments) - 3):
        # From the right in steps of two; one step aside, an address that ends in half a pair is told from none.
        for at in range(end, -1, -2):
            if _name(segments[at], short_names=short_names) in QUALIFIERS:
                return at
    raise MalformedLink(Fault.NO_KEY)


def _key(ai: str, value: str, *, short_gtins: bool) -> str:
    if ai == "01" and short_gtins and len(value) in GTIN_LENGTHS and is_digits(value):
        value = value.zfill(14)
    if not is_well_formed(ai, value):
        raise MalformedLink(Fault.KEY)
    return value


def _attributes(query: str, key_ai: str, *, short_gtins: bool) -> tuple[tuple[str, str], ...]:
    """The application identifiers among the pairs of a query; other names are somebody else's (4.10)."""
    taken = {key_ai, *(ai for order in QUALIFIERS[key_ai] for ai in order)}
    found: list[tuple[str, str]] = []
    for pair in _between_pairs.split(query):
        name, has_value, value = pair.partition("=")
        name = decode_query(name)
        if not has_value or not is_digits(name):
            continue
        # Of this key, a qualifier outside the path would be one in the wrong place.
        if name in taken or not is_known(name):
            raise MalformedLink(Fault.ATTRIBUTE)
        taken.add(name)
        text = decode_query(value)
        if name in ("01", "02") and short_gtins and len(text) in GTIN_LENGTHS and is_digits(text):
            text = text.zfill(14)
        if not is_well_formed(name, text):
            raise MalformedLink(Fault.ATTRIBUTE)
        found.append((name, text))
    return tuple(found)


def _hold_check_digits(elements: Sequence[tuple[str, str]]) -> None:
    for ai, value in elements:
        length = _CHECKED_DIGITS.get(ai)
        if length and not has_valid_check_digit(value[:length]):
            raise MalformedLink(Fault.CHECK_DIGIT)


# -------------------------------------------------------------------------------------------------------- writing


def build_link(elements: Sequence[tuple[str, str]], stem: str = CANONICAL_DOMAIN) -> str:
    """The address of these identifiers, the first key among them in the path. Raises ``MalformedLink``.

    A pair told twice is told once; of attributes those of predefined length come first (URI syntax 4.12).
    """
    told: dict[str, str] = {}
    for ai, value in elements:
        if told.setdefault(ai, value) != value:
            raise MalformedLink(Fault.ATTRIBUTE)
        if not is_well_formed(ai, value):
            raise MalformedLink(Fault.ATTRIBUTE)
    key_ai = next((ai for ai in told if ai in QUALIFIERS), None)
    if key_ai is None:
        raise MalformedLink(Fault.NO_KEY)
    ours = [ai for order in QUALIFIERS[key_ai] for ai in order if ai in told]
    if not is_lawful_order(key_ai, ours):
        raise MalformedLink(Fault.QUALIFIERS)
    path = "".join(f"/{ai}/{encode_path(told[ai])}" for ai in (key_ai, *ours))
    rest = [ai for ai in told if ai != key_ai and ai not in ours]
    rest.sort(key=lambda ai: not is_predefined(ai))
    query = "&".join(f"{ai}={encode_query(told[ai])}" for ai in rest)
    return f"{stem.rstrip('/')}{path}{'?' if query else ''}{query}"


# ----------------------------------------------------------------------------------------------------- compression

# First byte of a compressed address: the first two digits of a key, or the code of a usual pair of identifiers
# (GS1 Digital Link Standard: Compression, tables F and Opt).
_FIRST_BYTES = frozenset(
    {0x00, 0x01, 0x25, 0x40, 0x41, 0x80}
    | {high << 4 | low for high in (0, 1, 2, 3) for low in range(0xA, 0x10)}
    | set(range(0x9A, 0x9E))
    | set(range(0xA0, 0xB0))
    | set(range(0xC0, 0xD0))
)
_SHORTEST_COMPRESSED = 10  # characters: the 8 bits of "01" and the 47 of a GTIN
_is_base64url = re.compile("[A-Za-z0-9_-]+").fullmatch


def looks_compressed(segment: str) -> bool:
    """Whether a path segment is what compression makes of a Digital Link: base64url that begins like one.

    A word in small letters is taken for a word, though one compressed address in two hundred looks like one.
    """
    if len(segment) < _SHORTEST_COMPRESSED or not _is_base64url(segment) or segment == segment.lower():
        return False
    return base64.urlsafe_b64decode(segment[:4])[0] in _FIRST_BYTES
