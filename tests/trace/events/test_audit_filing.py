"""Columns that no leaf commits to, but that must agree with what one does: each changed by hand is found."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, Update, select, update
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, PartyFactory, ShipmentFactory, a_key, give
from tests.trace.events.conftest import Chain
from tests.trace.events.correcting import fix, never, sold
from tests.trace.events.sequenced import Forge, forge, publish
from trace.batches.models import Batch
from trace.core.ids import uuid7
from trace.epcis.capture import Behaviour, capture
from trace.epcis.documents import read_document
from trace.events import (
    queries_handover,
    services_claims,
    services_handover,
    services_packing,
    services_receiving,
    services_shipping,
)
from trace.events.audit import audit_database
from trace.events.handover_models import Outcome, Shipment, ShipmentLine
from trace.events.models import Event, EventGoods, Verb
from trace.events.rules_handover import RefusalReason, ReturnReason
from trace.events.services_confirm import YES, answer_confirmation, offer_confirmation
from trace.events.services_settlement import agree_settlement, propose_settlement
from trace.ledger.audit_report import Fault, Report
from trace.ledger.notes import Signer

__all__ = ["forge"]


def tell_a_story(session: Session, chain: Chain) -> None:
    """Every kind of handover, with and without an account; corrections; a carton; an event about goods of others."""
    batch, producer, shop = chain.batch, chain.producer, chain.shop
    give(session, batch, producer, shop)
    give(session, ActiveBatchFactory.create(session=session, actor=producer), producer, shop)

    def shipped() -> Shipment:
        made: Shipment = ShipmentFactory.create(
            session=session, actor=producer, batch=batch, to=shop.organisation
        )
        return made

    services_handover.cancel(session, producer, shipped().id)
    services_handover.refuse(session, shop, shipped().id, RefusalReason.DAMAGED)
    short = shipped()
    services_receiving.receive(session, shop, short.id, {batch.id: Decimal(6)})
    agree_settlement(session, producer, propose_settlement(session, shop, short.lines[0].id, Outcome.LOST).id)
    services_handover.return_goods(session, shop, batch.id, Decimal(2), ReturnReason.DAMAGED, key=a_key())
    claim = services_claims.claim(session, shop, batch.id, producer.organisation_id, Decimal(3), key=a_key())
    services_claims.confirm_claim(session, producer, claim.id)
    party = PartyFactory.create(session=session, actor=producer)
    handed = ShipmentFactory.create(session=session, actor=producer, batch=batch, party=party)
    [event] = queries_handover.list_shipment_events(session, handed.id, producer.organisation_id)
    answer_confirmation(session, offer_confirmation(session, producer, event.id).token, YES)
    packed = services_packing.pack(
        session, producer, services_packing.Into(), {batch.id: Decimal(4)}, key=a_key()
    )
    to = services_shipping.Receiver(shop.organisation_id)
    services_packing.ship_units(session, producer, [packed.unit.id], to, key=a_key())
    fix(session, chain, sold(session, chain, "5"), quantity=4)
    never(session, chain, sold(session, chain, "1"))
    foreign = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-21T14:40:00+07:00",
        "epcisBody": {
            "eventList": [
                {
                    "type": "ObjectEvent",
                    "eventTime": "2024-11-21T14:32:00+07:00",
                    "eventTimeZoneOffset": "+07:00",
                    "action": "OBSERVE",
                    "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
                }
            ]
        },
    }
    assert not capture(
        session, shop, read_document(foreign), Behaviour.ROLLBACK, "https://x.example"
    ).failures
    session.commit()


@pytest.fixture
def signer(session: Session, chain: Chain, tmp_path: Path) -> Signer:
    tell_a_story(session, chain)
    return publish(session, tmp_path)


def told(report: Report) -> list[tuple[str, str]]:
    return [(finding.fault, finding.detail) for finding in report.findings]


def test_a_whole_story_is_filed_as_it_was_told(session: Session, signer: Signer) -> None:
    report = audit_database(session, signer.verifier)
    assert report.is_clean, [str(finding) for finding in report.findings]
    verbs = set(session.scalars(select(Event.verb)))
    assert verbs > {Verb.CANCEL, Verb.REFUSE, Verb.SETTLE, Verb.RETURN, Verb.CONFIRM_CLAIM, Verb.CONFIRM}


def first(session: Session, verb: Verb, *conditions: ColumnElement[bool]) -> Event:
    wanted = select(Event).where(Event.verb == verb, *conditions).order_by(Event.record_time)
    return session.scalars(wanted).all()[0]


def refile(event: Event, **columns: object) -> Update:
    return update(Event).where(Event.id == event.id).values(**columns)


MOVED = [Verb.SHIP, Verb.RECEIVE, Verb.CANCEL, Verb.REFUSE, Verb.RETURN, Verb.CONFIRM_CLAIM, Verb.SETTLE]


@pytest.mark.parametrize("verb", MOVED)
@pytest.mark.parametrize("is_another", [True, False])
def test_an_event_moved_to_another_shipment_or_none_is_found(
    session: Session, forge: Forge, verb: Verb, is_another: bool
) -> None:
    event = first(session, verb)
    others = select(Shipment.id).where(Shipment.id != event.shipment_id)
    same = others.where(Shipment.sender_id == event.organisation_id).order_by(Shipment.number.desc())
    another = session.scalars(same if verb is Verb.SHIP else others).first()
    report = forge(refile(event, shipment_id=another if is_another else None))
    assert {fault for fault, _ in told(report)} == {Fault.FILED_DIFFERENTLY}


def test_a_confirmation_moved_to_another_shipment_is_found(session: Session, forge: Forge) -> None:
    """It names the handover it confirms, which is in a shipment of its own."""
    other = first(session, Verb.CANCEL).shipment_id
    report = forge(refile(first(session, Verb.CONFIRM), shipment_id=other))
    assert {fault for fault, _ in told(report)} == {Fault.FILED_DIFFERENTLY}


def test_a_shipment_given_another_receiver_is_found(session: Session, forge: Forge, chain: Chain) -> None:
    """Who was to receive stands in the event's own lists; the row beside it decides who may."""
    cancelled = update(Shipment).where(Shipment.id == first(session, Verb.CANCEL).shipment_id)
    report = forge(cancelled.values(receiver_id=chain.other_shop.organisation_id))
    assert {fault for fault, _ in told(report)} == {Fault.FILED_DIFFERENTLY}
    assert len(told(report)) == 2  # as it was shipped, and as it was cancelled


