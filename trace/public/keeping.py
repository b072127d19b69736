"""The page of a code, made once and kept: by the database for all processes, and the most asked for in memory.

Each scan reads one row (``trace.verdict.glance``), which says whether the kept page still holds. What differs between
two readings (the minute, the code of an item, how often it was scanned) is put in on the way out.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from threading import Lock
from uuid import UUID

import structlog
from flask import Flask, current_app, request, url_for
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from producers.models import Product
from trace.accounts.models import Location, Organisation, Party
from trace.batches.models import Batch
from trace.core import clock
from trace.core.database import Direct
from trace.core.gathering import Gathering
from trace.core.language import language, public_blueprint
from trace.core.machine import MB, memory_of_machine
from trace.events.handover_models import Shipment
from trace.events.rules import CONFIRMATION_GRACE
from trace.kept.builds import build_name
from trace.kept.pieces import Pieces, cut, pack, put_in, unpack
from trace.kept.services import NewPage, keep, snapshot_of
from trace.public import build
from trace.public.answers import render, style_piece
from trace.public.marks import Marks
from trace.public.pages import CodePage
from trace.recalls.models import Recall
from trace.verdict.glance import Asked, Glance, KeptRow
from trace.verdict.queries import Known, look_up_lot
from trace.verdict.recent import RecentGlances, prepare
from trace.verdict.rules import CodeState, Facts

EXTENSION = "kept_pages"
# What a page speaks of: whatever of it the builder read, a change of it makes the page out of date (migration 0022).
SUBJECTS = (Batch, Product, Organisation, Location, Party, Shipment, Recall)
# Bytes of pages that a process holds: a part of the machine's memory, within bounds.
PART_OF_MEMORY, LEAST_IN_MEMORY, MOST_IN_MEMORY = 128, 32 * MB, 128 * MB
MOST_CODES_IN_MEMORY = 20_000
MAKERS = 64
# Pages of codes that are none: the same for all, and of nothing in the record but whether it is a demo's.
PLAIN_FOR = timedelta(minutes=1)
UNWRITTEN_FOR = timedelta(seconds=2)
_NAME_BYTES = 9
_DOING = "read what a code stands for"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """A page in pieces, which verdict it tells, and its name: other bytes have another."""

    verdict: str
    name: str
    pieces: Pieces


def bytes_for_pages(memory: int) -> int:
    """How many bytes of pages a process may hold on a machine with so many bytes of memory."""
    return min(max(memory // PART_OF_MEMORY, LEAST_IN_MEMORY), MOST_IN_MEMORY)


class Memory:
    """The pages this process was asked for most lately, up to so many bytes, and which code led to which."""

    def __init__(self, most_bytes: int, most_codes: int = MOST_CODES_IN_MEMORY) -> None:
        self._most_bytes, self._most_codes = most_bytes, most_codes
        self._lock = Lock()
        self._pages: OrderedDict[str, Kept] = OrderedDict()
        self._names: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._weight = 0

    def find(self, code: str, tongue: str) -> Kept | None:
        """The page this code led to last, whether or not it still holds."""
        with self._lock:
            name = self._names.get((code, tongue))
            page = self._pages.get(name) if name is not None else None
            if page is not None and name is not None:
                self._names.move_to_end((code, tongue))
                self._pages.move_to_end(name)
            return page

    def hold(self, code: str, tongue: str, page: Kept) -> None:
        """Have it at hand; what was asked for longest ago goes."""
        with self._lock:
            self._names[code, tongue] = page.name
            self._names.move_to_end((code, tongue))
            if len(self._names) > self._most_codes:
                self._names.popitem(last=False)
            if page.name not in self._pages:
                self._weight += page.pieces.weight
            self._pages[page.name] = page
            while self._weight > self._most_bytes:
                _name, gone = self._pages.popitem(last=False)
                self._weight -= gone.pieces.weight

    @property
    def weight(self) -> int:
        """How many bytes of pages are held."""
        return self._weight


class Keeper:
    """Finds the page of a code as it must be now, and makes it where there is none."""

    def __init__(self, engine: Engine, build_name: str, *, has_address: bool) -> None:
        self._direct = Direct(engine, prepare)
        self._recent = RecentGlances()
        self._glances = Gathering(self._glance_all, DBAPIError)
        self._build_name = build_name
        self._has_address = has_address
        self._making = [Lock() for _ in range(MAKERS)]
        self._plain: dict[tuple[str, ...], tuple[datetime, Kept]] = {}
        self.memory = Memory(bytes_for_pages(memory_of_machine()))

    def look(self, code: str, tongue: str | None = None) -> tuple[Glance | None, Kept | None]:
        """What a well-formed code stands for, and its page in a language where one is kept and holds."""
        tongue = tongue or language()
        held = self.memory.find(code, tongue)
        asked = Asked(held.name if held else None, clock.now(), tongue, self._build(), code)
        seen = self._glances.ask(asked)
        if seen is None or seen.kept is None:
            return seen, None
        page = held if held is not None and seen.kept.content is None else _unpacked(seen.kept)
        if page is not held:
            self.memory.hold(code, tongue, page)
        return seen, page

    def make(self, code: str, seen: Glance) -> Kept | None:
        """Make the page of a code that leads to an activated lot, and keep it; None for any other.

        Of several requests that miss the same page one makes it, the others wait for that.
        """
        if seen.batch_id is None or seen.is_special:
            return None
        with self._making[hash((seen.batch_id, language())) % MAKERS]:
            again, page = self.look(code)
            if page is not None:
                return page
            if again is None or again.batch_id is None or again.is_special:
                return None
            return self._make(code, again.batch_id)

    @property
    def has_address(self) -> bool:
        """Whether the service was told its own address: otherwise pages name the one they are asked for at."""
        return self._has_address

    def find_plain(self, state: CodeState, tongue: str, site: str) -> Kept | None:
        """The page of what is no code, or of one that was never issued, as ``site`` names itself; None if not made."""
        found = self._plain.get((state, tongue, site))
        return found[1] if found is not None and clock.now() - found[0] <= PLAIN_FOR else None

    def plain(self, state: CodeState) -> Kept:
        """The page of what is no code, or of one that was never issued."""
        key = (state, language(), request.host_url)
        found = self.find_plain(*key)
        if found is None:
            marks = Marks.new()
            facts = Facts(today=clock.today(), code_state=state)
            with _asked_for(marks.code), current_app.extensions["sessions"]() as session:
                made = _cut(build.page_of(session, Known(marks.code, facts, None), marks.typed), marks)
            found = _ready(made)
            if len(self._plain) > MAKERS:  # other hosts' names in requests
                self._plain.clear()
            self._plain[key] = (clock.now(), found)
        return found

    def _build(self) -> str:
        """What made the bytes: code and texts, and the address that pages name as their own."""
        if self._has_address:
            return self._build_name
        return f"{self._build_name} {request.host_url}"

    def _glance_all(self, asked: Sequence[Asked]) -> Sequence[Glance | None]:
        return self._direct.run(_DOING, lambda connection: self._recent.glances(connection, asked))

    def _make(self, code: str, batch_id: UUID) -> Kept | None:
        marks = Marks.new()
        with _asked_for(marks.code), current_app.extensions["sessions"]() as session:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            snapshot, begun_at = snapshot_of(session), clock.now()
            subjects = _note_subjects(session)
            batch = session.get_one(Batch, batch_id)
            if not batch.is_activated:
                return None
            # As the lot's own code says it: what is so of one item alone must not get into the page of all.
            known = look_up_lot(session, batch)
            page = build.page_of(session, replace(known, code=marks.code), code)
            made = _cut(page, marks)
            new = NewPage(
                batch_id=batch.id, language=language(), build=self._build(), snapshot=snapshot,
                subjects=sorted(subjects), valid_until=_valid_until(known, page, begun_at), verdict=made.verdict,
                name=made.name, content=pack(made.pieces),
            )  # fmt: skip
        kept = _ready(made)
        try:
            self._direct.run("keep a page", lambda connection: keep(connection, new))
        except DBAPIError:
            log.exception("page-not-kept")  # it is as true as if it were: the next one asks for it again
            return kept
        self.memory.hold(code, new.language, kept)
        return kept


def _note_subjects(session: Session) -> set[UUID]:
    """The ids of all subjects that the session reads from now on; it forgets the objects themselves when it likes."""
    noted: set[UUID] = set()

    def note(_session: Session, one: object) -> None:
        if isinstance(one, SUBJECTS):
            noted.add(one.id)

    for way in ("loaded_as_persistent", "detached_to_persistent"):
        event.listen(session, way, note)
    return noted


@contextmanager
def _asked_for(code: str) -> Iterator[None]:
    """Act as if the page of ``code`` was asked for: every address in a page is made from what was asked for."""
    address = url_for(f"{public_blueprint(language())}.show_code", code=code)
    with current_app.test_request_context(address, base_url=request.host_url):
        yield


def _cut(page: CodePage, marks: Marks) -> Kept:
    """A page as it is kept: its style, which is that of all pages, is a gap like others."""
    page = replace(page, looked_up_at=marks.looked_up_at, item_slot=marks.item)
    pieces = cut(render("public/show_code.html", page, marks.style), marks.names())
    # By what stands between the marks, which differ each time, and the style: the same page has the same name.
    parts = (*pieces.pieces, style_piece())
    digest = blake2b(b"".join(part for piece in parts for part in piece.deflated), digest_size=_NAME_BYTES)
    return Kept(str(page.band.verdict), digest.hexdigest(), pieces)


def _unpacked(row: KeptRow) -> Kept:
    if row.content is None:
        raise LookupError(f"page {row.name} was not read")
    return _ready(Kept(row.verdict, row.name, unpack(row.content)))


def _ready(page: Kept) -> Kept:
    """A page as it is filled: with the style in it."""
    return replace(page, pieces=put_in(page.pieces, "style", style_piece()))


def _valid_until(known: Known, page: CodePage, begun_at: datetime) -> datetime:
    """A page tells of days, Hanoi's, and of handovers that go unconfirmed for longer than their grace.

    One that says of an entry that it is being written is true for moments.
    """
    # The day of which the page tells, whatever day it has become while it was made.
    midnight = clock.from_local(datetime.combine(known.facts.today + timedelta(days=1), datetime.min.time()))
    overdue = (shipment.shipped_at + CONFIRMATION_GRACE for shipment in known.shipments if shipment.is_open)
    until = min([midnight, *(moment for moment in overdue if moment > begun_at)])
    if page.log is not None and not page.log.is_complete:
        return min(until, begun_at + UNWRITTEN_FOR)
    return until


def init_keeping(app: Flask) -> None:
    """Keep pages, where each request has a connection of its own.

    On one connection for all, as in tests that take all back, nothing ever commits: there each page is made anew.
    """
    bind = app.extensions["sessions"].kw["bind"]
    settings = app.config["SETTINGS"]
    said = (settings.operator_name, settings.support_phone, settings.public_url)
    app.extensions[EXTENSION] = (
        Keeper(bind, build_name(app.config["ROOT"], said), has_address=settings.public_url is not None)
        if isinstance(bind, Engine)
        else None
    )
