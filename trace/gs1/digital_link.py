"""GS1 keys inside addresses: EPC URNs and GS1 Digital Link URIs, read and written in one canonical form.

Only what the event hash and our own labels need: the key and its finest qualifier (CBV 2.0, event hash, rules 17
and 18). Form is checked, check digits are not: a hash of what was written must not depend on whether it was right.
The resolver's full parsing (attributes, element strings, compression) does not live here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from trace.gs1.keys import CHARACTER_SET_39, CHARACTER_SET_82, check_digit, is_digits

CANONICAL_DOMAIN = "https://id.gs1.org"

# Written as they are in a canonical address; every other character of set 82 is percent-coded
# (GS1 Digital Link URI syntax 4.11; the reserved characters of its table 7-1 and of RFC 3986).
_UNRESERVED = "-._';="


@dataclass(frozen=True, slots=True)
class Identifier:
    """A GS1 key and its finest qualifier, decoded: ("01", "04012345999990", "10", "L-7")."""

    key_ai: str
    key: str
    qualifier_ai: str | None = None
    qualifier: str | None = None

    @property
    def uri(self) -> str:
        """The constrained canonical GS1 Digital Link URI (CBV 2.0, event hash, rule 18)."""
        address = f"{CANONICAL_DOMAIN}/{self.key_ai}/{quote(self.key, safe=_UNRESERVED)}"
        if self.qualifier is None:
            return address
        return f"{address}/{self.qualifier_ai}/{quote(self.qualifier, safe=_UNRESERVED)}"


def lot_uri(gtin14: str, lot_number: str) -> str:
    """The canonical address of a lot, ``epcClass`` of our quantities. Takes a valid GTIN-14 and lot number."""
    return Identifier("01", gtin14, "10", lot_number).uri


def lot_urn(gtin14: str, lot_number: str, prefix_length: int) -> str:
    """``urn:epc:class:lgtin:`` of a lot; ``prefix_length`` (6 to 12) is that of the GS1 company prefix.

    GS1 EPC Tag Data Standard 6.4.1. Takes a valid GTIN-14 and lot number.
    """
    prefix, item = gtin14[1 : 1 + prefix_length], gtin14[0] + gtin14[1 + prefix_length : 13]
    return f"urn:epc:class:lgtin:{prefix}.{item}.{quote(lot_number, safe=_UNRESERVED + '!()*+,:')}"


# ------------------------------------------------------------------------------------------------- web addresses

SHORT_NAMES: Mapping[str, str] = {
    # Words for keys and qualifiers that release 1.1 of the standard allowed and 1.2 withdrew; old addresses still
    # carry them.
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
    "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
    "cpv": "22", "lot": "10", "ser": "21", "cpsn": "8011", "glnx": "254", "srin": "8019",
}  # fmt: skip

_ALPHANUMERIC = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"
_KEY_FORM: Mapping[str, Callable[[str], object]] = {
    ai: re.compile(form).fullmatch
    for ai, form in {
        "00": r"[0-9]{18}",
        "01": r"[0-9]{8}|[0-9]{12,14}",
        "253": rf"[0-9]{{13}}{_ALPHANUMERIC}{{0,17}}",
        "255": r"[0-9]{13,25}",
        "401": rf"[0-9]{{4}}{_ALPHANUMERIC}{{1,26}}",
        "402": r"[0-9]{17}",
        "414": r"[0-9]{13}",
        "417": r"[0-9]{13}",
        "8003": rf"[0-9]{{14}}{_ALPHANUMERIC}{{0,16}}",
        "8004": rf"[0-9]{{4}}{_ALPHANUMERIC}{{1,26}}",
        "8006": r"[0-9]{18}",
        "8010": r"[0-9]{4}[#\-/0-9A-Z]{1,26}",
        "8017": r"[0-9]{18}",
        "8018": r"[0-9]{18}",
    }.items()
}
_QUALIFIER_FORM: Mapping[str, Callable[[str], object]] = {
    ai: re.compile(form).fullmatch
    for ai, form in {
        "10": rf"{_ALPHANUMERIC}{{1,20}}",
        "21": rf"{_ALPHANUMERIC}{{1,20}}",
        "22": rf"{_ALPHANUMERIC}{{1,20}}",
        "235": rf"{_ALPHANUMERIC}{{1,28}}",
        "254": rf"{_ALPHANUMERIC}{{1,20}}",
        "7040": rf"[0-9]{_ALPHANUMERIC}{{3}}",
        "8011": r"[0-9]{1,12}",
        "8019": r"[0-9]{1,10}",
    }.items()
}
# Qualifiers a key may have, in the order they must stand in, and those that identify, finest first.
_QUALIFIERS_OF: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "01": (("22", "10", "21"), ("235",)),
    "414": (("254",), ("7040",)),
    "417": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8017": (("8019",),),
    "8018": (("8019",),),
}
_FINEST_FIRST = ("21", "10", "235", "254", "8011")


def _find_finest(key_ai: str, pairs: list[tuple[str, str]]) -> tuple[str, str] | tuple[None, None] | None:
    """The finest qualifier among ``pairs``, (None, None) without one, None when they may not follow this key."""
    names = [name for name, _ in pairs]
    if names and not any(
        names == [allowed for allowed in order if allowed in names]
        for order in _QUALIFIERS_OF.get(key_ai, ())
    ):
        return None
    if not all(_QUALIFIER_FORM[name](value) for name, value in pairs):
        return None
    values = dict(pairs)
    return next(((ai, values[ai]) for ai in _FINEST_FIRST if ai in values), (None, None))


def parse_web_uri(uri: str) -> Identifier | None:
    """The identifier in a GS1 Digital Link URI of any domain, or None when it is an ordinary address.

    Query string, fragment, consumer product variant and coarser qualifiers are left out; GTINs become 14 digits.
    The key is looked for from the right, as a path may begin with anything (GS1 Digital Link URI syntax 4.3).
    """
    if uri[:8].lower() != "https://" and uri[:7].lower() != "http://":
        return None
    path = uri.partition("#")[0].partition("?")[0].partition("://")[2]
    segments = path.rstrip("/").split("/")[1:]
    for start in range(len(segments) - 2, -1, -2):
        key_ai = SHORT_NAMES.get(segments[start], segments[start])
        if key_ai not in _KEY_FORM:
            continue
        key = unquote(segments[start + 1])
        names = [SHORT_NAMES.get(name, name) for name in segments[start + 2 :: 2]]
        values = [unquote(value) for value in segments[start + 3 :: 2]]
        finest = _find_finest(key_ai, list(zip(names, values, strict=True)))
        if not _KEY_FORM[key_ai](key) or finest is None:
            continue
        return Identifier(key_ai, key.zfill(14) if key_ai == "01" else key, *finest)
    return None


# ------------------------------------------------------------------------------------------------------ EPC URNs

_ANY = ""  # the place of the serial in a pattern

# GS1 EPC Tag Data Standard 6: characters that stand for themselves, or a percent triplet.
_is_component = re.compile(r"(?:%[0-9A-Fa-f]{2}|[!'()*+,\-.0-9:;=A-Z_a-z])+").fullmatch


def _decode(component: str, longest: int, charset: frozenset[str] = CHARACTER_SET_82) -> str | None:
    """The characters a URN component stands for; None when too long or not of the set."""
    if not _is_component(component):
        return None
    text = unquote(component)
    return text if len(text) <= longest and charset.issuperset(text) else None


def _join(prefix: str, reference: str, length: int) -> str | None:
    """Company prefix and reference as one number of ``length`` digits, or None."""
    if 6 <= len(prefix) <= 12 and len(prefix) + len(reference) == length and is_digits(prefix + reference):
        return prefix + reference
    return None


def _gtin(prefix: str, item: str) -> str | None:
    """The GTIN-14: the item reference's first digit is the indicator and moves to the front."""
    if _join(prefix, item, 13) is None:
        return None
    body = item[0] + prefix + item[1:]
    return body + check_digit(body)


