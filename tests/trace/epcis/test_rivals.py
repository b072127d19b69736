"""One lot, three rival chains: each tries every way out of EPCIS, and learns nothing of the other two.

Secrets of a chain are everything by which it could be known or reckoned with: its name, its ids and places, the ids and
hashes of its events and shipments, its quantities, the moments it traded.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.factories import ActiveBatchFactory, a_key, give
from tests.trace.core.receivers import Receiver
from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.readers import Reader, in_path, next_path
from tests.web import settle, sign_in_as
from trace.accounts.models import OrganisationKind
from trace.core.http import Audience, audience_of
from trace.core.outgoing import EXTENSION
from trace.epcis import webhooks
from trace.events import services_claims, services_leaving
from trace.events.documents import timestamp
from trace.events.handover_models import Shipment
from trace.events.models import Event

AMOUNTS = ("11.111", "22.222", "33.333")
SOLD = ("1.234", "2.345", "3.456")


# Whoever is approved may be chosen as a receiver or named as a sender, whatever it trades in.
DIRECTORIES = {"shops.ship", "shops.claim"}


@dataclass
class Chain:
    reader: Reader
    secrets: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)  # those of the secrets that the directory of receivers has
    ids: list[str] = field(default_factory=list)  # of the events it sees itself


@dataclass
class Market:
    app: Flask
    producer: Reader
    epc_class: str
    batch_id: UUID
    code: str
    chains: list[Chain]

    def others_of(self, chain: Chain) -> list[Chain]:
        return [one for one in self.chains if one is not chain]


@pytest.fixture
def market(app: Flask, session: Session, start_reader: StartReader, sequence: Callable[[], None]) -> Market:
    producer = start_reader()
    readers = [
        start_reader(OrganisationKind.SHOP, stated__name=f"Chuỗi bán lẻ Bí Mật {letter}") for letter in "ABC"
    ]
    batch = ActiveBatchFactory.create(session=session, actor=producer.actor)
    chains = [Chain(reader) for reader in readers]
    for chain, amount, sold in zip(chains, AMOUNTS, SOLD, strict=True):
        give(session, batch, producer.actor, chain.reader.actor, amount)
        services_leaving.sell(
            session, chain.reader.actor, batch.id, Decimal(sold), key=a_key(), note="ghi chú riêng"
        )
        services_claims.claim(
            session, chain.reader.actor, batch.id, producer.id, Decimal(sold) / 2, key=a_key()
        )
    batch_id, epc_class, code = batch.id, batch.epc_class, batch.code
    for chain, amount, sold in zip(chains, AMOUNTS, SOLD, strict=True):
        _gather(session, chain, {amount, sold, str(Decimal(sold) / 2)})
    settle(session)
    sequence()
    return Market(app, producer, epc_class, batch_id, code, chains)


def _gather(session: Session, chain: Chain, amounts: set[str]) -> None:
    mine = chain.reader.id
    events = session.scalars(
        select(Event).where((Event.organisation_id == mine) | (Event.counterpart_id == mine))
    ).all()
    chain.ids = [event.epcis_id for event in events]
    organisation = chain.reader.actor.organisation
    chain.names = {organisation.name, str(mine)}
    chain.secrets = amounts | chain.names | {str(organisation.seat.id), organisation.seat.code}
    for event in events:
        chain.secrets |= {event.epcis_id, event.event_hash, str(event.id)}
        chain.secrets |= {timestamp(event.record_time), timestamp(event.record_time)[:-1]}
    shipments = select(Shipment.id).where(Shipment.receiver_id == mine)
    chain.secrets |= {str(one) for one in session.scalars(shipments)}


def _told(answer: TestResponse) -> str:
    return answer.get_data(as_text=True) + json.dumps(list(answer.headers), ensure_ascii=False)


def _check(
    market: Market, chain: Chain, told: str, where: str, sent: str = "", *, is_directory: bool = False
) -> None:
    """No secret of another chain is in what was told; what the asker sent itself may come back in an error."""
    for other in market.others_of(chain):
        for secret in other.secrets - (other.names if is_directory else set()):
            assert not _tells(told, secret) or secret in sent, f"{where} tells {secret}"


def _is_figure(secret: str) -> bool:
    return "." in secret and secret.replace(".", "").isdigit()


def _tells(told: str, secret: str) -> bool:
    """A figure is told where it stands by itself: 1.728 is not told by a moment that ends in 21.728 or in :01.728."""
    if _is_figure(secret):
        return re.search(rf"(?<![\d.])(?<!\d:){re.escape(secret)}(?!\d)", told) is not None
    return secret in told


@pytest.mark.parametrize(
    ("told", "is_told"),
    [('{"quantity":22.222}', True), ('"22.222"', True), ("09:46:22.222Z", False), ("122.222", False)],
)
def test_a_figure_is_told_where_it_is_no_part_of_a_moment(told: str, is_told: bool) -> None:
    assert _tells(told, "22.222") == is_told


def _parameters(market: Market, other: Chain) -> Iterator[tuple[str, str]]:
    """Every parameter, asked with what one might guess of another."""
    place = f"urn:uuid:{other.reader.actor.organisation.seat.id}"
    party = f"urn:uuid:{other.reader.id}"
    amount = sorted(filter(_is_figure, other.secrets))
    for name in ("eventType",):
        yield name, "ObjectEvent|AggregationEvent|TransformationEvent|TransactionEvent|AssociationEvent"
    for name in ("GE_eventTime", "GE_recordTime"):
        yield name, "2020-01-01T00:00:00Z"
    for name in ("LT_eventTime", "LT_recordTime"):
        yield name, "2099-01-01T00:00:00Z"
    yield "EQ_action", "ADD|OBSERVE|DELETE"
    yield "EQ_bizStep", "shipping|receiving|retail_selling|commissioning|nguongoc:bizstep-claiming"
    yield "EQ_disposition", "in_transit|in_progress|retail_sold|active|unknown"
    for name in ("EQ_readPoint", "WD_readPoint", "EQ_bizLocation", "WD_bizLocation"):
        yield name, place
    for name in (
        "epc",
        "parentID",
        "inputEPC",
        "outputEPC",
        "anyEPC",
        "epcClass",
        "inputEPCClass",
        "outputEPCClass",
        "anyEPCClass",
    ):
        yield f"MATCH_{name}", market.epc_class
    for operator in ("EQ", "GE", "LE", "GT", "LT"):
        for value in amount:
            yield f"{operator}_quantity", value
            yield f"{operator}_quantity_KGM", value
    for one in other.ids:
        yield "EQ_eventID", one
    for role in ("source", "destination"):
        for kind in ("possessing_party", "owning_party", "location"):
            yield f"EQ_{role}_{kind}", f"{party}|{place}"
    yield "EQ_bizTransaction_desadv", party
    yield "EXISTS_errorDeclaration", "true"
    yield "EXISTS_ILMD_nguongoc:sealed_items", ""
    yield "EXISTS_nguongoc:difference", ""
    yield "EXISTS_nguongoc:note", ""
    yield "EQ_nguongoc:note", "ghi chú riêng"
    yield "EXISTS_INNER_nguongoc:lost", ""
    yield "orderBy", "recordTime"
    yield "orderBy", "nguongoc:difference"
    yield "maxEventCount", "4"
    yield "perPage", "1"


def test_each_sees_its_own_part_of_the_lot(market: Market) -> None:
    for chain in market.chains:
        events = chain.reader.events(MATCH_epcClass=market.epc_class)
        assert sorted(event["bizStep"].rpartition("-")[2] for event in events) == [
            "claiming", "receiving", "retail_selling", "shipping"
        ]  # fmt: skip
        assert sorted(event["eventID"] for event in events) == sorted(chain.ids)


def test_no_parameter_tells_anything_of_another(market: Market) -> None:
    for chain in market.chains:
        alone = len(chain.reader.events())
        for other in market.others_of(chain):
            for name, value in _parameters(market, other):
                answer = chain.reader.get("/events", **{name: value})
                assert answer.status_code in (200, 413), answer.text
                _check(market, chain, _told(answer), f"{name}={value}", value)
                body: Any = answer.json
                if answer.status_code == 200:
                    seen = body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
                    assert {event["eventID"] for event in seen} <= set(chain.ids)
                    assert len(seen) <= alone == 4


def test_asking_for_anothers_values_is_asking_for_what_never_was(market: Market) -> None:
    """The same status and the same answer, but for the moment, the token's signature and what was asked."""
    a, b, _c = market.chains
    nobody = "urn:uuid:00000000-0000-7000-8000-000000000000"
    asked = [b.ids[0], f"urn:uuid:{b.reader.id}", f"urn:uuid:{b.reader.actor.organisation.seat.id}"]
    for resource in ("events", "epcs", "readPoints", "bizLocations", "bizSteps", "dispositions"):
        for suffix in ("", "/events") if resource != "events" else ("",):
            never = a.reader.get(f"/{resource}/{in_path(nobody)}{suffix}")
            for value in asked:
                answer = a.reader.get(f"/{resource}/{in_path(value)}{suffix}")
                assert (answer.status_code, _without_id(answer)) == (never.status_code, _without_id(never))
                assert answer.status_code == 404


