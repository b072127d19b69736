"""Reads of reports. Whose they are is part of each read: a producer's never meet another's."""

from collections.abc import Collection
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core.errors import NotFound
from trace.core.paging import Page, fetch_page
from trace.core.short_codes import ALPHABET, check_character, normalise
from trace.reports.models import Report, ReportPicture
from trace.reports.rules import NUMBER_LENGTH, SETTLED


def read_number(typed: str) -> str | None:
    """A report's number as it is kept, or None for what is none: wrong length, letters, or check character."""
    number = normalise(typed)
    if len(number) != NUMBER_LENGTH or any(symbol not in ALPHABET for symbol in number):
        return None
    return number if check_character(number[:-1]) == number[-1] else None


def find_by_number(session: Session, number: str) -> Report | None:
    """The report with this number."""
    return session.scalar(select(Report).where(Report.number == number))


def find_sent(session: Session, form_key: str) -> Report | None:
    """The report this form was sent as before."""
    return session.scalar(select(Report).where(Report.form_key == form_key))


def get_report(session: Session, actor: Actor, report_id: UUID) -> Report:
    """A report the acting organisation may read: the authority any, a producer one of its own goods."""
    found = session.scalar(_readable(actor).where(Report.id == report_id))
    if found is None:
        raise NotFound(_l("There is no such report."), code="report-not-found")
    return found


def get_picture(session: Session, actor: Actor, report_id: UUID, place: int) -> ReportPicture:
    """A picture of a report the acting organisation may read."""
    report = get_report(session, actor, report_id)
    for picture in report.pictures:
        if picture.place == place:
            return picture
    raise NotFound(_l("There is no such picture."), code="picture-not-found")


def list_reports(session: Session, actor: Actor, page: int, *, settled: bool) -> Page[Report]:
    """Reports that wait, the oldest first, or those that were answered, the latest first."""
    wanted = _readable(actor).options(
        selectinload(Report.batch).selectinload(Batch.product),
        selectinload(Report.product),
        selectinload(Report.organisation),
    )
    if settled:
        wanted = wanted.where(Report.state.in_(SETTLED)).order_by(Report.settled_at.desc(), Report.id)
    else:
        wanted = wanted.where(Report.state.not_in(SETTLED)).order_by(Report.created_at, Report.id)
    return fetch_page(session, wanted, page)


def count_waiting(session: Session, actor: Actor) -> int:
    """How many reports the acting organisation may read that nobody has answered."""
    waiting = _readable(actor).where(Report.state.not_in(SETTLED)).subquery()
    return session.scalar(select(func.count()).select_from(waiting)) or 0


def list_named_pictures(session: Session, names: Collection[str]) -> set[str]:
    """Those of ``names`` under which a report keeps a picture."""
    return set(session.scalars(select(ReportPicture.name).where(ReportPicture.name.in_(names))))


def _readable(actor: Actor) -> Select[Report]:
    wanted = select(Report)
    return wanted if actor.is_officer else wanted.where(Report.organisation_id == actor.organisation_id)