def _checked(body: str | None) -> str | None:
    return None if body is None else body + check_digit(body)


def _read_gtin(parts: list[str], qualifier_ai: str, longest: int) -> Identifier | None:
    if len(parts) != 3 or (gtin := _gtin(parts[0], parts[1])) is None:
        return None
    if parts[2] == _ANY:
        return Identifier("01", gtin)
    serial = _decode(parts[2], longest)
    return None if serial is None else Identifier("01", gtin, qualifier_ai, serial)


def _read_itip(parts: list[str]) -> Identifier | None:
    if len(parts) != 5 or (gtin := _gtin(parts[0], parts[1])) is None:
        return None
    piece, total = parts[2], parts[3]
    if len(piece) != 2 or len(total) != 2 or not is_digits(piece + total):
        return None
    if parts[4] == _ANY:
        return Identifier("8006", gtin + piece + total)
    serial = _decode(parts[4], 20)
    return None if serial is None else Identifier("8006", gtin + piece + total, "21", serial)


def _read_sgln(parts: list[str]) -> Identifier | None:
    if len(parts) != 3 or (gln := _checked(_join(parts[0], parts[1], 12))) is None:
        return None
    # The extension "0" means: the place itself, without an extension (EPC Tag Data Standard 6.3.3).
    if parts[2] == "0":
        return Identifier("414", gln)
    extension = _decode(parts[2], 20)
    return None if extension is None else Identifier("414", gln, "254", extension)


def _read_sscc(parts: list[str]) -> Identifier | None:
    if len(parts) != 2 or _join(parts[0], parts[1], 17) is None:
        return None
    # The extension digit is written first in the serial reference and stands before the prefix in the key.
    return Identifier("00", _checked(parts[1][0] + parts[0] + parts[1][1:]) or "")


def _read_number(parts: list[str], ai: str, length: int) -> Identifier | None:
    if len(parts) != 2 or (key := _checked(_join(parts[0], parts[1], length))) is None:
        return None
    return Identifier(ai, key)


