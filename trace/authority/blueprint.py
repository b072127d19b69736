"""The blueprint of the authority and what its views share, apart from them so that each module can register on it."""

from collections.abc import Callable
from uuid import UUID

import flask_babel
from flask import Blueprint, request, url_for

from trace.accounts.access import actor
from trace.accounts.security_log import Action, record
from trace.core.http import db

blueprint = Blueprint("authority", __name__, url_prefix="/authority")
MOST_PAGES = 10_000


def _(message: str, **values: object) -> str:
    """``flask_babel.gettext``, typed."""
    return str(flask_babel.gettext(message, **values))


def note_reading(subject_id: UUID, what: str) -> None:
    """Log, for good, that the officer reads about this one: ``what`` of it."""
    record(
        db(),
        Action.OFFICER_READ,
        user_id=actor().user_id,
        organisation_id=actor().organisation_id,
        subject_id=subject_id,
        what=what,
    )
    db().commit()


def page_number() -> int:
    """Which page of a list was asked for."""
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


@blueprint.context_processor
def _links() -> dict[str, Callable[[int], str]]:
    return {"paged": _paged}


def _paged(number: int) -> str:
    """This list's address at another page."""
    asked = request.args
    # None leaves a name out of the address.
    return url_for(
        str(request.endpoint),
        page=number,
        approval=asked.get("approval"),
        state=asked.get("state"),
        q=asked.get("q"),
    )
