"""Events over HTTP: parameters, pages, resources, discovery, and answers that are valid EPCIS."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, give
from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.readers import Reader, events_of, exception_of, in_path, next_path
from tests.trace.gs1.standards import need
from trace.accounts.models import OrganisationKind
from trace.batches.models import Batch


@pytest.fixture
def producer(start_reader: StartReader) -> Reader:
    return start_reader()


@pytest.fixture
def shop(start_reader: StartReader) -> Reader:
    return start_reader(OrganisationKind.SHOP)


@pytest.fixture
def batch(session: Session, producer: Reader, shop: Reader, settled: Callable[[], None]) -> Batch:
    """100 kg of which 30 went to the shop in three handovers: 7 events."""
    made: Batch = ActiveBatchFactory.create(session=session, actor=producer.actor)
    for _ in range(3):
        give(session, made, producer.actor, shop.actor, "10")
    assert made.epc_class
    settled()
    return made


def test_a_query_without_parameters_gives_everything_one_sees_latest_first(
    producer: Reader, batch: Batch
) -> None:
    events = producer.events()
    assert [event["bizStep"] for event in events] == ["receiving", "shipping"] * 3 + ["commissioning"]


def test_answers_are_valid_by_the_official_schema(producer: Reader, shop: Reader, batch: Batch) -> None:
    from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # ships no annotations

    schema = json.loads((need("epcis") / "EPCIS-JSON-Schema.json").read_text(encoding="utf-8"))
    for reader in (producer, shop):
        faults = [error.message for error in Draft7Validator(schema).iter_errors(reader.get("/events").json)]
        assert faults == []


def test_pages_follow_each_other_without_gap_or_repeat(producer: Reader, batch: Batch) -> None:
    seen: list[str] = []
    path: str | None = "/events?perPage=2&orderBy=eventTime&orderDirection=ASC"
    pages = 0
    while path is not None:
        answer = producer.get(path)
        seen += [event["eventID"] for event in events_of(answer)]
        path = next_path(answer)
        pages += 1
    assert pages == 4
    assert seen == list(reversed(producer.ids(orderBy="eventTime")))
    assert len(set(seen)) == 7


def test_a_page_that_is_not_the_last_says_until_when_its_token_is_good(
    producer: Reader, batch: Batch
) -> None:
    answer = producer.get("/events", perPage=2)
    assert answer.headers["GS1-Next-Page-Token-Expires"].endswith("Z")
    assert "Link" not in producer.get("/events", perPage=7).headers


def test_a_token_alone_goes_on_with_its_query(producer: Reader, batch: Batch) -> None:
    answer = producer.get("/events", perPage=2, EQ_bizStep="shipping")
    token = (next_path(answer) or "").partition("nextPageToken=")[2]
    assert [event["bizStep"] for event in producer.events(f"/events?nextPageToken={token}")] == ["shipping"]


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.aaa.bbb"])
def test_a_token_that_was_not_given_is_refused(producer: Reader, batch: Batch, token: str) -> None:
    answer = producer.get("/events", nextPageToken=token)
    assert (answer.status_code, exception_of(answer)) == (400, "QueryParameterException")


def test_a_token_is_good_for_its_query_only(producer: Reader, batch: Batch) -> None:
    token = (next_path(producer.get("/events", perPage=2)) or "").partition("nextPageToken=")[2]
    assert producer.get(f"/events?EQ_bizStep=shipping&nextPageToken={token}").status_code == 400
    assert producer.get(f"/bizSteps/shipping/events?nextPageToken={token}").status_code == 400


@pytest.mark.parametrize("count", ["0", "-1", "x", "1.5"])
def test_a_page_has_at_least_one_event(producer: Reader, count: str, settled: Callable[[], None]) -> None:
    settled()
    assert producer.get("/events", perPage=count).status_code == 400


CHOICES = [({"EQ_bizStep": "shipping"}, {"shipping"}), ({"EQ_bizStep": "urn:epcglobal:cbv:bizstep:receiving"}, {"receiving"}),
     ({"EQ_bizStep": "shipping|commissioning"}, {"shipping", "commissioning"}), ({"EQ_action": "ADD"}, {"commissioning"}),
     ({"EQ_disposition": "in_transit"}, {"shipping"}), ({"eventType": "AggregationEvent"}, set()),
     ({"eventType": "ObjectEvent"}, {"shipping", "receiving", "commissioning"}), ({"EQ_quantity": "100"}, {"commissioning"}),
     ({"GT_quantity": "10"}, {"commissioning"}), ({"LE_quantity_KGM": "10"}, {"shipping", "receiving"}), ({"EQ_quantity_GRM": "10"}, set()),
     ({"EXISTS_errorDeclaration": "true"}, set()), ({"LT_eventTime": "2000-01-01T00:00:00Z"}, set()),
     ({"GE_recordTime": "2000-01-01T00:00:00+07:00"}, {"shipping", "receiving", "commissioning"}),
     ({"EXISTS_ILMD_nguongoc:sealed_items": ""}, {"commissioning"}), ({"EQ_type": "Temperature"}, set())]  # fmt: skip


def test_parameters_choose_events(producer: Reader, batch: Batch) -> None:
    for query, steps in CHOICES:
        assert {event["bizStep"] for event in producer.events(**query)} == steps


def test_goods_are_found_by_their_class(producer: Reader, batch: Batch) -> None:
    assert len(producer.ids(MATCH_epcClass=batch.epc_class)) == 7
    assert len(producer.ids(MATCH_anyEPCClass=batch.epc_class)) == 7
    assert producer.ids(MATCH_epc=batch.epc_class) == []
    assert producer.ids(MATCH_epcClass="urn:uuid:00000000-0000-7000-8000-000000000000") == []


def test_parties_are_found_in_the_lists_of_a_handover(producer: Reader, shop: Reader, batch: Batch) -> None:
    given = producer.ids(EQ_destination_possessing_party=f"urn:uuid:{shop.id}")
    assert len(given) == 6
    assert producer.ids(EQ_source_possessing_party=f"urn:uuid:{shop.id}") == []


def test_places_are_found(producer: Reader, batch: Batch) -> None:
    place = f"urn:uuid:{producer.actor.organisation.seat.id}"
    assert {event["bizStep"] for event in producer.events(EQ_readPoint=place)} == {
        "commissioning",
        "shipping",
    }
    assert producer.ids(EQ_readPoint=place) == producer.ids(WD_readPoint=place)


def test_a_limit_stops_across_pages(producer: Reader, batch: Batch) -> None:
    answer = producer.get("/events", orderBy="eventTime", eventCountLimit=3, perPage=2)
    seen = [event["eventID"] for event in events_of(answer)]
    second = producer.get(next_path(answer) or "")
    seen += [event["eventID"] for event in events_of(second)]
    assert len(seen) == 3
    assert next_path(second) is None


def test_more_events_than_the_reader_takes_are_refused(producer: Reader, batch: Batch) -> None:
    answer = producer.get("/events", maxEventCount=6)
    assert (answer.status_code, exception_of(answer)) == (413, "QueryTooLargeException")
    assert len(producer.ids(maxEventCount=7)) == 7


@pytest.mark.parametrize(
    "query", [{"EQ_colour": "red"}, {"EQ_bizStep": "harvesting"}, {"GE_eventTime": "today"}]
)
def test_a_wrong_parameter_has_the_standards_exception(
    producer: Reader, settled: Callable[[], None], query: dict[str, str]
) -> None:
    settled()
    answer = producer.get("/events", **query)
    assert (answer.status_code, exception_of(answer)) == (400, "QueryParameterException")
    body: Any = answer.json
    assert body["parameter"] in query


def test_one_event_by_its_id(producer: Reader, batch: Batch) -> None:
    event_id = producer.ids()[0]
    [event] = producer.events(f"/events/{in_path(event_id)}")
    assert event["eventID"] == event_id


@pytest.mark.parametrize(
    "event_id", ["urn:uuid:00000000-0000-7000-8000-000000000000", "x", "ni:///sha-256;0?ver=CBV2.0"]
)
def test_an_unknown_event_is_not_found(producer: Reader, settled: Callable[[], None], event_id: str) -> None:
    settled()
    answer = producer.get(f"/events/{in_path(event_id)}")
    assert (answer.status_code, exception_of(answer)) == (404, "NoSuchNameException")


def test_resources_lead_from_the_top_to_the_events(producer: Reader, batch: Batch) -> None:
    top: Any = producer.get("").json
    assert {"events", "epcs", "queries", "capture"} <= set(top["member"])
    for resource in ("epcs", "bizSteps", "bizLocations", "readPoints", "dispositions", "eventTypes"):
        listed: Any = producer.get(f"/{resource}").json
        assert listed["type"] == "Collection"
        assert listed["member"]
        value = in_path(listed["member"][0]) if resource != "eventTypes" else "ObjectEvent"
        shown: Any = producer.get(f"/{resource}/{value}").json
        assert shown["member"] == ["events"]
        assert producer.events(f"/{resource}/{value}/events")


def test_values_of_a_resource_come_in_pages(producer: Reader, batch: Batch) -> None:
    everything: Any = producer.get("/bizSteps").json
    seen: list[str] = []
    path: str | None = "/bizSteps?perPage=1"
    while path is not None:
        answer = producer.get(path)
        body: Any = answer.json
        seen += body["member"]
        path = next_path(answer)
    assert seen == everything["member"] == ["commissioning", "receiving", "shipping"]


NOT_THERE = ["/epcs/urn:x:1", "/epcs/nothing/events", "/bizSteps/harvesting", "/readPoints/urn:x:1/events", "/eventTypes/Nothing",
     "/events/%00", "/events/a%FFb", "/epcs/urn:x:%00/events", "/bizSteps/urn:x:%00", "/events/urn:x:%ED%A0%80", "/queries/%00", "/queries/q%00/events",
     "/dispositions/lost/events", "/bizLocations/here", "/nothing", "/epcs/https:%2f%2fexample.org%2f01%2f09506000134352/events"]  # fmt: skip


def test_a_resource_that_is_not_there(producer: Reader, batch: Batch) -> None:
    for path in NOT_THERE:
        answer = producer.get(path)
        assert (answer.status_code, exception_of(answer)) == (404, "NoSuchNameException")


def test_a_word_of_the_standard_is_there_without_events(producer: Reader, batch: Batch) -> None:
    assert producer.events("/bizSteps/unpacking/events") == []


DISCOVERABLE = [
        "",
        "/events",
        "/events/urn:x:1",
        "/epcs",
        "/epcs/urn:x:1",
        "/epcs/urn:x:1/events",
        "/bizSteps",
        "/queries",
    ]  # fmt: skip


def test_discovery_tells_versions_and_methods(producer: Reader, settled: Callable[[], None]) -> None:
    for path in DISCOVERABLE:
        settled()
        answer = producer.send("OPTIONS", path)
        assert (answer.status_code, answer.data) == (204, b"")
        assert "GET" in answer.headers["Allow"]
        for name in (
            "EPCIS-Version",
            "EPCIS-Min",
            "EPCIS-Max",
            "CBV-Version",
            "CBV-Min",
            "CBV-Max",
            "EPC-Format",
            "Vendor-Version",
        ):
            assert answer.headers[f"GS1-{name}"]


NOT_ACCEPTABLE = [{"GS1-EPCIS-Min": "2.1"}, {"GS1-EPCIS-Max": "1.2.0"}, {"GS1-CBV-Min": "3"}, {"GS1-CBV-Max": "1.2"}, {"GS1-EPCIS-Min": "x"},
     {"Accept": "application/xml"}, {"GS1-EPC-Format": "Always_EPC_URN"}, {"GS1-EPC-Format": "Nothing"}, {"GS1-EPCIS-Version": "1.2"}]  # fmt: skip


def test_what_is_not_given_here_is_not_acceptable(producer: Reader, settled: Callable[[], None]) -> None:
    for headers in NOT_ACCEPTABLE:
        settled()
        answer = producer.get("/events", headers=headers)
        assert (answer.status_code, exception_of(answer)) == (406, "NotAcceptableException")


@pytest.mark.parametrize(
    "headers",
    [{"GS1-EPCIS-Min": "1.2", "GS1-EPCIS-Max": "2.0"}, {"GS1-EPCIS-Version": "2.0"}, {"Accept": "*/*"},
     {"GS1-EPC-Format": "Never_Translates"}, {"GS1-EPC-Format": "No_Preference"}],
)  # fmt: skip
def test_what_is_given_here_is_acceptable(
    producer: Reader, settled: Callable[[], None], headers: dict[str, str]
) -> None:
    settled()
    assert producer.get("/events", headers=headers).status_code == 200


def test_the_reader_may_ask_for_json_ld(producer: Reader, settled: Callable[[], None]) -> None:
    settled()
    assert (
        producer.get("/events", headers={"Accept": "application/ld+json"}).mimetype == "application/ld+json"
    )


def test_without_a_key_nothing_is_told(producer: Reader, batch: Batch) -> None:
    answer = producer.client.get("/epcis/events")
    assert (answer.status_code, exception_of(answer)) == (401, "SecurityException")
    assert str(batch.id) not in answer.text


def test_an_endless_address_is_refused(producer: Reader, settled: Callable[[], None]) -> None:
    settled()
    answer = producer.get("/events", MATCH_epc="urn:x:" + "a" * 20_000)
    assert (answer.status_code, exception_of(answer)) == (414, "URITooLongException")


def test_quantities_are_exact_numbers(
    producer: Reader, session: Session, settled: Callable[[], None]
) -> None:
    made = ActiveBatchFactory.create(session=session, actor=producer.actor, quantity=Decimal("0.123457"))
    assert made.epc_class
    settled()
    text = producer.get("/events").text
    assert '"quantity":0.123457' in text
