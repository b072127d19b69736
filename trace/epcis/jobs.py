"""Background entry points of EPCIS: find the subscriptions that are due, send, and forget old deliveries."""

from datetime import timedelta
from uuid import UUID

from flask import current_app
from procrastinate import Blueprint

from trace.core import clock
from trace.core.outgoing import EXTENSION as OUTGOING
from trace.core.queue import EXTENSION as QUEUE
from trace.epcis import subscriptions, webhooks

NAMESPACE = "epcis"
SEND = f"{NAMESPACE}:send_to_subscriber"
# Longer than one job can take: its documents one after another, each within the guard's time.
LEASE = timedelta(seconds=300)
DELIVERIES_KEPT = timedelta(days=30)


def find_due_subscriptions(timestamp: int) -> None:
    """Enqueue a job for each subscription that may have something to send.

    After the lease is committed, not with it: a worker's own connection to the queue is not the session's. Should
    the job get lost between the two, the subscription is due again when the lease ends.
    """
    now = clock.now()
    with current_app.extensions["sessions"]() as session:
        due = subscriptions.list_due(session, now)
        subscriptions.lease(due, now + LEASE)
        ids = [str(subscription.id) for subscription in due]
        session.commit()
    queue = current_app.extensions[QUEUE]
    for subscription_id in ids:
        task = queue.configure_task(SEND, lock=f"epcis-subscription-{subscription_id}")
        task.defer(subscription_id=subscription_id)


def send_to_subscriber(subscription_id: str) -> None:
    """Send what one subscription has waiting."""
    sessions, outgoing = current_app.extensions["sessions"], current_app.extensions[OUTGOING]
    webhooks.run(sessions, outgoing, UUID(subscription_id))


def forget_deliveries(timestamp: int) -> None:
    """Forget deliveries that are over for more than 30 days."""
    with current_app.extensions["sessions"]() as session:
        subscriptions.forget_deliveries(session, clock.now() - DELIVERIES_KEPT)
        session.commit()


def subscription_jobs() -> Blueprint:
    """The jobs, made anew for each queue: adding a blueprint to one renames its tasks."""
    made = Blueprint()
    # The sixth field is seconds.
    made.periodic(cron="* * * * * */5")(made.task(name="find_due_subscriptions")(find_due_subscriptions))
    made.task(name="send_to_subscriber")(send_to_subscriber)
    made.periodic(cron="57 2 * * *")(made.task(name="forget_deliveries")(forget_deliveries))
    return made
