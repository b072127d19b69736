"""Subscriptions: what is taken, what is sent, in which order, how it is signed, and what happens when it fails."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory
from tests.trace.core.receivers import Receiver, Request
from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.readers import Reader, exception_of
from tests.trace.gs1.standards import need
from tests.web import settle
from trace.core import clock
from trace.core.outgoing import EXTENSION, Outgoing
from trace.epcis import subscriptions, webhooks
from trace.epcis.models import Subscription
from trace.epcis.webhooks import ATTEMPT, CURSOR, DELIVERY, MOST_FAILURES, SIGNATURE, TEST, wait_after

SECRET = "13df38d8275b13f05704629e5f1cf3d45d6132d5"
QUERY = {"name": "q", "query": {"EQ_bizStep": ["commissioning"]}}
PATH = "/queries/q/subscriptions"


@dataclass
class Scene:
    """A producer with a query, and a receiver for what satisfies it."""

    app: Flask
    session: Session
    reader: Reader
    hook: Receiver
    sequence: Callable[[], None]

    def subscribe(self, **more: Any) -> str:
        body = {"dest": self.hook.url, "signatureToken": SECRET, "stream": True, **more}
        answer = self.reader.post(PATH, {name: value for name, value in body.items() if value is not None})
        assert answer.status_code == 201, answer.text
        shown: Any = answer.json
        return str(shown["subscriptionID"])

    def harvest(self, count: int = 1) -> None:
        """Activate batches: each is one event that satisfies the query."""
        for _ in range(count):
            ActiveBatchFactory.create(session=self.session, actor=self.reader.actor)
        settle(self.session)

    def run(self, subscription_id: str) -> int:
        """Send what waits, as the job does."""
        sessions, outgoing = self.app.extensions["sessions"], self.app.extensions[EXTENSION]
        return webhooks.run(sessions, outgoing, UUID(subscription_id))

    def shown(self, subscription_id: str) -> dict[str, Any]:
        body: Any = self.reader.get(f"{PATH}/{subscription_id}").json
        return dict(body)

    def received(self) -> list[str]:
        """The ids of all events that arrived, in order."""
        return [event["eventID"] for request in self.hook.requests for event in events_in(request)]


def events_in(request: Request) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(request.body)["epcisBody"]["queryResults"]["resultsBody"][
        "eventList"
    ]
    return found


@pytest.fixture
def scene(
    app: Flask,
    session: Session,
    start_reader: StartReader,
    hook: Receiver,
    sequence: Callable[[], None],
) -> Scene:
    reader = start_reader()
    settle(session)
    assert reader.post("/queries", QUERY).status_code == 201
    return Scene(app, session, reader, hook, sequence)


def test_an_event_is_sent_once_it_is_in_the_log(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.harvest()
    assert scene.run(subscription) == 0
    scene.sequence()
    assert scene.run(subscription) == 1
    assert scene.run(subscription) == 0
    assert scene.received() == scene.reader.ids()


def test_what_arrives_is_a_valid_query_document(scene: Scene) -> None:
    from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # ships no annotations

    schema = json.loads((need("epcis") / "EPCIS-JSON-Schema.json").read_text(encoding="utf-8"))
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    scene.run(subscription)
    document = json.loads(scene.hook.requests[0].body)
    assert [error.message for error in Draft7Validator(schema).iter_errors(document)] == []
    assert document["epcisBody"]["queryResults"]["subscriptionID"] == subscription
    assert document["epcisBody"]["queryResults"]["queryName"] == "q"


def test_only_what_satisfies_the_query_is_sent_and_only_from_now_on(scene: Scene) -> None:
    scene.harvest()
    scene.sequence()
    scene.reader.post("/queries", {"name": "none", "query": {"EQ_bizStep": ["shipping"]}})
    answer = scene.reader.post(
        "/queries/none/subscriptions", {"dest": scene.hook.url, "signatureToken": "s", "stream": True}
    )
    nothing: Any = answer.json
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    scene.run(subscription)
    scene.run(nothing["subscriptionID"])
    assert scene.received() == scene.reader.ids()[:1]


def test_the_past_is_sent_from_the_initial_record_time(scene: Scene) -> None:
    scene.harvest(3)
    scene.sequence()
    subscription = scene.subscribe(initialRecordTime="2020-01-01T00:00:00Z")
    scene.run(subscription)
    assert scene.received() == list(reversed(scene.reader.ids()))


def test_a_delivery_is_signed_over_time_and_body(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    scene.run(subscription)
    [request] = scene.hook.requests
    at, mark = request.headers[SIGNATURE.lower()].split(",")
    signed = at.removeprefix("t=").encode() + b"." + request.body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert mark == f"v1={expected}"


def test_after_a_change_of_keys_both_sign_for_a_while(scene: Scene) -> None:
    subscription = scene.subscribe()
    assert scene.reader.post(f"{PATH}/{subscription}/keys", {"signatureToken": "new"}).status_code == 201
    scene.harvest()
    scene.sequence()
    scene.run(subscription)
    [request] = scene.hook.requests
    at, *marks = request.headers[SIGNATURE.lower()].split(",")
    signed = at.removeprefix("t=").encode() + b"." + request.body
    expected = [hmac.new(s.encode(), signed, hashlib.sha256).hexdigest() for s in ("new", SECRET)]
    assert marks == [f"v1={one}" for one in expected]


def test_without_overlap_the_old_key_ends_at_once(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.reader.post(f"{PATH}/{subscription}/keys", {"signatureToken": "new", "overlapSeconds": 0})
    scene.harvest()
    scene.sequence()
    scene.run(subscription)
    assert scene.hook.requests[0].headers[SIGNATURE.lower()].count("v1=") == 1


def test_no_answer_shows_a_secret_that_was_sent(scene: Scene) -> None:
    subscription = scene.subscribe()
    for path in (PATH, f"{PATH}/{subscription}", f"{PATH}/{subscription}/deliveries"):
        assert SECRET not in scene.reader.get(path).text


def test_a_secret_made_here_is_told_once(scene: Scene) -> None:
    answer: Any = scene.reader.post(PATH, {"dest": scene.hook.url, "stream": True}).json
    assert len(answer["signatureToken"]) > 30
    assert answer["signatureToken"] not in scene.reader.get(f"{PATH}/{answer['subscriptionID']}").text


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_what_failed_is_sent_again_with_the_same_id_and_events(scene: Scene, status: int) -> None:
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    scene.hook.answers = [status]
    assert scene.run(subscription) == 0
    assert scene.shown(subscription)["failures"] == 1
    scene.harvest()
    scene.sequence()
    assert scene.run(subscription) == 2
    first, again, later = scene.hook.requests
    assert first.headers[DELIVERY.lower()] == again.headers[DELIVERY.lower()]
    assert first.body == again.body
    assert (first.headers[ATTEMPT.lower()], again.headers[ATTEMPT.lower()]) == ("1", "2")
    assert events_in(later) != events_in(again)
    assert scene.shown(subscription)["failures"] == 0


def test_events_arrive_in_the_order_of_the_log_however_the_receiver_stumbles(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.hook.answers = [500, 200, 503, 503, 200, 429]
    for _ in range(4):
        scene.harvest(2)
        scene.sequence()
        scene.run(subscription)
    for _ in range(6):
        scene.run(subscription)
    arrived: dict[str, list[str]] = {}
    for request in scene.hook.requests:
        arrived[request.headers[DELIVERY.lower()]] = [event["eventID"] for event in events_in(request)]
    in_order = [one for ids in arrived.values() for one in ids]
    assert in_order == list(reversed(scene.reader.ids()))
    assert len(in_order) == len(set(in_order)) == 8


def test_a_document_that_is_too_large_is_cut_in_two(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.harvest(4)
    scene.sequence()
    scene.hook.answers = [413]
    assert scene.run(subscription) == 2
    assert [len(events_in(request)) for request in scene.hook.requests] == [4, 2, 2]
    assert scene.received()[4:] == list(reversed(scene.reader.ids()))


def test_a_receiver_that_is_gone_pauses_the_subscription(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    scene.hook.answers = [410]
    scene.run(subscription)
    shown = scene.shown(subscription)
    assert (shown["status"], shown["pauseReason"]) == ("paused", "receiver-gone")
    assert scene.run(subscription) == 0
    assert len(scene.hook.requests) == 1


def test_many_failures_in_a_row_pause_until_the_owner_resumes(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    scene.hook.answers = [500] * MOST_FAILURES
    for _ in range(MOST_FAILURES + 3):
        scene.run(subscription)
    assert scene.shown(subscription)["pauseReason"] == "receiver-refused"
    assert len(scene.hook.requests) == MOST_FAILURES
    resumed: Any = scene.reader.post(f"{PATH}/{subscription}/resume", {}).json
    assert resumed["status"] == "active"
    assert scene.run(subscription) == 1


def test_waits_grow_and_end_at_an_hour() -> None:
    waits = [wait_after(failures) for failures in range(1, 30)]
    assert waits[:3] == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert waits[-1] == timedelta(hours=1)
    assert waits == sorted(waits)


def test_an_address_that_became_an_inner_one_pauses_at_once(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    netloc = scene.hook.netloc
    scene.app.extensions[EXTENSION] = Outgoing(
        resolve=lambda _host, _port: ["10.0.0.1"], ports=frozenset({443, int(netloc.rpartition(":")[2])})
    )
    scene.run(subscription)
    assert scene.shown(subscription)["pauseReason"] == "outgoing-not-https"
    assert scene.hook.requests == []


def test_attempts_are_listed(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    scene.hook.answers = [500]
    scene.run(subscription)
    scene.run(subscription)
    deliveries: Any = scene.reader.get(f"{PATH}/{subscription}/deliveries").json
    [delivery] = deliveries
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 200]
    assert delivery["deliveredAt"]
    assert delivery["events"] == 1


def test_a_replay_sends_again_from_a_cursor(scene: Scene) -> None:
    subscription = scene.subscribe()
    for _ in range(3):
        scene.harvest()
        scene.sequence()
        scene.run(subscription)
    cursor = int(scene.hook.requests[0].headers[CURSOR.lower()])
    scene.hook.requests.clear()
    answer = scene.reader.post(f"{PATH}/{subscription}/replay", {"cursor": cursor})
    assert answer.status_code == 200, answer.text
    scene.run(subscription)
    assert scene.received() == list(reversed(scene.reader.ids()[:2]))


def test_a_replay_sends_again_from_a_record_time(scene: Scene) -> None:
    scene.harvest()
    scene.sequence()
    subscription = scene.subscribe()
    scene.reader.post(f"{PATH}/{subscription}/replay", {"recordTime": "2020-01-01T00:00:00Z"})
    scene.run(subscription)
    assert scene.received() == scene.reader.ids()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cursor": -1},
        {"cursor": 10**9},
        {"cursor": "1"},
        {"cursor": True},
        {"recordTime": "x"},
        {"cursor": 0, "recordTime": "2020-01-01T00:00:00Z"},
    ],
)
def test_a_replay_from_nowhere_is_refused(scene: Scene, body: dict[str, Any]) -> None:
    assert scene.reader.post(f"{PATH}/{scene.subscribe()}/replay", body).status_code == 400


def test_a_replay_gives_up_what_was_on_its_way(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    scene.hook.answers = [500]
    scene.run(subscription)
    scene.reader.post(f"{PATH}/{subscription}/replay", {"cursor": 0})
    scene.run(subscription)
    assert len({request.headers[DELIVERY.lower()] for request in scene.hook.requests}) == 2
    assert len(scene.hook.requests) == 2


def test_a_test_event_is_sent_at_once_and_marked(scene: Scene) -> None:
    subscription = scene.subscribe()
    answer: Any = scene.reader.post(f"{PATH}/{subscription}/test", {}).json
    [request] = scene.hook.requests
    assert request.headers[TEST.lower()] == "true"
    assert SIGNATURE.lower() in request.headers
    assert events_in(request)[0]["nguongoc:test"] is True
    assert (answer["isTest"], answer["attempts"][0]["status"]) == (True, 200)
    assert scene.shown(subscription)["cursor"] == 0


def test_a_test_tells_what_went_wrong(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.hook.answers = [500]
    answer: Any = scene.reader.post(f"{PATH}/{subscription}/test", {}).json
    assert (answer["deliveredAt"], answer["attempts"][0]["problem"]) == (None, "receiver-refused")
    assert scene.shown(subscription)["failures"] == 0


def test_tests_are_not_a_way_to_knock_at_doors(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.reader.post(f"{PATH}/{subscription}/test", {})
    assert scene.reader.post(f"{PATH}/{subscription}/test", {}).status_code == 429
    assert len(scene.hook.requests) == 1


def test_a_schedule_waits_for_its_time_and_reports_nothing_where_wanted(scene: Scene) -> None:
    subscription = scene.subscribe(stream=None, schedule={"hour": "1", "minute": "5"}, reportIfEmpty=True)
    assert scene.run(subscription) == 0
    with scene.app.extensions["sessions"]() as session:
        row = session.get_one(Subscription, UUID(subscription))
        assert subscriptions.list_due(session, clock.now()) == []
        row.created_at = clock.now() - timedelta(days=1)
        session.commit()
    assert scene.run(subscription) == 1
    assert events_in(scene.hook.requests[0]) == []
    assert scene.run(subscription) == 0


def test_a_schedule_is_quiet_without_events(scene: Scene) -> None:
    subscription = scene.subscribe(stream=None, schedule={"minute": "5"})
    with scene.app.extensions["sessions"]() as session:
        session.get_one(Subscription, UUID(subscription)).created_at = clock.now() - timedelta(days=1)
        session.commit()
    assert scene.run(subscription) == 0


def test_due_is_what_has_something_to_look_at(scene: Scene) -> None:
    subscription = scene.subscribe()
    sessions = scene.app.extensions["sessions"]
    with sessions() as session:
        assert subscriptions.list_due(session, clock.now()) == []
    scene.harvest()
    scene.sequence()
    with sessions() as session:
        due = subscriptions.list_due(session, clock.now())
        assert [str(one.id) for one in due] == [subscription]
        subscriptions.lease(due, clock.now() + timedelta(minutes=5))
        session.commit()
    with sessions() as session:
        assert subscriptions.list_due(session, clock.now()) == []


def test_deleting_the_query_ends_its_subscriptions(scene: Scene) -> None:
    subscription = scene.subscribe()
    scene.harvest()
    scene.sequence()
    assert scene.reader.delete("/queries/q").status_code == 204
    assert scene.run(subscription) == 0
    assert scene.hook.requests == []


def test_an_ended_subscription_is_gone(scene: Scene) -> None:
    subscription = scene.subscribe()
    assert scene.reader.delete(f"{PATH}/{subscription}").status_code == 204
    assert scene.reader.get(f"{PATH}/{subscription}").status_code == 404
    assert scene.reader.get(PATH).json == []


NEVER_ASKED = ["http://example.com/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://localhost/", "https://[::1]/", "ftp://example.com/",
     "https://user:pw@example.com/", "https://example.com:22/", "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://2130706433/", ""]  # fmt: skip


def test_an_address_no_request_goes_to_is_refused(scene: Scene) -> None:
    for dest in NEVER_ASKED:
        answer = scene.reader.post(PATH, {"dest": dest, "signatureToken": SECRET, "stream": True})
        assert (answer.status_code, exception_of(answer)) == (400, "SubscriptionControlsException")


CANNOT_BE: list[dict[str, Any]] = [{"stream": None}, {"stream": False}, {"schedule": {"minute": "5"}}, {"stream": None, "schedule": {}}, {"stream": None, "schedule": {"minute": "60"}},
     {"stream": None, "schedule": {"dayOfMonth": "30", "month": "2"}}, {"signatureToken": ""}, {"signatureToken": 5}, {"signatureToken": "a" * 501},
     {"initialRecordTime": "yesterday"}, {"reportIfEmpty": "yes"}, {"colour": "red"}, {"dest": None}, {"dest": 5}]  # fmt: skip


def test_a_subscription_that_cannot_be_is_refused(scene: Scene) -> None:
    for more in CANNOT_BE:
        body = {"dest": scene.hook.url, "signatureToken": SECRET, "stream": True, **more}
        answer = scene.reader.post(PATH, {name: value for name, value in body.items() if value is not None})
        assert answer.status_code == 400, answer.text
        assert scene.reader.get(PATH).json == []


def test_another_organisations_subscription_is_not_there(scene: Scene, start_reader: StartReader) -> None:
    subscription = scene.subscribe()
    other = start_reader()
    settle(scene.session)
    other.post("/queries", QUERY)
    for path in ("", "/deliveries"):
        assert other.get(f"{PATH}/{subscription}{path}").status_code == 404
    for path in ("/test", "/keys", "/replay", "/resume"):
        assert other.post(f"{PATH}/{subscription}{path}", {}).status_code == 404
    assert other.delete(f"{PATH}/{subscription}").status_code == 404
    assert scene.shown(subscription)["status"] == "active"


def test_what_commits_late_is_still_sent(scene: Scene) -> None:
    """An id taken before another and committed after it: the log's order is that of the commits it saw."""
    subscription = scene.subscribe()
    scene.harvest(2)
    late = scene.session.execute(text("select max(id) - 1 from leaves")).scalar()
    scene.session.execute(
        text(
            "insert into log_entries (log_index, leaf_id) select (select count(*) from log_entries), max(id) from leaves"
        )
    )
    settle(scene.session)
    assert scene.run(subscription) == 1
    scene.session.execute(
        text("insert into log_entries (log_index, leaf_id) select (select count(*) from log_entries), :late"),
        {"late": late},
    )
    settle(scene.session)
    assert scene.run(subscription) == 1
    assert sorted(scene.received()) == sorted(scene.reader.ids())
