"""Subscriptions over time: attempts and replays, trying out, schedules, what is refused, and how they end."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.deliveries import PATH, QUERY, SECRET, Scene, events_in, scene
from tests.trace.epcis.readers import exception_of
from tests.web import settle
from trace.core import clock
from trace.epcis import subscriptions
from trace.epcis.models import Subscription
from trace.epcis.webhooks import CURSOR, DELIVERY, SIGNATURE, TEST

__all__ = ["scene"]


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