def _read_with_serial(parts: list[str], ai: str, lead: str, longest: int) -> Identifier | None:
    """Keys that carry their serial behind the check digit: GRAI, GDTI, GCN."""
    if len(parts) != 3 or (key := _checked(_join(parts[0], parts[1], 12))) is None:
        return None
    if parts[2] == _ANY:
        return Identifier(ai, lead + key)
    serial = _decode(parts[2], longest)
    if serial is None or (ai == "255" and not is_digits(serial)):
        return None
    # The leading zero of a GRAI is a filler that leaves its check digit as it is.
    return Identifier(ai, lead + key + serial)


def _read_free(parts: list[str], ai: str) -> Identifier | None:
    """Company prefix and a reference of any length to 30 in all: GIAI, GINC."""
    if len(parts) != 2 or not 6 <= len(parts[0]) <= 12 or not is_digits(parts[0]):
        return None
    reference = _decode(parts[1], 30 - len(parts[0]))
    return None if reference is None else Identifier(ai, parts[0] + reference)


def _read_cpi(parts: list[str]) -> Identifier | None:
    if len(parts) != 3 or not 6 <= len(parts[0]) <= 12 or not is_digits(parts[0]):
        return None
    reference = _decode(parts[1], 30 - len(parts[0]), CHARACTER_SET_39)
    if reference is None:
        return None
    if parts[2] == _ANY:
        return Identifier("8010", parts[0] + reference)
    if len(parts[2]) > 12 or not is_digits(parts[2]):
        return None
    return Identifier("8010", parts[0] + reference, "8011", parts[2])


# scheme: in how many parts it is cut (a serial may hold dots itself), and its reader
_SCHEMES: Mapping[str, tuple[int, Callable[[list[str]], Identifier | None]]] = {
    "sgtin": (3, lambda parts: _read_gtin(parts, "21", 20)),
    "upui": (3, lambda parts: _read_gtin(parts, "235", 28)),
    "lgtin": (3, lambda parts: _read_gtin(parts, "10", 20)),
    "itip": (5, _read_itip),
    "sscc": (2, _read_sscc),
    "sgln": (3, _read_sgln),
    "pgln": (2, lambda parts: _read_number(parts, "417", 12)),
    "gsrn": (2, lambda parts: _read_number(parts, "8018", 17)),
    "gsrnp": (2, lambda parts: _read_number(parts, "8017", 17)),
    "gsin": (2, lambda parts: _read_number(parts, "402", 16)),
    "grai": (3, lambda parts: _read_with_serial(parts, "8003", "0", 16)),
    "gdti": (3, lambda parts: _read_with_serial(parts, "253", "", 17)),
    "sgcn": (3, lambda parts: _read_with_serial(parts, "255", "", 12)),
    "giai": (2, lambda parts: _read_free(parts, "8004")),
    "ginc": (2, lambda parts: _read_free(parts, "401")),
    "cpi": (3, _read_cpi),
}
_PATTERN_SCHEMES = frozenset({"sgtin", "upui", "itip", "grai", "gdti", "sgcn", "cpi"})
_SCHEMES_OF_KIND: Mapping[str, frozenset[str]] = {
    "id": frozenset(_SCHEMES) - {"lgtin"},
    "class": frozenset({"lgtin"}),
    "idpat": _PATTERN_SCHEMES,
}


def parse_urn(urn: str) -> Identifier | None:
    """The identifier in an EPC URN (``urn:epc:id:``, ``urn:epc:class:``, ``urn:epc:idpat:``), or None.

    GS1 EPC Tag Data Standard 6. A pattern ending in ``*`` is the key without its serial.
    """
    if not urn.startswith("urn:epc:"):
        return None
    kind, _, rest = urn[8:].partition(":")
    scheme, _, body = rest.partition(":")
    if scheme not in _SCHEMES_OF_KIND.get(kind, ()):
        return None
    cuts, read = _SCHEMES[scheme]
    parts = body.split(".", cuts - 1)
    if kind == "idpat":
        # Only here is "*" a pattern; in an id it is a lawful serial. Readers take "" for "any serial".
        if parts.pop() != "*":
            return None
        parts.append(_ANY)
    elif parts[-1] == _ANY and (scheme in _PATTERN_SCHEMES or scheme == "lgtin"):
        return None
    return read(parts)


def is_malformed_urn(urn: str) -> bool:
    """Whether ``urn`` is an EPC URN of a scheme read here, and written wrongly. Schemes of others are not judged."""
    if not urn.startswith("urn:epc:"):
        return False
    kind, _, rest = urn[8:].partition(":")
    scheme = rest.partition(":")[0]
    return scheme in _SCHEMES_OF_KIND.get(kind, ()) and canonicalise(urn) is None


@lru_cache(maxsize=32768)
def canonicalise(text: str) -> str | None:
    """The constrained canonical GS1 Digital Link URI of an EPC URN or Digital Link URI, or None for other text.

    CBV 2.0, event hash, rules 17 and 18. Kept for the last 32,768 texts: events of one lot repeat them.
    """
    identifier = parse_urn(text) if text.startswith("urn:") else parse_web_uri(text)
    return None if identifier is None else identifier.uri
