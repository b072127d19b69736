"""Events from programs: the capture side of the REST binding of EPCIS 2.0. What is done with them is ``capture``."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, current_app, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from trace.accounts.access import actor
from trace.core.errors import BadInput, Refusal
from trace.core.http import Audience, audience, db, problem
from trace.core.ids import parse_uuid
from trace.epcis import capture_jobs
from trace.epcis.capture import Behaviour, Failure, capture
from trace.epcis.capture_jobs import MOST_AT_ONCE, job_answer, problems_of
from trace.epcis.documents import EpcisDocument, parse_json, read_document
from trace.epcis.export import bare_event_json
from trace.epcis.problems import LARGEST_DOCUMENT, MOST_EVENTS, InvalidDocument, Problem
from trace.epcis.protocol import PREFIX, add_next_page, answer, check_request, page_start, per_page
from trace.epcis.refusals import CaptureTooLarge, NoSuchResource, QueryParameterInvalid

# The name and that of the standard's OpenAPI document.
BEHAVIOUR_HEADERS = ("GS1-EPCIS-Capture-Error-Behaviour", "GS1-Capture-Error-Behaviour")
_JSON_TYPES = ("application/json", "application/ld+json")

blueprint = Blueprint("epcis_capture", __name__, url_prefix=PREFIX)
blueprint.before_request(check_request)


@blueprint.post("/capture")
@audience(Audience.PROGRAM)
def capture_document() -> Response:
    """Capture a document: at once when it is small, by a job when it is large."""
    behaviour = _behaviour()
    body = _read_body()
    document = read_document(parse_json(body))
    if len(document) > MOST_AT_ONCE:
        job = capture_jobs.capture_later(db(), actor(), body, document, behaviour)
        return _accepted(job.id)
    job, outcome = capture_jobs.capture_now(db(), actor(), document, behaviour, _site())
    if outcome.failures and behaviour is Behaviour.ROLLBACK:
        made = _refused(document, outcome.failures)
        made.headers["Location"] = _job_address(job.id)
        return made
    return _accepted(job.id)


@blueprint.post("/events")
@audience(Audience.PROGRAM)
def capture_event() -> Response:
    """Capture one event at once."""
    document = read_document(parse_json(_read_body()))
    if not document.is_bare:
        raise InvalidDocument([Problem("event-kind", "/type")])
    captured: dict[str, Any] = {}
    session, mine = db(), actor()

    def work() -> list[Failure]:
        outcome = capture(session, mine, document, Behaviour.ROLLBACK, _site())
        for one in outcome.captured:
            captured.update(id=one.row.epcis_id, event=bare_event_json(one.row))
        if outcome.failures:
            session.rollback()
        else:
            session.commit()
        return outcome.failures

    failures = capture_jobs.with_retries(session, work)
    if failures:
        return _refused(document, failures)
    made = answer(captured["event"], 201)
    made.headers["Location"] = f"{PREFIX}/events/{quote(captured['id'], safe=':')}"
    return made


@blueprint.get("/capture")
@audience(Audience.PROGRAM)
def list_captures() -> Response:
    """The capture jobs of the organisation, latest first."""
    start, limit = page_start(), per_page()
    before = None
    if start is not None:
        number = parse_uuid(str(start.get("id")))
        last = capture_jobs.find_job(db(), actor().organisation_id, number) if number else None
        if last is None:
            raise QueryParameterInvalid("nextPageToken", "token-unknown")
        before = (last.created_at, last.id)
    jobs = capture_jobs.list_jobs(db(), actor().organisation_id, limit, before)
    position = {"id": str(jobs[limit - 1].id)} if len(jobs) > limit else None
    return add_next_page(answer([job_answer(job) for job in jobs[:limit]]), position)


@blueprint.get("/capture/<capture_id>")
@audience(Audience.PROGRAM)
def show_capture(capture_id: str) -> Response:
    """One capture job: whether it runs, and what was wrong."""
    number = parse_uuid(capture_id)
    job = capture_jobs.find_job(db(), actor().organisation_id, number) if number else None
    if job is None:
        raise NoSuchResource
    return answer(job_answer(job))


@blueprint.after_request
def _tell_limits(made: Response) -> Response:
    if request.method == "OPTIONS" or made.status_code == 413:
        made.headers["GS1-EPCIS-Capture-Limit"] = str(MOST_EVENTS)
        made.headers["GS1-EPCIS-Capture-File-Size-Limit"] = str(LARGEST_DOCUMENT)
        for name in BEHAVIOUR_HEADERS:
            made.headers[name] = "all"
    return made


def _behaviour() -> Behaviour:
    for name in BEHAVIOUR_HEADERS:
        given = request.headers.get(name)
        if given is None:
            continue
        if given not in set(Behaviour):
            raise BadInput(
                _l("Say rollback or proceed."), code="error-behaviour-unknown", http_status=400, field=name
            )
        return Behaviour(given)
    return Behaviour.ROLLBACK


def _read_body() -> bytes:
    if request.mimetype not in _JSON_TYPES:
        raise UnsupportedMediaType
    too_large = CaptureTooLarge(MOST_EVENTS, LARGEST_DOCUMENT)
    request.max_content_length = LARGEST_DOCUMENT
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise too_large from error


def _refused(document: EpcisDocument, failures: list[Failure]) -> Response:
    """The first refusal speaks for all; each event's own stand beside it."""
    first: Refusal = failures[0].refusal
    return problem(
        first.code,
        400 if isinstance(first, InvalidDocument) else first.http_status,
        str(first),
        **{name: value for name, value in first.numbers.items() if name != "problems"},
        events=problems_of(document, failures),
    )


def _accepted(job_id: UUID) -> Response:
    made = Response(status=202)
    made.headers["Location"] = _job_address(job_id)
    return made


def _job_address(job_id: UUID) -> str:
    return url_for("epcis_capture.show_capture", capture_id=str(job_id))


def _site() -> str:
    return str(current_app.config["SETTINGS"].public_url)
