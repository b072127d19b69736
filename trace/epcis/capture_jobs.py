"""Capture jobs: small documents at once, large ones by the worker; what became of each event stays to be read.

The document of a large job lies in its row until it was worked on. Each entry point here commits for itself.
"""

import zlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog
from flask import current_app
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import select, tuple_
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from trace.accounts.models import Organisation, Role
from trace.accounts.permissions import Actor
from trace.core import clock, queue
from trace.core.errors import Refusal
from trace.epcis.capture import Behaviour, Failure, Outcome, capture, instance_of, organisation_lock
from trace.epcis.capture_models import CaptureJob
from trace.epcis.documents import EpcisDocument, parse_json, read_document
from trace.epcis.problems import InvalidDocument

# Up to here a document is captured while its sender waits.
MOST_AT_ONCE = 1_000
MOST_ERRORS = 1_000  # told of one job
TASK = "capture:run_capture"
_TRIES = 4
_EXCEPTIONS = {403: "SecurityException", 404: "NoSuchNameException", 409: "ResourceAlreadyExistsException"}

log = structlog.get_logger()
Answer = TypeVar("Answer")


def capture_now(
    session: Session, actor: Actor, document: EpcisDocument, behaviour: Behaviour, site: str
) -> tuple[CaptureJob, Outcome]:
    """Capture a small document and commit, with a job that is finished; on a rollback the job alone is kept."""

    def work() -> tuple[CaptureJob, Outcome]:
        outcome = capture(session, actor, document, behaviour, site)
        if _is_undone(outcome, behaviour):
            session.rollback()
        job = _new_job(actor.organisation_id, document, behaviour)
        _finish(job, document, behaviour, outcome)
        session.add(job)
        session.commit()
        return job, outcome

    return with_retries(session, work)


def capture_later(
    session: Session, actor: Actor, body: bytes, document: EpcisDocument, behaviour: Behaviour
) -> CaptureJob:
    """Keep a large document for the worker, and commit."""
    job = _new_job(actor.organisation_id, document, behaviour)
    job.body = zlib.compress(body, 3)
    session.add(job)
    session.flush()
    queue.enqueue(
        session,
        current_app.extensions[queue.EXTENSION],
        TASK,
        lock=organisation_lock(actor.organisation_id),
        job_id=str(job.id),
    )
    session.commit()
    return job


def run_capture(job_id: str) -> None:
    """Work on a kept document. Done twice it is done once: its events are known by their ids."""
    with current_app.extensions["sessions"]() as session:
        job = session.get(CaptureJob, UUID(job_id))
        if job is None or job.body is None:
            return
        document = read_document(parse_json(zlib.decompress(job.body)))
        behaviour, organisation_id = Behaviour(job.behaviour), job.organisation_id
        site = current_app.config["SETTINGS"].public_url

        def work() -> None:
            actor = Actor(None, session.get_one(Organisation, organisation_id), Role.STAFF)
            try:
                outcome = capture(session, actor, document, behaviour, site)
            except Refusal as refusal:  # of the whole: the organisation is not approved any more
                outcome = Outcome(failures=[Failure(0, refusal)])
            if _is_undone(outcome, behaviour):
                session.rollback()
            kept = session.get_one(CaptureJob, UUID(job_id))
            _finish(kept, document, behaviour, outcome)
            session.commit()

        with_retries(session, work)
    log.info("captured", job=job_id)


def with_retries(session: Session, work: Callable[[], Answer]) -> Answer:
    """Do ``work`` again where the database ended it for another's sake: nobody is told of a deadlock."""
    for _attempt in range(_TRIES - 1):
        try:
            return work()
        except OperationalError as error:
            if not isinstance(error.orig, DeadlockDetected | SerializationFailure):
                raise
            session.rollback()
    return work()


def find_job(session: Session, organisation_id: UUID, job_id: UUID) -> CaptureJob | None:
    """A job of this organisation."""
    job = session.get(CaptureJob, job_id)
    return job if job is not None and job.organisation_id == organisation_id else None


def list_jobs(
    session: Session, organisation_id: UUID, limit: int, before: tuple[datetime, UUID] | None
) -> Sequence[CaptureJob]:
    """Jobs of an organisation, latest first, one more than ``limit`` if there are more."""
    wanted = select(CaptureJob).where(CaptureJob.organisation_id == organisation_id)
    if before is not None:
        wanted = wanted.where(tuple_(CaptureJob.created_at, CaptureJob.id) < before)
    ordered = wanted.order_by(CaptureJob.created_at.desc(), CaptureJob.id.desc())
    return session.scalars(ordered.limit(limit + 1)).all()


def problems_of(document: EpcisDocument, failures: Sequence[Failure]) -> list[dict[str, Any]]:
    """What is wrong with single events, as an answer tells it (RFC 9457), in their order."""
    told = []
    for failure in failures[:MOST_ERRORS]:
        refusal = failure.refusal
        entry: dict[str, Any] = {
            "type": f"epcisException:{_EXCEPTIONS.get(refusal.http_status, 'ValidationException')}",
            "title": refusal.code.replace("-", " "),
            "status": refusal.http_status,
            "detail": str(refusal),
            "code": refusal.code,
            "event": failure.index,
            "pointer": instance_of(document, failure.index),
        }
        if isinstance(refusal, InvalidDocument):
            entry["problems"] = [problem.to_json() for problem in refusal.problems]
        else:
            entry |= {name: _plain(value) for name, value in refusal.numbers.items() if name not in entry}
        told.append(entry)
    return told


def job_answer(job: CaptureJob) -> dict[str, Any]:
    """A job as the standard describes it."""
    answer: dict[str, Any] = {
        "captureID": str(job.id),
        "createdAt": _instant(job.created_at),
        "running": job.is_running,
        "success": job.is_success,
        "captureErrorBehaviour": job.behaviour,
        "errors": job.errors,
        "eventCount": job.event_count,
        "capturedCount": job.captured_count,
    }
    if job.finished_at is not None:
        answer["finishedAt"] = _instant(job.finished_at)
    return answer


def _is_undone(outcome: Outcome, behaviour: Behaviour) -> bool:
    return bool(outcome.failures) and behaviour is Behaviour.ROLLBACK


def _new_job(organisation_id: UUID, document: EpcisDocument, behaviour: Behaviour) -> CaptureJob:
    return CaptureJob(organisation_id=organisation_id, behaviour=behaviour, event_count=len(document))


def _finish(job: CaptureJob, document: EpcisDocument, behaviour: Behaviour, outcome: Outcome) -> None:
    job.errors = problems_of(document, outcome.failures)
    job.is_success = not outcome.failures
    job.captured_count = 0 if _is_undone(outcome, behaviour) else len(outcome.captured)
    job.body = None
    job.finished_at = clock.now()


def _instant(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}Z"


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int) else str(value)
