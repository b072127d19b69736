"""Each business step that a program may send does what the same act does on a page, and no other step makes goods."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import BatchFactory, PartyFactory, a_key, give
from tests.trace.epcis.capturing import Capture, about, codes, held, now_text, receiving, selling
from tests.trace.epcis.documents import an_event
from tests.trace.events.conftest import Chain, chain
from trace.batches.models import Balance, Batch
from trace.events import services_shipping
from trace.events.documents import EXTENSION_NAMESPACE
from trace.events.models import Event, Verb
from trace.events.services_shipping import Receiver

__all__ = ["chain"]


def test_a_batch_is_activated_by_commissioning(session: Session, chain: Chain, send: Capture) -> None:
    draft = BatchFactory.create(session=session, actor=chain.producer)
    event = about(draft, float(draft.quantity), action="ADD", bizStep="commissioning")
    assert not send(chain.producer, event).failures
    assert session.get_one(Batch, draft.id).is_activated


def test_a_batch_is_activated_with_the_quantity_it_was_registered_with(
    session: Session, chain: Chain, send: Capture
) -> None:
    draft = BatchFactory.create(session=session, actor=chain.producer)
    event = about(draft, float(draft.quantity) + 1, action="ADD", bizStep="commissioning")
    assert codes(send(chain.producer, event)) == ["quantity-differs"]


def test_a_cancelled_shipment_comes_back(session: Session, chain: Chain, send: Capture) -> None:
    shipment = services_shipping.ship(
        session,
        chain.producer,
        chain.batch.id,
        Decimal(10),
        Receiver(chain.shop.organisation_id),
        key=a_key(),
    )
    named = [{"bizTransaction": f"urn:uuid:{shipment.id}"}]
    event = about(chain.batch, 10, bizStep="void_shipping", bizTransactionList=named)
    assert not send(chain.producer, event).failures
    assert held(session, chain.batch, chain.producer) == 100


def test_goods_are_destroyed_and_used_up(session: Session, chain: Chain, send: Capture) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "20")
    assert not send(chain.shop, about(chain.batch, 3, action="DELETE", bizStep="destroying")).failures
    assert not send(chain.shop, about(chain.batch, 2, bizStep="dispensing")).failures
    assert held(session, chain.batch, chain.shop) == 15


@pytest.mark.parametrize(
    ("said", "taken"),
    [("expired", "expired"), ("nobody-knows", "other"), (["expired"], "other"), (7, "other")],
)
def test_a_reason_nobody_knows_is_another_reason(
    session: Session, chain: Chain, send: Capture, said: Any, taken: str
) -> None:
    own = {f"{EXTENSION_NAMESPACE}disposal_reason": said}
    gone = about(chain.batch, 5, action="DELETE", bizStep="destroying", **own)
    assert not send(chain.producer, gone).failures
    event = session.scalars(select(Event).where(Event.verb == Verb.DESTROY)).one()
    assert event.extensions["disposal_reason"] == taken


def test_shipping_to_a_party_of_the_address_book_hands_over_at_once(
    session: Session, chain: Chain, send: Capture
) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    to = [{"type": "possessing_party", "destination": f"urn:uuid:{party.id}"}]
    event = about(chain.batch, 10, bizStep="shipping", destinationList=to)
    assert not send(chain.producer, event).failures
    assert session.get_one(Balance, chain.batch.id).outside == 10


def test_processing_makes_a_draft_of_what_went_in(session: Session, chain: Chain, send: Capture) -> None:
    draft = BatchFactory.create(session=session, actor=chain.producer)
    event = an_event(
        type="TransformationEvent",
        action=None,
        epcList=None,
        eventTime=now_text(),
        bizStep="commissioning",
        inputQuantityList=[{"epcClass": chain.batch.epc_class, "quantity": 100, "uom": "KGM"}],
        outputQuantityList=[{"epcClass": draft.epc_class, "quantity": float(draft.quantity), "uom": "KGM"}],
    )
    assert codes(send(chain.producer, event)) == []
    assert held(session, chain.batch, chain.producer) == 0
    assert held(session, draft, chain.producer) == draft.quantity


def test_goods_are_packed_shipped_and_unpacked_by_the_cartons_sscc(
    session: Session, chain: Chain, send: Capture
) -> None:
    sscc = "https://id.gs1.org/00/389350017252200018"
    inside = [{"epcClass": chain.batch.epc_class, "quantity": 12, "uom": "KGM"}]
    around = {"type": "AggregationEvent", "parentID": sscc, "quantityList": None, "childQuantityList": inside}
    packing = about(chain.batch, 12, action="ADD", bizStep="packing", **around)
    to = [{"type": "possessing_party", "destination": f"urn:uuid:{chain.shop.organisation_id}"}]
    carton = {"eventTime": now_text(), "epcList": [sscc]}
    assert codes(send(chain.producer, packing)) == []
    assert codes(send(chain.producer, an_event(**carton, bizStep="shipping", destinationList=to))) == []
    assert held(session, chain.batch, chain.producer) == 88
    assert codes(send(chain.shop, receiving(chain.batch, 12))) == []
    unpacking = about(chain.batch, 12, action="DELETE", bizStep="unpacking", **around)
    assert codes(send(chain.shop, unpacking)) == []
    assert held(session, chain.batch, chain.shop) == 12


@pytest.mark.parametrize(
    ("step", "verb"),
    [
        ("inspecting", "inspect"),
        ("storing", "observe"),
        ("loading", "observe"),
        ("sensor_reporting", "observe"),
    ],
)
def test_what_is_only_seen_moves_nothing(
    session: Session, chain: Chain, send: Capture, step: str, verb: str
) -> None:
    (captured,) = send(chain.producer, about(chain.batch, 10, bizStep=step)).captured
    assert captured.row.verb == verb
    assert held(session, chain.batch, chain.producer) == 100


def test_nobody_speaks_of_goods_he_never_had(chain: Chain, send: Capture) -> None:
    assert codes(send(chain.shop, about(chain.batch, 10, bizStep="loading"))) == ["batch-not-found"]


def test_a_temperature_above_the_limit_marks_the_event(session: Session, chain: Chain, send: Capture) -> None:
    chain.batch.seal = {**(chain.batch.seal or {}), "min_temperature": "0", "max_temperature": "8"}
    session.flush()
    report = {"type": "Temperature", "value": 21.5, "uom": "CEL"}
    event = about(chain.batch, 10, bizStep="sensor_reporting", sensorElementList=[{"sensorReport": [report]}])
    (captured,) = send(chain.producer, event).captured
    assert (captured.row.verb, captured.row.marks) == ("measure", ["breach"])


def test_goods_of_ours_and_of_others_are_not_moved_together(chain: Chain, send: Capture) -> None:
    event = selling(chain.batch, 1, epcList=["urn:epc:id:sgtin:0614141.107346.2017"])
    assert codes(send(chain.producer, event)) == ["epcis-goods-mixed"]


def test_goods_of_ours_and_of_others_are_seen_together(session: Session, chain: Chain, send: Capture) -> None:
    event = about(chain.batch, 1, bizStep="loading", epcList=["urn:epc:id:sgtin:0614141.107346.2017"])
    (captured,) = send(chain.producer, event).captured
    assert [one.batch_id for one in session.get_one(Event, captured.row.id).goods] == [None, chain.batch.id]


@pytest.mark.parametrize("action", ["ADD", "DELETE"])
def test_what_would_make_or_end_goods_in_a_way_unknown_here_is_refused(
    chain: Chain, send: Capture, action: str
) -> None:
    assert codes(send(chain.producer, about(chain.batch, 1, action=action, bizStep="other"))) == [
        "epcis-step-not-taken"
    ]


def test_a_program_recalls_nothing(chain: Chain, send: Capture) -> None:
    event = about(chain.batch, 1, bizStep="holding", persistentDisposition={"set": ["recalled"]})
    assert codes(send(chain.producer, event)) == ["epcis-step-not-taken"]
