"""Captured events next to the database: in other words than ours they are no fault, and changed by hand they are."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory
from tests.trace.epcis.capturing import about, receiving, selling, shipping
from tests.trace.epcis.documents import a_document, an_event
from tests.trace.events.conftest import Chain, chain
from tests.trace.events.sequenced import Forge, forge, publish
from trace.accounts.permissions import Actor
from trace.core import clock
from trace.epcis.capture import Behaviour, capture
from trace.epcis.documents import read_document
from trace.events.audit import audit_database
from trace.events.handover_models import Shipment
from trace.events.models import Event, EventGoods, Verb
from trace.ledger.audit_report import Fault, Report
from trace.ledger.notes import Signer

__all__ = ["chain", "forge"]
SITE = "https://nguongoc.example"
SSCC = "https://id.gs1.org/00/389350017252200018"


def send(session: Session, actor: Actor, *events: dict[str, Any]) -> None:
    document = read_document(a_document(*events))
    assert not capture(session, actor, document, Behaviour.ROLLBACK, SITE).failures


@pytest.fixture
def signer(session: Session, chain: Chain, tmp_path: Path) -> Signer:
    """Goods named by label, by GTIN and lot, in grams, in a carton; some only seen, some of others; a sale that was not."""
    batch, producer, shop = chain.batch, chain.producer, chain.shop
    batch.product.gtin, batch.product.gtin_checked_at = "08935001725220", clock.now()
    session.flush()
    by_lot = f"https://id.example.com/01/08935001725220/10/{batch.lot_number}"
    grams = selling(batch, 2500)
    grams["quantityList"][0]["uom"] = "GRM"
    inside = [{"epcClass": batch.epc_class, "quantity": 12, "uom": "KGM"}]
    carton = {"type": "AggregationEvent", "parentID": SSCC, "quantityList": None, "childQuantityList": inside}
    to = [{"type": "possessing_party", "destination": f"urn:uuid:{shop.organisation_id}"}]
    wrong = selling(batch, 3, eventID="urn:x:wrong")
    declared = {"declarationTime": clock.now().isoformat(), "reason": "did_not_occur"}
    send(session, producer, selling(batch, 1, as_=f"{SITE}/T/{batch.code}"), selling(batch, 2, as_=by_lot))
    send(session, producer, grams, about(batch, 10, bizStep="inspecting"), wrong)
    send(session, producer, {**wrong, "errorDeclaration": declared})
    send(session, producer, about(batch, 12, action="ADD", bizStep="packing", **carton))
    now = clock.now().isoformat()  # not before it was packed
    send(session, producer, an_event(eventTime=now, epcList=[SSCC], bizStep="shipping", destinationList=to))
    send(session, shop, receiving(batch, 12))
    send(session, producer, shipping(batch, 5, shop))
    send(session, producer, about(batch, Decimal("0.0000000001"), as_="urn:x:lot", bizStep="inspecting"))
    session.commit()
    return publish(session, tmp_path)


def kinds(report: Report) -> set[str]:
    return {finding.fault for finding in report.findings}


def row_of(session: Session, verb: Verb) -> Update:
    """The one row of a lot in the first event of a verb."""
    event_id = session.scalars(select(Event.id).where(Event.verb == verb).order_by(Event.record_time)).first()
    return update(EventGoods).where(EventGoods.event_id == event_id, EventGoods.batch_id.is_not(None))


def test_words_of_others_are_no_fault(session: Session, signer: Signer) -> None:
    report = audit_database(session, signer.verifier)
    assert report.is_clean, [str(finding) for finding in report.findings]
    verbs = set(session.scalars(select(Event.verb)))
    assert verbs >= {Verb.SELL, Verb.PACK, Verb.SHIP, Verb.RECEIVE, Verb.INSPECT, Verb.FOREIGN}


@pytest.mark.parametrize("quantity", [Decimal(2), None])
def test_a_captured_quantity_changed_or_taken_away_is_found(
    session: Session, forge: Forge, quantity: Decimal | None
) -> None:
    assert kinds(forge(row_of(session, Verb.SELL).values(quantity=quantity))) == {Fault.GOODS_DIFFERENT}


def test_a_captured_sale_put_on_another_lot_is_found(session: Session, chain: Chain, forge: Forge) -> None:
    other = ActiveBatchFactory.create(session=session, actor=chain.producer)
    session.flush()
    report = forge(row_of(session, Verb.SELL).values(batch_id=other.id))
    assert Fault.GOODS_DIFFERENT in kinds(report)


def test_goods_added_to_a_captured_event_are_found(session: Session, forge: Forge) -> None:
    """A second row with its word would have to be named; another role is another word."""
    assert kinds(forge(row_of(session, Verb.SELL).values(role="output"))) == {Fault.GOODS_DIFFERENT}


def test_a_captured_handover_taken_from_its_shipment_is_found(session: Session, forge: Forge) -> None:
    """Its words lead to no shipment; the shipment's own rows say who the two were, and which goods went."""
    received = select(Event.id).where(Event.verb == Verb.RECEIVE).scalar_subquery()
    report = forge(update(Event).where(Event.id == received).values(shipment_id=None))
    # What lay in the carton is named by the shipment only, so that the goods miss it too.
    assert kinds(report) == {Fault.FILED_DIFFERENTLY, Fault.GOODS_DIFFERENT}


def test_a_captured_shipment_given_another_receiver_is_found(
    session: Session, forge: Forge, chain: Chain
) -> None:
    last = session.scalars(select(Shipment.id).order_by(Shipment.number.desc())).first()
    report = forge(
        update(Shipment).where(Shipment.id == last).values(receiver_id=chain.other_shop.organisation_id)
    )
    assert kinds(report) == {Fault.FILED_DIFFERENTLY}
