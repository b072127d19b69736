"""Subscriptions over HTTP: the standard's three verbs, and beside them test, keys, replay, resume, deliveries."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, current_app, url_for
from flask_babel import lazy_gettext as _l

from trace.accounts.access import actor
from trace.core import clock
from trace.core.errors import TooManyTries
from trace.core.http import Audience, audience, db
from trace.core.outgoing import EXTENSION
from trace.epcis import named_queries, subscriptions, webhooks
from trace.epcis.models import Delivery, NamedQuery, Subscription, SubscriptionKey
from trace.epcis.protocol import add_next_page, answer, epc_format, page_start, per_page, read_body
from trace.epcis.query_api import blueprint
from trace.events.documents import timestamp

_ALL = "/queries/<query_name>/subscriptions"
_ONE = f"{_ALL}/<subscription_id>"
BETWEEN_TESTS = timedelta(seconds=5)


@blueprint.get(_ALL)
@audience(Audience.PROGRAM)
def list_subscriptions(query_name: str) -> Response:
    """The subscriptions to a query."""
    start, limit = page_start(), per_page()
    after = UUID(start["after"]) if start else None
    rows = subscriptions.list_subscriptions(db(), _query(query_name), limit + 1, after)
    made = answer([_shown(row) for row in rows[:limit]])
    return add_next_page(made, {"after": str(rows[limit - 1].id)} if len(rows) > limit else None)


@blueprint.post(_ALL)
@audience(Audience.PROGRAM)
def subscribe(query_name: str) -> Response:
    """Have events that satisfy the query sent to an address."""
    outgoing = current_app.extensions[EXTENSION]
    made, secret = subscriptions.subscribe(db(), _query(query_name), read_body(), outgoing, epc_format())
    db().commit()
    shown = _shown(made)
    if secret is not None:
        # None was sent, so this one was made here: told now and never again.
        shown["signatureToken"] = secret
    created = answer(shown, 201)
    created.headers["Location"] = url_for(
        "epcis_query.show_subscription", query_name=query_name, subscription_id=str(made.id)
    )
    return created


@blueprint.get(_ONE)
@audience(Audience.PROGRAM)
def show_subscription(query_name: str, subscription_id: str) -> Response:
    """One subscription: where it stands, and why it is paused if it is."""
    return answer(_shown(_subscription(query_name, subscription_id)))


@blueprint.delete(_ONE)
@audience(Audience.PROGRAM)
def unsubscribe(query_name: str, subscription_id: str) -> Response:
    """End a subscription."""
    subscriptions.unsubscribe(db(), _subscription(query_name, subscription_id, to_change=True))
    db().commit()
    return Response(status=204)


@blueprint.get(f"{_ONE}/deliveries")
@audience(Audience.PROGRAM)
def list_deliveries(query_name: str, subscription_id: str) -> Response:
    """The last hundred deliveries with every try."""
    rows = subscriptions.list_deliveries(db(), _subscription(query_name, subscription_id))
    return answer([_shown_delivery(row) for row in rows])


@blueprint.post(f"{_ONE}/test")
@audience(Audience.PROGRAM)
def send_test_event(query_name: str, subscription_id: str) -> Response:
    """Send one made-up event, marked as such, now; the answer says how that went."""
    subscription = _subscription(query_name, subscription_id, to_change=True)
    last = next((row for row in subscriptions.list_deliveries(db(), subscription) if row.is_test), None)
    if last is not None and clock.now() - last.created_at < BETWEEN_TESTS:
        raise TooManyTries(_l("Wait a moment before the next test."), retry_after=BETWEEN_TESTS.seconds)
    letter = webhooks.write_test_letter(db(), subscription)
    db().commit()
    outcome = webhooks.send(current_app.extensions[EXTENSION], letter)
    webhooks.note_outcome(db(), letter.delivery_id, outcome)
    db().commit()
    return answer(_shown_delivery(db().get_one(Delivery, letter.delivery_id)))


@blueprint.post(f"{_ONE}/keys")
@audience(Audience.PROGRAM)
def change_key(query_name: str, subscription_id: str) -> Response:
    """Sign with a new secret from now on; both sign during the overlap."""
    subscription = _subscription(query_name, subscription_id, to_change=True)
    made, secret = subscriptions.change_key(db(), subscription, read_body())
    db().commit()
    shown = _shown_key(made)
    if secret is not None:
        shown["signatureToken"] = secret
    return answer(shown, 201)


@blueprint.post(f"{_ONE}/replay")
@audience(Audience.PROGRAM)
def replay_subscription(query_name: str, subscription_id: str) -> Response:
    """Send again from a cursor or a record time."""
    subscription = _subscription(query_name, subscription_id, to_change=True)
    subscriptions.replay(db(), subscription, read_body())
    db().commit()
    return answer(_shown(subscription))


@blueprint.post(f"{_ONE}/resume")
@audience(Audience.PROGRAM)
def resume_subscription(query_name: str, subscription_id: str) -> Response:
    """Try again now."""
    subscription = _subscription(query_name, subscription_id, to_change=True)
    subscriptions.resume(db(), subscription)
    db().commit()
    return answer(_shown(subscription))


def _query(name: str) -> NamedQuery:
    return named_queries.get_query(db(), actor().organisation_id, name)


def _subscription(query_name: str, subscription_id: str, *, to_change: bool = False) -> Subscription:
    return subscriptions.get_subscription(db(), _query(query_name), subscription_id, to_change=to_change)


def _shown(subscription: Subscription) -> dict[str, Any]:
    """As the standard has it, without secrets, and where it stands."""
    when: dict[str, Any] = (
        {"schedule": subscription.schedule, "reportIfEmpty": subscription.report_if_empty}
        if subscription.schedule
        else {"stream": True}
    )
    shown = {
        "subscriptionID": str(subscription.id),
        "queryName": subscription.query.name,
        "dest": subscription.dest,
        **when,
        "epcFormat": subscription.epc_format,
        "createdAt": timestamp(subscription.created_at),
        "initialRecordTime": timestamp(subscription.initial_record_time),
        "minRecordTime": timestamp(subscription.last_run_at or subscription.initial_record_time),
        "status": "paused" if subscription.paused_at else "active",
        "failures": subscription.failures,
        "cursor": subscription.cursor,
        "keys": [_shown_key(key) for key in subscriptions.valid_keys(subscription, clock.now())],
    }
    if subscription.last_notified_at:
        shown["lastNotifiedAt"] = timestamp(subscription.last_notified_at)
    if subscription.paused_at:
        shown["pausedAt"] = timestamp(subscription.paused_at)
        shown["pauseReason"] = subscription.pause_reason
    return shown


def _shown_key(key: SubscriptionKey) -> dict[str, Any]:
    return {
        "keyID": str(key.id),
        "createdAt": timestamp(key.created_at),
        "expiresAt": timestamp(key.expires_at) if key.expires_at else None,
    }


def _shown_delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "deliveryID": str(delivery.id),
        "createdAt": timestamp(delivery.created_at),
        "deliveredAt": timestamp(delivery.delivered_at) if delivery.delivered_at else None,
        "events": delivery.event_count,
        "cursor": delivery.to_index,
        "isTest": delivery.is_test,
        "isDropped": delivery.is_dropped,
        "attempts": delivery.attempts,
    }
