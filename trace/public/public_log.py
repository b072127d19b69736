"""What a public page says of the log: which entries of a lot stand in it, since when, and how to take a proof away.

Only entries the page itself tells of one by one are listed. Sales, counts and folded deliveries are not: their
number and their minutes are their sellers' business.
"""

from collections.abc import Sequence
from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.batches.models import Batch
from trace.core import clock
from trace.core.language import public_url
from trace.events import queries as event_queries
from trace.events.models import Event, Verb
from trace.ledger import queries
from trace.public.pages import LogBlock, LogLine, LogPage, PublicFrame

MOST_HANDOVERS = 6

_BEGINNINGS = {
    Verb.ACTIVATE: _l("The ten items of this lot"),
    Verb.ADD_DELIVERY: _l("A further delivery into this lot"),
    Verb.TAKE_IN: _l("Goods from outside, taken in"),
    Verb.TRANSFORM: _l("Processing"),
    Verb.SPLIT: _l("Splitting"),
    Verb.MERGE: _l("Merging"),
}
_HANDOVERS = {
    Verb.SHIP: _l("A handover, as its sender says"),
    Verb.RECEIVE: _l("A handover, as its receiver says"),
    Verb.CONFIRM_CLAIM: _l("A handover, confirmed by both"),
    Verb.RETURN: _l("Goods sent back"),
    Verb.CANCEL: _l("A handover called off"),
    Verb.REFUSE: _l("Goods not accepted"),
}
_ACTS = {
    Verb.RECALL: _l("Recall of this lot"),
    Verb.END_RECALL: _l("End of the recall of this lot"),
    Verb.WITHDRAW_RECALL: _l("Withdrawal of the recall of this lot"),
    Verb.HOLD: _l("Sale paused by the authority"),
    Verb.RELEASE: _l("Sale allowed again"),
    Verb.INSPECT: _l("A check by the authority"),
}


def log_block(session: Session, batch: Batch, events: Sequence[Event]) -> LogBlock:
    """The block of an activated batch with these events, oldest first."""
    shown = shown_events(events)
    places = queries.list_positions(session, [event.id for event, _title in shown])
    lines = []
    for event, title in shown:
        place = places.get(event.id)
        if place is None or place.covered_at is None:
            lines.append(LogLine(title=title))
            continue
        lines.append(
            LogLine(
                title=title,
                index=place.log_index,
                covered_at=clock.local(place.covered_at),
                proof_url=url_for("public.show_proof", code=batch.code, event_id=event.id),
            )
        )
    return LogBlock(lines=tuple(lines), about_url=public_url("public.show_log"))


def shown_events(events: Sequence[Event]) -> list[tuple[Event, str]]:
    """The events of a lot that its page lists, oldest first, with what they are called."""
    handovers = [event for event in events if event.verb in _HANDOVERS]
    titles = _BEGINNINGS | (_HANDOVERS if len(handovers) <= MOST_HANDOVERS else {})
    shown = []
    for event in events:
        verb = Verb(event.verb)
        title = titles.get(verb)
        if verb in _ACTS and (event.organisation_kind == "authority" or "official" in event.marks):
            title = _ACTS[verb]
        if title is not None:
            shown.append((event, str(title)))
    return shown


def find_shown_event(session: Session, batch: Batch, event_id: UUID) -> Event | None:
    """The event, where this lot's page lists it."""
    events = event_queries.list_batch_events(session, batch.id)
    return next((event for event, _title in shown_events(events) if event.id == event_id), None)


def log_page(session: Session, frame: PublicFrame) -> LogPage:
    """The page that explains the log."""
    published = queries.find_checkpoint(session)
    return LogPage(
        frame=frame,
        size=published.tree_size if published else None,
        published_at=clock.local(published.published_at) if published else None,
        verifier_key=queries.find_verifier_key(session),
        checkpoint_url=url_for("log.show_checkpoint"),
        verifier_url=url_for("static", filename="verify/verify_proof.py"),
    )
