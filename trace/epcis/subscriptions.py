"""Subscriptions to named queries: the verbs of those who own them. What is sent, and when, is ``webhooks``."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, update
from sqlalchemy.orm import Session

from trace.core import clock
from trace.core.errors import Refusal
from trace.core.outgoing import Outgoing
from trace.core.outgoing_refusals import OutgoingRefused
from trace.epcis.answers import EpcFormat
from trace.epcis.models import Delivery, NamedQuery, Subscription, SubscriptionKey
from trace.epcis.query_values import read_instant
from trace.epcis.refusals import BodyInvalid, NoSuchResource, SubscriptionInvalid
from trace.epcis.schedule import Schedule, read_schedule
from trace.ledger.models import LogEntry

MOST_SUBSCRIPTIONS = 50
MOST_EVENTS = 100  # in one document
LONGEST_SECRET = 500
LONGEST_OVERLAP = timedelta(days=30)
USUAL_OVERLAP = timedelta(hours=24)
DELIVERIES_SHOWN = 100
MOST_DUE = 200
_FIELDS = frozenset({"dest", "signatureToken", "stream", "schedule", "reportIfEmpty", "initialRecordTime"})


class TooManySubscriptions(Refusal):
    """An organisation keeps a bounded number of them."""

    code = "too-many-subscriptions"
    http_status = 403


def subscribe(
    session: Session, query: NamedQuery, body: Any, outgoing: Outgoing, epc_format: EpcFormat
) -> tuple[Subscription, str | None]:
    """Send what satisfies ``query`` to an address from now on, or from a record time.

    Returns the subscription, and the secret if it was made here because none was sent. Raises ``BodyInvalid``,
    ``SubscriptionInvalid`` (also for an address no request goes to), ``TooManySubscriptions``.
    """
    if not isinstance(body, Mapping) or not body.keys() <= _FIELDS:
        raise BodyInvalid(
            _l("Send dest, signatureToken, and stream or schedule."), fields=", ".join(sorted(_FIELDS))
        )
    dest = _read_dest(body.get("dest"), outgoing)
    given = body.get("signatureToken")
    secret = _read_secret(given) if given is not None else secrets.token_urlsafe(32)
    now = clock.now()
    schedule = _read_when(body)
    next_at = schedule.next_after(now) if schedule else now
    if next_at is None:
        raise SubscriptionInvalid(_l("There is no such day."), field="schedule")
    _check_count(session, query.organisation_id)
    initial = _read_start(body.get("initialRecordTime"), now)
    made = Subscription(
        query=query,
        organisation_id=query.organisation_id,
        dest=dest,
        epc_format=epc_format,
        is_stream=schedule is None,
        schedule=dict(body["schedule"]) if schedule else None,
        report_if_empty=_read_flag(body.get("reportIfEmpty", False), "reportIfEmpty"),
        initial_record_time=initial,
        # Events recorded before and committed later stand behind the log's end: the record time keeps them out.
        cursor=0 if initial < now else log_end(session),
        most_events=MOST_EVENTS,
        next_at=next_at,
        created_at=now,
    )
    session.add(made)
    session.flush()
    session.add(SubscriptionKey(subscription_id=made.id, secret=secret))
    session.flush()
    return made, None if given is not None else secret


def get_subscription(
    session: Session, query: NamedQuery, subscription_id: str, *, to_change: bool = False
) -> Subscription:
    """A subscription to this query, locked ``to_change``; ``NoSuchResource`` for any other."""
    try:
        wanted = UUID(subscription_id)
    except ValueError as error:
        raise NoSuchResource from error
    lock: Any = {"of": Subscription} if to_change else None
    found = session.get(Subscription, wanted, with_for_update=lock)
    if found is None or found.query_id != query.id:
        raise NoSuchResource
    return found


def list_subscriptions(
    session: Session, query: NamedQuery, limit: int, after: UUID | None = None
) -> list[Subscription]:
    """The subscriptions to a query, oldest first, beyond ``after``."""
    wanted = select(Subscription).where(Subscription.query_id == query.id)
    if after is not None:
        wanted = wanted.where(Subscription.id > after)
    return list(session.scalars(wanted.order_by(Subscription.id).limit(limit)))


def unsubscribe(session: Session, subscription: Subscription) -> None:
    """End a subscription; nothing is sent from the commit on, but for a request already on its way."""
    session.delete(subscription)
    session.flush()


def change_key(session: Session, subscription: Subscription, body: Any) -> tuple[SubscriptionKey, str | None]:
    """Sign with a new secret; what was valid stays so for an overlap, so that a receiver can follow.

    Returns the key, and the secret if it was made here. Raises ``BodyInvalid``.
    """
    if not isinstance(body, Mapping) or not body.keys() <= {"signatureToken", "overlapSeconds"}:
        raise BodyInvalid(_l("Send signatureToken, and overlapSeconds if the old one is to end sooner."))
    given = body.get("signatureToken")
    secret = _read_secret(given) if given is not None else secrets.token_urlsafe(32)
    overlap = body.get("overlapSeconds", int(USUAL_OVERLAP.total_seconds()))
    longest = int(LONGEST_OVERLAP.total_seconds())
    if isinstance(overlap, bool) or not isinstance(overlap, int) or not 0 <= overlap <= longest:
        raise BodyInvalid(_l("The overlap is at most 30 days."), field="overlapSeconds")
    now = clock.now()
    ends_at = now + timedelta(seconds=overlap)
    for key in valid_keys(subscription, now):
        key.expires_at = min(key.expires_at or ends_at, ends_at)
    made = SubscriptionKey(subscription_id=subscription.id, secret=secret, created_at=now)
    session.add(made)
    session.flush()
    session.expire(subscription, ["keys"])
    return made, None if given is not None else secret


def valid_keys(subscription: Subscription, now: datetime) -> list[SubscriptionKey]:
    """The keys a delivery is signed with now, newest first."""
    found = [key for key in subscription.keys if key.expires_at is None or key.expires_at > now]
    return list(reversed(found))


def replay(session: Session, subscription: Subscription, body: Any) -> None:
    """Send again from a cursor that a delivery told, or from a record time. Raises ``BodyInvalid``."""
    if not isinstance(body, Mapping) or len(body) != 1 or not body.keys() <= {"cursor", "recordTime"}:
        raise BodyInvalid(_l("Send a cursor or a recordTime."))
    if "recordTime" in body:
        subscription.initial_record_time = _read_start(body["recordTime"], clock.now())
        subscription.cursor = 0
    else:
        cursor = body["cursor"]
        if isinstance(cursor, bool) or not isinstance(cursor, int) or not 0 <= cursor <= log_end(session):
            raise BodyInvalid(_l("There is no such cursor."), field="cursor")
        subscription.cursor = cursor
    # What was on its way is part of the replay, or lies before it and is no longer wanted.
    session.execute(
        update(Delivery)
        .where(Delivery.subscription_id == subscription.id, Delivery.delivered_at.is_(None))
        .values(is_dropped=True)
    )
    subscription.next_at = clock.now()
    subscription.failures = 0
    session.flush()


def resume(session: Session, subscription: Subscription) -> None:
    """Try again now: a pause ends, and so does the wait after a failure."""
    subscription.paused_at = None
    subscription.pause_reason = None
    subscription.failures = 0
    subscription.next_at = clock.now()
    session.flush()


def list_deliveries(session: Session, subscription: Subscription) -> list[Delivery]:
    """The last hundred deliveries with their attempts, newest first."""
    wanted = select(Delivery).where(Delivery.subscription_id == subscription.id)
    return list(session.scalars(wanted.order_by(Delivery.created_at.desc()).limit(DELIVERIES_SHOWN)))


def log_end(session: Session) -> int:
    """The log index the next leaf will get."""
    last = session.scalar(select(func.max(LogEntry.log_index)))
    return 0 if last is None else last + 1


def is_open() -> ColumnElement[bool]:
    """A delivery that is decided and has not arrived; a subscription has one at most."""
    return and_(Delivery.delivered_at.is_(None), Delivery.is_test.is_(False), Delivery.is_dropped.is_(False))


def list_due(session: Session, now: datetime) -> list[Subscription]:
    """Subscriptions that may have something to send, locked for whoever asks first."""
    waits = select(Delivery.id).where(Delivery.subscription_id == Subscription.id, is_open()).exists()
    wanted = select(Subscription).where(
        Subscription.paused_at.is_(None),
        Subscription.next_at <= now,
        or_(Subscription.is_stream.is_(False), Subscription.cursor < log_end(session), waits),
    )
    ordered = wanted.order_by(Subscription.next_at).limit(MOST_DUE)
    return list(session.scalars(ordered.with_for_update(of=Subscription, skip_locked=True)))


def lease(subscriptions: Sequence[Subscription], until: datetime) -> None:
    """Keep these from being found due again until then; a job that was lost is made up for after it."""
    for subscription in subscriptions:
        subscription.next_at = until


def forget_deliveries(session: Session, before: datetime) -> None:
    """Forget deliveries made before then that arrived, were tests or were given up."""
    session.execute(delete(Delivery).where(Delivery.created_at < before, not_(is_open())))


def _read_dest(given: Any, outgoing: Outgoing) -> str:
    if not isinstance(given, str):
        raise BodyInvalid(_l("Send the address events go to."), field="dest")
    try:
        outgoing.check(given)
    except OutgoingRefused as refusal:
        raise SubscriptionInvalid(refusal.message, field="dest", reason=refusal.code) from refusal
    return given


def _read_secret(given: Any) -> str:
    if not isinstance(given, str) or not 1 <= len(given) <= LONGEST_SECRET or not given.isprintable():
        raise BodyInvalid(_l("A signatureToken is text of at most 500 characters."), field="signatureToken")
    return given


def _read_when(body: Mapping[str, Any]) -> Schedule | None:
    """The schedule; None for a stream. Exactly one of the two is given."""
    if ("stream" in body) == ("schedule" in body) or body.get("stream", True) is not True:
        raise SubscriptionInvalid(_l("Send stream with true, or a schedule."), field="schedule")
    if "stream" in body:
        return None
    schedule = read_schedule(body["schedule"])
    if schedule is None:
        raise SubscriptionInvalid(_l("This schedule cannot be read."), field="schedule")
    return schedule


def _read_flag(given: Any, name: str) -> bool:
    if not isinstance(given, bool):
        raise BodyInvalid(_l("Send true or false."), field=name)
    return given


def _read_start(given: Any, now: datetime) -> datetime:
    if given is None:
        return now
    found = read_instant(given)
    if found is None:
        raise SubscriptionInvalid(
            _l("Write the time with its offset, as in 2026-11-21T14:32:00+07:00."), field="initialRecordTime"
        )
    return found


def _check_count(session: Session, organisation_id: UUID) -> None:
    kept = session.scalar(
        select(func.count()).select_from(Subscription).where(Subscription.organisation_id == organisation_id)
    )
    if (kept or 0) >= MOST_SUBSCRIPTIONS:
        raise TooManySubscriptions(_l("End a subscription you no longer need."), most=MOST_SUBSCRIPTIONS)
