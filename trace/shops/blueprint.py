"""The blueprint of custody, apart from its views so that each of their modules can register on it."""

from collections.abc import Callable

from flask import Blueprint, request, url_for

blueprint = Blueprint("shops", __name__, url_prefix="/goods")


@blueprint.context_processor
def _links() -> dict[str, Callable[[int], str]]:
    return {"paged": _paged}


def _paged(number: int) -> str:
    """This list's address at another page."""
    # None leaves a name out of the address.
    return url_for(str(request.endpoint), page=number, side=request.args.get("side"))