def _without_id(answer: TestResponse) -> Any:
    body: Any = answer.json
    return {name: value for name, value in body.items() if name != "request_id"}


def test_no_resource_lists_anything_of_another(market: Market) -> None:
    for chain in market.chains:
        for resource in ("epcs", "bizSteps", "bizLocations", "readPoints", "dispositions", "eventTypes"):
            answer = chain.reader.get(f"/{resource}")
            _check(market, chain, _told(answer), resource)
            for value in (answer.json or {}).get("member", []):
                for path in (f"/{resource}/{in_path(value)}", f"/{resource}/{in_path(value)}/events"):
                    _check(market, chain, _told(chain.reader.get(path)), path)


def test_the_lot_itself_leads_to_ones_own_events_only(market: Market) -> None:
    for chain in market.chains:
        path = f"/epcs/{in_path(market.epc_class)}/events"
        assert sorted(chain.reader.ids(path)) == sorted(chain.ids)


def test_the_document_of_the_lot_has_ones_own_events_only(market: Market) -> None:
    for chain in market.chains:
        path = f"/api/v1/batches/{market.batch_id}/epcis-document"
        answer = chain.reader.client.get(path, headers={"Authorization": f"Bearer {chain.reader.key}"})
        body: Any = answer.json
        assert sorted(event["eventID"] for event in body["epcisBody"]["eventList"]) == sorted(chain.ids)
        _check(market, chain, _told(answer), path)


