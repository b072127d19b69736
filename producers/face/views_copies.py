"""Views of the producers' workspace: own labels that may have been copied, and what is decided of them."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from producers.face.blueprint import blueprint
from trace.copies import desk
from trace.core.http import Audience, audience

_MOST_PAGES = 10_000
blueprint.context_processor(desk.copy_words)


@blueprint.get("/copies")
@audience(Audience.PRODUCER)
def list_copy_cases() -> ResponseReturnValue:
    """Own labels that may have been copied: those that wait, or those that were decided."""
    return desk.list_page("producers", min(max(request.args.get("page", 1, type=int), 1), _MOST_PAGES))


@blueprint.route("/copies/<uuid:case_id>", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def show_copy_case(case_id: UUID) -> ResponseReturnValue:
    """One label, why it may have been copied, and the form that decides it."""
    return desk.sheet_page("producers", case_id)


@blueprint.post("/copies/<uuid:case_id>/take-back")
@audience(Audience.PRODUCER)
def take_back_copy_decision(case_id: UUID) -> ResponseReturnValue:
    """Take an own decision back."""
    return desk.take_back("producers", case_id)
