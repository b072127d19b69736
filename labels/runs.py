"""Starting print runs: the gates before one, its job, its file. What a run is stands in ``trace.batches``."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import procrastinate
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from labels.qr import printed_address
from labels.run_files import RunFileGone, RunFiles, table
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.hidden_codes import first_key
from trace.batches.services_runs import Order
from trace.batches.stamp_models import StampRun
from trace.batches.stamp_rules import Span, check_address
from trace.core import clock
from trace.core.config import Settings
from trace.core.installation import is_demo
from trace.core.queue import enqueue
from trace.core.short_codes import new_code

TASK = "labels:make_run"
FILES_KEPT = timedelta(days=30)


def start_roll(
    session: Session,
    actor: Actor,
    queue: procrastinate.App,
    settings: Settings,
    *,
    count: int,
    address: str,
    product_id: UUID | None = None,
    has_secrets: bool = False,
) -> StampRun:
    """Order a roll of numbered stamps; its codes are made by a job that is enqueued with it.

    ``address`` is the host as the person sees it. Raises ``AddressNotForPrint`` beside what ordering raises.
    """
    order = _order(session, settings, count, address, has_secrets=has_secrets)
    run = services_runs.issue_roll(session, actor, order, product_id)
    _enqueue(session, queue, run)
    return run


def start_serials(
    session: Session,
    actor: Actor,
    queue: procrastinate.App,
    settings: Settings,
    batch_id: UUID,
    *,
    count: int,
    address: str,
    has_secrets: bool = False,
) -> StampRun:
    """Order labels for a lot, each with a code of its own. Raises ``LabelRefused`` too."""
    order = _order(session, settings, count, address, has_secrets=has_secrets)
    run = services_runs.order_serials(session, actor, batch_id, order)
    _enqueue(session, queue, run)
    return run


def run_table(session: Session, run: StampRun, files: RunFiles, span: Span | None = None) -> Iterator[str]:
    """The finished run as a table for a print shop, piece by piece; only ``span`` of it if given.

    Raises ``RunNotFinished``, ``RunFileGone``.
    """
    services_runs.check_finished(run)
    wanted = span or Span(run.first_number, run.last_number)
    if not run.has_secrets:
        return table(run.address, stamp_queries.codes_of(session, run, wanted), has_secrets=False)
    if run.file_removed_at is not None:
        raise RunFileGone
    kept = files.read(run.id)
    rows = (row for row in kept if wanted.first <= row[0] <= wanted.last)
    return table(run.address, rows, has_secrets=True)


def list_unfinished(session: Session) -> list[int]:
    """Runs of anybody whose codes are not all there yet."""
    wanted = select(StampRun.id).where(StampRun.finished_at.is_(None), StampRun.cancelled_at.is_(None))
    return list(session.scalars(wanted.order_by(StampRun.id)))


def remove_old_files(session: Session, files: RunFiles) -> int:
    """Remove files 30 days after their run was finished, at once where it was cancelled; returns how many runs."""
    is_over = or_(StampRun.finished_at < clock.now() - FILES_KEPT, StampRun.cancelled_at.is_not(None))
    wanted = select(StampRun).where(StampRun.has_secrets, StampRun.file_removed_at.is_(None), is_over)
    found = list(session.scalars(wanted.with_for_update(skip_locked=True)))
    for run in found:
        files.remove(run.id)
        run.file_removed_at = clock.now()
    session.flush()
    return len(found)


def lock_of(run_id: int) -> str:
    """The name under which one run is worked on by one job at a time."""
    return f"stamp-run-{run_id}"


def _order(session: Session, settings: Settings, count: int, address: str, *, has_secrets: bool) -> Order:
    check_address(address, settings.public_url, is_public=settings.is_public, is_demo=is_demo(session))
    # What the QR cannot carry is refused now, not by the job.
    printed_address(address, new_code())
    key_id = first_key(settings.key_folder).key_id if has_secrets else None
    return Order(count, address, key_id)


def _enqueue(session: Session, queue: procrastinate.App, run: StampRun) -> None:
    enqueue(session, queue, TASK, lock=lock_of(run.id), run_id=run.id)
