"""Goods at rest on the pages: counted, moved, used up, looked after, set aside."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.shops.conftest import Market
from tests.web import send, settle
from trace.accounts import services_organisations
from trace.accounts.models import Organisation, OrganisationKind
from trace.accounts.permissions import Actor
from trace.accounts.services_organisations import Place
from trace.batches.models import Batch
from trace.batches.unit_models import Placement
from trace.demo.factories import BA_DINH
from trace.events.models import Event, Verb
from trace.recalls import holds
from trace.recalls.hold_rules import HoldReason

Browse = Callable[[Actor], FlaskClient]
Held = Callable[[Batch, Actor], Decimal]


@pytest.fixture
def second_place(session: Session, market: Market) -> str:
    """Another place of the producer."""
    owner = session.get_one(Organisation, market.producer.organisation.id)
    place = str(services_organisations.add_location(session, owner, Place(BA_DINH, "Số 9", "Kho lạnh")).id)
    settle(session)
    return place


def _events(session: Session, verb: Verb) -> int:
    return session.scalar(select(func.count()).select_from(Event).where(Event.verb == verb)) or 0


def test_a_count_of_less_books_a_loss_and_says_so(market: Market, browse: Browse, held: Held) -> None:
    producer = browse(market.producer)
    path = f"/goods/{market.batch.id}/count"
    answer = send(producer, path, quantity="97,5", idempotency_key="k")
    assert answer.status_code == 303
    assert "hao hụt" in producer.get(answer.location).get_data(as_text=True)
    assert held(market.batch, market.producer) == Decimal("97.5")


def test_a_large_loss_is_asked_about_and_then_believed(market: Market, browse: Browse, held: Held) -> None:
    producer = browse(market.producer)
    path = f"/goods/{market.batch.id}/count"
    asked = send(producer, path, quantity="10", idempotency_key="k")
    page = asked.get_data(as_text=True)
    assert asked.status_code == 409
    assert 'name="is_sure"' in page
    assert 'value="10"' in page
    key = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert key
    assert send(producer, path, quantity="10", is_sure="true", idempotency_key=key[1]).status_code == 303
    assert held(market.batch, market.producer) == 10


def test_nothing_left_may_be_counted(market: Market, browse: Browse, held: Held) -> None:
    path = f"/goods/{market.batch.id}/count"
    answer = send(browse(market.producer), path, quantity="0", is_sure="true", idempotency_key="k")
    assert answer.status_code == 303
    assert held(market.batch, market.producer) == 0


def test_a_count_tapped_twice_is_one(session: Session, market: Market, browse: Browse) -> None:
    producer = browse(market.producer)
    path = f"/goods/{market.batch.id}/count"
    sent = [send(producer, path, quantity="99", idempotency_key="k").status_code for _attempt in range(2)]
    assert (sent, _events(session, Verb.COUNT)) == ([303, 303], 1)


def test_the_whole_stock_is_counted_on_one_page_soonest_expiry_first(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    owner = Actor(
        market.producer.user_id,
        session.get_one(Organisation, market.producer.organisation.id),
        market.producer.role,
    )
    product = factories.ProductFactory.create(session=session, actor=owner, shelf_life_days=1)
    sooner = factories.ActiveBatchFactory.create(session=session, actor=owner, product=product)
    sooner_id, sooner_lot = sooner.id, sooner.lot_number
    settle(session)
    producer = browse(market.producer)
    page = producer.get("/goods/count").get_data(as_text=True)
    assert page.index(f'name="quantity-{sooner_id}"') < page.index(f'name="quantity-{market.batch.id}"')
    form = {f"quantity-{sooner_id}": "95", f"quantity-{market.batch.id}": ""}
    answer = send(producer, "/goods/count", idempotency_key="k", **form)
    assert answer.status_code == 303
    assert sooner_lot
    assert held(market.batch, market.producer) == 100
    assert held(session.get_one(Batch, sooner_id), market.producer) == 95


def test_a_refused_line_is_told_under_it(market: Market, browse: Browse) -> None:
    name = f"quantity-{market.batch.id}"
    answer = send(browse(market.producer), "/goods/count", idempotency_key="k", **{name: "120"})
    assert answer.status_code == 409
    assert f'id="f-{name}-error"' in answer.get_data(as_text=True)


def test_goods_are_moved_to_another_place_and_sold_from_it(
    session: Session, market: Market, browse: Browse, held: Held, second_place: str
) -> None:
    producer = browse(market.producer)
    seat = str(market.producer.organisation.seat.id)
    line = f"quantity-{market.batch.id}"
    form = {line: "30", "to_id": second_place, "location_id": seat}
    assert send(producer, "/goods/move", idempotency_key="m", **form).status_code == 303
    page = producer.get(f"/goods/{market.batch.id}/sell").get_data(as_text=True)
    assert f'name="location_id" value="{second_place}"' in page
    answer = send(
        producer,
        f"/goods/{market.batch.id}/sell",
        idempotency_key="s",
        receiver="walk-in",
        quantity="5",
        location_id=second_place,
    )
    assert answer.status_code == 303
    placed = session.scalars(select(Placement.quantity)).one()
    assert (placed, held(market.batch, market.producer)) == (Decimal(25), Decimal(95))


def test_more_than_lies_at_a_place_is_refused_under_its_line(
    market: Market, browse: Browse, second_place: str
) -> None:
    name = f"quantity-{market.batch.id}"
    answer = send(
        browse(market.producer),
        "/goods/move",
        idempotency_key="m",
        to_id=str(market.producer.organisation.seat.id),
        location_id=second_place,
        **{name: "1"},
    )
    assert answer.status_code == 409
    assert "địa điểm" in answer.get_data(as_text=True)


def test_a_form_without_any_line_is_asked_to_be_filled(
    market: Market, browse: Browse, second_place: str
) -> None:
    answer = send(browse(market.producer), "/goods/move", idempotency_key="m", to_id=second_place)
    assert answer.status_code == 422


def test_a_kitchen_is_offered_to_use_up_first(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    cook = factories.actor_of_kind(session, OrganisationKind.KITCHEN)
    maker = Actor(
        market.producer.user_id,
        session.get_one(Organisation, market.producer.organisation.id),
        market.producer.role,
    )
    factories.give(session, session.get_one(Batch, market.batch.id), maker, cook, "20")
    assert cook.organisation.seat
    settle(session)
    kitchen = browse(cook)
    page = kitchen.get(f"/goods/{market.batch.id}").get_data(as_text=True)
    assert page.index(f"/goods/{market.batch.id}/use") < page.index(f"/goods/{market.batch.id}/sell")
    path = f"/goods/{market.batch.id}/use"
    sent = [send(kitchen, path, quantity="4", idempotency_key="k").status_code for _attempt in range(2)]
    assert (sent, held(market.batch, cook)) == ([303, 303], Decimal(16))


def test_goods_set_aside_offer_no_sale_until_released(
    session: Session, market: Market, browse: Browse
) -> None:
    producer = browse(market.producer)
    base = f"/goods/{market.batch.id}"
    for _attempt in range(2):
        assert send(producer, f"{base}/set-aside", reason="to_inspect").status_code == 303
    assert _events(session, Verb.HOLD) == 1
    page = producer.get(base).get_data(as_text=True)
    assert "Để riêng, chưa bán" in page
    assert f"{base}/sell" not in page
    refused = send(producer, f"{base}/sell", receiver="walk-in", quantity="1", idempotency_key="k")
    assert refused.status_code == 409
    for _attempt in range(2):
        assert send(producer, f"{base}/release").status_code == 303
    assert f"{base}/sell" in producer.get(base).get_data(as_text=True)


def test_a_paused_batch_says_so_and_offers_the_way_back(
    session: Session, market: Market, browse: Browse
) -> None:
    shop = Actor(
        market.shop.user_id, session.get_one(Organisation, market.shop.organisation.id), market.shop.role
    )
    maker = Actor(
        market.producer.user_id,
        session.get_one(Organisation, market.producer.organisation.id),
        market.producer.role,
    )
    batch = session.get_one(Batch, market.batch.id)
    factories.give(session, batch, maker, shop, "20")
    holds.pause_sale(
        session,
        factories.officer_of(session),
        batch.id,
        HoldReason.TEST_RESULT,
        typed_lot_number=batch.lot_number,
    )
    settle(session)
    page = browse(market.shop).get(f"/goods/{market.batch.id}").get_data(as_text=True)
    assert "Cơ quan quản lý tạm dừng bán" in page
    assert "Trả nơi sản xuất" in page
    assert f"/goods/{market.batch.id}/sell" not in page


def test_a_reading_is_noted_and_drawn(session: Session, market: Market, browse: Browse) -> None:
    producer = browse(market.producer)
    path = f"/goods/{market.batch.id}/temperatures"
    for value, key in (("4,5", "a"), ("-1", "b"), ("39.2", "c")):
        uom = "FAH" if key == "c" else "CEL"
        assert send(producer, path, value=value, uom=uom, idempotency_key=key).status_code == 303
    page = producer.get(path).get_data(as_text=True)
    assert page.count('class="chart-dot"') == 3
    assert "4,5\u00a0°C" in page
    assert "-1\u00a0°C" in page
    assert "4\u00a0°C" in page
    assert _events(session, Verb.MEASURE) == 3
    history = producer.get(f"/goods/{market.batch.id}").get_data(as_text=True)
    assert all(f"Đo nhiệt độ: {told}\u00a0°C<" in history for told in ("4,5", "-1", "4"))


def test_a_figure_no_thermometer_shows_is_refused_beside_its_field(market: Market, browse: Browse) -> None:
    path = f"/goods/{market.batch.id}/temperatures"
    answer = send(browse(market.producer), path, value="450", uom="CEL", idempotency_key="a")
    assert answer.status_code == 422
    assert 'id="f-value-error"' in answer.get_data(as_text=True)


def test_a_breach_is_told_to_members_and_the_public(session: Session, market: Market, browse: Browse) -> None:
    owner = Actor(
        market.producer.user_id,
        session.get_one(Organisation, market.producer.organisation.id),
        market.producer.role,
    )
    product = factories.ProductFactory.create(
        session=session, actor=owner, min_temperature=Decimal(2), max_temperature=Decimal(8)
    )
    batch = factories.ActiveBatchFactory.create(session=session, actor=owner, product=product)
    batch_id, code = batch.id, batch.code
    settle(session)
    producer = browse(market.producer)
    path = f"/goods/{batch_id}/temperatures"
    assert send(producer, path, value="9,5", uom="CEL", idempotency_key="a").status_code == 303
    told = "Nhiệt độ vượt ngưỡng: 9,5\u00a0°C lúc"
    assert told in producer.get(path).get_data(as_text=True)
    public = producer.get(f"/T/{code}").get_data(as_text=True)
    assert told in public
    assert "ngưỡng 2–8\u00a0°C" in public
    assert "Đo nhiệt độ: 9,5\u00a0°C, vượt ngưỡng" in producer.get(f"/goods/{batch_id}").get_data(
        as_text=True
    )


def test_an_inspection_and_a_sample_are_noted_once(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    producer = browse(market.producer)
    base = f"/goods/{market.batch.id}"
    for _attempt in range(2):
        send(producer, f"{base}/inspect", result="failed", idempotency_key="i")
        send(producer, f"{base}/sample", quantity="0,5", idempotency_key="s")
    assert (_events(session, Verb.INSPECT), _events(session, Verb.SAMPLE)) == (1, 1)
    assert held(market.batch, market.producer) == Decimal("99.5")
    assert "Không đạt" not in producer.get(f"/T/{market.batch.code}").get_data(as_text=True)


@pytest.mark.parametrize("what", ["use", "count", "inspect", "sample", "temperatures", "set-aside"])
def test_somebody_elses_goods_are_not_there(market: Market, browse: Browse, what: str) -> None:
    assert browse(market.shop).get(f"/goods/{market.batch.id}/{what}").status_code == 404


def test_who_has_several_places_says_where_goods_are_put_down(
    session: Session, market: Market, browse: Browse
) -> None:
    owner = session.get_one(Organisation, market.shop.organisation.id)
    place = str(services_organisations.add_location(session, owner, Place(BA_DINH, "Số 9", "Kho sau")).id)
    maker = Actor(
        market.producer.user_id,
        session.get_one(Organisation, market.producer.organisation.id),
        market.producer.role,
    )
    batch = session.get_one(Batch, market.batch.id)
    shipment = str(factories.ShipmentFactory.create(session=session, actor=maker, batch=batch, to=owner).id)
    settle(session)
    shop = browse(market.shop)
    path = f"/goods/shipments/{shipment}/receive"
    assert 'name="location_id"' in shop.get(path).get_data(as_text=True)
    assert send(shop, path, full="1", location_id=place).status_code == 303
    placed = session.scalars(select(Placement)).one()
    assert (str(placed.location_id), placed.quantity) == (place, Decimal(10))
