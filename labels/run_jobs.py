"""Background entry points of print runs: make the codes, go on with what was left, remove old files.

A run is made part by part, each part one commit. Whatever ends a worker, the next job goes on behind the last part that
was committed: no number is left out and none is made twice.
"""

import structlog
from flask import current_app
from procrastinate import Blueprint, JobContext

from labels import runs
from labels.run_files import RunFiles
from trace.batches.hidden_codes import load_key
from trace.batches.services_runs import make_part
from trace.batches.stamp_models import StampRun
from trace.core.queue import EXTENSION, enqueue_again

NAMESPACE = "labels"

log = structlog.get_logger()


def make_run(context: JobContext, run_id: int) -> None:
    """Make the codes of a run until all are there, it is cancelled, or the worker has to stop."""
    sessions = current_app.extensions["sessions"]
    settings = current_app.config["SETTINGS"]
    files, made = RunFiles(settings), 0
    with sessions() as session:
        run = session.get(StampRun, run_id)
        key = load_key(settings.key_folder) if run is not None and run.has_secrets else None
    while not context.should_abort():
        with sessions() as session:
            part = make_part(session, run_id, key)
            if part is None:
                break
            if part.secrets:
                files.keep(run_id, part)
            session.commit()
        made += len(part.codes)
    log.info("run-made", run=run_id, codes=made)


def resume_runs(timestamp: int) -> None:
    """Queue a job for each run that is not finished; where one is at work already, the other finds nothing to do."""
    with current_app.extensions["sessions"]() as session:
        unfinished = runs.list_unfinished(session)
    queue = current_app.extensions[EXTENSION]
    for run_id in unfinished:
        enqueue_again(queue, runs.TASK, runs.lock_of(run_id), run_id=run_id)


def remove_old_files(timestamp: int) -> None:
    """Remove files with hidden codes after their 30 days."""
    with current_app.extensions["sessions"]() as session:
        removed = runs.remove_old_files(session, RunFiles(current_app.config["SETTINGS"]))
        session.commit()
    log.info("run-files-removed", count=removed)


def run_jobs() -> Blueprint:
    """The jobs, made anew for each queue: adding a blueprint to one renames its tasks."""
    made = Blueprint()
    made.task(name="make_run", pass_context=True)(make_run)
    made.periodic(cron="* * * * *")(made.task(name="resume_runs")(resume_runs))
    made.periodic(cron="27 2 * * *")(made.task(name="remove_old_files")(remove_old_files))
    return made