def test_no_named_query_tells_anything_of_another(market: Market) -> None:
    a = market.chains[0]
    definitions: list[dict[str, Any]] = [
        {},
        {"MATCH_anyEPCClass": [market.epc_class]},
        {"EQ_bizStep": ["shipping"], "orderBy": "eventTime", "orderDirection": "ASC"},
        {"EQ_eventID": [one for other in market.others_of(a) for one in other.ids]},
        {"GE_quantity": 20},
        {"EQ_destination_possessing_party": [f"urn:uuid:{other.reader.id}" for other in market.others_of(a)]},
    ]
    for number, definition in enumerate(definitions):
        a.reader.post("/queries", {"name": f"q{number}", "query": definition})
        told = _told(a.reader.get(f"/queries/q{number}/events"))
        _check(market, a, told, f"query {definition}")


def test_no_subscription_sends_anything_of_another(market: Market, hook: Receiver) -> None:
    for chain in market.chains:
        chain.reader.post("/queries", {"name": "all", "query": {}})
        answer: Any = chain.reader.post(
            "/queries/all/subscriptions",
            {"dest": hook.url, "stream": True, "initialRecordTime": "2020-01-01T00:00:00Z"},
        ).json
        hook.requests.clear()
        sessions, outgoing = market.app.extensions["sessions"], market.app.extensions[EXTENSION]
        webhooks.run(sessions, outgoing, UUID(answer["subscriptionID"]))
        assert len(hook.requests) == 1
        for request in hook.requests:
            _check(market, chain, request.body.decode() + json.dumps(request.headers), "webhook")
            found: Any = json.loads(request.body)
            events = found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
            assert sorted(event["eventID"] for event in events) == sorted(chain.ids)


def test_a_page_token_is_worth_nothing_with_another_key(market: Market) -> None:
    a, b, c = market.chains
    for path in ("/events?perPage=1", "/readPoints?perPage=1", "/events?perPage=1&orderBy=eventTime"):
        following = next_path(b.reader.get(path))
        assert following is not None
        for rival in (a, c):
            answer = rival.reader.get(following)
            assert answer.status_code == 400
            _check(market, rival, _told(answer), following)


def test_order_and_counts_tell_nothing(market: Market) -> None:
    """A bound of one's own number of events is never crossed by the events of others."""
    for chain in market.chains:
        assert chain.reader.get("/events", maxEventCount=4).status_code == 200
        assert chain.reader.get("/events", maxEventCount=3).status_code == 413
        assert (
            chain.reader.get("/events", maxEventCount=4, MATCH_anyEPCClass=market.epc_class).status_code
            == 200
        )


