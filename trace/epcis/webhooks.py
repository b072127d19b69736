"""What is sent to subscribers: decided first, sent through the one guard, and again until it arrives.

Order comes from the log: the sequencer gives indexes to leaves whose transactions have ended, so nothing appears
behind a cursor later. Each document is a delivery with an id of its own, stored before it is sent; a repeat has the
same id and the same events, so that a receiver that answered into a broken line can tell. One delivery of a
subscription is open at a time, and the cursor moves when the receiver said 2xx.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.core import clock
from trace.core.ids import uuid7
from trace.core.outgoing import Outgoing
from trace.core.outgoing_refusals import OutgoingFailed, OutgoingRefused
from trace.epcis import visibility
from trace.epcis.answers import CBV_VERSION, EPCIS_VERSION, EpcFormat, json_text, query_document
from trace.epcis.matching import matches
from trace.epcis.models import Delivery, Subscription
from trace.epcis.query import Query, read_query
from trace.epcis.query_sql import narrowed
from trace.epcis.schedule import read_schedule
from trace.epcis.subscriptions import is_open, log_end, valid_keys
from trace.events.documents import EXTENSION_NAMESPACE, timestamp
from trace.events.models import Event
from trace.ledger.models import Leaf, LogEntry

SIGNATURE = "GS1-Signature"
DELIVERY = "Nguongoc-Delivery"
ATTEMPT = "Nguongoc-Attempt"
CURSOR = "Nguongoc-Cursor"
SUBSCRIPTION = "Nguongoc-Subscription"
TEST = "Nguongoc-Test"

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
MOST_FAILURES = 15  # in a row, over about six hours; then it waits for its owner
ATTEMPTS_KEPT = 50
MOST_ROUNDS = 20  # documents one job sends before others have their turn
LARGEST_SCAN = 20_000
_CHUNK = 500
GONE, TOO_LARGE = 410, 413

Sessions = Callable[[], Session]


@dataclass(frozen=True)
class Outcome:
    """How one try ended: the answer's status, or the code of what kept one from coming."""

    status: int | None
    problem: str | None
    milliseconds: int

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def to_json(self, at: datetime) -> dict[str, Any]:
        return {
            "at": timestamp(at),
            "status": self.status,
            "problem": self.problem,
            "milliseconds": self.milliseconds,
        }


@dataclass(frozen=True)
class Letter:
    """A document ready to be sent."""

    delivery_id: UUID
    dest: str
    body: bytes
    headers: dict[str, str]


def sign(body: bytes, at: int, secrets: Sequence[str]) -> str:
    """The header GS1-Signature: ``t=<seconds>,v1=<hex>`` with one ``v1`` for each valid secret.

    HMAC-SHA256 over the seconds since 1970, a dot, and the body.
    """
    signed = b"%d." % at + body
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])


def run(sessions: Sessions, outgoing: Outgoing, subscription_id: UUID) -> int:
    """Send what a subscription has waiting; returns how many documents arrived.

    Whoever calls sees to it that one run of a subscription goes on at a time. No transaction is open while a
    request is under way.
    """
    arrived = 0
    for _ in range(MOST_ROUNDS):
        with sessions() as session:
            letter = write_letter(session, subscription_id)
            session.commit()
        if letter is None:
            break
        outcome = send(outgoing, letter)
        with sessions() as session:
            is_going_on = note_outcome(session, letter.delivery_id, outcome)
            session.commit()
        arrived += outcome.is_delivered
        if not is_going_on:
            break
    return arrived


def write_letter(session: Session, subscription_id: UUID) -> Letter | None:
    """The next document of a subscription: the one not delivered yet, or a new one; None where nothing waits."""
    subscription = session.get(Subscription, subscription_id, with_for_update={"of": Subscription})
    now = clock.now()
    if subscription is None or subscription.paused_at is not None:
        return None
    delivery = session.scalars(
        select(Delivery).where(Delivery.subscription_id == subscription_id, is_open())
    ).one_or_none()
    if delivery is None:
        delivery = _decide(session, subscription, now)
    if delivery is None:
        _wait_for_next(subscription, now)
        return None
    query = read_query(subscription.query.query)
    span = (delivery.from_index, delivery.to_index)
    events, documents, _ = _collect(session, subscription, query, span, delivery.event_count)
    content = query_document(
        documents,
        [event.context for event in events],
        delivery.created_at,
        query_name=subscription.query.name,
        subscription_id=str(subscription.id),
        epc_format=EpcFormat(subscription.epc_format),
    )
    return _letter(subscription, delivery, content, now)


