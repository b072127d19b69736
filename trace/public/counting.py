"""Counting scans: what the page of a code notes of its being opened, and what it tells of earlier times.

Of the request only its kind of device goes further. The address tells repeated scans apart in memory, and ends there.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from flask import Flask, current_app, request
from sqlalchemy.orm import Session

from trace.core import clock
from trace.core.language import public_url
from trace.public.pages import ScanBlock
from trace.scans.places import count_communes_of
from trace.scans.queries import tally_of
from trace.scans.recorder import EXTENSION, Recorder
from trace.scans.rules import Device, device_of, is_scan
from trace.scans.services import Scan, write_scans
from trace.verdict.rules import Verdict

# Codes that are none, or were never issued, are nobody's: counting them would be a heap for strangers to fill.
NOT_OURS = frozenset({Verdict.MALFORMED, Verdict.UNKNOWN})


def new_recorder(app: Flask) -> Recorder:
    """The recorder of this process; nothing is written until it begins."""

    def write(scans: Sequence[Scan]) -> None:
        with app.extensions["sessions"]() as session:
            write_scans(session, scans)
            session.commit()

    return Recorder(write)


class Devices:
    """Which devices were told apart before, by a keyed hash of what they say of themselves: the words are not kept."""

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self._key = secrets.token_bytes(16)
        self._known: dict[bytes, Device] = {}

    def find(self, user_agent: str) -> Device:
        """As ``device_of`` has it, which takes as long as much of the rest of an answer."""
        digest = blake2b(user_agent.encode(errors="replace"), key=self._key, digest_size=8).digest()
        found = self._known.get(digest)
        if found is None:
            if len(self._known) >= self._most:
                self._known.clear()
            found = self._known[digest] = device_of(user_agent)
        return found


_devices = Devices()


class Asking(NamedTuple):
    """Of a request what tells whether it is somebody's scan, and whether the same one came a moment ago."""

    method: str
    address: str
    user_agent: str
    headers: Mapping[str, str]


def note_scan(code: str, verdict: str, *, is_item: bool) -> None:
    """Have it recorded that this request was shown the page of a normalised code."""
    asking = Asking(
        request.method, request.remote_addr or "", request.user_agent.string, dict(request.headers)
    )
    note(current_app.extensions[EXTENSION], asking, code, verdict, is_item=is_item)


def note(recorder: Recorder, asking: Asking, code: str, verdict: str, *, is_item: bool) -> None:
    """Have it recorded that the page of a normalised code was shown, unless a program or a preview asked for it."""
    device = _devices.find(asking.user_agent)
    if verdict in NOT_OURS or not is_scan(asking.method, device, asking.headers):
        return
    recorder.take(Scan(clock.now(), code, str(verdict), device, is_item), asking.address)


def scan_block(session: Session, code: str) -> ScanBlock:
    """What earlier scans of one item's code say."""
    tally = tally_of(session, code)
    return told(code, tally.first_at, tally.scans, count_communes_of(session, code))


def told(code: str, first_at: datetime | None, scans: int, places: int) -> ScanBlock:
    """The block with these figures, and where to say a place; ``code`` as addresses hold it."""
    return ScanBlock(
        first_at=clock.local(first_at) if first_at else None,
        scans=scans,
        places=places,
        place_url=public_url("public.show_places", code=code),
    )
