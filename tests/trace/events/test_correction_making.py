"""Corrections of lots themselves: harvest, lot number, dates, households, counts, splits, cartons."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, PartyFactory, a_key
from tests.trace.events.conftest import Chain
from tests.trace.events.correcting import fix, last, never, replayed, sold, whole_balance
from trace.batches.services import LotNumberTaken
from trace.events import queries, rules, services_leaving
from trace.events.models import EventPrivate, Verb
from trace.events.rules_correction import GoodsMovedOn, NotCorrectable
from trace.events.services_activation import Source
from trace.events.services_harvest import add_delivery
from trace.events.services_making import split
from trace.events.services_packing import Into, pack
from trace.events.services_stock import count_stock


def test_the_size_of_a_harvest_is_corrected_while_it_covers_what_left(session: Session, chain: Chain) -> None:
    sold(session, chain, "50")
    activated = last(session, Verb.ACTIVATE)
    done = fix(session, chain, activated, quantity=80)
    assert whole_balance(session, chain.batch) == {"created": 80, "held": 30, "sold": 50}
    assert chain.batch.quantity == 80
    assert replayed(session, chain.batch.id) == whole_balance(session, chain.batch)
    assert done.corrective is not None
    with pytest.raises(GoodsMovedOn):
        fix(session, chain, done.corrective, quantity=49)


def test_lot_number_and_dates_change_by_correction_alone(session: Session, chain: Chain) -> None:
    day = chain.batch.produced_on - timedelta(days=1)
    use_by = chain.batch.produced_on + timedelta(days=9)
    done = fix(
        session, chain, last(session, Verb.ACTIVATE), lot_number="DC-1", produced_on=day, expires_on=use_by
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
        fix(session, chain, activated, lot_number="X-1")


def test_an_activated_batch_does_not_become_undone(session: Session, chain: Chain) -> None:
    with pytest.raises(NotCorrectable):
        never(session, chain, last(session, Verb.ACTIVATE))


def test_households_are_corrected(session: Session, chain: Chain) -> None:
    household = PartyFactory.create(session=session, actor=chain.producer)
    sources = [Source(Decimal(60), household.id, "thửa 7"), Source(Decimal(40))]
    done = fix(session, chain, last(session, Verb.ACTIVATE), sources=sources)
    assert done.corrective is not None
    people = session.get_one(EventPrivate, done.corrective.id).people
    assert people is not None
    assert [one["quantity"] for one in people] == ["60", "40"]


def test_a_count_is_corrected_to_what_was_really_there(session: Session, chain: Chain) -> None:
    (count,) = count_stock(session, chain.producer, {chain.batch.id: Decimal(95)}, key=a_key())
    fix(session, chain, count, quantity=98)
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 98, "lost": 2}
    assert replayed(session, chain.batch.id) == whole_balance(session, chain.batch)


def test_more_of_a_harvest_is_corrected(session: Session, chain: Chain) -> None:
    more = add_delivery(session, chain.producer, chain.batch.id, Decimal(20), key=a_key())
    done = fix(session, chain, more, quantity=12)
    assert whole_balance(session, chain.batch) == {"created": 112, "held": 112}
    assert done.corrective is not None
    never(session, chain, done.corrective)
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 100}
    assert chain.batch.quantity == 100


def test_a_split_nobody_touched_is_taken_back(session: Session, chain: Chain) -> None:
    made = split(session, chain.producer, chain.batch.id, [Decimal(30)], key=a_key())
    with pytest.raises(NotCorrectable):
        fix(session, chain, made.event, quantity=50)
    never(session, chain, made.event)
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 100}
    assert whole_balance(session, made.batches[0]) == {}


def test_a_split_stays_once_something_of_it_was_sold(session: Session, chain: Chain) -> None:
    made = split(session, chain.producer, chain.batch.id, [Decimal(30)], key=a_key())
    services_leaving.sell(session, chain.producer, made.batches[0].id, Decimal(1), key=a_key())
    with pytest.raises(GoodsMovedOn) as refused:
        never(session, chain, made.event)
    assert refused.value.numbers == {"held": 29, "needed": 30, "unit": "kg"}


def test_what_is_packed_is_unpacked_not_corrected(session: Session, chain: Chain) -> None:
    packed = pack(session, chain.producer, Into(), {chain.batch.id: Decimal(10)}, key=a_key())
    with pytest.raises(NotCorrectable) as refused:
        never(session, chain, packed.event)
    assert refused.value.numbers == {"verb": "pack"}


def test_goods_that_were_packed_since_do_not_vanish_by_a_correction(session: Session, chain: Chain) -> None:
    pack(session, chain.producer, Into(), {chain.batch.id: Decimal(90)}, key=a_key())
    with pytest.raises(rules.GoodsElsewhere):
        fix(session, chain, last(session, Verb.ACTIVATE), quantity=80)