def write_test_letter(session: Session, subscription: Subscription) -> Letter:
    """A document with one made-up event, marked as such; it moves no cursor and is not repeated."""
    now = clock.now()
    delivery = Delivery(
        subscription_id=subscription.id,
        from_index=subscription.cursor,
        to_index=subscription.cursor,
        event_count=1,
        is_test=True,
        created_at=now,
        attempts=[],
    )
    session.add(delivery)
    session.flush()
    event = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid7()}",
        "eventTime": timestamp(now),
        "eventTimeZoneOffset": "+07:00",
        "recordTime": timestamp(now),
        "action": "OBSERVE",
        "bizStep": "other",
        "epcList": [],
        f"{EXTENSION_NAMESPACE}test": True,
    }
    content = query_document(
        [event], [], now, query_name=subscription.query.name, subscription_id=str(subscription.id)
    )
    letter = _letter(subscription, delivery, content, now)
    return Letter(letter.delivery_id, letter.dest, letter.body, letter.headers | {TEST: "true"})


def send(outgoing: Outgoing, letter: Letter) -> Outcome:
    """One try, through the guard. Never raises: what went wrong is the outcome."""
    started = monotonic()
    try:
        received = outgoing.post(letter.dest, letter.body, letter.headers)
    except OutgoingRefused as refusal:
        return Outcome(None, refusal.code, _since(started))
    problem = None if received.is_success else "receiver-refused"
    return Outcome(received.status, problem, _since(started))


