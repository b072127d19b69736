"""Captured events about goods known here obey the rules of custody; those about goods of others move nothing."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import a_key
from tests.trace.epcis.capturing import (
    SITE,
    Capture,
    about,
    codes,
    held,
    now_text,
    receiving,
    selling,
    shipping,
)
from tests.trace.epcis.documents import CONTEXT, a_document, an_event
from tests.trace.events.conftest import Chain, chain
from trace.batches.models import Balance, Holding
from trace.core import clock
from trace.epcis.capture import Behaviour, capture
from trace.epcis.documents import read_document
from trace.events import services_shipping
from trace.events.handover_models import Shipment
from trace.events.models import Event
from trace.events.services_shipping import Receiver

__all__ = ["chain"]


def test_shipping_and_receiving_hand_goods_over(session: Session, chain: Chain, send: Capture) -> None:
    assert not send(chain.producer, shipping(chain.batch, 30, chain.shop)).failures
    assert held(session, chain.batch, chain.producer) == 70
    assert not send(chain.shop, receiving(chain.batch, 30)).failures
    assert held(session, chain.batch, chain.shop) == 30
    assert session.get_one(Balance, chain.batch.id).in_transit == 0


def test_a_captured_event_keeps_its_own_id_and_words(session: Session, chain: Chain, send: Capture) -> None:
    stated = shipping(
        chain.batch, 30, chain.shop, eventID="urn:x:mine", **{"example:lorry": "29C-12345"},
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:order"}],
    )  # fmt: skip
    (captured,) = send(chain.producer, stated).captured
    row = session.get_one(Event, captured.row.id)
    assert (row.epcis_id, row.verb, row.is_foreign) == ("urn:x:mine", "ship", False)
    assert row.extensions == {"http://ns.example.com/epcis/lorry": "29C-12345"}
    assert row.biz_transaction_list == [{"type": "po", "bizTransaction": "urn:x:order"}]
    assert [(one.batch_id, one.quantity) for one in row.goods] == [(chain.batch.id, Decimal(30))]


def test_shipping_more_than_held_is_refused_by_the_same_rule(
    session: Session, chain: Chain, send: Capture
) -> None:
    outcome = send(chain.producer, shipping(chain.batch, 130, chain.shop))
    assert codes(outcome) == ["quantity-exceeds-holding"]
    assert outcome.failures[0].refusal.numbers["held"] == 100


def test_nobody_ships_goods_of_others(chain: Chain, send: Capture) -> None:
    assert codes(send(chain.shop, shipping(chain.batch, 1, chain.other_shop))) == ["batch-not-found"]


def test_receiving_without_a_shipment_is_refused(chain: Chain, send: Capture) -> None:
    assert codes(send(chain.shop, receiving(chain.batch, 5))) == ["no-shipment-to-receive"]


def test_receiving_takes_the_shipment_it_names(session: Session, chain: Chain, send: Capture) -> None:
    for quantity in ("5", "7"):
        shipment = services_shipping.ship(
            session,
            chain.producer,
            chain.batch.id,
            Decimal(quantity),
            Receiver(chain.shop.organisation_id),
            key=a_key(),
        )
    named = [{"type": "desadv", "bizTransaction": f"urn:uuid:{shipment.id}"}]
    assert not send(chain.shop, receiving(chain.batch, 7, bizTransactionList=named)).failures
    assert session.get_one(Shipment, shipment.id).received_at is not None
    assert held(session, chain.batch, chain.shop) == 7


def test_quantities_in_another_unit_of_mass_are_converted(
    session: Session, chain: Chain, send: Capture
) -> None:
    event = selling(chain.batch, 2500)
    event["quantityList"][0]["uom"] = "GRM"
    assert not send(chain.producer, event).failures
    assert held(session, chain.batch, chain.producer) == Decimal("97.5")


def test_a_unit_of_another_dimension_is_refused(chain: Chain, send: Capture) -> None:
    event = selling(chain.batch, 1)
    event["quantityList"][0]["uom"] = "LTR"
    assert codes(send(chain.producer, event)) == ["unit-differs"]


def test_the_address_on_the_label_stands_for_the_batch(session: Session, chain: Chain, send: Capture) -> None:
    address = f"{SITE}/T/{chain.batch.code}"
    assert not send(chain.producer, selling(chain.batch, 1, as_=address)).failures
    assert held(session, chain.batch, chain.producer) == 99


def test_a_checked_gtin_and_lot_stand_for_the_batch(session: Session, chain: Chain, send: Capture) -> None:
    product = chain.batch.product
    product.gtin = "08935001725220"
    event = selling(
        chain.batch, 1, as_=f"https://id.example.com/01/8935001725220/10/{chain.batch.lot_number}"
    )
    session.flush()
    send(chain.producer, event)
    assert held(session, chain.batch, chain.producer) == 100  # a claimed number is nobody's
    product = session.get_one(type(product), product.id)
    product.gtin_checked_at = clock.now()
    session.flush()
    again = {**event, "eventID": "urn:x:again"}
    assert not send(chain.producer, again).failures
    assert held(session, chain.batch, chain.producer) == 99


def test_many_sales_in_one_document_are_all_counted(session: Session, chain: Chain, send: Capture) -> None:
    events = [selling(chain.batch, 1, eventID=f"urn:x:{number}") for number in range(60)]
    outcome = send(chain.producer, *events)
    assert len(outcome.captured) == 60
    assert held(session, chain.batch, chain.producer) == 40
    assert session.get_one(Balance, chain.batch.id).sold == 60


def test_two_equal_sales_with_ids_of_their_own_are_two(session: Session, chain: Chain, send: Capture) -> None:
    one = selling(chain.batch, 1)
    send(chain.producer, {**one, "eventID": "urn:x:1"}, {**one, "eventID": "urn:x:2"})
    assert held(session, chain.batch, chain.producer) == 98


def test_what_was_captured_is_captured_again_without_moving_anything(
    session: Session, chain: Chain, send: Capture
) -> None:
    event = selling(chain.batch, 5)
    first, second = send(chain.producer, event), send(chain.producer, event)
    assert [one.is_new for one in (*first.captured, *second.captured)] == [True, False]
    assert held(session, chain.batch, chain.producer) == 95


def test_a_sale_beyond_what_earlier_events_of_the_document_left_is_refused(
    session: Session, chain: Chain, send: Capture
) -> None:
    events = [selling(chain.batch, 60, eventID="urn:x:1"), selling(chain.batch, 60, eventID="urn:x:2"),
              selling(chain.batch, 40, eventID="urn:x:3")]  # fmt: skip
    outcome = send(chain.producer, *events, behaviour=Behaviour.PROCEED)
    assert codes(outcome) == ["quantity-exceeds-holding"]
    assert [one.row.epcis_id for one in outcome.captured] == ["urn:x:1", "urn:x:3"]
    assert held(session, chain.batch, chain.producer) == 0


def test_an_event_refused_among_others_leaves_nothing_to_those_behind_it(
    session: Session, chain: Chain
) -> None:
    events = [
        shipping(chain.batch, 30, chain.shop, eventID="urn:x:1"),
        shipping(chain.batch, 60, chain.shop, eventID="urn:x:2"),
        shipping(chain.batch, 20, chain.shop, eventID="urn:x:3"),
        selling(chain.batch, 11, eventID="urn:x:4"),
        selling(chain.batch, 10, eventID="urn:x:5"),
    ]
    holding = session.get_one(Holding, (chain.batch.id, chain.producer.organisation_id))
    outcome = capture(session, chain.producer, read_document(a_document(*events)), Behaviour.PROCEED, SITE)
    assert [one.index for one in outcome.failures] == [2, 3]
    assert codes(outcome) == ["quantity-exceeds-holding"] * 2
    # What the session remembers is what is stored: whoever goes on in this transaction sees no more.
    remembered = (holding.quantity, session.get_one(Balance, chain.batch.id).in_transit)
    session.flush()
    session.expire_all()
    stored = (holding.quantity, session.get_one(Balance, chain.batch.id).in_transit)
    assert remembered == stored == (Decimal(0), Decimal(90))


def test_goods_of_others_move_nothing(session: Session, chain: Chain, send: Capture) -> None:
    stranger = about(
        chain.batch, 1_000_000, as_="urn:epc:class:lgtin:4012345.012345.998877", bizStep="shipping"
    )
    assert not send(chain.producer, stranger).failures
    assert held(session, chain.batch, chain.producer) == 100


def test_a_quantity_beyond_the_column_stays_in_the_words_of_the_event(
    session: Session, chain: Chain, send: Capture
) -> None:
    element = {"epcClass": "urn:x:lot", "quantity": Decimal("0.0000000001")}
    (captured,) = send(chain.producer, an_event(epcList=None, quantityList=[element])).captured
    row = session.get_one(Event, captured.row.id)
    assert row.quantity_list == [{"epcClass": "urn:x:lot", "quantity": "0.0000000001"}]
    assert row.goods[0].quantity is None


def test_an_error_declaration_brings_the_goods_back(session: Session, chain: Chain, send: Capture) -> None:
    wrong = selling(chain.batch, 50, eventID="urn:x:1")
    declared = {**wrong, "errorDeclaration": {"declarationTime": now_text(), "reason": "incorrect_data",
                                              "correctiveEventIDs": ["urn:x:2"]}}  # fmt: skip
    right = selling(chain.batch, 5, eventID="urn:x:2")
    for _again in range(2):
        outcomes = [send(chain.producer, event) for event in (wrong, declared, right)]
        assert [codes(outcome) for outcome in outcomes] == [[], [], []]
        assert held(session, chain.batch, chain.producer) == 95
    assert codes(send(chain.producer, selling(chain.batch, 6, eventID="urn:x:1"))) == ["event-id-taken"]
    rows = session.scalars(
        select(Event).where(Event.epcis_id == "urn:x:1").order_by(Event.is_declaration)
    ).all()
    assert [row.corrects_id for row in rows] == [None, rows[0].id]
    assert rows[1].error_declaration is not None
    assert rows[1].error_declaration["correctiveEventIDs"] == ["urn:x:2"]


def test_event_declaration_and_correction_in_one_document(
    session: Session, chain: Chain, send: Capture
) -> None:
    wrong = selling(chain.batch, 50, eventID="urn:x:1")
    declared = {**wrong, "errorDeclaration": {"declarationTime": now_text(), "reason": "incorrect_data"}}
    right = selling(chain.batch, 5, eventID="urn:x:2")
    assert codes(send(chain.producer, wrong, declared, right, wrong, declared, right)) == []
    assert held(session, chain.batch, chain.producer) == 95


def test_the_events_of_others_are_not_declared_wrong(session: Session, chain: Chain, send: Capture) -> None:
    wrong = selling(chain.batch, 50, eventID="urn:x:1")
    send(chain.producer, wrong)
    declared = {**wrong, "errorDeclaration": {"declarationTime": now_text(), "reason": "did_not_occur"}}
    send(chain.shop, declared)
    assert held(session, chain.batch, chain.producer) == 50


def test_an_event_in_the_future_is_refused(chain: Chain, send: Capture) -> None:
    later = (clock.now() + timedelta(minutes=6)).isoformat()
    event = {**selling(chain.batch, 1), "eventTime": later}
    assert codes(send(chain.producer, event)) == ["event-time-out-of-range"]
    foreign = an_event(eventTime=later)
    assert codes(send(chain.producer, foreign)) == ["event-time-out-of-range"]


def test_an_event_before_its_goods_existed_is_refused(chain: Chain, send: Capture) -> None:
    event = {**selling(chain.batch, 1), "eventTime": "2020-01-01T00:00:00Z"}
    assert codes(send(chain.producer, event)) == ["event-time-out-of-range"]


def test_an_event_without_id_about_our_goods_is_known_by_its_hash(chain: Chain, send: Capture) -> None:
    (captured,) = send(chain.producer, selling(chain.batch, 1)).captured
    assert captured.row.epcis_id == captured.row.event_hash


def test_the_context_of_the_document_is_kept(session: Session, chain: Chain, send: Capture) -> None:
    (captured,) = send(chain.producer, selling(chain.batch, 1, **{"example:till": 4})).captured
    assert session.get_one(Event, captured.row.id).context == {"example": "http://ns.example.com/epcis/"}
    assert CONTEXT not in (captured.row.context or {}).values()
