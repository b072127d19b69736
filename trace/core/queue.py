"""Background jobs: Procrastinate, whose jobs are rows of the same database. No job of any feature lives here.

A job is enqueued inside the transaction of what it belongs to: both are there after the commit, or neither
is. The worker holds a connection that listens, so its URL must not go through a pooler in transaction mode.
"""

import contextlib
from datetime import timedelta
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from procrastinate.types import JSONValue
from sqlalchemy.orm import Session

from trace.core.addresses import libpq_url
from trace.core.database import APP_ROLE

EXTENSION = "queue"  # where the composition root keeps the queue: ``app.extensions[EXTENSION]``
POOL_SIZE = 4
# Jobs that one worker does at a time, each in a thread: one that waits for a label printer holds up no other.
JOBS_AT_ONCE = 4
# A worker says every ten seconds that it is there (Procrastinate's default); after three silences its jobs are
# taken over.
WORKER_SILENCE = timedelta(seconds=30)

# Writes jobs by the connection it is given and opens none. A worker's own connector is asynchronous, and takes no
# connection of a session: a job that enqueues another would fail in the worker alone.
_IN_TRANSACTION = JobManager(procrastinate.SyncPsycopgConnector())


def make_queue(database_url: str, role: str | None = APP_ROLE) -> procrastinate.App:
    """A queue on this database; nothing is connected until a worker runs or a job is enqueued.

    The composition root adds each feature's ``procrastinate.Blueprint`` to it by ``add_tasks_from``.
    """
    options = "-c timezone=UTC" + (f" -c role={role}" if role else "")
    connector = procrastinate.PsycopgConnector(
        conninfo=libpq_url(database_url), kwargs={"options": options}, min_size=1, max_size=POOL_SIZE
    )
    return procrastinate.App(connector=connector)


def enqueue(
    session: Session,
    queue: procrastinate.App,
    task_name: str,
    *,
    lock: str | None = None,
    priority: int = 0,
    wait_s: int = 0,
    **arguments: JSONValue,
) -> int:
    """Enqueue a job in the transaction of ``session``; returns the job's number.

    ``task_name`` is ``namespace:name`` as the blueprint was added; jobs with the same ``lock`` never run
    at once, those of higher ``priority`` come first, and none begins before ``wait_s`` seconds are over.
    Raises ``KeyError`` for a name no blueprint brought: a job that nobody can run must not be stored.
    """
    if task_name not in queue.tasks:
        raise KeyError(task_name)
    raw: Any = session.connection().connection.driver_connection
    task = queue.tasks[task_name]
    job = configure_task(
        name=task.name,
        job_manager=_IN_TRANSACTION,
        queue=task.queue,
        lock=lock,
        connection=raw,
        priority=priority,
        schedule_in={"seconds": wait_s} if wait_s else None,
    )
    return job.defer(**arguments)


def enqueue_again(queue: procrastinate.App, task_name: str, lock: str, **arguments: JSONValue) -> None:
    """Enqueue work that may have been lost, unless such a job waits already; one ``lock``, one job at a time."""
    with contextlib.suppress(AlreadyEnqueued):
        queue.configure_task(task_name, lock=lock, queueing_lock=lock).defer(**arguments)


async def take_over_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
    """Queue again what a worker had at hand when it was killed: a job that was begun is never lost.

    A worker that is silent for half a minute is taken for dead; a job must therefore bear to be begun twice. A periodic
    task, which is given its context.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=WORKER_SILENCE.total_seconds()):
        await manager.retry_job(job)


def run_worker(queue: procrastinate.App) -> None:
    """Work until SIGINT or SIGTERM, then finish the job at hand; finished jobs leave the table."""
    queue.run_worker(
        concurrency=JOBS_AT_ONCE,
        delete_jobs="successful",
        fetch_job_polling_interval=5.0,
        shutdown_graceful_timeout=10.0,
        stalled_worker_timeout=WORKER_SILENCE.total_seconds(),
    )
