"""Patterns of EPCs in queries, and the one form in which EPCs are compared (EPCIS 2.0, 8.2.7.1.1; TDS 8).

An EPC URN and the GS1 Digital Link URI of the same thing are the same EPC here. Pure.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from trace.gs1.digital_link import CANONICAL_DOMAIN, canonicalise, parse_web_uri
from trace.gs1.keys import is_digits

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}:[^\s\x00-\x1f<>\"{}\\^`]{1,2000}", re.ASCII)
_PATTERN_LEAD = "urn:epc:idpat:"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What an EPC must be: ``like`` is an SQL LIKE pattern over canonical forms, ``exact`` the one form, if any."""

    like: str
    exact: str | None

    def fits(self, epc: str) -> bool:
        """Whether an EPC, in any of its forms, is meant."""
        form = canonical(epc)
        return form == self.exact if self.exact is not None else bool(_compiled(self.like).fullmatch(form))


def is_uri(text: str) -> bool:
    """Whether text has the form of a full address (RFC 3986), of any scheme."""
    return bool(_URI.fullmatch(text))


def canonical(epc: str) -> str:
    """The form EPCs are compared in: the canonical GS1 Digital Link URI, or the text itself for other identifiers."""
    return canonicalise(epc) or epc


def read_pattern(text: str, *, is_class: bool = False) -> Pattern | None:
    """A URI, a pure identity pattern (``urn:epc:idpat:sgtin:0614141.*.*``) or a Digital Link ending in ``/*``.

    None for a pattern nobody defined. For classes ``idpat`` with a whole item reference is that class itself.
    """
    if text.startswith(_PATTERN_LEAD):
        return _read_identity_pattern(text, is_class)
    if text.endswith("/*") and text.startswith(("https://", "http://")):
        return _read_link_prefix(text[:-2])
    form = canonical(text)
    return Pattern(_escaped(form), form)


def _read_identity_pattern(text: str, is_class: bool) -> Pattern | None:
    """TDS 8: components from the right may be ``*``."""
    scheme, _, body = text[len(_PATTERN_LEAD) :].partition(":")
    parts = body.split(".", 2)
    if scheme in ("sgtin", "lgtin") and len(parts) == 3:
        key = _gtin_pattern(parts[0], parts[1])
        if key is None or ("*" in parts[:2] and parts[2] != "*"):
            return None
        if parts[2] != "*":
            return read_pattern(text.replace("idpat", "id" if scheme == "sgtin" else "class", 1))
        if is_class and scheme == "sgtin":
            return _finished(f"{CANONICAL_DOMAIN}/01/{key}")
        return Pattern(f"{CANONICAL_DOMAIN}/01/{key}/{'21' if scheme == 'sgtin' else '10'}/_%", None)
    if scheme == "sscc" and len(parts) == 2:
        key = _sscc_pattern(parts[0], parts[1])
        return None if key is None else _finished(f"{CANONICAL_DOMAIN}/00/{key}")
    if scheme == "sgln" and len(parts) == 3:
        key = _gln_pattern(parts[0], parts[1])
        if key is None or parts[2] != "*":
            return None
        return Pattern(f"{CANONICAL_DOMAIN}/414/{key}%", None)
    if scheme in ("grai", "giai") and body.endswith("*"):
        return _read_asset_pattern(scheme, parts)
    form = canonicalise(text)
    return None if form is None else Pattern(f"{form}/%", None)


def _read_asset_pattern(scheme: str, parts: list[str]) -> Pattern | None:
    if not is_digits(parts[0]) and parts[0] != "*":
        return None
    prefix = "%" if parts[0] == "*" else parts[0] + "%"
    ai, lead = ("8003", "0") if scheme == "grai" else ("8004", "")
    if scheme == "grai" and len(parts) == 3 and is_digits(parts[1]):
        prefix = parts[0] + parts[1] + "_%"
    return Pattern(f"{CANONICAL_DOMAIN}/{ai}/{lead}{prefix}", None)


def _finished(like: str) -> Pattern:
    """A pattern without wildcards is one form; ``_`` never stands in a canonical key of digits."""
    return Pattern(like, None if "_" in like or "%" in like else like)


def _gtin_pattern(prefix: str, item: str) -> str | None:
    """Fourteen digits, ``_`` for those that are open. The check digit is open wherever one digit is."""
    if prefix == "*" and item == "*":
        return "_" * 14
    if not is_digits(prefix) or not 6 <= len(prefix) <= 12:
        return None
    if item == "*":
        return "_" + prefix + "_" * (13 - len(prefix))
    if not is_digits(item) or len(prefix) + len(item) != 13:
        return None
    found = canonicalise(f"{_PATTERN_LEAD}sgtin:{prefix}.{item}.*")
    return None if found is None else found.rpartition("/")[2]


def _sscc_pattern(prefix: str, reference: str) -> str | None:
    if prefix == "*" and reference == "*":
        return "_" * 18
    if not is_digits(prefix) or not 6 <= len(prefix) <= 12:
        return None
    if reference == "*":
        return "_" + prefix + "_" * (17 - len(prefix))
    if not is_digits(reference) or len(prefix) + len(reference) != 17:
        return None
    found = canonicalise(f"urn:epc:id:sscc:{prefix}.{reference}")
    return None if found is None else found.rpartition("/")[2]


def _gln_pattern(prefix: str, place: str) -> str | None:
    if prefix == "*" and place == "*":
        return "_" * 13
    if not is_digits(prefix) or not 6 <= len(prefix) <= 12:
        return None
    if place == "*":
        return prefix + "_" * (13 - len(prefix))
    if (place and not is_digits(place)) or len(prefix) + len(place) != 12:
        return None
    return prefix + place + "_"


def _read_link_prefix(address: str) -> Pattern | None:
    """Everything below a Digital Link: of whatever domain, as the domain is not part of an identifier."""
    identifier = parse_web_uri(address)
    # With an application identifier behind the key ("/01/…/10/*"): all of its values.
    if identifier is None:
        head, _, ai = address.rpartition("/")
        identifier = parse_web_uri(head) if is_digits(ai) else None
        if identifier is None or identifier.qualifier is not None:
            return None
        return Pattern(f"{_escaped(identifier.uri)}/{ai}/_%", None)
    return Pattern(f"{_escaped(identifier.uri)}/%", None)


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


@lru_cache(maxsize=1024)
def _compiled(like: str) -> re.Pattern[str]:
    """An SQL LIKE pattern (escape ``\\``) as a regular expression."""
    parts = []
    letters = iter(like)
    for letter in letters:
        if letter == "\\":
            parts.append(re.escape(next(letters, "")))
        else:
            parts.append({"%": ".*", "_": "."}.get(letter) or re.escape(letter))
    return re.compile("".join(parts), re.DOTALL)
