"""What a subscription sends: in which order, how it is signed, and what happens when it fails."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.trace.epcis.deliveries import PATH, SECRET, Scene, events_in, scene
from tests.trace.gs1.standards import need
from trace.core.outgoing import EXTENSION, Outgoing
from trace.epcis.webhooks import ATTEMPT, DELIVERY, MOST_FAILURES, SIGNATURE, wait_after

__all__ = ["scene"]


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
