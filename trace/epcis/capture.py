"""Capturing events: each once, by its id; those about goods known here by the verbs of custody, others kept as foreign.

An event has the id it was sent with, or its hash. A known id with the same content gives the same answer, with other
content it is refused; an error declaration carries its original's id (design, section 4). Nothing is committed here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved
from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.core.idempotency import once_otherwise
from trace.epcis import carrying, known_goods, rows
from trace.epcis.canonical import EpcisEvent
from trace.epcis.documents import EpcisDocument
from trace.epcis.known_goods import KnownGoods
from trace.epcis.naming import named_goods
from trace.epcis.problems import InvalidEvent
from trace.epcis.trade import AlreadyDone, Carrying, find_incoming
from trace.events import movements, queries, rules
from trace.events.documents import Happening
from trace.events.models import Event, Verb
from trace.events.record import gathered, record_event, said

# Events tried together where some are refused and the others go on.
_AT_ONCE = 500
_MOST_GOODS = 30_000  # of one event: its goods are numbered in two bytes
_FOREIGN = "foreign"
_OWN_LOCK = 0x45504349  # "EPCI": the first half of the advisory lock's number

Identity = tuple[str, bool]


class Behaviour(StrEnum):
    """What becomes of the others when one event is refused (header GS1-Capture-Error-Behaviour)."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


class EventIdTaken(Refusal):
    """This id was captured before, with other content."""

    code = "event-id-taken"


@dataclass(frozen=True)
class Captured:
    """One event that is in the record; ``is_new`` unless it was there before."""

    index: int
    row: Event
    is_new: bool


@dataclass(frozen=True)
class Failure:
    """One event that is not, and why; ``index`` is its place in the document."""

    index: int
    refusal: Refusal


@dataclass
class Outcome:
    """What became of a document's events."""

    captured: list[Captured] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


class _Refused(Exception):
    """Event ``index`` is refused; what was done since the last savepoint is to be undone."""

    def __init__(self, index: int, refusal: Refusal) -> None:
        super().__init__(index)
        self.index = index
        self.refusal = refusal


@dataclass(frozen=True)
class _Item:
    """An event with its place and id. ``words`` are the columns it says in its own way."""

    index: int
    event: EpcisEvent
    event_id: str

    @property
    def identity(self) -> Identity:
        return self.event_id, self.event.is_declaration

    @property
    def words(self) -> dict[str, Any]:
        return rows.columns_of(self.event) | {"epcis_id": self.event_id}


def capture(
    session: Session, actor: Actor, document: EpcisDocument, behaviour: Behaviour, site: str
) -> Outcome:
    """Capture the events of a document for the actor's organisation; ``site`` is the public address of this service.

    With ``ROLLBACK`` one refused event refuses all: the caller then rolls back. With ``PROCEED`` the others are kept.
    Raises ``NotApprovedYet``; what is wrong with single events stands in the outcome.
    """
    require_approved(actor)
    outcome = Outcome()
    items: list[_Item] = []
    for index, read in enumerate(document.read_all()):
        if isinstance(read, InvalidEvent):
            outcome.failures.append(Failure(index, read))
        else:
            items.append(_Item(index, read, read.event_id or read.event_hash))
    if outcome.failures and behaviour is Behaviour.ROLLBACK:
        return outcome
    run = _Run(session, actor, site)
    run.prepare(items)
    if behaviour is Behaviour.ROLLBACK:
        try:
            outcome.captured = run.take(items)
        except _Refused as refused:
            outcome.failures.append(Failure(refused.index, refused.refusal))
        return outcome
    for start in range(0, len(items), _AT_ONCE):
        _take_what_can_be(run, items[start : start + _AT_ONCE], outcome)
    outcome.failures.sort(key=lambda failure: failure.index)
    return outcome


def _take_what_can_be(run: "_Run", items: list[_Item], outcome: Outcome) -> None:
    """Take events together up to the first refused one, leave that out, go on behind it."""
    while items:
        refused = _try(run, items, outcome)
        if refused is None:
            return
        run.forget(items)
        position = next(at for at, item in enumerate(items) if item.index == refused.index)
        outcome.failures.append(Failure(refused.index, refused.refusal))
        if _try(run, items[:position], outcome) is not None:
            raise RuntimeError("events that were taken once are refused the second time")
        items = items[position + 1 :]


def _try(run: "_Run", items: list[_Item], outcome: Outcome) -> _Refused | None:
    """Take events behind a savepoint; the refusal, if there is one, leaves nothing of them."""
    try:
        with run.session.begin_nested():
            outcome.captured += run.take(items)
    except _Refused as refused:
        return refused
    return None


