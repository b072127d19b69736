"""How something was said, as every form of custody says it: the device's clock, for whom, with which papers.

Photos are drawn again before they are kept (``trace.core.blobs``), in a folder that no public address reaches.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO, TypedDict, cast
from uuid import UUID

import marshmallow as ma
from flask import current_app, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from trace.accounts import queries as account_queries
from trace.accounts.models import Party
from trace.accounts.permissions import Actor
from trace.core.blobs import BlobStore, store_picture
from trace.core.errors import BadInput
from trace.core.fields import Id, Instant
from trace.core.forms import Form
from trace.core.http import db
from trace.events.desk import Around

PAPERS = "papers"  # the name of the field, and of the store's extension
MOST_PAPERS = 3
LONGEST_EDGE = 1600  # handwriting stays readable


class AroundForm(ma.Schema):
    """What stands beside any movement. A device without script sends no clock."""

    device_time = Instant(load_default=None)
    on_behalf_of = Id(load_default=None)
    location_id = Id(load_default=None)


class Stated(TypedDict):
    """What every verb bound to a quantity is told beside the matter itself."""

    key: str
    event_time: datetime | None
    note: str
    around: Around


def stated(form: Form, facts: Mapping[str, Any]) -> Stated:
    """That of a form; ``facts`` are what it was read to. Photos are stored. Raises ``BadInput``."""
    return Stated(key=form.key, event_time=facts["event_time"], note=facts["note"], around=read_around(form))


def read_around(form: Form) -> Around:
    """What the form says around the matter itself; photos are stored. Raises ``BadInput``."""
    facts: dict[str, Any] = form.load(AroundForm())
    return Around(
        device_now=facts["device_time"],
        on_behalf_of=facts["on_behalf_of"],
        location_id=facts["location_id"],
        attachments=_store_papers(db()),
    )


def list_behalf(session: Session, actor: Actor) -> list[tuple[UUID, str]]:
    """For whom one may record: everybody in the own address book, by name."""
    book: list[Party] = account_queries.list_parties(session, actor.organisation_id)
    return [(party.id, party.name) for party in book]


def papers_store() -> BlobStore:
    """Where paper photos are kept."""
    found: BlobStore = current_app.extensions[PAPERS]
    return found


def _store_papers(session: Session) -> tuple[str, ...]:
    uploads = [upload for upload in request.files.getlist(PAPERS) if _is_there(upload)]
    if len(uploads) > MOST_PAPERS:
        raise BadInput(
            _l("Send at most %(most)d photos.", most=MOST_PAPERS), code="too-many-papers", field=PAPERS
        )
    # Each picture once, in the order they were taken.
    found = [
        store_picture(
            session,
            papers_store(),
            cast("BinaryIO", upload.stream),
            PAPERS,
            longest_edge=LONGEST_EDGE,
            heaviest=None,
        )
        for upload in uploads
    ]
    return tuple(dict.fromkeys(found))


def _is_there(upload: FileStorage) -> bool:
    """Browsers send a file without a name where none was chosen."""
    if not upload.filename:
        return False
    is_empty = not upload.stream.read(1)
    upload.stream.seek(0)
    return not is_empty
