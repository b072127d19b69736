"""The blueprint of the authority, apart from its views so that each of their modules can register on it."""

from collections.abc import Callable

import flask_babel
from flask import Blueprint, request, url_for

blueprint = Blueprint("authority", __name__, url_prefix="/authority")
MOST_PAGES = 10_000


def _(message: str, **values: object) -> str:
    """``flask_babel.gettext``, typed."""
    return str(flask_babel.gettext(message, **values))


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
