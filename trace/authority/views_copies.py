"""Views of the authority: labels that may have been copied, and what is decided of them. Each reading is logged."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from trace.authority.blueprint import blueprint, note_reading, page_number
from trace.copies import desk
from trace.core.http import Audience, audience

blueprint.context_processor(desk.copy_words)


@blueprint.get("/copies")
@audience(Audience.OFFICER)
def list_copy_cases() -> ResponseReturnValue:
    """Labels that may have been copied: those that wait, or those that were decided."""
    return desk.list_page("authority", page_number())


@blueprint.route("/copies/<uuid:case_id>", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def show_copy_case(case_id: UUID) -> ResponseReturnValue:
    """One label, why it may have been copied, and the form that decides it."""
    return desk.sheet_page("authority", case_id, note_reading)


@blueprint.post("/copies/<uuid:case_id>/take-back")
@audience(Audience.OFFICER)
def take_back_copy_decision(case_id: UUID) -> ResponseReturnValue:
    """Take a decision back, the authority's or a producer's."""
    return desk.take_back("authority", case_id)
