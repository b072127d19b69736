"""What the other side of a handover is shown of it: pure cases no ordinary handover has, and corrections."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ShipmentFactory, a_key
from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.readers import Reader
from trace.accounts.models import OrganisationKind
from trace.epcis.visibility import HANDOVERS, shared_part
from trace.events import services_claims, services_handover
from trace.events.models import Verb

MINE, THEIRS, ME, SENDER = "urn:x:lot:mine", "urn:x:lot:theirs", "urn:uuid:me", "urn:uuid:sender"
EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventID": "urn:uuid:1",
    "eventTime": "2026-11-21T07:32:00Z",
    "action": "OBSERVE",
    "bizStep": "shipping",
    "epcList": [MINE, THEIRS],
    "quantityList": [
        {"epcClass": MINE, "quantity": 1, "https://ns.example/price": 5},
        {"epcClass": THEIRS, "quantity": 2},
    ],
    "parentID": THEIRS,
    "readPoint": {"id": "urn:x:gate", "https://ns.example/camera": "3"},
    "sourceList": [{"type": "possessing_party", "source": SENDER}],
    "destinationList": [
        {"type": "possessing_party", "destination": ME},
        {"type": "possessing_party", "destination": "urn:uuid:rival"},
        {"type": "location", "destination": "urn:x:my-place"},
    ],
    "bizTransactionList": [{"bizTransaction": "urn:x:doc", "https://ns.example/margin": 9}],
    "sensorElementList": [{"sensorReport": [{"type": "Temperature", "https://ns.example/driver": "An"}]}],
    "errorDeclaration": {
        "declarationTime": "2026-11-22T00:00:00Z",
        "correctiveEventIDs": ["urn:uuid:2", "urn:uuid:3"],
        "https://ns.example/blame": "An",
    },
    "ilmd": {"https://ns.example/recipe": "secret"},
    "certificationInfo": ["https://example.com/paper"],
    "transformationID": "urn:x:run",
    "https://ns.example/note": "secret",
    "urn:nguongoc:epcis:difference": {MINE: {"lost": "1"}, THEIRS: {"lost": "2"}},
    "urn:nguongoc:epcis:refusal_reason": "damaged",
    "something": "a field of tomorrow",
}


@pytest.fixture
def shown() -> dict[str, Any]:
    return shared_part(EVENT, {MINE}, {ME, SENDER, "urn:x:gate"}, {"urn:uuid:2"})


def test_goods_of_others_are_left_out(shown: dict[str, Any]) -> None:
    assert shown["epcList"] == [MINE]
    assert shown["quantityList"] == [{"epcClass": MINE, "quantity": 1}]
    assert "parentID" not in shown


def test_other_destinations_are_left_out(shown: dict[str, Any]) -> None:
    assert [entry["destination"] for entry in shown["destinationList"]] == [ME, "urn:x:my-place"]
    assert [entry["source"] for entry in shown["sourceList"]] == [SENDER]


def test_own_fields_of_the_other_side_are_left_out_everywhere(shown: dict[str, Any]) -> None:
    assert "ns.example" not in str(shown)
    assert "secret" not in str(shown)
    assert not {"ilmd", "certificationInfo", "transformationID", "something"} & shown.keys()


def test_corrective_events_one_does_not_see_are_not_named(shown: dict[str, Any]) -> None:
    assert shown["errorDeclaration"]["correctiveEventIDs"] == ["urn:uuid:2"]


def test_what_is_about_the_own_goods_stays(shown: dict[str, Any]) -> None:
    assert shown["urn:nguongoc:epcis:difference"] == {MINE: {"lost": "1"}}
    assert shown["urn:nguongoc:epcis:refusal_reason"] == "damaged"
    assert shown["bizTransactionList"] == [{"bizTransaction": "urn:x:doc"}]
    assert shown["readPoint"] == {"id": "urn:x:gate"}


def test_without_own_goods_no_goods_are_left() -> None:
    assert not {"epcList", "quantityList", "parentID"} & shared_part(EVENT, set(), {ME}, set()).keys()


def test_what_one_does_with_ones_own_goods_is_no_handover() -> None:
    alone = {Verb.ACTIVATE, Verb.TRANSFORM, Verb.SPLIT, Verb.MERGE, Verb.PACK, Verb.MOVE, Verb.STORE, Verb.COUNT, Verb.SELL,
             Verb.USE_UP, Verb.DESTROY, Verb.HOLD, Verb.RELEASE, Verb.MEASURE, Verb.FOREIGN, Verb.OBSERVE, Verb.RECALL}  # fmt: skip
    assert not alone & set(HANDOVERS)


@pytest.fixture
def producer(start_reader: StartReader) -> Reader:
    return start_reader()


@pytest.fixture
def shop(start_reader: StartReader) -> Reader:
    return start_reader(OrganisationKind.SHOP)


def test_a_cancelled_handover_is_seen_by_both(
    session: Session, producer: Reader, shop: Reader, settled: Callable[[], None]
) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=producer.actor)
    shipment = ShipmentFactory.create(
        session=session, actor=producer.actor, batch=batch, to=shop.actor.organisation
    )
    services_handover.cancel(session, producer.actor, shipment.id)
    settled()
    assert [event["bizStep"] for event in shop.events()] == ["void_shipping", "shipping"]


def test_a_refused_claim_is_seen_by_who_made_it(
    session: Session, producer: Reader, shop: Reader, start_reader: StartReader, settled: Callable[[], None]
) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=producer.actor)
    claim = services_claims.claim(session, shop.actor, batch.id, producer.id, batch.quantity, key=a_key())
    services_claims.refuse_claim(session, producer.actor, claim.id)
    third = start_reader(OrganisationKind.SHOP)
    settled()
    steps = [event["bizStep"].rpartition("-")[2] for event in shop.events()]
    assert steps == ["refusing_claim", "claiming"]
    assert len(producer.events()) == 3
    assert third.events() == []
