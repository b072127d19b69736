"""Views of the authority: finding a batch and seeing where all of it is."""

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.authority import pages
from trace.authority.blueprint import _, blueprint, note_reading
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.core.errors import NotFound
from trace.core.http import Audience, audience, db
from trace.core.short_codes import BATCH_LENGTH, is_well_formed, normalise
from trace.core.text import has_forbidden_character, tidy
from trace.gs1.keys import LONGEST_LOT_NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """The batches that match; ``is_slip``: what was typed looks like a code with a typing slip."""

    typed: str
    batches: tuple[Batch, ...] = ()
    is_slip: bool = False


@blueprint.get("/batches")
@audience(Audience.OFFICER)
def find_batch() -> ResponseReturnValue:
    """A batch by its code, typed or pasted any way, or by its lot number."""
    page = _find(request.args.get("q", ""))
    if len(page.batches) == 1:
        return redirect(url_for("authority.show_batch", batch_id=page.batches[0].id))
    return render_template("authority/find_batch.html", page=page)


@blueprint.get("/batches/<uuid:batch_id>")
@audience(Audience.OFFICER)
def show_batch(batch_id: UUID) -> ResponseReturnValue:
    """A batch's file; reading it is logged."""
    batch = get_batch(batch_id)
    note_reading(batch.id, "batch")
    return render_template("authority/show_batch.html", page=pages.batch_page(db(), batch))


def get_batch(batch_id: UUID) -> Batch:
    """An activated batch of anybody; drafts are nobody's business yet. Raises ``NotFound``."""
    batch = db().get(Batch, batch_id)
    if batch is None or not batch.is_activated:
        raise NotFound(_("There is no activated batch like this."), code="batch-not-found")
    return batch


def _find(asked: str) -> FoundPage:
    typed = "" if has_forbidden_character(asked) else tidy(asked)
    # A whole scan address may be pasted: the code is its last part.
    code = normalise(typed.rstrip("/").rpartition("/")[2])
    if is_well_formed(code):
        batch = batch_queries.find_batch_by_code(db(), code)
        if batch is not None and batch.is_activated:
            return FoundPage(typed=typed, batches=(batch,))
    if not typed or len(typed) > LONGEST_LOT_NUMBER:
        return FoundPage(typed=typed[:80])
    return FoundPage(
        typed=typed,
        batches=tuple(batch_queries.list_batches_with_lot_number(db(), typed)),
        is_slip=len(code) == BATCH_LENGTH and not is_well_formed(code),
    )