class _Run:
    """One document on its way into the record."""

    def __init__(self, session: Session, actor: Actor, site: str) -> None:
        self.session = session
        self.actor = actor
        self.site = site
        self.taken: dict[Identity, Event] = {}
        self.stored: dict[Identity, Event] = {}

    def prepare(self, items: Sequence[_Item]) -> None:
        """Keep other captures of this organisation waiting, then see which ids it has already."""
        number = int.from_bytes(self.actor.organisation_id.bytes[-4:], "big", signed=True)
        self.session.execute(select(func.pg_advisory_xact_lock(_OWN_LOCK, number)))
        wanted = list({item.event_id for item in items})
        for start in range(0, len(wanted), 5000):
            found = self.session.scalars(
                select(Event).where(
                    Event.organisation_id == self.actor.organisation_id,
                    Event.epcis_id.in_(wanted[start : start + 5000]),
                )
            )
            self.stored |= {(event.epcis_id, event.is_declaration): event for event in found}

    def forget(self, items: Sequence[_Item]) -> None:
        """These were undone."""
        for item in items:
            self.taken.pop(item.identity, None)

    def find(self, identity: Identity) -> Event | None:
        """The event of this id, stored before or taken just now."""
        return self.taken.get(identity) or self.stored.get(identity)

    def take(self, items: Sequence[_Item]) -> list[Captured]:
        """Take events in their order. Raises ``_Refused`` at the first that cannot be."""
        addresses = {address for item in items for address in item.event.addresses}
        known = known_goods.find_goods(self.session, addresses, self.site)
        captured: list[Captured] = []
        self._lock(items, known)
        for group, together in _groups(items, known):
            with ExitStack() as stack:
                if together:
                    own_id = self.actor.organisation_id
                    stack.enter_context(movements.locked(self.session, known.batch_ids, own_id))
                    stack.enter_context(queries.remembering(self.session))
                    stack.enter_context(gathered(self.session))
                captured += [self._take_one(item, known) for item in group]
        return captured

    def _take_one(self, item: _Item, known: KnownGoods) -> Captured:
        earlier = self.find(item.identity)
        if earlier is not None:
            if not _is_same(item.event, earlier):
                raise _Refused(item.index, _id_taken(item.event_id))
            return Captured(item.index, earlier, is_new=False)
        try:
            row = self._record(item, known)
        except Refusal as refusal:
            raise _Refused(item.index, refusal) from refusal
        self.taken[item.identity] = row
        return Captured(item.index, row, is_new=True)

    def _record(self, item: _Item, known: KnownGoods) -> Event:
        event = item.event
        rules.check_time(event.event_time, clock.now(), event.event_time)
        if len(event.addresses) > _MOST_GOODS:
            raise BadInput(_l("One event names too many goods."), code="too-many-goods")
        words = item.words
        if event.is_declaration:
            return self._declare(item, words)
        if not any(map(known.is_known, event.addresses)):
            return self._keep_foreign(item, known, words)
        with said(self.session, _carried_words(words)) as found, once_otherwise(self.session):
            carrying.carry_out(Carrying(self.session, self.actor, event, known))
        if found.event is None:
            raise AlreadyDone(_l("This was recorded before, by another event."))
        return found.event

    def _keep_foreign(self, item: _Item, known: KnownGoods, words: Mapping[str, Any], **more: Any) -> Event:
        happening = Happening(
            verb=Verb.FOREIGN,
            event_time=item.event.event_time,
            goods=named_goods(item.event, known),
            marks=(_FOREIGN,),
            fields={**words, "is_foreign": True, **more},
        )
        return record_event(self.session, self.actor, happening)

    def _declare(self, item: _Item, words: Mapping[str, Any]) -> Event:
        """An error declaration repeats the event it declares wrong: the same id, the same content."""
        original = self.find((item.event_id, False))
        if original is not None and not _is_same(replace(item.event, error_declaration=None), original):
            raise _id_taken(item.event_id)
        if original is None or original.is_foreign:
            more = {"corrects_id": original.id} if original is not None else {}
            return self._keep_foreign(item, KnownGoods(), words, **more)
        return carrying.declare_wrong(self.session, self.actor, original, item.event, _carried_words(words))

    def _lock(self, items: Sequence[_Item], known: KnownGoods) -> None:
        """Lock what all of them may move, in the one order: shipments first, then balances."""
        receiving = {
            address
            for item in items
            if item.event.biz_step == "receiving"
            for address in item.event.addresses
        }
        shipments = find_incoming(
            self.session,
            self.actor.organisation_id,
            {known.batches[address].id for address in receiving & known.batches.keys()},
            {known.units[address].id for address in receiving & known.units.keys()},
        )
        batch_ids = known.batch_ids | {line.batch_id for one in shipments for line in one.lines}
        if batch_ids:
            movements.lock_balances(self.session, batch_ids)


def _groups(items: Sequence[_Item], known: KnownGoods) -> Iterator[tuple[list[_Item], bool]]:
    """Runs of events that are written together, and between them those whose verb looks into the database."""
    group: list[_Item] = []
    for item in items:
        is_ours = any(map(known.is_known, item.event.addresses))
        if item.event.is_declaration or (is_ours and carrying.is_alone(item.event, known)):
            if group:
                yield group, True
            yield [item], False
            group = []
        else:
            group.append(item)
    if group:
        yield group, True


def _carried_words(words: Mapping[str, Any]) -> dict[str, Any]:
    """What a captured event says in its own way beside what its verb decides: when it was is for the verb."""
    return {name: value for name, value in words.items() if name not in ("event_time", "is_declaration")}


def _is_same(event: EpcisEvent, stored: Event) -> bool:
    if event.error_declaration is None and stored.error_declaration is None:
        # A captured row keeps the hash it came with; what our own rows hash to follows from them.
        return event.event_hash in (stored.event_hash, rows.event_of(stored).event_hash)
    declared = rows.event_of(stored)
    hashes = (stored.event_hash, declared.event_hash)
    return event.event_hash in hashes and event.content[1] == declared.content[1]


def _id_taken(event_id: str) -> EventIdTaken:
    return EventIdTaken(
        _l("An event with this id was captured before, with other content."),
        field="eventID",
        event_id=event_id,
    )


def instance_of(document: EpcisDocument, index: int) -> str:
    """Where event ``index`` stands in its document, as a JSON pointer."""
    return "" if document.is_bare else f"{document.pointer}/{index}"


def organisation_lock(organisation_id: UUID) -> str:
    """The name under which capture jobs of one organisation wait for each other."""
    return f"capture:{organisation_id}"
