"""Items with a code of their own, sold one by one, undone on a mistake."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, a_key, actor_of_kind, give, officer_of
from tests.trace.events.conftest import Chain
from trace.accounts.models import Organisation, OrganisationKind, Role
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_models import StampRange, StampRun
from trace.batches.stamp_rules import (
    BindingFinal,
    ItemSold,
    SaleFinal,
    Span,
    StampNotActive,
    StampState,
    StampsVoid,
    StampUnknown,
    Typed,
    VoidReason,
)
from trace.core.database import make_engine, new_session
from trace.core.errors import NotFound, Refusal
from trace.core.short_codes import new_code
from trace.events import rules
from trace.events.models import Event, EventGoods, Verb
from trace.events.services_items import sell_item, unsell_item
from trace.events.services_leaving import sell
from trace.events.services_stamps import bind_stamps, unbind_stamps, void_stamps
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason


@pytest.fixture
def roll(session: Session, chain: Chain) -> StampRun:
    """Twenty stamps, the first ten on the lot, of which the shop has ten kilograms."""
    run = services_runs.issue_roll(session, chain.producer, Order(20, "https://check.example"))
    make_part(session, run.id)
    bind_stamps(session, chain.producer, chain.batch.id, Typed(number=1), Typed(number=10))
    give(session, chain.batch, chain.producer, chain.shop)
    return run


def _code(session: Session, run: StampRun, number: int) -> Typed:
    ((_number, code),) = stamp_queries.codes_of(session, run, Span(number, number))
    return Typed(code=code)


def _sell(session: Session, chain: Chain, run: StampRun, number: int = 3) -> StampRange:
    return sell_item(session, chain.shop, _code(session, run, number))


def _state(session: Session, run: StampRun, number: int = 3) -> StampState:
    found = stamp_queries.find_stamp(session, _code(session, run, number).code or "")
    assert found is not None
    return found.state


def _events(session: Session, verb: Verb) -> list[Event]:
    return list(session.scalars(select(Event).where(Event.verb == verb)))


def test_an_item_is_sold_by_scanning_it_and_its_neighbours_are_not(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    _sell(session, chain, roll)
    assert [_state(session, roll, number) for number in (2, 3, 4)] == [
        StampState.ACTIVE,
        StampState.SOLD,
        StampState.ACTIVE,
    ]


def test_a_sale_is_told_to_the_log_and_moves_no_quantity(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    _sell(session, chain, roll)
    (event,) = _events(session, Verb.SELL_ITEM)
    assert event.organisation_id == chain.shop.organisation_id
    assert event.extensions == {"item": _code(session, roll, 3).code}
    goods = session.scalars(select(EventGoods).where(EventGoods.event_id == event.id)).one()
    assert (goods.batch_id, goods.quantity) == (chain.batch.id, None)
    assert session.scalar(text("select count(*) from leaves where event_id = :id"), {"id": event.id}) == 1


def test_scanning_twice_is_selling_once(session: Session, chain: Chain, roll: StampRun) -> None:
    assert _sell(session, chain, roll).id == _sell(session, chain, roll).id
    assert len(_events(session, Verb.SELL_ITEM)) == 1


def test_what_another_shop_sold_is_not_sold_again(session: Session, chain: Chain, roll: StampRun) -> None:
    give(session, chain.batch, chain.producer, chain.other_shop)
    _sell(session, chain, roll)
    with pytest.raises(ItemSold) as refused:
        sell_item(session, chain.other_shop, _code(session, roll, 3))
    assert "sold_on" in refused.value.numbers
    assert chain.shop.organisation.name not in str(refused.value)


def test_who_has_none_of_the_goods_learns_nothing(session: Session, chain: Chain, roll: StampRun) -> None:
    stranger = actor_of_kind(session, OrganisationKind.SHOP)
    told = set()
    for code in (
        _code(session, roll, 3),
        _code(session, roll, 15),
        Typed(code=new_code(13)),
        Typed(code=chain.batch.code),
    ):
        with pytest.raises(StampUnknown) as refused:
            sell_item(session, stranger, code)
        told.add(str(refused.value))
    assert len(told) == 1


def test_a_carrier_that_passed_the_goods_on_sells_nothing(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    carrier = actor_of_kind(session, OrganisationKind.CARRIER)
    give(session, chain.batch, chain.producer, carrier)
    give(session, chain.batch, carrier, chain.other_shop)
    with pytest.raises(StampUnknown):
        sell_item(session, carrier, _code(session, roll, 3))


def test_the_days_items_are_noted_after_the_stock_is_sold(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    sell(session, chain.shop, chain.batch.id, Decimal(10), key=a_key())
    _sell(session, chain, roll)
    assert _state(session, roll) is StampState.SOLD


def test_a_producer_sells_its_own_items(session: Session, chain: Chain, roll: StampRun) -> None:
    sell_item(session, chain.producer, _code(session, roll, 4))
    assert _state(session, roll, 4) is StampState.SOLD
    with pytest.raises(StampNotActive):
        sell_item(session, chain.producer, _code(session, roll, 15))


def test_a_number_is_no_code(session: Session, chain: Chain, roll: StampRun) -> None:
    with pytest.raises(StampUnknown):
        sell_item(session, chain.producer, Typed(number=3))
    with pytest.raises(StampUnknown):
        sell_item(session, chain.producer, Typed())


def test_a_void_label_is_not_sold(session: Session, chain: Chain, roll: StampRun) -> None:
    void_stamps(session, chain.producer, Typed(number=3), Typed(number=3), VoidReason.LOST)
    with pytest.raises(StampsVoid):
        _sell(session, chain, roll)


def test_a_label_voided_after_the_sale_is_void(session: Session, chain: Chain, roll: StampRun) -> None:
    _sell(session, chain, roll)
    void_stamps(session, chain.producer, Typed(number=3), Typed(number=3), VoidReason.LOST)
    assert _state(session, roll) is StampState.VOID


def test_no_item_of_a_recalled_lot_is_sold(session: Session, chain: Chain, roll: StampRun) -> None:
    recalls.recall(
        session,
        officer_of(session),
        chain.batch.id,
        RecallClass.QUALITY,
        RecallReason.SPOILED,
        None,
        typed_lot_number=chain.batch.lot_number,
    )
    with pytest.raises(rules.BatchRecalled):
        _sell(session, chain, roll)


def test_no_item_of_a_lot_on_hold_is_sold(session: Session, chain: Chain, roll: StampRun) -> None:
    chain.batch.is_held = True
    session.flush()
    with pytest.raises(rules.BatchHeld):
        _sell(session, chain, roll)


def test_a_sale_is_undone_by_who_noted_it_and_noted_again(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    sale = _sell(session, chain, roll)
    unsell_item(session, chain.shop, sale.id)
    unsell_item(session, chain.shop, sale.id)
    assert _state(session, roll) is StampState.ACTIVE
    assert len(_events(session, Verb.UNSELL_ITEM)) == 1
    assert _sell(session, chain, roll).id != sale.id
    assert _state(session, roll) is StampState.SOLD


def test_nobody_undoes_the_sale_of_another(session: Session, chain: Chain, roll: StampRun) -> None:
    sale = _sell(session, chain, roll)
    for actor in (chain.producer, chain.other_shop):
        with pytest.raises(NotFound):
            unsell_item(session, actor, sale.id)


def test_a_sale_of_last_month_stays(session: Session, chain: Chain, roll: StampRun) -> None:
    sale = _sell(session, chain, roll)
    sale.made_at -= timedelta(days=8)
    session.flush()
    with pytest.raises(SaleFinal):
        unsell_item(session, chain.shop, sale.id)


def test_an_item_sold_makes_its_binding_final(session: Session, chain: Chain) -> None:
    run = services_runs.issue_roll(session, chain.producer, Order(5, "https://check.example"))
    make_part(session, run.id)
    binding = bind_stamps(
        session, chain.producer, chain.batch.id, Typed(number=run.first_number), Typed(number=run.last_number)
    )
    sell_item(session, chain.producer, _code(session, run, run.first_number))
    with pytest.raises(BindingFinal):
        unbind_stamps(session, chain.producer, binding.id)


def test_the_database_itself_refuses_a_second_sale_of_one_item(
    session: Session, chain: Chain, roll: StampRun
) -> None:
    def insert(first: int, last: int, seller: Actor) -> None:
        session.execute(
            text(
                "insert into stamp_ranges (id, run_id, kind, first_number, last_number, organisation_id, made_at)"
                " values (gen_random_uuid(), :run, 'sold', :first, :last, :seller, now())"
            ),
            {"run": roll.id, "first": first, "last": last, "seller": seller.organisation_id},
        )

    insert(3, 3, chain.shop)
    insert(4, 4, chain.shop)
    for first, last in ((3, 3), (5, 6)):
        with pytest.raises(IntegrityError), session.begin_nested():
            insert(first, last, chain.other_shop)


def test_of_many_tills_that_scan_one_code_one_sells_it(fresh_database: str) -> None:
    engine = make_engine(fresh_database)
    tills = 6
    with new_session(engine) as session:
        producer = actor_of_kind(session)
        shops = [actor_of_kind(session, OrganisationKind.SHOP) for _ in range(tills)]
        chain = Chain(
            producer,
            shops[0],
            shops[1],
            officer_of(session),
            ActiveBatchFactory.create(session=session, actor=producer),
        )
        run = services_runs.issue_roll(session, producer, Order(2, "https://check.example"))
        make_part(session, run.id)
        bind_stamps(session, producer, chain.batch.id, Typed(number=1), Typed(number=2))
        for shop in shops:
            give(session, chain.batch, producer, shop)
        code = _code(session, run, 1)
        ids = [(shop.user_id, shop.organisation_id) for shop in shops]
        session.commit()
    ready = Barrier(tills)

    def scan(number: int) -> str:
        user_id, organisation_id = ids[number]
        with new_session(engine) as own:
            actor = Actor(user_id, own.get_one(Organisation, organisation_id), Role.OWNER)
            ready.wait()
            try:
                sell_item(own, actor, code)
                own.commit()
            except Refusal as refusal:
                return refusal.code
        return "sold"

    with ThreadPoolExecutor(tills) as pool:
        answers = list(pool.map(scan, range(tills)))
    assert sorted(answers) == ["item-sold"] * (tills - 1) + ["sold"]
    with new_session(engine) as session:
        assert session.scalar(select(func.count()).where(Event.verb == Verb.SELL_ITEM)) == 1
    engine.dispose()
