"""Stamps as they are scanned: from the address in their QR, whichever form it has, to one stamp."""

from trace.batches.stamp_rules import Typed, read_stamp
from trace.core.short_codes import is_well_formed, normalise
from trace.gs1.link_uris import MalformedLink, parse_link


def read_scanned(text: str) -> Typed:
    """A number, a code, the address of a stamp, or a Digital Link with the stamp as its serial number."""
    typed = read_stamp(text)
    if typed != Typed():
        return typed
    try:
        serial = parse_link(text.strip(), short_gtins=True, short_names=True).qualifier("21")
    except MalformedLink:
        return typed
    code = normalise(serial or "")
    return Typed(code=code) if is_well_formed(code) else typed