def test_the_sender_sees_all_three_and_their_sales_nowhere(market: Market) -> None:
    steps = [event["bizStep"] for event in market.producer.events()]
    assert steps.count("receiving") == steps.count("shipping") == 3
    assert "retail_selling" not in steps
    for sold in SOLD:
        assert f'"quantity":{sold}' not in market.producer.get("/events").text


def test_a_claim_is_seen_by_the_two_it_names(
    market: Market, start_reader: StartReader, session: Session
) -> None:
    stranger = start_reader(OrganisationKind.SHOP)
    settle(session)
    assert stranger.events() == []
    assert len(market.producer.events(EQ_bizStep="nguongoc:bizstep-claiming")) == 3


def test_the_log_tells_nobody_who_traded_how_much_and_when(market: Market) -> None:
    """What is published of an event: kinds, communes, dates, its own id. Nothing that leads to a party."""
    client = market.app.test_client()
    told = ""
    size = 40
    for path in ("/log/checkpoint", "/log/openings/000", "/log/openings/000.p/", "/log/tile/entries/000"):
        for width in ("", *(str(n) for n in range(1, size))):
            if path.endswith("/") != bool(width):
                continue
            answer = client.get(path + width)
            if answer.status_code == 200:
                told += answer.get_data(as_text=True)
    for chain in market.chains:
        organisation = chain.reader.actor.organisation
        hidden = {organisation.name, str(chain.reader.id), str(organisation.seat.id)}
        hidden |= set(filter(_is_figure, chain.secrets))
        assert not [secret for secret in hidden if _tells(told, secret)]


def test_no_other_address_for_programs_tells_anything_of_another(market: Market) -> None:
    """Every address a key opens and that takes no argument or the lot: whatever is added later is asked too."""
    chain = market.chains[0]
    known = {"batch_id": str(market.batch_id), "epc": market.epc_class}
    asked = 0
    for rule in market.app.url_map.iter_rules():
        is_for_programs = audience_of(market.app, rule.endpoint) is Audience.PROGRAM
        if not is_for_programs or "GET" not in (rule.methods or ()) or rule.arguments - known.keys():
            continue
        with market.app.test_request_context():
            path = market.app.url_map.bind("localhost").build(
                rule.endpoint, {name: known[name] for name in rule.arguments}
            )
        answer = chain.reader.client.get(
            path,
            headers={"Authorization": f"Bearer {chain.reader.key}"},
            query_string={"direction": "incoming", "q": "zzz"},
        )
        if path.startswith("/epcis"):
            answer = chain.reader.client.get(path, headers={"Authorization": f"Bearer {chain.reader.key}"})
        assert answer.status_code < 500, path
        _check(market, chain, _told(answer), path)
        asked += 1
    assert asked >= 12


def test_no_page_tells_anything_of_another(market: Market, connection: Connection) -> None:
    """Every page of a workspace that takes nothing or the lot, the trace graph among them, and the lot's public page."""
    chain = market.chains[0]
    client = sign_in_as(market.app, connection, chain.reader.actor)
    known = {"batch_id": str(market.batch_id), "code": market.code}
    asked = set()
    for rule in market.app.url_map.iter_rules():
        who = audience_of(market.app, rule.endpoint)
        is_asked = who is Audience.MEMBER or (who is Audience.PUBLIC and "code" in rule.arguments)
        if not is_asked or "GET" not in (rule.methods or ()) or rule.arguments - known.keys():
            continue
        with market.app.test_request_context():
            path = market.app.url_map.bind("localhost").build(
                rule.endpoint, {name: known[name] for name in rule.arguments}
            )
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code < 500, path
        _check(market, chain, _told(answer), path, is_directory=rule.endpoint in DIRECTORIES)
        asked.add(rule.endpoint)
    assert len(asked) > 5
    assert "shops.show_trace" in asked


def test_what_another_wrote_into_a_handover_stays_with_it(market: Market, session: Session) -> None:
    """Sealed items, private fields and the log number of the lot's making are no part of a handover."""
    [shipping] = market.chains[0].reader.events(EQ_bizStep="shipping")
    assert set(shipping) <= {
        "type", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "action", "bizStep", "disposition", "quantityList",
        "readPoint", "bizLocation", "sourceList", "destinationList", "bizTransactionList",
    }  # fmt: skip
    assert session.scalar(text("select count(*) from events")) or True
