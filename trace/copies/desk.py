"""The pages of cases for those who decide them: producer and authority see the same ones, each its own cases alone.

The faces say who may come (`trace.authority.views_copies`, `producers.face.views_copies`). How often a label was
scanned in a commune is left out here, not in a template, where it is not for the reader.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import marshmallow as ma
from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts import queries as account_queries
from trace.accounts.access import actor
from trace.accounts.permissions import Actor
from trace.copies import queries, services
from trace.copies.models import CopyCase
from trace.copies.rules import CONFIRMED_BY, FEWEST_SHOWN, LONGEST_NOTE, Decision, from_data, may_decide
from trace.copies.texts import CHOICES, DECISIONS, OPEN, TAKEN_BACK, TONES
from trace.core.fields import Choice, Text
from trace.core.forms import Form
from trace.core.http import db
from trace.scans.places import list_communes_of
from trace.scans.texts import describe


class DecideForm(ma.Schema):
    """What somebody found. ``typed_code`` is wanted for a confirmed copy."""

    decision = Choice(
        Decision,
        required=True,
        error_messages={"required": _l("Choose what was found."), "null": _l("Choose what was found.")},
    )
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")
    typed_code = Text(longest=40, load_default="")


class TakeBackForm(ma.Schema):
    """Why a decision is taken back; owner and authority read it."""

    why = Text(
        required=True, longest=LONGEST_NOTE, multiline=True, empty=_l("Write why the decision is taken back.")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommuneLine:
    """How often the label was scanned in one commune, as far as people said where."""

    name: str
    scans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSheet:
    """One case as this reader may see it. ``few``: communes left out because too few scans are of them."""

    case: CopyCase
    reasons: Sequence[str]
    least: int
    communes: Sequence[CommuneLine]
    few: int
    may_decide: bool

    @property
    def ends_with(self) -> int:
        return CONFIRMED_BY


def copy_words() -> dict[str, object]:
    """The words that the templates of cases need; a context processor of each face."""
    return {
        "copy_decisions": DECISIONS,
        "copy_choices": list(CHOICES.items()),
        "copy_open": OPEN,
        "copy_taken_back": TAKEN_BACK,
        "copy_tones": TONES,
        "fewest_shown": FEWEST_SHOWN,
    }


def list_page(face: str, number: int) -> str:
    """Cases that wait, or those that were decided; ``face`` is the blueprint's name."""
    is_over = request.args.get("state") == "over"
    found = queries.list_cases(db(), actor(), number, decided=is_over)
    return render_template("copies/list.html", page=found, is_over=is_over, face=face)


def sheet_page(
    face: str, case_id: UUID, note_reading: Callable[[UUID, str], None] | None = None
) -> ResponseReturnValue:
    """One case and the form that decides it. ``note_reading`` logs that it was read."""
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            stated = form.load(DecideForm())
            services.decide(
                db(), actor(), case_id, stated["decision"], stated["note"], typed_code=stated["typed_code"]
            )
            db().commit()
            flash(_("Decided. The page of the label follows from this minute on."), "success")
            return _back(face, case_id)
    return _show(face, case_id, form, note_reading)


def take_back(face: str, case_id: UUID) -> ResponseReturnValue:
    """Take a decision back; the page of the label says nothing of it from then on."""
    form = Form.from_request()
    with form.guard():
        services.take_back(db(), actor(), case_id, form.load(TakeBackForm())["why"])
        db().commit()
        flash(_("Taken back. The page of the label says nothing of it from this minute on."), "success")
    return _show(face, case_id, form, None) if form.errors else _back(face, case_id)


def case_sheet(session: Session, found: CopyCase, reader: Actor) -> CaseSheet:
    """What this reader may see of a case it may read (``queries.get_case``)."""
    scanned = list_communes_of(session, found.code)
    shown = [one for one in scanned if reader.is_officer or one.scans >= FEWEST_SHOWN]
    return CaseSheet(
        case=found,
        reasons=[describe(finding) for finding in from_data(found.findings)],
        least=current_app.config["SETTINGS"].copy_case_score,
        communes=[CommuneLine(name=_name_of(session, one.commune_code), scans=one.scans) for one in shown],
        few=len(scanned) - len(shown),
        may_decide=may_decide(is_officer=reader.is_officer, is_by_authority=found.is_by_authority),
    )


def _show(
    face: str, case_id: UUID, form: Form, note_reading: Callable[[UUID, str], None] | None
) -> ResponseReturnValue:
    # After a refusal everything was rolled back, and the case is read again.
    found = queries.get_case(db(), actor(), case_id)
    if note_reading is not None:
        note_reading(found.id, "copy-case")
    sheet = case_sheet(db(), found, actor())
    return render_template("copies/show.html", sheet=sheet, form=form, face=face), form.status


def _back(face: str, case_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(f"{face}.show_copy_case", case_id=case_id), 303)


def _name_of(session: Session, commune_code: str) -> str:
    commune = account_queries.find_commune(session, commune_code)
    return commune.full_name if commune else commune_code
