"""Corrections: nothing is edited, the quantities follow, and what followed is never overruled."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, PartyFactory, ShipmentFactory, a_key, give
from tests.trace.events.conftest import Chain
from trace.accounts.permissions import Actor
from trace.batches import queries as batches
from trace.batches.models import Batch
from trace.batches.services import LotNumberTaken
from trace.core import clock
from trace.core.errors import NotFound
from trace.events import queries, queries_handover, rules, services
from trace.events.corrections import corrections_of, facts_of, standing
from trace.events.corrective import Replacement
from trace.events.handover_models import Outcome, Shipment
from trace.events.models import Event, EventPrivate, Verb
from trace.events.postings import Account, postings_of
from trace.events.rules_correction import (
    AlreadyCorrected,
    Changed,
    CorrectionReason,
    GoodsMovedOn,
    NotCorrectable,
    NothingChanged,
)
from trace.events.rules_handover import HandoverConfirmed, ReturnReason, ShipmentReceived
from trace.events.services import Receiver, ShipmentOver, Source
from trace.events.services_confirm import YES, answer_confirmation, offer_confirmation
from trace.events.services_correction import Corrected, correct
from trace.events.services_handover import cancel, return_goods
from trace.events.services_harvest import add_delivery
from trace.events.services_making import split
from trace.events.services_packing import Into, pack
from trace.events.services_settlement import agree_settlement, propose_settlement
from trace.events.services_stock import count_stock

WRONG = CorrectionReason.INCORRECT_DATA
NEVER = CorrectionReason.DID_NOT_OCCUR


def _fix(session: Session, chain: Chain, event: Event, who: Actor | None = None, **said: Any) -> Corrected:
    if "quantity" in said:
        said["quantities"] = {chain.batch.id: Decimal(said.pop("quantity"))}
    return correct(session, who or chain.producer, event.id, WRONG, Replacement(**said), key=a_key())


def _never(session: Session, chain: Chain, event: Event, who: Actor | None = None) -> Corrected:
    return correct(session, who or chain.producer, event.id, NEVER, key=a_key())


def _sold(session: Session, chain: Chain, quantity: str = "10", **more: Any) -> Event:
    return services.sell(session, chain.producer, chain.batch.id, Decimal(quantity), key=a_key(), **more)


def _last(session: Session, verb: Verb) -> Event:
    wanted = select(Event).where(Event.verb == verb).order_by(Event.record_time.desc(), Event.id.desc())
    return session.scalars(wanted).first()  # type: ignore[return-value]  # there is one


def _balance(session: Session, batch: Batch) -> dict[str, Decimal]:
    balance = batches.find_balance(session, batch.id)
    assert balance is not None
    names = (account.value for account in Account)
    return {name: getattr(balance, name) for name in names if getattr(balance, name)}


def _replayed(session: Session, batch_id: UUID) -> dict[str, Decimal]:
    """Where a batch is, from its event table alone."""
    found: dict[str, Decimal] = {}
    for event in queries.list_batch_events(session, batch_id):
        for posting in postings_of(facts_of(event)):
            for account, sign in ((posting.out_of, -1), (posting.into, 1)):
                change = posting.quantity * (-sign if account == Account.SOURCE else sign)
                if posting.batch_id == batch_id:
                    found[account] = found.get(account, Decimal(0)) + change
    return {name: quantity for name, quantity in found.items() if quantity}


def test_a_corrected_sale_counts_as_it_really_was(session: Session, chain: Chain) -> None:
    sale = _sold(session, chain)
    _fix(session, chain, sale, quantity=4)
    assert _balance(session, chain.batch) == {"created": 100, "held": 96, "sold": 4}
    assert _replayed(session, chain.batch.id) == _balance(session, chain.batch)


def test_the_declaration_repeats_the_original_and_names_what_took_its_place(
    session: Session, chain: Chain
) -> None:
    sale = _sold(session, chain)
    done = _fix(session, chain, sale, quantity=4)
    declared, new = done.declaration, done.corrective
    assert new is not None
    assert (declared.epcis_id, declared.corrects_id, declared.is_declaration) == (
        sale.epcis_id,
        sale.id,
        True,
    )
    assert declared.error_declaration is not None
    assert declared.error_declaration["reason"] == "incorrect_data"
    assert declared.error_declaration["correctiveEventIDs"] == [new.epcis_id]
    same = ("event_time", "quantity_list", "biz_transaction_list", "source_list", "read_point", "event_hash")
    assert [getattr(declared, name) for name in same] == [getattr(sale, name) for name in same]


def test_what_never_happened_is_taken_back(session: Session, chain: Chain) -> None:
    done = _never(session, chain, _sold(session, chain))
    assert done.corrective is None
    assert _balance(session, chain.batch) == {"created": 100, "held": 100}
    assert _replayed(session, chain.batch.id) == _balance(session, chain.batch)


def test_an_entry_is_corrected_once_and_what_took_its_place_again(session: Session, chain: Chain) -> None:
    sale = _sold(session, chain)
    done = _fix(session, chain, sale, quantity=4)
    with pytest.raises(AlreadyCorrected):
        _fix(session, chain, sale, quantity=5)
    assert done.corrective is not None
    _fix(session, chain, done.corrective, quantity=6)
    assert _balance(session, chain.batch) == {"created": 100, "held": 94, "sold": 6}


def test_a_declaration_is_not_corrected(session: Session, chain: Chain) -> None:
    done = _never(session, chain, _sold(session, chain))
    with pytest.raises(NotCorrectable):
        _never(session, chain, done.declaration)


def test_one_form_sent_twice_corrects_once(session: Session, chain: Chain) -> None:
    sale = _sold(session, chain)
    wanted = Replacement(quantities={chain.batch.id: Decimal(4)})
    first = correct(session, chain.producer, sale.id, WRONG, wanted, key="k")
    assert correct(session, chain.producer, sale.id, WRONG, wanted, key="k") == first


def test_a_correction_that_says_the_same_is_refused(session: Session, chain: Chain) -> None:
    with pytest.raises(NothingChanged):
        _fix(session, chain, _sold(session, chain), quantity=10)


def test_more_than_was_there_is_not_sold_by_a_correction(session: Session, chain: Chain) -> None:
    sale = _sold(session, chain)
    _sold(session, chain, "80")
    with pytest.raises(GoodsMovedOn) as refused:
        _fix(session, chain, sale, quantity=21)
    assert refused.value.numbers == {"held": 10, "needed": 11, "unit": "kg"}


def test_others_entries_are_not_corrected(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    received = _last(session, Verb.RECEIVE)
    for other in (chain.producer, chain.other_shop):
        with pytest.raises(NotFound):
            _never(session, chain, received, other)


def test_when_it_happened_is_corrected(session: Session, chain: Chain) -> None:
    sale = _sold(session, chain)
    earlier = chain.batch.activated_at
    assert earlier is not None
    done = _fix(session, chain, sale, event_time=earlier)
    assert done.corrective is not None
    assert done.corrective.event_time < sale.event_time
    assert corrections_of([sale, done.declaration, done.corrective])[sale.id].changed == [Changed.TIME]


def test_nothing_happens_after_it_was_recorded(session: Session, chain: Chain) -> None:
    sale = _sold(session, chain)
    with pytest.raises(rules.TimeOutOfRange):
        _fix(session, chain, sale, event_time=clock.now() + timedelta(minutes=20))


def test_a_buyer_is_corrected(session: Session, chain: Chain) -> None:
    one, other = (PartyFactory.create(session=session, actor=chain.producer) for _ in range(2))
    sale = _sold(session, chain, party_id=one.id)
    done = _fix(session, chain, sale, to=Receiver(party_id=other.id))
    assert done.corrective is not None
    assert session.get_one(EventPrivate, done.corrective.id).party_id == other.id
    assert done.corrective.marks == ["corrected", "one_sided"]


def test_a_sale_the_buyer_confirmed_is_not_corrected_by_one_side(session: Session, chain: Chain) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    sale = _sold(session, chain, party_id=party.id)
    answer_confirmation(session, offer_confirmation(session, chain.producer, sale.id).token, YES)
    with pytest.raises(HandoverConfirmed):
        _fix(session, chain, sale, quantity=4)


def test_why_goods_were_discarded_is_corrected(session: Session, chain: Chain) -> None:
    gone = services.destroy(
        session, chain.producer, chain.batch.id, Decimal(5), rules.DisposalReason.SPOILED, key=a_key()
    )
    done = _fix(session, chain, gone, reason=rules.DisposalReason.DAMAGED)
    assert done.corrective is not None
    assert done.corrective.extensions == {"disposal_reason": "damaged"}
    assert _balance(session, chain.batch) == {"created": 100, "held": 95, "destroyed": 5}


def test_a_receipt_is_counted_again(session: Session, chain: Chain) -> None:
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(6)})
    done = _fix(session, chain, _last(session, Verb.RECEIVE), chain.shop, quantity=8)
    line = shipment.lines[0]
    assert line.received_quantity == 8
    assert line.open_quantity == 2
    assert done.corrective is not None
    assert done.corrective.shipment_id == shipment.id
    assert _balance(session, chain.batch) == {"created": 100, "held": 98, "in_question": 2}
    assert _replayed(session, chain.batch.id) == _balance(session, chain.batch)


def test_what_was_not_received_is_on_its_way_again(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    received = _last(session, Verb.RECEIVE)
    _never(session, chain, received, chain.shop)
    assert _balance(session, chain.batch) == {"created": 100, "held": 90, "in_transit": 10}
    (waiting,) = queries.list_incoming(session, chain.shop.organisation_id)
    services.receive(session, chain.shop, waiting.id)
    assert _balance(session, chain.batch) == {"created": 100, "held": 100}


def test_a_receipt_stays_where_the_goods_were_sold_on(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    services.sell(session, chain.shop, chain.batch.id, Decimal(7), key=a_key())
    received = _last(session, Verb.RECEIVE)
    with pytest.raises(GoodsMovedOn) as refused:
        _never(session, chain, received, chain.shop)
    assert refused.value.numbers == {"held": 3, "needed": 10, "unit": "kg"}
    _fix(session, chain, received, chain.shop, quantity=7)
    assert batches.held_quantity(session, chain.batch.id, chain.shop.organisation_id) == 0


def test_a_receipt_whose_difference_is_settled_stays(session: Session, chain: Chain) -> None:
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(6)})
    proposed = propose_settlement(session, chain.shop, shipment.lines[0].id, Outcome.LOST, Decimal(1))
    agree_settlement(session, chain.producer, proposed.id)
    with pytest.raises(NotCorrectable):
        _fix(session, chain, _last(session, Verb.RECEIVE), chain.shop, quantity=8)


def test_a_shipment_on_its_way_is_sent_again_as_it_was(session: Session, chain: Chain) -> None:
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    to = Receiver(organisation_id=chain.other_shop.organisation_id)
    _fix(session, chain, _last(session, Verb.SHIP), quantity=12, to=to)
    assert not shipment.is_open
    assert queries.list_incoming(session, chain.shop.organisation_id) == []
    (waiting,) = queries.list_incoming(session, chain.other_shop.organisation_id)
    assert waiting.lines[0].quantity == 12
    assert _balance(session, chain.batch) == {"created": 100, "held": 88, "in_transit": 12}
    assert _replayed(session, chain.batch.id) == _balance(session, chain.batch)


def test_a_corrected_shipment_still_names_its_receiver(session: Session, chain: Chain) -> None:
    to = chain.shop.organisation
    ShipmentFactory.create(session=session, actor=chain.producer, batch=chain.batch, to=to)
    fixed = _fix(session, chain, _last(session, Verb.SHIP), quantity="7")
    assert fixed.corrective is not None
    assert fixed.corrective.destination_list == [
        {"type": "possessing_party", "destination": f"urn:uuid:{to.id}"}
    ]


def test_what_was_handed_over_without_an_account_is_corrected(session: Session, chain: Chain) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    ShipmentFactory.create(session=session, actor=chain.producer, batch=chain.batch, party=party)
    done = _fix(session, chain, _last(session, Verb.SHIP), quantity=3)
    assert done.corrective is not None
    assert session.get_one(EventPrivate, done.corrective.id).party_id == party.id
    assert _balance(session, chain.batch) == {"created": 100, "held": 97, "outside": 3}


def test_a_received_shipment_is_not_corrected_by_its_sender(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    with pytest.raises(ShipmentReceived):
        _fix(session, chain, _last(session, Verb.SHIP), quantity=12)


def test_a_cancelled_shipment_is_not_taken_back_twice(session: Session, chain: Chain) -> None:
    one, other = (
        ShipmentFactory.create(
            session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
        )
        for _ in range(2)
    )
    event = queries_handover.find_handover(session, one.id)
    assert event is not None
    cancel(session, chain.producer, one.id)
    with pytest.raises(ShipmentOver):
        _never(session, chain, event)
    assert other.is_open


def test_a_return_on_its_way_is_corrected(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    return_goods(session, chain.shop, chain.batch.id, Decimal(4), ReturnReason.UNSOLD, key=a_key())
    done = _fix(session, chain, _last(session, Verb.RETURN), chain.shop, quantity=5)
    assert done.corrective is not None
    assert session.get_one(Shipment, done.corrective.shipment_id).is_return
    assert _balance(session, chain.batch) == {"created": 100, "held": 95, "in_transit": 5}


def test_the_size_of_a_harvest_is_corrected_while_it_covers_what_left(session: Session, chain: Chain) -> None:
    _sold(session, chain, "50")
    activated = _last(session, Verb.ACTIVATE)
    done = _fix(session, chain, activated, quantity=80)
    assert _balance(session, chain.batch) == {"created": 80, "held": 30, "sold": 50}
    assert chain.batch.quantity == 80
    assert _replayed(session, chain.batch.id) == _balance(session, chain.batch)
    assert done.corrective is not None
    with pytest.raises(GoodsMovedOn):
        _fix(session, chain, done.corrective, quantity=49)


def test_lot_number_and_dates_change_by_correction_alone(session: Session, chain: Chain) -> None:
    day = chain.batch.produced_on - timedelta(days=1)
    use_by = chain.batch.produced_on + timedelta(days=9)
    done = _fix(
        session, chain, _last(session, Verb.ACTIVATE), lot_number="DC-1", produced_on=day, expires_on=use_by
    )
    session.refresh(chain.batch)
    assert (chain.batch.lot_number, chain.batch.produced_on, chain.batch.expires_on) == ("DC-1", day, use_by)
    assert chain.batch.seal is not None
    assert chain.batch.seal["lot_number"] == "DC-1"
    assert done.corrective is not None
    assert done.corrective.sealed_items == {chain.batch.epc_class: chain.batch.seal}


def test_a_lot_number_that_is_taken_is_refused(session: Session, chain: Chain) -> None:
    ActiveBatchFactory.create(
        session=session, actor=chain.producer, product=chain.batch.product, lot_number="X-1"
    )
    activated = next(e for e in queries.list_batch_events(session, chain.batch.id) if e.verb == Verb.ACTIVATE)
    with pytest.raises(LotNumberTaken):
        _fix(session, chain, activated, lot_number="X-1")


def test_an_activated_batch_does_not_become_undone(session: Session, chain: Chain) -> None:
    with pytest.raises(NotCorrectable):
        _never(session, chain, _last(session, Verb.ACTIVATE))


def test_households_are_corrected(session: Session, chain: Chain) -> None:
    household = PartyFactory.create(session=session, actor=chain.producer)
    sources = [Source(Decimal(60), household.id, "thửa 7"), Source(Decimal(40))]
    done = _fix(session, chain, _last(session, Verb.ACTIVATE), sources=sources)
    assert done.corrective is not None
    people = session.get_one(EventPrivate, done.corrective.id).people
    assert people is not None
    assert [one["quantity"] for one in people] == ["60", "40"]


def test_what_both_sides_agreed_on_is_not_corrected_by_one(session: Session, chain: Chain) -> None:
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(6)})
    proposed = propose_settlement(session, chain.shop, shipment.lines[0].id, Outcome.LOST)
    agree_settlement(session, chain.producer, proposed.id)
    with pytest.raises(NotCorrectable):
        _never(session, chain, _last(session, Verb.SETTLE))


def test_only_what_stands_is_told(session: Session, chain: Chain) -> None:
    sale = _sold(session, chain)
    done = _fix(session, chain, sale, quantity=4)
    stands = standing(queries.list_batch_events(session, chain.batch.id))
    assert sale not in stands
    assert done.declaration not in stands
    assert done.corrective in stands


def test_an_honest_correction_is_no_late_entry(session: Session, chain: Chain) -> None:
    done = _fix(session, chain, _sold(session, chain), quantity=4)
    assert done.corrective is not None
    assert done.corrective.marks == ["corrected"]


def test_a_count_is_corrected_to_what_was_really_there(session: Session, chain: Chain) -> None:
    (count,) = count_stock(session, chain.producer, {chain.batch.id: Decimal(95)}, key=a_key())
    _fix(session, chain, count, quantity=98)
    assert _balance(session, chain.batch) == {"created": 100, "held": 98, "lost": 2}
    assert _replayed(session, chain.batch.id) == _balance(session, chain.batch)


def test_more_of_a_harvest_is_corrected(session: Session, chain: Chain) -> None:
    more = add_delivery(session, chain.producer, chain.batch.id, Decimal(20), key=a_key())
    done = _fix(session, chain, more, quantity=12)
    assert _balance(session, chain.batch) == {"created": 112, "held": 112}
    assert done.corrective is not None
    _never(session, chain, done.corrective)
    assert _balance(session, chain.batch) == {"created": 100, "held": 100}
    assert chain.batch.quantity == 100


def test_a_split_nobody_touched_is_taken_back(session: Session, chain: Chain) -> None:
    made = split(session, chain.producer, chain.batch.id, [Decimal(30)], key=a_key())
    with pytest.raises(NotCorrectable):
        _fix(session, chain, made.event, quantity=50)
    _never(session, chain, made.event)
    assert _balance(session, chain.batch) == {"created": 100, "held": 100}
    assert _balance(session, made.batches[0]) == {}


def test_a_split_stays_once_something_of_it_was_sold(session: Session, chain: Chain) -> None:
    made = split(session, chain.producer, chain.batch.id, [Decimal(30)], key=a_key())
    services.sell(session, chain.producer, made.batches[0].id, Decimal(1), key=a_key())
    with pytest.raises(GoodsMovedOn) as refused:
        _never(session, chain, made.event)
    assert refused.value.numbers == {"held": 29, "needed": 30, "unit": "kg"}


def test_what_is_packed_is_unpacked_not_corrected(session: Session, chain: Chain) -> None:
    packed = pack(session, chain.producer, Into(), {chain.batch.id: Decimal(10)}, key=a_key())
    with pytest.raises(NotCorrectable) as refused:
        _never(session, chain, packed.event)
    assert refused.value.numbers == {"verb": "pack"}


def test_goods_that_were_packed_since_do_not_vanish_by_a_correction(session: Session, chain: Chain) -> None:
    pack(session, chain.producer, Into(), {chain.batch.id: Decimal(90)}, key=a_key())
    with pytest.raises(rules.GoodsElsewhere):
        _fix(session, chain, _last(session, Verb.ACTIVATE), quantity=80)
