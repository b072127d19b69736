"""Processing, splitting and merging on a real database, one behaviour each."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.factories import (
    ActiveBatchFactory,
    BatchFactory,
    ProductFactory,
    a_key,
    actor_of_kind,
    give,
)
from tests.trace.events.conftest import Chain
from trace.accounts.models import OrganisationKind
from trace.batches import queries as batches
from trace.batches.models import Batch, Origin
from trace.core import clock
from trace.core.database import new_session
from trace.core.errors import BadInput, Forbidden
from trace.events import (
    queries,
    rules,
    rules_making,
    services_activation,
    services_making,
    services_receiving,
    services_shipping,
)
from trace.events.models import Role
from trace.events.rules_making import YieldReason
from trace.ledger.models import Leaf
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason


def _held(session: Session, batch: Batch, chain: Chain, who: str = "producer") -> Any:
    return batches.held_quantity(session, batch.id, getattr(chain, who).organisation_id)


def _draft(session: Session, chain: Chain, quantity: str = "80") -> Batch:
    return BatchFactory.create(session=session, actor=chain.producer, quantity=Decimal(quantity))


def _recall(session: Session, chain: Chain, batch: Batch) -> None:
    recalls.recall(
        session,
        chain.officer,
        batch.id,
        RecallClass.QUALITY,
        RecallReason.SPOILED,
        None,
        typed_lot_number=batch.lot_number,
    )


# Processing.


def test_processing_uses_up_what_goes_in_and_activates_what_comes_out(session: Session, chain: Chain) -> None:
    draft = _draft(session, chain)
    made = services_making.transform(
        session, chain.producer, {chain.batch.id: Decimal(100)}, [draft.id], key=a_key()
    )
    assert made.batches == (draft,)
    assert (draft.is_activated, draft.origin) == (True, Origin.TRANSFORMED)
    assert (_held(session, chain.batch, chain), _held(session, draft, chain)) == (0, 80)
    balance = batches.find_balance(session, chain.batch.id)
    assert balance is not None
    assert balance.used == 100


def test_processing_is_one_transformation_event_with_yield_and_loss(session: Session, chain: Chain) -> None:
    draft = _draft(session, chain)
    event = services_making.transform(
        session, chain.producer, {chain.batch.id: Decimal(100)}, [draft.id], key=a_key()
    ).event
    assert (event.event_type, event.action, event.biz_step) == ("TransformationEvent", None, "commissioning")
    assert event.input_quantity_list == [{"epcClass": chain.batch.epc_class, "quantity": "100", "uom": "KGM"}]
    assert event.output_quantity_list == [{"epcClass": draft.epc_class, "quantity": "80", "uom": "KGM"}]
    assert event.extensions == {"loss": {"KGM": "20"}, "yield": "0.8"}
    assert event.sealed_items == {draft.epc_class: draft.seal}
    assert session.scalars(select(Leaf).where(Leaf.event_id == event.id)).one_or_none() is not None


def test_many_lots_become_many(session: Session, chain: Chain) -> None:
    second = ActiveBatchFactory.create(session=session, actor=chain.producer)
    drafts = [_draft(session, chain, "70"), _draft(session, chain, "60")]
    inputs = {chain.batch.id: Decimal(90), second.id: Decimal(50)}
    made = services_making.transform(
        session, chain.producer, inputs, [draft.id for draft in drafts], key=a_key()
    )
    assert len(made.batches) == 2
    assert (_held(session, chain.batch, chain), _held(session, second, chain)) == (10, 50)
    goods: list[Any] = [(g.role, g.quantity) for g in made.event.goods]
    assert goods == [
        (Role.INPUT, 90),
        (Role.INPUT, 50),
        (Role.OUTPUT, 70),
        (Role.OUTPUT, 60),
    ]


def test_more_out_than_in_is_refused_unless_somebody_says_why(session: Session, chain: Chain) -> None:
    draft = _draft(session, chain, "120")
    inputs = {chain.batch.id: Decimal(100)}
    with pytest.raises(rules_making.YieldImplausible), session.begin_nested():
        services_making.transform(session, chain.producer, inputs, [draft.id], key=a_key())
    event = services_making.transform(
        session,
        chain.producer,
        inputs,
        [draft.id],
        key=a_key(),
        reason=YieldReason.ADDED_INGREDIENTS,
    ).event
    assert event.extensions == {"yield": "1.2", "yield_reason": "added_ingredients"}


def test_recalled_goods_are_not_processed(session: Session, chain: Chain) -> None:
    _recall(session, chain, chain.batch)
    with pytest.raises(rules.BatchRecalled):
        services_making.transform(
            session, chain.producer, {chain.batch.id: Decimal(1)}, [_draft(session, chain).id], key=a_key()
        )


@pytest.mark.parametrize("state", ["is_held", "is_under_review"])
def test_held_goods_are_not_processed(session: Session, chain: Chain, state: str) -> None:
    setattr(chain.batch, state, True)
    session.flush()
    with pytest.raises(rules.BatchHeld):
        services_making.transform(
            session, chain.producer, {chain.batch.id: Decimal(90)}, [_draft(session, chain).id], key=a_key()
        )


def test_expired_goods_are_not_processed(session: Session, chain: Chain) -> None:
    old = ActiveBatchFactory.create(
        session=session, actor=chain.producer, produced_on=clock.today() - timedelta(days=9)
    )
    with pytest.raises(rules.BatchExpired):
        services_making.transform(
            session, chain.producer, {old.id: Decimal(90)}, [_draft(session, chain).id], key=a_key()
        )


def test_a_draft_with_missing_items_does_not_come_out(session: Session, chain: Chain) -> None:
    bare = ProductFactory.create(session=session, actor=chain.producer, picture_sha256=None)
    draft = BatchFactory.create(session=session, actor=chain.producer, product=bare)
    with pytest.raises(services_activation.ItemsMissing):
        services_making.transform(
            session, chain.producer, {chain.batch.id: Decimal(100)}, [draft.id], key=a_key()
        )


def test_goods_are_not_made_before_what_they_are_made_of(session: Session, chain: Chain) -> None:
    draft = BatchFactory.create(
        session=session, actor=chain.producer, produced_on=clock.today() - timedelta(days=1)
    )
    with pytest.raises(rules_making.MadeBeforeInputs):
        services_making.transform(
            session, chain.producer, {chain.batch.id: Decimal(100)}, [draft.id], key=a_key()
        )


def test_shops_process_nothing(session: Session, chain: Chain) -> None:
    with pytest.raises(Forbidden):
        services_making.transform(
            session, chain.shop, {chain.batch.id: Decimal(1)}, [chain.batch.id], key=a_key()
        )


def test_processing_twice_under_one_key_is_processing_once(session: Session, chain: Chain) -> None:
    draft, key = _draft(session, chain), a_key()
    first, second = (
        services_making.transform(session, chain.producer, {chain.batch.id: Decimal(90)}, [draft.id], key=key)
        for _each in range(2)
    )
    assert first.event.id == second.event.id
    assert _held(session, chain.batch, chain) == 10


# Splitting.


def test_splitting_makes_lots_of_their_own_and_leaves_the_rest(session: Session, chain: Chain) -> None:
    made = services_making.split(
        session, chain.producer, chain.batch.id, [Decimal(30), Decimal(20)], key=a_key()
    )
    first, second = made.batches
    assert (first.lot_number, second.lot_number) == (
        f"{chain.batch.lot_number}.1",
        f"{chain.batch.lot_number}.2",
    )
    assert [_held(session, one, chain) for one in (chain.batch, first, second)] == [50, 30, 20]
    assert first.origin == Origin.SPLIT
    assert batches.find_batch_by_code(session, first.code) == first


def test_a_part_says_what_the_lot_says_and_where_it_is_from(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "40")
    (part,) = services_making.split(session, chain.shop, chain.batch.id, [Decimal(15)], key=a_key()).batches
    parent, seal = chain.batch.seal or {}, part.seal or {}
    assert seal["split_from"] == {"code": chain.batch.code, "lot_number": chain.batch.lot_number}
    changed = {"trace_code", "lot_number", "split_from"}
    assert {n: v for n, v in seal.items() if n not in changed} == {
        n: v for n, v in parent.items() if n not in changed
    }
    assert part.organisation_id == chain.shop.organisation_id
    assert part.maker_id == chain.producer.organisation_id
    assert part.maker_name == chain.producer.organisation.name
    assert part.expires_on == chain.batch.expires_on


def test_two_who_split_the_same_lot_get_different_numbers(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "40")
    numbers = {
        services_making.split(session, actor, chain.batch.id, [Decimal(5)], key=a_key()).batches[0].lot_number
        for actor in (chain.producer, chain.shop)
    }
    assert len(numbers) == 2


def test_no_more_is_split_than_is_held(session: Session, chain: Chain) -> None:
    with pytest.raises(rules.QuantityExceedsHolding):
        services_making.split(
            session, chain.producer, chain.batch.id, [Decimal(60), Decimal("40.01")], key=a_key()
        )


def test_pieces_are_split_in_whole_numbers(session: Session, chain: Chain) -> None:
    counted = ProductFactory.create(session=session, actor=chain.producer, uom=None, packaging_word="quả")
    batch = ActiveBatchFactory.create(session=session, actor=chain.producer, product=counted)
    with pytest.raises(rules.WholeUnitsOnly):
        services_making.split(
            session, chain.producer, batch.id, [Decimal("1.5"), Decimal("0.5")], key=a_key()
        )


def test_recalled_goods_are_not_split(session: Session, chain: Chain) -> None:
    _recall(session, chain, chain.batch)
    with pytest.raises(rules.BatchRecalled):
        services_making.split(session, chain.producer, chain.batch.id, [Decimal(1)], key=a_key())


def test_a_recalled_part_goes_back_to_its_real_producer(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "40")
    (part,) = services_making.split(session, chain.shop, chain.batch.id, [Decimal(15)], key=a_key()).batches
    _recall(session, chain, part)
    receiver = services_shipping.Receiver(organisation_id=chain.producer.organisation_id)
    shipment = services_shipping.ship(session, chain.shop, part.id, Decimal(15), receiver, key=a_key())
    assert shipment.is_open
    services_receiving.receive(session, chain.producer, shipment.id)
    elsewhere = services_shipping.Receiver(organisation_id=chain.other_shop.organisation_id)
    with pytest.raises(rules.BatchRecalled):
        services_shipping.ship(session, chain.producer, part.id, Decimal(15), elsewhere, key=a_key())


def test_what_is_used_up_later_was_there_before(session: Session, chain: Chain) -> None:
    services_making.split(session, chain.producer, chain.batch.id, [Decimal(30)], key=a_key())
    assert queries.find_had_since(session, chain.producer.organisation_id, chain.batch.id) is None


@settings(max_examples=15, deadline=None)
@given(st.lists(st.decimals("0.01", "40", places=2), min_size=1, max_size=6))
def test_parts_and_rest_are_the_whole(engine: Engine, parts: list[Decimal]) -> None:
    with new_session(engine) as session:
        producer = actor_of_kind(session)
        batch = ActiveBatchFactory.create(session=session, actor=producer)
        try:
            made = services_making.split(session, producer, batch.id, parts, key=a_key()).batches
        except rules.QuantityExceedsHolding:
            assert sum(parts) > 100
            return
        held = [batches.held_quantity(session, b.id, producer.organisation_id) for b in (batch, *made)]
        assert sum(held) == 100
        assert held[1:] == parts
        session.rollback()


# Merging.


def test_merged_lots_are_one_heap_that_names_each_of_them(session: Session, chain: Chain) -> None:
    neighbour = actor_of_kind(session)
    second = ActiveBatchFactory.create(session=session, actor=neighbour)
    give(session, chain.batch, chain.producer, chain.shop, "20")
    give(session, second, neighbour, chain.shop, "20")
    inputs = {chain.batch.id: Decimal(20), second.id: Decimal(15)}
    (heap,) = services_making.merge(session, chain.shop, inputs, key=a_key()).batches
    assert heap.origin == Origin.MERGED
    assert heap.quantity == 35
    lots = (heap.seal or {})["one_of"]
    assert {lot["code"] for lot in lots} == {chain.batch.code, second.code}
    assert {lot["producer_name"] for lot in lots} == {b.organisation.name for b in (chain.batch, second)}
    assert _held(session, heap, chain, "shop") == 35
    assert _held(session, second, chain, "shop") == 5


def test_shops_and_kitchens_merge_too(session: Session, chain: Chain) -> None:
    kitchen = actor_of_kind(session, OrganisationKind.KITCHEN)
    other = ActiveBatchFactory.create(session=session, actor=chain.producer, product=chain.batch.product)
    for batch in (chain.batch, other):
        give(session, batch, chain.producer, kitchen, "8")
    inputs = {chain.batch.id: Decimal(8), other.id: Decimal(8)}
    (heap,) = services_making.merge(session, kitchen, inputs, key=a_key()).batches
    assert heap.product_id == chain.batch.product_id
    assert heap.maker_name == chain.producer.organisation.name


def test_the_earliest_expiry_counts_for_a_heap(session: Session, chain: Chain) -> None:
    yesterday = clock.today() - timedelta(days=1)
    older = ActiveBatchFactory.create(session=session, actor=chain.producer, produced_on=yesterday)
    inputs = {chain.batch.id: Decimal(5), older.id: Decimal(5)}
    (heap,) = services_making.merge(session, chain.producer, inputs, key=a_key()).batches
    assert heap.expires_on == older.expires_on
    assert (heap.seal or {})["expiry"] == older.expires_on.isoformat() if older.expires_on else ""
    assert heap.produced_on == yesterday


def test_a_heap_in_a_heap_stands_for_its_lots(session: Session, chain: Chain) -> None:
    lots = [chain.batch, *(ActiveBatchFactory.create(session=session, actor=chain.producer) for _ in "ab")]
    first = {lots[0].id: Decimal(5), lots[1].id: Decimal(5)}
    (heap,) = services_making.merge(session, chain.producer, first, key=a_key()).batches
    again = {heap.id: Decimal(10), lots[2].id: Decimal(5)}
    (larger,) = services_making.merge(session, chain.producer, again, key=a_key()).batches
    assert {lot["code"] for lot in (larger.seal or {})["one_of"]} == {lot.code for lot in lots}
    assert heap.lot_number != larger.lot_number


def test_units_do_not_mix(session: Session, chain: Chain) -> None:
    counted = ProductFactory.create(session=session, actor=chain.producer, uom=None, packaging_word="quả")
    pieces = ActiveBatchFactory.create(session=session, actor=chain.producer, product=counted)
    with pytest.raises(rules_making.UnitsDiffer):
        services_making.merge(
            session, chain.producer, {chain.batch.id: Decimal(1), pieces.id: Decimal(1)}, key=a_key()
        )


def test_recalled_goods_do_not_go_into_a_heap(session: Session, chain: Chain) -> None:
    other = ActiveBatchFactory.create(session=session, actor=chain.producer)
    _recall(session, chain, other)
    with pytest.raises(rules.BatchRecalled):
        services_making.merge(
            session, chain.producer, {chain.batch.id: Decimal(1), other.id: Decimal(1)}, key=a_key()
        )


def test_one_lot_is_no_heap(session: Session, chain: Chain) -> None:
    with pytest.raises(BadInput):
        services_making.merge(session, chain.producer, {chain.batch.id: Decimal(1)}, key=a_key())
