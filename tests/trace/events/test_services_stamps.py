"""Stamps bound to lots, undone, voided."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, BatchFactory, ProductFactory, a_key, actor_of_kind, give
from tests.trace.events.conftest import Chain
from tests.trace.events.sequenced import publish
from trace.batches import queries, services_runs, stamp_queries
from trace.batches.gate import LabelRefused
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_models import RangeKind, StampRange, StampRun
from trace.batches.stamp_rules import (
    BindingFinal,
    FirstAfterLast,
    RunNotFinished,
    Span,
    StampsBoundAlready,
    StampsForAnotherProduct,
    StampsOfTwoRuns,
    StampState,
    StampsVoid,
    StampUnknown,
    Typed,
    VoidReason,
)
from trace.core.errors import NotFound
from trace.events import queries as event_queries
from trace.events import queries_handover, services_leaving
from trace.events.audit import audit_database
from trace.events.leaf_values import public_values
from trace.events.models import Event, EventGoods, Verb
from trace.events.services_stamps import bind_stamps, reprint_stamps, unbind_stamps, void_stamps

SITE = "https://check.example"


@pytest.fixture
def roll(session: Session, chain: Chain) -> StampRun:
    return _roll(session, chain)


def _roll(session: Session, chain: Chain, count: int = 100, product_id: UUID | None = None) -> StampRun:
    run = services_runs.issue_roll(session, chain.producer, Order(count, SITE), product_id)
    make_part(session, run.id)
    return run


def _bind(session: Session, chain: Chain, first: int, last: int) -> StampRange:
    return bind_stamps(session, chain.producer, chain.batch.id, Typed(number=first), Typed(number=last))


def _void(session: Session, chain: Chain, first: int, last: int) -> list[tuple[int, int]]:
    made = void_stamps(session, chain.producer, Typed(number=first), Typed(number=last), VoidReason.SPOILED)
    return [(one.first_number, one.last_number) for one in made]


def _stamp(session: Session, run: StampRun, number: int) -> stamp_queries.Stamp:
    ((_number, code),) = stamp_queries.codes_of(session, run, Span(number, number))
    found = stamp_queries.find_stamp(session, code)
    assert found is not None
    return found


def _events(session: Session, verb: Verb) -> list[Event]:
    return list(session.scalars(select(Event).where(Event.verb == verb).order_by(Event.record_time)))


def test_bound_stamps_stand_for_the_lot_and_no_others(session: Session, chain: Chain, roll: StampRun) -> None:
    _bind(session, chain, 11, 20)
    for number, state in (
        (10, StampState.PRINTED),
        (11, StampState.ACTIVE),
        (20, StampState.ACTIVE),
        (21, StampState.PRINTED),
    ):
        stamp = _stamp(session, roll, number)
        assert stamp.state is state
        assert (stamp.batch == chain.batch) is (state is StampState.ACTIVE)
        assert (queries.find_batch_by_code(session, stamp.code.code) is not None) is (
            state is StampState.ACTIVE
        )


def test_first_and_last_may_be_scanned(session: Session, chain: Chain, roll: StampRun) -> None:
    first, last = (_stamp(session, roll, number).code.code for number in (5, 9))
    binding = bind_stamps(session, chain.producer, chain.batch.id, Typed(code=first), Typed(code=last))
    assert (binding.first_number, binding.last_number) == (5, 9)


def test_binding_twice_is_binding_once(session: Session, chain: Chain, roll: StampRun) -> None:
    assert _bind(session, chain, 1, 10).id == _bind(session, chain, 1, 10).id
    assert len(_events(session, Verb.BIND_STAMPS)) == 1


@pytest.mark.parametrize(("first", "last"), [(10, 20), (5, 6), (1, 50), (1, 1)])
def test_a_stamp_never_stands_for_two_lots(
    session: Session, chain: Chain, roll: StampRun, first: int, last: int
) -> None:
    _bind(session, chain, 1, 10)
    other = replace(chain, batch=ActiveBatchFactory.create(session=session, actor=chain.producer))
    with pytest.raises(StampsBoundAlready) as refused:
        _bind(session, other, first, last)
    assert refused.value.numbers["lot_number"] == chain.batch.lot_number


@pytest.mark.parametrize("kind", ["bound", "voided"])
def test_the_database_itself_refuses_overlapping_ranges(
    session: Session, chain: Chain, roll: StampRun, kind: str
) -> None:
    def insert(first: int, last: int) -> None:
        session.execute(
            text(
                "insert into stamp_ranges (id, run_id, kind, first_number, last_number, batch_id, reason, made_at)"
                " values (gen_random_uuid(), :run, :kind, :first, :last, :batch, :reason, now())"
            ),
            {
                "run": roll.id,
                "kind": kind,
                "first": first,
                "last": last,
                "batch": chain.batch.id if kind == "bound" else None,
                "reason": None if kind == "bound" else "lost",
            },
        )

    insert(1, 10)
    insert(11, 12)
    with pytest.raises(IntegrityError), session.begin_nested():
        insert(10, 11)


def test_ranges_of_two_rolls_never_meet(session: Session, chain: Chain, roll: StampRun) -> None:
    other = _roll(session, chain)
    _bind(session, chain, 1, 100)
    _bind(session, chain, other.first_number, other.last_number)
    with pytest.raises(StampsOfTwoRuns):
        _bind(session, chain, 100, 101)


def test_binding_and_undoing_are_told_to_the_log_without_codes(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    binding = _bind(session, chain, 3, 7)
    unbind_stamps(session, chain.producer, binding.id)
    (bound,), (undone,) = _events(session, Verb.BIND_STAMPS), _events(session, Verb.UNBIND_STAMPS)
    assert bound.extensions == undone.extensions == {"stamp_run": str(roll.id), "stamps": ["3-7"]}
    leaves = session.scalar(
        text("select count(*) from leaves where event_id in (:a, :b)"), {"a": bound.id, "b": undone.id}
    )
    assert leaves == 2
    goods = session.scalars(select(EventGoods).where(EventGoods.event_id == bound.id)).one()
    assert (goods.batch_id, goods.quantity) == (chain.batch.id, None)


def test_undone_stamps_can_be_bound_again(session: Session, chain: Chain, roll: StampRun) -> None:
    binding = _bind(session, chain, 1, 10)
    assert unbind_stamps(session, chain.producer, binding.id).undone_at is not None
    unbind_stamps(session, chain.producer, binding.id)
    assert _stamp(session, roll, 5).state is StampState.PRINTED
    assert len(_events(session, Verb.UNBIND_STAMPS)) == 1
    _bind(session, chain, 5, 15)


def test_a_binding_is_undone_until_the_first_handover_after_it(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    binding = _bind(session, chain, 1, 10)
    unbind_stamps(session, chain.producer, binding.id)
    later = _bind(session, chain, 1, 10)
    give(session, chain.batch, chain.producer, chain.shop)
    with pytest.raises(BindingFinal):
        unbind_stamps(session, chain.producer, later.id)


def test_a_sale_makes_a_binding_final(session: Session, chain: Chain, roll: StampRun) -> None:
    binding = _bind(session, chain, 1, 10)
    services_leaving.sell(session, chain.producer, chain.batch.id, chain.batch.quantity, key=a_key())
    with pytest.raises(BindingFinal):
        unbind_stamps(session, chain.producer, binding.id)


def test_no_stamps_for_a_draft(session: Session, chain: Chain, roll: StampRun) -> None:
    draft = BatchFactory.create(session=session, actor=chain.producer)
    with pytest.raises(LabelRefused):
        _bind(session, replace(chain, batch=draft), 1, 10)


@pytest.mark.parametrize("flag", ["is_recalled", "is_held", "is_under_review"])
def test_no_stamps_for_a_lot_recalled_or_held(
    session: Session, chain: Chain, roll: StampRun, flag: str
) -> None:
    setattr(chain.batch, flag, True)
    session.flush()
    with pytest.raises(LabelRefused):
        _bind(session, chain, 1, 10)


def test_a_roll_of_another_product_is_refused(session: Session, chain: Chain) -> None:
    product = ProductFactory.create(session=session, actor=chain.producer)
    _roll(session, chain, 10, product.id)
    with pytest.raises(StampsForAnotherProduct):
        _bind(session, chain, 1, 5)


def test_labels_printed_for_a_lot_are_activated_for_it_alone(session: Session, chain: Chain) -> None:
    run = services_runs.order_serials(session, chain.producer, chain.batch.id, Order(10, SITE))
    make_part(session, run.id)
    other = ActiveBatchFactory.create(
        session=session, actor=chain.producer, product=chain.batch.product, lot_number="KHAC-1"
    )
    with pytest.raises(StampsForAnotherProduct):
        _bind(session, replace(chain, batch=other), 1, 5)
    assert _stamp(session, run, 1).state is StampState.PRINTED
    _bind(session, chain, 1, 5)
    assert [_stamp(session, run, number).state for number in (1, 5, 6)] == [
        StampState.ACTIVE,
        StampState.ACTIVE,
        StampState.PRINTED,
    ]


def test_what_was_typed_wrong_is_refused_beside_its_field(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    with pytest.raises(FirstAfterLast):
        _bind(session, chain, 10, 9)
    for first, last, field in ((101, 101, "first"), (1, 101, "last"), (0, 5, "first")):
        with pytest.raises(StampUnknown) as refused:
            _bind(session, chain, first, last)
        assert refused.value.field == field
    with pytest.raises(StampUnknown):
        bind_stamps(session, chain.producer, chain.batch.id, Typed(), Typed(number=1))


def test_an_unfinished_or_cancelled_run_is_not_used(session: Session, chain: Chain) -> None:
    run = services_runs.issue_roll(session, chain.producer, Order(10, SITE))
    make_part(session, run.id, size=5)
    with pytest.raises(RunNotFinished):
        _bind(session, chain, 1, 5)
    services_runs.cancel_run(session, chain.producer, run.id)
    with pytest.raises(RunNotFinished):
        _bind(session, chain, 1, 5)


def test_stamps_of_others_are_unknown(session: Session, chain: Chain, roll: StampRun) -> None:
    theirs = actor_of_kind(session)
    lot = ActiveBatchFactory.create(session=session, actor=theirs)
    code = Typed(code=_stamp(session, roll, 1).code.code)
    with pytest.raises(StampUnknown):
        bind_stamps(session, theirs, lot.id, code, code)
    with pytest.raises(StampUnknown):
        void_stamps(session, theirs, code, code, VoidReason.LOST)
    with pytest.raises(NotFound):
        bind_stamps(session, theirs, chain.batch.id, code, code)
    binding = _bind(session, chain, 1, 10)
    with pytest.raises(NotFound):
        unbind_stamps(session, theirs, binding.id)


def test_spoiled_stamps_are_voided_one_by_one_or_by_range(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    _bind(session, chain, 1, 50)
    assert _void(session, chain, 7, 7) == [(7, 7)]
    assert _void(session, chain, 7, 7) == []
    assert _void(session, chain, 5, 10) == [(5, 6), (8, 10)]
    assert [_stamp(session, roll, number).state for number in (4, 5, 7, 10, 11)] == [
        StampState.ACTIVE,
        StampState.VOID,
        StampState.VOID,
        StampState.VOID,
        StampState.ACTIVE,
    ]


def test_voiding_is_told_in_the_record_of_each_lot_concerned_and_of_the_run(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    other = ActiveBatchFactory.create(session=session, actor=chain.producer)
    _bind(session, chain, 1, 10)
    _bind(session, replace(chain, batch=other), 11, 20)
    _void(session, chain, 9, 25)
    told = {event.goods[0].batch_id: event.extensions for event in _events(session, Verb.VOID_STAMPS)}
    run = str(roll.id)
    assert told == {
        chain.batch.id: {"stamp_run": run, "stamps": ["9-10"], "reason": "spoiled"},
        other.id: {"stamp_run": run, "stamps": ["11-20"], "reason": "spoiled"},
        None: {"stamp_run": run, "stamps": ["21-25"], "reason": "spoiled"},
    }


def test_voiding_what_was_void_is_told_to_nobody(session: Session, chain: Chain, roll: StampRun) -> None:
    _void(session, chain, 1, 5)
    _void(session, chain, 2, 3)
    assert len(_events(session, Verb.VOID_STAMPS)) == 1


def test_a_reprint_is_told_each_time_with_the_lots_it_concerns(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    _bind(session, chain, 1, 10)
    for _ in range(2):
        reprint_stamps(session, chain.producer, Typed(number=8), Typed(number=12))
    told = [
        (event.goods[0].batch_id, event.extensions["stamps"])
        for event in _events(session, Verb.REPRINT_STAMPS)
    ]
    assert sorted(told, key=str) == sorted([(chain.batch.id, ["8-10"]), (None, ["11-12"])] * 2, key=str)
    assert len(stamp_queries.list_ranges(session, roll.id)) == 3


def test_what_stands_for_no_lot_is_in_the_log_and_in_nobodys_goods(
    session: Session, chain: Chain, roll: StampRun, tmp_path: Path
) -> None:
    _void(session, chain, 11, 20)
    reprint_stamps(session, chain.producer, Typed(number=1), Typed(number=3))
    session.commit()
    voided, reprinted = (_events(session, verb)[0] for verb in (Verb.VOID_STAMPS, Verb.REPRINT_STAMPS))
    assert [(one.batch_id, one.lot, one.quantity) for one in voided.goods] == [(None, None, Decimal(10))]
    assert str(voided.goods[0].epc).endswith(f"stamp-run-{roll.id}")
    assert {voided, reprinted}.isdisjoint(event_queries.list_batch_events(session, chain.batch.id))
    signer = publish(session, tmp_path)
    report = audit_database(session, signer.verifier, None)
    assert report.is_clean, report.findings


def test_voiding_and_reprinting_of_others_cannot_be_asked_for(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    _bind(session, chain, 1, 5)
    _void(session, chain, 4, 8)
    reprint_stamps(session, chain.producer, Typed(number=4), Typed(number=8))
    for actor in (chain.shop, chain.other_shop):
        give(session, chain.batch, chain.producer, actor)
        for verb in (Verb.VOID_STAMPS, Verb.REPRINT_STAMPS):
            for event in _events(session, verb):
                with pytest.raises(NotFound):
                    queries_handover.get_event(session, actor.organisation_id, event.id)
    # What the leaf opens for everybody says neither which nor how many.
    for verb in (Verb.VOID_STAMPS, Verb.REPRINT_STAMPS):
        for event in _events(session, verb):
            public = public_values(event)
            assert public.keys().isdisjoint(
                {"extensions", "notice", "quantity_list", "epc_list", "recorded_by"}
            )
            assert "stamp-run" not in str(public)


def test_stamps_all_void_are_not_bound_and_a_few_void_ones_stay_void(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    _void(session, chain, 1, 10)
    with pytest.raises(StampsVoid):
        _bind(session, chain, 2, 9)
    _bind(session, chain, 9, 12)
    assert [_stamp(session, roll, number).state for number in (9, 11)] == [StampState.VOID, StampState.ACTIVE]
    assert {one.kind for one in stamp_queries.list_ranges(session, roll.id)} == {
        RangeKind.VOIDED,
        RangeKind.BOUND,
    }
