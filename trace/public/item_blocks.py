"""What a page tells of one item alone, drawn once for each way it can read; figures are put in afterwards.

A kept page has these blocks put in at every reading: drawing them each time would take longer than all the rest of it.
"""

from dataclasses import dataclass
from functools import cache
from random import SystemRandom

from flask import Flask

from trace.core import clock
from trace.core.language import public_prefix, public_url
from trace.public import counting
from trace.public.marks import Marks, shown, shown_iso
from trace.public.pages import ScanBlock
from trace.verdict.glance import Glance

_SEVERAL = 2
_MARKS_FROM, _MARKS_TO = 10**9, 10**10


@dataclass(frozen=True, slots=True)
class ItemBlocks:
    """What ``public/_item.html`` is drawn with."""

    scans: ScanBlock
    hidden_code_url: str | None


@dataclass(frozen=True, slots=True)
class _Drawn:
    text: str
    code: str
    first_at_iso: str
    first_at: str
    scans: str
    places: str


def item_blocks(app: Flask, tongue: str, code: str, seen: Glance) -> str:
    """The blocks about the item with this well-formed code."""
    has_first = seen.first_scan_at is not None
    drawn = _drawn(
        app, tongue, seen.has_secret, has_first, min(seen.scans, _SEVERAL), min(seen.places, _SEVERAL)
    )
    text = drawn.text.replace(drawn.code, code)
    if seen.first_scan_at is not None:
        first_at = clock.local(seen.first_scan_at).replace(second=0, microsecond=0)
        text = text.replace(drawn.first_at_iso, shown_iso(first_at)).replace(drawn.first_at, shown(first_at))
    return text.replace(drawn.scans, _number(seen.scans)).replace(drawn.places, _number(seen.places))


@cache
def _drawn(app: Flask, tongue: str, has_secret: bool, has_first: bool, scans: int, places: int) -> _Drawn:
    """The blocks with marks where the figures go; none, one and several read differently, however many they are."""
    marks, chance = Marks.new(), SystemRandom()
    scans_mark, places_mark = (chance.randrange(_MARKS_FROM, _MARKS_TO) for _ in range(2))
    with app.test_request_context(f"{public_prefix(tongue)}/"):
        told = counting.told(
            marks.code,
            marks.looked_up_at if has_first else None,
            scans_mark if scans == _SEVERAL else scans,
            places_mark if places == _SEVERAL else places,
        )
        hidden_url = public_url("public.show_hidden_code", code=marks.code) if has_secret else None
        text = app.jinja_env.get_template("public/_item.html").render(page=ItemBlocks(told, hidden_url))
    first_at = marks.looked_up_at
    figures = (_number(scans_mark), _number(places_mark))
    return _Drawn(text, marks.code, shown_iso(first_at), shown(first_at), *figures)


def _number(count: int) -> str:
    """As the templates write it."""
    return f"{count:,}".replace(",", ".")
