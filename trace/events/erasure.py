"""Erasing personal values of an event: the only place that deletes anything of an event (design sections 7 and 9).

Value and salt go together, so that the commitment in the leaf opens to nothing any more; leaf, tree, proofs and every
other field stay as they are and still verify. That it was erased, by whom and which fields stands in the security log.
"""

from collections.abc import Collection
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor
from trace.accounts.security_log import Action, record
from trace.core.errors import BadInput, Forbidden, NotFound
from trace.events.models import EventPrivate

# Fields of the leaf whose values are kept apart in ``event_private``; migration 0011 knows where their salts are.
ERASABLE = ("on_behalf_of", "person", "note", "attachments")


class FieldNeverErased(BadInput):
    """The field is part of what happened, not of who somebody is."""

    code = "field-never-erased"


def erase(session: Session, actor: Actor, event_id: UUID, fields: Collection[str]) -> list[str]:
    """Delete the values of these fields of one event, and their salts.

    An officer may erase every field of ``ERASABLE``; whoever recorded an event may take their own name off it. Returns
    the SHA-256 of attachments no event refers to any more: their files are the caller's to delete, after the commit.
    Raises ``NotFound``, ``Forbidden`` or ``FieldNeverErased``.
    """
    chosen = sorted(set(fields))
    unknown = [field for field in chosen if field not in ERASABLE]
    if unknown or not chosen:
        raise FieldNeverErased(
            _l("Only names, notes and attached papers can be erased; what happened stays."), fields=unknown
        )
    private = session.get(EventPrivate, event_id)
    if private is None or not (actor.is_officer or _is_own(private, actor)):
        # Whether there is such an event is nobody else's business.
        raise NotFound(_l("There is no such event."))
    if not actor.is_officer and (chosen != ["person"] or private.people):
        raise Forbidden(
            _l("You can take your own name off this event; the rest only the authority can erase.")
        )
    attachments = list(private.attachments or []) if "attachments" in chosen else []
    session.flush()
    session.execute(
        text("select erase_event_private(:event_id, :fields)"), {"event_id": event_id, "fields": chosen}
    )
    session.expire(private)
    record(
        session,
        Action.VALUES_ERASED,
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
        subject_id=event_id,
        fields=chosen,
    )
    return [sha256 for sha256 in attachments if not _is_attached(session, sha256)]


def find_erasable(private: EventPrivate) -> list[str]:
    """Which fields of an event still hold something that can be erased."""
    holds = {
        "on_behalf_of": private.on_behalf_of is not None,
        "person": private.recorded_by is not None or bool(private.people),
        "note": bool(private.note),
        "attachments": bool(private.attachments),
    }
    return [field for field in ERASABLE if holds[field]]


def _is_own(private: EventPrivate, actor: Actor) -> bool:
    return actor.user_id is not None and private.recorded_by == actor.user_id


def _is_attached(session: Session, sha256: str) -> bool:
    """Whether any event still refers to the file."""
    query = select(EventPrivate.event_id).where(EventPrivate.attachments.contains([sha256]))
    return session.scalar(query.limit(1)) is not None
