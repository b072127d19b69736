"""Capture over HTTP: what is answered, once and again."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.documents import CONTEXT, OWN, a_document, an_event, official_paths, official_validator
from tests.trace.epcis.readers import Reader, exception_of
from trace.accounts.models import Approval
from trace.epcis import capture_jobs
from trace.epcis.capture_jobs import MOST_AT_ONCE, run_capture
from trace.epcis.problems import LARGEST_DOCUMENT, MOST_EVENTS
from trace.events.models import Event

PROCEED = {"GS1-EPCIS-Capture-Error-Behaviour": "proceed"}
DECLARATION = {"declarationTime": "2026-11-21T16:00:00+07:00", "reason": "incorrect_data"}


@pytest.fixture
def program(start_reader: StartReader, settled: Any) -> Reader:
    made = start_reader()
    settled()
    return made


def alone(**fields: Any) -> dict[str, Any]:
    return {"@context": [CONTEXT, OWN], **an_event(**fields)}


def stored(session: Session) -> list[Event]:
    return list(session.scalars(select(Event).order_by(Event.record_time, Event.id)))


def job_of(program: Reader, answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = program.get(answer.headers["Location"].removeprefix("/epcis")).json  # type: ignore[assignment]  # an object
    return found


def test_one_event_is_captured_and_answered_with_its_address(program: Reader) -> None:
    answer = program.post("/events", alone(eventID="urn:x:1", **{"example:a": {"example:b": 2.5}}))
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/epcis/events/urn:x:1"
    assert answer.json is not None
    assert answer.json["example:a"] == {"example:b": 2.5}
    assert [error.message for error in official_validator().iter_errors(answer.json)] == []
    assert program.ids("/events/urn:x:1") == ["urn:x:1"]


def test_an_event_without_id_gets_its_hash(program: Reader) -> None:
    first = program.post("/events", alone())
    assert first.json is not None
    assert first.json["eventID"].startswith("ni:///sha-256;")
    assert first.json["eventID"].endswith("?ver=CBV2.0")
    assert program.post("/events", alone()).json == first.json


def test_event_declaration_and_correction_are_captured_once_each(program: Reader, session: Session) -> None:
    wrong = an_event(eventID="urn:x:1", disposition="in_transit")
    declared = {**wrong, "errorDeclaration": {**DECLARATION, "correctiveEventIDs": ["urn:x:2"]}}
    right = an_event(eventID="urn:x:2", disposition="damaged")
    answers = [
        program.post("/events", {"@context": CONTEXT, **event}) for event in (wrong, declared, right) * 2
    ]
    assert [answer.status_code for answer in answers] == [201] * 6
    assert [answer.json for answer in answers[:3]] == [answer.json for answer in answers[3:]]
    rows = stored(session)
    assert [(row.epcis_id, row.is_declaration) for row in rows] == [
        ("urn:x:1", False),
        ("urn:x:1", True),
        ("urn:x:2", False),
    ]
    assert rows[1].corrects_id == rows[0].id
    other = program.post("/events", alone(eventID="urn:x:1", disposition="damaged"))
    assert other.status_code == 409
    assert exception_of(other) == "ResourceAlreadyExistsException"
    assert other.json is not None
    assert other.json["code"] == "event-id-taken"
    assert len(stored(session)) == 3


def test_a_declaration_with_other_content_than_its_event_is_refused(program: Reader) -> None:
    program.post("/events", alone(eventID="urn:x:1"))
    declared = alone(eventID="urn:x:1", disposition="damaged", errorDeclaration=DECLARATION)
    assert program.post("/events", declared).status_code == 409


def test_a_second_other_declaration_of_one_event_is_refused(program: Reader) -> None:
    program.post("/events", alone(eventID="urn:x:1"))
    program.post("/events", alone(eventID="urn:x:1", errorDeclaration=DECLARATION))
    other = {**DECLARATION, "reason": "did_not_occur"}
    assert program.post("/events", alone(eventID="urn:x:1", errorDeclaration=other)).status_code == 409


def test_the_same_in_another_form_is_the_same(program: Reader, session: Session) -> None:
    program.post("/events", alone(eventID="urn:x:1", bizStep="shipping"))
    again = program.post(
        "/events", alone(eventID="urn:x:1", bizStep="https://ref.gs1.org/cbv/BizStep-shipping")
    )
    assert again.status_code == 201
    assert len(stored(session)) == 1


def test_one_id_of_two_organisations_is_two_events(
    program: Reader, start_reader: StartReader, session: Session
) -> None:
    other = start_reader()
    session.commit()
    program.post("/events", alone(eventID="urn:x:1"))
    assert other.post("/events", alone(eventID="urn:x:1", disposition="damaged")).status_code == 201
    assert len(stored(session)) == 2


def test_a_document_is_captured_at_once(program: Reader, session: Session) -> None:
    answer = program.post("/capture", a_document(an_event(eventID="urn:x:1"), an_event(eventID="urn:x:2")))
    assert answer.status_code == 202
    job = job_of(program, answer)
    assert (job["running"], job["success"], job["errors"], job["capturedCount"]) == (False, True, [], 2)
    assert job["captureErrorBehaviour"] == "rollback"
    assert len(stored(session)) == 2


def test_every_official_document_is_captured_and_captured_again(program: Reader, session: Session) -> None:
    for path in official_paths():
        document = json.loads(path.read_text())
        first = program.post("/capture", document)
        assert first.status_code == 202, first.text
        count = len(stored(session))
        assert program.post("/capture", document).status_code == 202
        assert len(stored(session)) == count


def test_rollback_keeps_nothing_when_one_event_is_refused(program: Reader, session: Session) -> None:
    program.post("/events", alone(eventID="urn:x:1"))
    document = a_document(an_event(eventID="urn:x:2"), an_event(eventID="urn:x:1", disposition="damaged"))
    answer = program.post("/capture", document)
    assert answer.status_code == 409
    assert answer.json is not None
    assert [(one["event"], one["code"]) for one in answer.json["events"]] == [(1, "event-id-taken")]
    job = job_of(program, answer)
    assert (job["success"], job["capturedCount"], job["errors"][0]["pointer"]) == (
        False,
        0,
        "/epcisBody/eventList/1",
    )
    assert len(stored(session)) == 1


def test_proceed_keeps_what_can_be_and_tells_the_rest(program: Reader, session: Session) -> None:
    program.post("/events", alone(eventID="urn:x:1"))
    document = a_document(
        an_event(eventID="urn:x:2"),
        an_event(eventID="urn:x:1", disposition="damaged"),
        an_event(eventID="urn:x:3", action="NO"),
        an_event(eventID="urn:x:4", eventTime="2090-01-01T00:00:00Z"),
        an_event(eventID="urn:x:5"),
    )
    answer = program.post("/capture", document, headers=PROCEED)
    assert answer.status_code == 202
    job = job_of(program, answer)
    assert [(error["event"], error["code"]) for error in job["errors"]] == [
        (1, "event-id-taken"),
        (2, "epcis-event-invalid"),
        (3, "event-time-out-of-range"),
    ]
    assert job["errors"][1]["problems"][0]["pointer"] == "/epcisBody/eventList/2/action"
    assert (job["success"], job["capturedCount"]) == (False, 2)
    assert [row.epcis_id for row in stored(session)] == ["urn:x:1", "urn:x:2", "urn:x:5"]


def test_an_invalid_event_is_a_validation_exception(program: Reader) -> None:
    answer = program.post("/events", alone(action="NO"))
    assert answer.status_code == 400
    assert exception_of(answer) == "ValidationException"
    assert answer.json is not None
    assert answer.json["events"][0]["problems"][0]["pointer"] == "/action"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"\\ud800"', b"\xff", b'{"type": "EPCISDocument"}'])
def test_what_is_no_document_is_refused(program: Reader, body: bytes) -> None:
    for path in ("/capture", "/events"):
        answer = program.send("POST", path, data=body, content_type="application/json")
        assert (answer.status_code, exception_of(answer)) == (400, "ValidationException")


def test_another_kind_of_content_is_refused(program: Reader) -> None:
    answer = program.send("POST", "/capture", data=b"<x/>", content_type="application/xml")
    assert (answer.status_code, exception_of(answer)) == (415, "UnsupportedMediaTypeException")


def test_json_ld_is_taken(program: Reader) -> None:
    body = json.dumps(a_document(an_event()))
    answer = program.send("POST", "/capture", data=body, content_type="application/ld+json")
    assert answer.status_code == 202


@pytest.mark.parametrize("header", ["GS1-EPCIS-Version", "GS1-CBV-Version"])
def test_another_version_is_refused(program: Reader, header: str) -> None:
    answer = program.post("/capture", a_document(an_event()), headers={header: "1.2"})
    assert (answer.status_code, exception_of(answer)) == (406, "NotAcceptableException")


def test_another_error_behaviour_is_refused(program: Reader) -> None:
    headers = {"GS1-EPCIS-Capture-Error-Behaviour": "all"}
    answer = program.post("/capture", a_document(an_event()), headers=headers)
    assert (answer.status_code, exception_of(answer)) == (400, "ValidationException")


def test_a_document_with_too_many_events_is_refused_with_the_limits(program: Reader) -> None:
    answer = program.post("/capture", a_document(*([{}] * (MOST_EVENTS + 1))))
    assert (answer.status_code, exception_of(answer)) == (413, "CaptureLimitExceededException")
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == str(MOST_EVENTS)


def test_a_document_of_too_many_bytes_is_refused(program: Reader) -> None:
    answer = program.send(
        "POST", "/capture", data=b" " * (LARGEST_DOCUMENT + 1), content_type="application/json"
    )
    assert (answer.status_code, exception_of(answer)) == (413, "CaptureLimitExceededException")


def test_options_tell_the_limits_and_the_versions(program: Reader) -> None:
    answer = program.send("OPTIONS", "/capture")
    assert answer.status_code == 204
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    assert answer.headers["GS1-CBV-Version"] == "2.0.0"
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == str(MOST_EVENTS)
    assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == str(LARGEST_DOCUMENT)
    assert answer.headers["GS1-Capture-Error-Behaviour"] == "all"
    assert {"GET", "POST", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))
    assert {"GET", "POST", "OPTIONS"} <= set(program.send("OPTIONS", "/events").headers["Allow"].split(", "))


def test_without_a_key_nothing_is_captured(app: Flask) -> None:
    answer = app.test_client().post("/epcis/capture", json=a_document(an_event()))
    assert (answer.status_code, exception_of(answer)) == (401, "SecurityException")


def test_an_organisation_that_waits_for_approval_captures_nothing(
    start_reader: StartReader, settled: Any, session: Session
) -> None:
    waiting = start_reader()
    waiting.actor.organisation.approval = Approval.PENDING
    settled()
    answer = waiting.post("/capture", a_document(an_event()))
    assert (answer.status_code, exception_of(answer)) == (403, "SecurityException")
    assert stored(session) == []


def test_a_large_document_is_captured_by_a_job(program: Reader, app: Flask, session: Session) -> None:
    events = [an_event(eventID=f"urn:x:{number}") for number in range(MOST_AT_ONCE)]
    document = a_document(*events, an_event(eventID="urn:x:0", disposition="damaged"))
    answer = program.post("/capture", document, headers=PROCEED)
    assert answer.status_code == 202
    waiting = job_of(program, answer)
    assert (waiting["running"], waiting["success"]) == (True, True)
    assert "finishedAt" not in waiting
    with app.app_context():
        run_capture(waiting["captureID"])
        run_capture(waiting["captureID"])
    done = job_of(program, answer)
    assert (done["running"], done["success"], done["capturedCount"]) == (False, False, MOST_AT_ONCE)
    assert [error["event"] for error in done["errors"]] == [MOST_AT_ONCE]
    assert len(stored(session)) == MOST_AT_ONCE


def test_jobs_are_listed_latest_first_a_page_at_a_time(program: Reader) -> None:
    for number in range(3):
        program.post("/capture", a_document(an_event(eventID=f"urn:x:{number}")))
    first = program.get("/capture", perPage=2)
    assert first.json is not None
    rest = program.get(first.headers["Link"].partition("/epcis")[2].partition(">")[0])
    assert rest.json is not None
    listed: list[Any] = [*first.json, *rest.json]
    assert len({job["captureID"] for job in listed}) == 3
    assert [job["createdAt"] for job in listed] == sorted((job["createdAt"] for job in listed), reverse=True)
    assert "Link" not in rest.headers


def test_jobs_of_others_are_not_there(program: Reader, start_reader: StartReader, session: Session) -> None:
    other = start_reader()
    session.commit()
    answer = program.post("/capture", a_document(an_event()))
    path = answer.headers["Location"].removeprefix("/epcis")
    assert other.get(path).status_code == 404
    assert other.get("/capture").json == []
    assert program.get("/capture/none").status_code == 404


def test_foreign_events_are_kept_and_shown_as_foreign(program: Reader, session: Session) -> None:
    program.post("/capture", a_document(an_event(eventID="urn:x:1", bizStep="shipping")))
    (row,) = stored(session)
    assert (row.is_foreign, row.verb, row.marks) == (True, "foreign", ["foreign", "late_entry"])
    assert [(one.epc, one.batch_id) for one in row.goods] == [
        ("https://id.gs1.org/01/10614141073464/21/2017", None)
    ]


def test_the_errors_of_a_job_are_bounded() -> None:
    assert capture_jobs.MOST_ERRORS <= MOST_AT_ONCE
