"""Background entry points of the whole service: housekeeping by the day. Each job commits once.

Jobs of one feature live in that feature's ``jobs.py`` and are added in ``make_app_queue``.
"""

import structlog
from flask import Flask, current_app
from procrastinate import App, Blueprint
from sqlalchemy import text

from labels.run_jobs import NAMESPACE as RUNS
from labels.run_jobs import run_jobs
from labels.run_print_jobs import NAMESPACE as RUN_PRINTS
from labels.run_print_jobs import run_print_jobs
from labels.run_sheet_jobs import NAMESPACE as RUN_SHEETS
from labels.run_sheet_jobs import run_sheet_jobs
from trace.accounts.tries import forget_old_tries
from trace.core import clock
from trace.core.idempotency import forget_old_keys
from trace.core.queue import make_queue, take_over_stalled
from trace.epcis.capture_jobs import run_capture
from trace.epcis.jobs import NAMESPACE as EPCIS
from trace.epcis.jobs import subscription_jobs
from trace.events.services_claims import lapse_claims
from trace.kept.services import AT_ONCE, forget_old_changes, forget_old_pages
from trace.reports.jobs import NAMESPACE as REPORTS
from trace.reports.jobs import report_jobs
from trace.scans.places import forget_old_places
from trace.scans.services import drop_old_scans

log = structlog.get_logger()


def make_partitions(timestamp: int) -> None:
    """Have next months' partitions of the security log and of scans ready long before they are needed."""
    with current_app.extensions["sessions"]() as session:
        session.execute(text("select make_month_partitions()"))
        session.commit()


def forget_idempotency_keys(timestamp: int) -> None:
    """Forget idempotency keys past their 90 days."""
    with current_app.extensions["sessions"]() as session:
        forgotten = forget_old_keys(session)
        session.commit()
    log.info("idempotency-keys-forgotten", count=forgotten)


def forget_tries(timestamp: int) -> None:
    """Forget wrong passwords and sign-ups counted over a day ago."""
    with current_app.extensions["sessions"]() as session:
        forgotten = forget_old_tries(session)
        session.commit()
    log.info("tries-forgotten", count=forgotten)


def lapse_old_claims(timestamp: int) -> None:
    """Note the end of claims that nobody answered in their seven days."""
    with current_app.extensions["sessions"]() as session:
        lapsed = lapse_claims(session)
        session.commit()
    log.info("claims-lapsed", count=lapsed)


def drop_scans(timestamp: int) -> None:
    """Drop the months of scans that are past their time, and forget where items were scanned before that."""
    days = current_app.config["SETTINGS"].scan_retention_days
    with current_app.extensions["sessions"]() as session:
        dropped = drop_old_scans(session, days)
        forgotten = forget_old_places(session, days)
        session.commit()
    log.info("old-scans-dropped", months=dropped, places=forgotten)


def forget_pages(timestamp: int) -> None:
    """Delete kept pages that are past their day, a few at a time, then the changes that none of the others asks for."""
    pages, gone = 0, AT_ONCE
    with current_app.extensions["sessions"]() as session:
        while gone == AT_ONCE:
            gone = forget_old_pages(session, clock.now())
            session.commit()
            pages += gone
        changes = forget_old_changes(session, clock.now())
        session.commit()
    log.info("old-pages-forgotten", pages=pages, changes=changes)


def make_app_queue(app: Flask) -> App:
    """The queue of an application, with every feature's jobs.

    The blueprint is made anew each time: adding one to a queue renames its tasks in place.
    """
    housekeeping = Blueprint()
    housekeeping.periodic(cron="17 2 * * *")(housekeeping.task(name="make_partitions")(make_partitions))
    housekeeping.periodic(cron="37 2 * * *")(
        housekeeping.task(name="forget_idempotency_keys")(forget_idempotency_keys)
    )
    housekeeping.periodic(cron="47 2 * * *")(housekeeping.task(name="forget_tries")(forget_tries))
    housekeeping.periodic(cron="57 2 * * *")(housekeeping.task(name="drop_scans")(drop_scans))
    housekeeping.periodic(cron="7 3 * * *")(housekeeping.task(name="forget_pages")(forget_pages))
    housekeeping.periodic(cron="7 * * * *")(housekeeping.task(name="lapse_claims")(lapse_old_claims))
    housekeeping.periodic(cron="* * * * * */15")(
        housekeeping.task(name="take_over_stalled", pass_context=True)(take_over_stalled)
    )
    captures = Blueprint()
    captures.task(name="run_capture")(run_capture)
    queue = make_queue(app.config["SETTINGS"].database_url)
    queue.add_tasks_from(housekeeping, namespace="housekeeping")
    queue.add_tasks_from(captures, namespace="capture")
    queue.add_tasks_from(subscription_jobs(), namespace=EPCIS)
    queue.add_tasks_from(run_jobs(), namespace=RUNS)
    queue.add_tasks_from(run_print_jobs(), namespace=RUN_PRINTS)
    queue.add_tasks_from(run_sheet_jobs(), namespace=RUN_SHEETS)
    queue.add_tasks_from(report_jobs(), namespace=REPORTS)
    return queue
