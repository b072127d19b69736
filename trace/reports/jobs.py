"""Background entry points of reports: forgetting what is private in old ones."""

import structlog
from flask import current_app
from procrastinate import Blueprint

from trace.reports.pictures import STORE
from trace.reports.services import forget_private

NAMESPACE = "reports"

log = structlog.get_logger()


def forget_old_private(timestamp: int) -> None:
    """Remove telephones and pictures of reports that were settled long enough ago."""
    days = current_app.config["SETTINGS"].report_private_days
    with current_app.extensions["sessions"]() as session:
        names = forget_private(session, days)
        session.commit()
    # Only now: a file cannot be put back if the transaction fails.
    for name in names:
        current_app.extensions[STORE].remove(name)
    log.info("report-pictures-removed", count=len(names))


def report_jobs() -> Blueprint:
    """The jobs of reports; made anew each time, because adding one to a queue renames its tasks in place."""
    jobs = Blueprint()
    jobs.periodic(cron="7 3 * * *")(jobs.task(name="forget_old_private")(forget_old_private))
    return jobs
