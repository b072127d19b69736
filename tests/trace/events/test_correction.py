"""Corrections: nothing is edited, the quantities follow, and what followed is never overruled."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import PartyFactory, a_key, give
from tests.trace.events.conftest import Chain
from tests.trace.events.correcting import WRONG, fix, last, never, replayed, sold, whole_balance
from trace.core import clock
from trace.core.errors import NotFound
from trace.events import queries, rules, services_leaving
from trace.events.corrections import corrections_of, standing
from trace.events.corrective import Replacement
from trace.events.models import EventPrivate, Verb
from trace.events.rules_correction import (
    AlreadyCorrected,
    Changed,
    GoodsMovedOn,
    NotCorrectable,
    NothingChanged,
)
from trace.events.rules_handover import HandoverConfirmed
from trace.events.services_confirm import YES, answer_confirmation, offer_confirmation
from trace.events.services_correction import correct
from trace.events.services_shipping import Receiver


def test_a_corrected_sale_counts_as_it_really_was(session: Session, chain: Chain) -> None:
    sale = sold(session, chain)
    fix(session, chain, sale, quantity=4)
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 96, "sold": 4}
    assert replayed(session, chain.batch.id) == whole_balance(session, chain.batch)


def test_the_declaration_repeats_the_original_and_names_what_took_its_place(
    session: Session, chain: Chain
) -> None:
    sale = sold(session, chain)
    done = fix(session, chain, sale, quantity=4)
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
    done = never(session, chain, sold(session, chain))
    assert done.corrective is None
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 100}
    assert replayed(session, chain.batch.id) == whole_balance(session, chain.batch)


def test_an_entry_is_corrected_once_and_what_took_its_place_again(session: Session, chain: Chain) -> None:
    sale = sold(session, chain)
    done = fix(session, chain, sale, quantity=4)
    with pytest.raises(AlreadyCorrected):
        fix(session, chain, sale, quantity=5)
    assert done.corrective is not None
    fix(session, chain, done.corrective, quantity=6)
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 94, "sold": 6}


def test_a_declaration_is_not_corrected(session: Session, chain: Chain) -> None:
    done = never(session, chain, sold(session, chain))
    with pytest.raises(NotCorrectable):
        never(session, chain, done.declaration)


def test_one_form_sent_twice_corrects_once(session: Session, chain: Chain) -> None:
    sale = sold(session, chain)
    wanted = Replacement(quantities={chain.batch.id: Decimal(4)})
    first = correct(session, chain.producer, sale.id, WRONG, wanted, key="k")
    assert correct(session, chain.producer, sale.id, WRONG, wanted, key="k") == first


def test_a_correction_that_says_the_same_is_refused(session: Session, chain: Chain) -> None:
    with pytest.raises(NothingChanged):
        fix(session, chain, sold(session, chain), quantity=10)


def test_more_than_was_there_is_not_sold_by_a_correction(session: Session, chain: Chain) -> None:
    sale = sold(session, chain)
    sold(session, chain, "80")
    with pytest.raises(GoodsMovedOn) as refused:
        fix(session, chain, sale, quantity=21)
    assert refused.value.numbers == {"held": 10, "needed": 11, "unit": "kg"}


def test_others_entries_are_not_corrected(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    received = last(session, Verb.RECEIVE)
    for other in (chain.producer, chain.other_shop):
        with pytest.raises(NotFound):
            never(session, chain, received, other)


def test_when_it_happened_is_corrected(session: Session, chain: Chain) -> None:
    sale = sold(session, chain)
    earlier = chain.batch.activated_at
    assert earlier is not None
    done = fix(session, chain, sale, event_time=earlier)
    assert done.corrective is not None
    assert done.corrective.event_time < sale.event_time
    assert corrections_of([sale, done.declaration, done.corrective])[sale.id].changed == [Changed.TIME]


def test_nothing_happens_after_it_was_recorded(session: Session, chain: Chain) -> None:
    sale = sold(session, chain)
    with pytest.raises(rules.TimeOutOfRange):
        fix(session, chain, sale, event_time=clock.now() + timedelta(minutes=20))


def test_a_buyer_is_corrected(session: Session, chain: Chain) -> None:
    one, other = (PartyFactory.create(session=session, actor=chain.producer) for _ in range(2))
    sale = sold(session, chain, party_id=one.id)
    done = fix(session, chain, sale, to=Receiver(party_id=other.id))
    assert done.corrective is not None
    assert session.get_one(EventPrivate, done.corrective.id).party_id == other.id
    assert done.corrective.marks == ["corrected", "one_sided"]


def test_a_sale_the_buyer_confirmed_is_not_corrected_by_one_side(session: Session, chain: Chain) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    sale = sold(session, chain, party_id=party.id)
    answer_confirmation(session, offer_confirmation(session, chain.producer, sale.id).token, YES)
    with pytest.raises(HandoverConfirmed):
        fix(session, chain, sale, quantity=4)


def test_why_goods_were_discarded_is_corrected(session: Session, chain: Chain) -> None:
    gone = services_leaving.destroy(
        session, chain.producer, chain.batch.id, Decimal(5), rules.DisposalReason.SPOILED, key=a_key()
    )
    done = fix(session, chain, gone, reason=rules.DisposalReason.DAMAGED)
    assert done.corrective is not None
    assert done.corrective.extensions == {"disposal_reason": "damaged"}
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 95, "destroyed": 5}


def test_only_what_stands_is_told(session: Session, chain: Chain) -> None:
    sale = sold(session, chain)
    done = fix(session, chain, sale, quantity=4)
    stands = standing(queries.list_batch_events(session, chain.batch.id))
    assert sale not in stands
    assert done.declaration not in stands
    assert done.corrective in stands


def test_an_honest_correction_is_no_late_entry(session: Session, chain: Chain) -> None:
    done = fix(session, chain, sold(session, chain), quantity=4)
    assert done.corrective is not None
    assert done.corrective.marks == ["corrected"]
