"""Use cases of reports: send one, answer one, forget what is private in old ones. None commits."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor
from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.core.ids import uuid7
from trace.core.short_codes import new_code
from trace.reports import queries
from trace.reports.models import Report, ReportPicture, ReportStep
from trace.reports.pictures import Drawn
from trace.reports.rules import (
    NUMBER_LENGTH,
    SETTLED,
    WITH_WORDS,
    MoveNotOpen,
    ReportClosed,
    State,
    open_moves,
)

SHORTEST_KEY, LONGEST_KEY = 16, 100


class ReportKeyReused(Refusal):
    """This form was sent before, with other words."""

    code = "report-key-reused"


@dataclass(frozen=True)
class Subject:
    """What a report is about: the code on the pack, or a product's barcode number, and whose goods those are."""

    code: str
    batch_id: UUID | None = None
    product_id: UUID | None = None
    organisation_id: UUID | None = None


def check_key(form_key: str) -> None:
    """Raise ``BadInput`` for what is no number of a form of ours."""
    is_one = SHORTEST_KEY <= len(form_key) <= LONGEST_KEY and form_key.isascii() and form_key.isprintable()
    if not is_one:
        raise BadInput(_l("The form has lost its number. Go back and open it again."))


def digest(subject: Subject, stated: Mapping[str, Any], pictures: Sequence[bytes]) -> str:
    """What makes two sendings of one form the same: what it is about, every field and every picture."""
    said = [subject.code, sorted((name, str(value)) for name, value in stated.items())]
    whole = hashlib.sha256(json.dumps(said).encode())
    for picture in pictures:
        whole.update(hashlib.sha256(picture).digest())
    return whole.hexdigest()


def find_same(session: Session, form_key: str, request_hash: str) -> Report | None:
    """The report as which this form was sent before, or None. Raises ``ReportKeyReused`` for other words."""
    before = queries.find_sent(session, form_key)
    if before is not None and before.request_hash != request_hash:
        raise ReportKeyReused(
            _l(
                "This form was sent before, with other words: that report is kept. "
                "Send again, and this is a second one."
            )
        )
    return before


def send_report(
    session: Session,
    subject: Subject,
    stated: Mapping[str, Any],
    pictures: Sequence[Drawn],
    *,
    form_key: str,
    request_hash: str,
    language: str,
) -> Report:
    """Take a report in, once by ``form_key``; ``stated`` is what ``trace.reports.schemas.ReportForm`` loads.

    Raises ``ReportKeyReused``. Two twins at once: the second waits for the first and is given its report.
    """
    values = {
        **stated,
        "id": uuid7(),
        "number": new_code(NUMBER_LENGTH),
        "form_key": form_key,
        "request_hash": request_hash,
        "code": subject.code,
        "batch_id": subject.batch_id,
        "product_id": subject.product_id,
        "organisation_id": subject.organisation_id,
        "language": language,
        "state": State.RECEIVED,
        "created_at": clock.now(),
    }
    # Without a telephone there is nobody to call.
    values["may_producer_call"] = bool(stated["phone"]) and stated["may_producer_call"]
    written = insert(Report).values(values).on_conflict_do_nothing(index_elements=["form_key"])
    made = session.scalar(written.returning(Report.id))
    if made is None:
        same = find_same(session, form_key, request_hash)
        if same is None:
            raise LookupError("a report with this form's number was there and is gone")
        return same
    session.add_all(
        ReportPicture(report_id=made, place=place, name=one.name, width=one.width, height=one.height)
        for place, one in enumerate(pictures, start=1)
    )
    session.flush()
    return session.get_one(Report, made)


def move_report(session: Session, actor: Actor, report_id: UUID, state: State, words: str) -> Report:
    """Say where a report stands, with words for whoever sent it. Saying the same twice is saying it once.

    Raises ``NotFound`` for a report of another's goods, ``ReportClosed``, ``MoveNotOpen``, ``BadInput``.
    """
    queries.get_report(session, actor, report_id)
    wanted = select(Report).where(Report.id == report_id).with_for_update()
    report = session.scalars(wanted.execution_options(populate_existing=True)).one()
    last = report.steps[-1] if report.steps else None
    if last is not None and (last.state, last.words, last.organisation_id) == (
        state,
        words,
        actor.organisation_id,
    ):
        return report
    now = State(report.state)
    if state not in open_moves(now, is_officer=actor.is_officer):
        if now is State.CLOSED:
            raise ReportClosed(_l("The authority has closed this report."))
        raise MoveNotOpen(_l("This report has moved on meanwhile. Look at it again."))
    if state in WITH_WORDS and not words:
        raise BadInput(_l("Write an answer for whoever sent the report."), field="words")
    step = ReportStep(
        report_id=report.id,
        state=state,
        words=words,
        is_by_authority=actor.is_officer,
        organisation_id=actor.organisation_id,
        user_id=actor.user_id,
    )
    session.add(step)
    report.state = state
    report.settled_at = clock.now() if state in SETTLED else None
    session.flush()
    session.refresh(report, ["steps"])
    return report


def forget_private(session: Session, days: int, now: datetime | None = None) -> list[str]:
    """Forget telephone and pictures of reports settled over ``days`` days ago; returns the names of files to remove.

    The caller removes the files after the commit: before it, the transaction might still fail.
    """
    moment = now or clock.now()
    old = session.scalars(
        select(Report)
        .where(Report.private_removed_at.is_(None), Report.settled_at < moment - timedelta(days=days))
        .with_for_update(skip_locked=True)
    ).all()
    for report in old:
        report.phone = None
        report.may_producer_call = False
        report.private_removed_at = moment
    session.flush()
    removed = delete(ReportPicture).where(ReportPicture.report_id.in_([report.id for report in old]))
    return list(session.scalars(removed.returning(ReportPicture.name)))