def note_outcome(session: Session, delivery_id: UUID, outcome: Outcome) -> bool:
    """Write down a try and what follows from it; returns whether to go on with the next document at once."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        return False  # its subscription ended meanwhile
    now = clock.now()
    delivery.attempts = [*delivery.attempts, outcome.to_json(now)][-ATTEMPTS_KEPT:]
    if delivery.is_test:
        delivery.delivered_at = now if outcome.is_delivered else None
        return False
    subscription = session.get_one(
        Subscription, delivery.subscription_id, with_for_update={"of": Subscription}
    )
    if outcome.is_delivered:
        delivery.delivered_at = now
        subscription.last_notified_at = now
        subscription.failures = 0
        subscription.next_at = now
        if not delivery.is_dropped:  # a replay that began meanwhile has set the cursor already
            subscription.cursor = delivery.to_index
        return True
    if delivery.is_dropped:
        return True
    if outcome.status == TOO_LARGE and delivery.event_count > 1:
        subscription.most_events = max(1, delivery.event_count // 2)
        delivery.is_dropped = True
        return True
    _fail(subscription, outcome, now)
    return False


def wait_after(failures: int) -> timedelta:
    """How long after the n-th failure in a row the next try is: 10 s, doubled each time, an hour at most."""
    return min(FIRST_WAIT * (1 << min(failures - 1, 20)), LONGEST_WAIT)


def _fail(subscription: Subscription, outcome: Outcome, now: datetime) -> None:
    subscription.failures += 1
    subscription.next_at = now + wait_after(subscription.failures)
    is_refused_here = (
        outcome.problem is not None and outcome.status is None and not _may_pass(outcome.problem)
    )
    if outcome.status == GONE:
        _pause(subscription, "receiver-gone", now)
    elif is_refused_here and outcome.problem is not None:
        _pause(subscription, outcome.problem, now)
    elif subscription.failures >= MOST_FAILURES:
        _pause(subscription, outcome.problem or "receiver-refused", now)


def _may_pass(problem: str) -> bool:
    """Whether trying again may help: a name without an address may get one, an inner address stays one."""
    kinds: list[type[OutgoingFailed]] = [OutgoingFailed, *OutgoingFailed.__subclasses__()]
    return problem in {kind.code for kind in kinds}


def _pause(subscription: Subscription, reason: str, now: datetime) -> None:
    subscription.paused_at = now
    subscription.pause_reason = reason


def _decide(session: Session, subscription: Subscription, now: datetime) -> Delivery | None:
    """Settle what the next document holds; None, with the cursor moved on, where there is nothing for it."""
    query = read_query(subscription.query.query)
    end = log_end(session)
    span = (subscription.cursor, end)
    events, _, to_index = _collect(session, subscription, query, span, subscription.most_events)
    subscription.last_run_at = now
    if not events and not _is_reported_empty(subscription, now):
        subscription.cursor = to_index
        return None
    made = Delivery(
        subscription_id=subscription.id,
        from_index=subscription.cursor,
        to_index=to_index,
        event_count=len(events),
        created_at=now,
        attempts=[],
    )
    session.add(made)
    session.flush()
    return made


def _is_reported_empty(subscription: Subscription, now: datetime) -> bool:
    """Whether even nothing is told: by schedule and where wanted, once for each of its times."""
    schedule = read_schedule(subscription.schedule)
    if schedule is None or not subscription.report_if_empty:
        return False
    following = schedule.next_after(subscription.last_notified_at or subscription.created_at)
    return following is not None and following <= now


def _wait_for_next(subscription: Subscription, now: datetime) -> None:
    schedule = read_schedule(subscription.schedule) if subscription.schedule else None
    following = schedule.next_after(now) if schedule else now
    subscription.next_at = following or now + LONGEST_WAIT


def _collect(
    session: Session, subscription: Subscription, query: Query, span: tuple[int, int], most: int
) -> tuple[list[Event], list[dict[str, Any]], int]:
    """The first ``most`` events of a stretch of the log that satisfy the query, and the index to go on from."""
    reader_id = subscription.organisation_id
    low, high = span
    events: list[Event] = []
    documents: list[dict[str, Any]] = []
    looked_at = 0
    while low < high and len(events) < most and looked_at < LARGEST_SCAN:
        rows = _chunk(session, subscription, query, low, high)
        seen = visibility.documents_for(session, reader_id, [event for _, event in rows])
        for (index, event), document in zip(rows, seen, strict=True):
            if document is not None and matches(query, document, event.context):
                events.append(event)
                documents.append(document)
                if len(events) == most:
                    return events, documents, index + 1
        looked_at += len(rows)
        if len(rows) < _CHUNK:
            return events, documents, high
        low = rows[-1][0] + 1
    return events, documents, low


def _chunk(
    session: Session, subscription: Subscription, query: Query, low: int, high: int
) -> list[tuple[int, Event]]:
    wanted = (
        select(LogEntry.log_index, Event)
        .join(Leaf, Leaf.id == LogEntry.leaf_id)
        .join(Event, Event.id == Leaf.event_id)
        .where(
            LogEntry.log_index >= low,
            LogEntry.log_index < high,
            Event.record_time >= subscription.initial_record_time,
            visibility.is_visible(subscription.organisation_id),
            *narrowed(query.conditions),
        )
        .order_by(LogEntry.log_index)
        .limit(_CHUNK)
    )
    return [(index, event) for index, event in session.execute(wanted)]


def _letter(subscription: Subscription, delivery: Delivery, content: Any, now: datetime) -> Letter:
    body = json_text(content).encode()
    secrets = [key.secret for key in valid_keys(subscription, now)]
    headers = {
        "Content-Type": "application/json",
        "GS1-EPCIS-Version": EPCIS_VERSION,
        "GS1-CBV-Version": CBV_VERSION,
        SIGNATURE: sign(body, int(now.timestamp()), secrets),
        SUBSCRIPTION: str(subscription.id),
        DELIVERY: str(delivery.id),
        ATTEMPT: str(len(delivery.attempts) + 1),
        CURSOR: str(delivery.to_index),
    }
    return Letter(delivery.id, subscription.dest, body, headers)


def _since(started: float) -> int:
    return int((monotonic() - started) * 1000)
