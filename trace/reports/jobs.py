"""Background entry points of reports: forgetting what is private in old ones, and files that none of them names."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import structlog
from flask import current_app
from procrastinate import Blueprint

from trace.core import clock
from trace.reports import pictures, queries
from trace.reports.pictures import STORE
from trace.reports.services import forget_private

NAMESPACE = "reports"
ORPHAN_AGE = timedelta(days=1)
FILES_AT_ONCE = 1000

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


def remove_orphan_pictures(timestamp: int) -> None:
    """Remove picture files that no report names, older than a day: a process died between writing and committing.

    Younger ones may belong to a report that is just being sent.
    """
    found = pictures.files_before(current_app.extensions[STORE], clock.now() - ORPHAN_AGE)
    with current_app.extensions["sessions"]() as session:
        for files in _portions(found):
            named = queries.list_named_pictures(session, {pictures.name_of(file) for file in files})
            orphans = [file for file in files if pictures.name_of(file) not in named]
            for file in orphans:
                file.unlink(missing_ok=True)
            if orphans:
                log.info("report-orphans-removed", count=len(orphans))


def report_jobs() -> Blueprint:
    """The jobs of reports; made anew each time, because adding one to a queue renames its tasks in place."""
    jobs = Blueprint()
    jobs.periodic(cron="7 3 * * *")(jobs.task(name="forget_old_private")(forget_old_private))
    jobs.periodic(cron="17 3 * * *")(jobs.task(name="remove_orphan_pictures")(remove_orphan_pictures))
    return jobs


def _portions(files: Iterable[Path]) -> Iterator[list[Path]]:
    rest = iter(files)
    while portion := list(islice(rest, FILES_AT_ONCE)):
        yield portion
