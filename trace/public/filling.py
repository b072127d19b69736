"""A kept page made the answer to one reading: its minute, its code and what is told of one item are put in.

Knows nothing of requests: whoever asks says what it has and takes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from markupsafe import escape

from trace.core import clock
from trace.core.short_codes import pretty
from trace.kept.pieces import fill_gzip, fill_plain
from trace.public.answers import style_policy
from trace.public.build import LONGEST_ECHO
from trace.public.keeping import Kept
from trace.public.marks import shown, shown_iso
from trace.verdict.rules import Verdict

STATUS: Mapping[Verdict, int] = {Verdict.MALFORMED: 400, Verdict.UNKNOWN: 404}
_STATUS_BY_NAME: Mapping[str, int] = {str(verdict): status for verdict, status in STATUS.items()}
_NAME_BYTES = 6


class Filled(NamedTuple):
    """An answer: its status, headers of its own, and its bytes."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes


@lru_cache(maxsize=2)
def _minute(number: int) -> tuple[str, str]:
    """A minute since 1970, for programs and for people."""
    moment = clock.local(datetime.fromtimestamp(number * 60, UTC))
    return shown_iso(moment), shown(moment)


def fill(page: Kept, typed: str, in_address: str, item: str, *, has: str, takes_gzip: bool) -> Filled:
    """A page with this reading's own values in it.

    ``in_address`` is the code as addresses hold it, ``item`` the blocks about one item, ``has`` the names of what who
    asks has kept (``If-None-Match``).
    """
    iso, shown_time = _minute(int(clock.now().timestamp()) // 60)
    values = {
        "code": str(escape(in_address)),
        "pretty": pretty(typed),
        "typed": str(escape(typed[:LONGEST_ECHO])),
        "iso": iso,
        "time": shown_time,
        "item": item,
    }
    status = _STATUS_BY_NAME.get(page.verdict, 200)
    # Names the bytes of this reading: within one minute, and until it is scanned again, they are the same.
    own = blake2b("\0".join(values.values()).encode(), digest_size=_NAME_BYTES).hexdigest()
    name = f'"{page.name}-{own}"'
    headers = [
        ("ETag", f"W/{name}"),
        ("Vary", "Accept-Encoding"),
        ("Content-Security-Policy", style_policy()),
        # A recall is visible from the moment it commits: whoever keeps this asks each time whether it still holds.
        ("Cache-Control", "no-cache" if status == 200 else "no-store"),
    ]
    if status == 200 and name in has:
        return Filled(304, tuple(headers), b"")
    headers.append(("Content-Type", "text/html; charset=utf-8"))
    if takes_gzip:
        headers.append(("Content-Encoding", "gzip"))
    filled = {gap: value.encode() for gap, value in values.items()}
    return Filled(status, tuple(headers), (fill_gzip if takes_gzip else fill_plain)(page.pieces, filled))