def test_a_handover_hidden_from_the_other_side_is_found(session: Session, forge: Forge) -> None:
    report = forge(refile(first(session, Verb.SHIP), counterpart_id=None))
    assert told(report) == [(Fault.FILED_DIFFERENTLY, "counterpart_id")]


def test_a_shipment_whose_line_is_of_another_lot_is_found(
    session: Session, forge: Forge, chain: Chain
) -> None:
    other = session.scalars(select(Batch.id).where(Batch.id != chain.batch.id)).first()
    lines = update(ShipmentLine).where(ShipmentLine.shipment_id == first(session, Verb.CANCEL).shipment_id)
    report = forge(lines.values(batch_id=other))
    assert {fault for fault, _ in told(report)} == {Fault.FILED_DIFFERENTLY}


@pytest.mark.parametrize("is_another", [True, False])
def test_a_declaration_that_leads_to_another_event_or_none_is_found(
    session: Session, forge: Forge, is_another: bool
) -> None:
    """It bears the id of the event it declares wrong."""
    declared = first(session, Verb.SELL, Event.is_declaration.is_(True))
    another = first(session, Verb.SHIP).id if is_another else None
    assert told(forge(refile(declared, corrects_id=another))) == [(Fault.FILED_DIFFERENTLY, "corrects_id")]


def test_a_correction_claimed_of_an_event_that_declares_nothing_is_found(
    session: Session, forge: Forge
) -> None:
    report = forge(refile(first(session, Verb.CANCEL), corrects_id=first(session, Verb.SHIP).id))
    assert told(report) == [(Fault.FILED_DIFFERENTLY, "corrects_id")]


def test_a_declaration_filed_otherwise_than_its_event_is_found(
    session: Session, forge: Forge, chain: Chain
) -> None:
    declared = first(session, Verb.SELL, Event.is_declaration.is_(True))
    report = forge(refile(declared, counterpart_id=chain.other_shop.organisation_id))
    assert told(report) == [(Fault.FILED_DIFFERENTLY, "counterpart_id")]


@pytest.mark.parametrize(("verb", "is_foreign"), [(Verb.SHIP, True), (Verb.FOREIGN, False)])
def test_an_event_made_foreign_or_ours_is_found(
    session: Session, forge: Forge, verb: Verb, is_foreign: bool
) -> None:
    """The mark beside it is public and committed to."""
    report = forge(refile(first(session, verb), is_foreign=is_foreign))
    assert told(report) == [(Fault.FILED_DIFFERENTLY, "is_foreign")]


@pytest.mark.parametrize("is_another", [True, False])
def test_goods_that_lead_to_another_lot_or_none_are_found(
    session: Session, forge: Forge, chain: Chain, is_another: bool
) -> None:
    other = session.scalars(select(Batch.id).where(Batch.id != chain.batch.id)).first()
    rows = update(EventGoods).where(EventGoods.event_id == first(session, Verb.SHIP).id)
    report = forge(rows.values(batch_id=other if is_another else None))
    assert (Fault.GOODS_DIFFERENT, "") in told(report)


def test_goods_that_lead_to_another_carton_are_found(session: Session, forge: Forge) -> None:
    rows = update(EventGoods).where(EventGoods.event_id == first(session, Verb.PACK).id)
    report = forge(rows.where(EventGoods.unit_id.is_not(None)).values(unit_id=uuid7()))
    assert told(report) == [(Fault.GOODS_DIFFERENT, "")]
