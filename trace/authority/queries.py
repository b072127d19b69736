"""Reads of the officers' lists."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from trace.accounts.models import Approval, Organisation, OrganisationKind
from trace.core.paging import Page, fetch_page
from trace.core.text import fold
from trace.recalls.models import Recall

FEWEST_DIGITS = 4


def list_organisations(
    session: Session, approval: Approval | None, typed: str, page: int
) -> Page[Organisation]:
    """Organisations in one state of approval (None: in any) whose name, telephone or tax code holds what was typed.

    Those that wait come longest waiting first, the others by name.
    """
    wanted = (
        select(Organisation)
        .where(Organisation.kind != OrganisationKind.AUTHORITY)
        .options(selectinload(Organisation.locations))
    )
    if approval is not None:
        wanted = wanted.where(Organisation.approval == approval)
    if typed:
        digits = "".join(c for c in typed if c.isascii() and c.isdigit())
        matches = [Organisation.name_folded.contains(fold(typed), autoescape=True)]
        if len(digits) >= FEWEST_DIGITS:
            matches += [
                Organisation.phone.contains(digits.removeprefix("0")),
                Organisation.tax_code.startswith(digits),
            ]
        wanted = wanted.where(or_(*matches))
    if approval in (Approval.PENDING, Approval.NEEDS_CHANGES):
        wanted = wanted.order_by(Organisation.created_at, Organisation.id)
    else:
        wanted = wanted.order_by(Organisation.name_folded, Organisation.id)
    return fetch_page(session, wanted, page)


def count_organisations(session: Session) -> dict[str, int]:
    """How many organisations there are in each state of approval."""
    counted = session.execute(
        select(Organisation.approval, func.count())
        .where(Organisation.kind != OrganisationKind.AUTHORITY)
        .group_by(Organisation.approval)
    )
    return dict(counted.all())


def count_recalls_in_force(session: Session) -> int:
    """How many recalls are in force."""
    wanted = (
        select(func.count())
        .select_from(Recall)
        .where(Recall.ended_at.is_(None), Recall.withdrawn_at.is_(None))
    )
    return session.scalar(wanted) or 0
