"""Receiving: from the label to the shipment, in full or not, twice, and what other organisations see of it: nothing."""

from collections.abc import Callable
from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.shops.conftest import Market
from tests.web import send, settle
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Balance, Batch
from trace.events.handover_models import Shipment
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason

Browse = Callable[[Actor], FlaskClient]
Held = Callable[[Batch, Actor], Decimal]


def ship(session: Session, market: Market, quantity: str = "50") -> Shipment:
    """Goods on their way from the producer to the shop."""
    shipment = factories.ShipmentFactory.create(
        session=session,
        actor=market.producer,
        batch=market.batch,
        to=market.shop.organisation,
        quantity=Decimal(quantity),
    )
    session.refresh(shipment)
    settle(session)
    return shipment


def test_a_handover_by_two_organisations_moves_the_goods(market: Market, browse: Browse, held: Held) -> None:
    producer, shop = browse(market.producer), browse(market.shop)
    sent = send(producer, f"/goods/{market.batch.id}/ship", idempotency_key="k",
                receiver=f"organisation:{market.shop.organisation.id}", quantity="50")  # fmt: skip
    assert sent.status_code == 303
    page = shop.get("/goods/").get_data(as_text=True)
    assert market.producer.organisation.name in page
    received = send(shop, sent.location + "/receive", full="1")
    assert received.status_code == 303
    assert "năm mươi ki-lô-gam" in shop.get(received.location).get_data(as_text=True)
    assert held(market.batch, market.producer) == 50
    assert held(market.batch, market.shop) == 50


def test_the_label_leads_to_the_one_shipment_at_once(
    session: Session, market: Market, browse: Browse
) -> None:
    shipment = ship(session, market)
    answer = browse(market.shop).get(f"/goods/receive/{market.batch.code}")
    assert answer.location == f"/goods/shipments/{shipment.id}/receive"


def test_a_code_typed_in_small_letters_with_dashes_is_found(
    session: Session, market: Market, browse: Browse
) -> None:
    shipment = ship(session, market)
    code = market.batch.code.lower()
    answer = browse(market.shop).get(
        "/goods/receive", query_string={"code": f"{code[:4]}-{code[4:8]} {code[8:]}"}
    )
    assert answer.location == f"/goods/shipments/{shipment.id}/receive"


def test_the_label_asks_which_of_several_shipments_it_is(
    session: Session, market: Market, browse: Browse
) -> None:
    first, second = ship(session, market, "20"), ship(session, market, "30")
    page = browse(market.shop).get(f"/goods/receive/{market.batch.code}").get_data(as_text=True)
    assert f"/goods/shipments/{first.id}/receive" in page
    assert f"/goods/shipments/{second.id}/receive" in page


def test_undeclared_goods_say_whom_to_ask(market: Market, browse: Browse) -> None:
    answer = browse(market.shop).get(f"/goods/receive/{market.batch.code}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Chưa khai giao cho đơn vị" in page
    assert market.shop.organisation.name in page


def test_received_goods_say_when(session: Session, market: Market, browse: Browse) -> None:
    shipment = ship(session, market)
    shop = browse(market.shop)
    send(shop, f"/goods/shipments/{shipment.id}/receive", full="1")
    page = shop.get(f"/goods/receive/{market.batch.code}").get_data(as_text=True)
    assert "Đã nhận rồi" in page
    assert f"/goods/shipments/{shipment.id}" in page


def test_the_producer_learns_that_the_batch_is_its_own(market: Market, browse: Browse) -> None:
    page = browse(market.producer).get(f"/goods/receive/{market.batch.code}").get_data(as_text=True)
    assert "Lô của chính đơn vị" in page


def test_an_unknown_code_is_404_and_a_slip_400(market: Market, browse: Browse) -> None:
    shop = browse(market.shop)
    slip = market.batch.code[:-1] + ("3" if market.batch.code[-1] == "2" else "2")
    assert shop.get(f"/goods/receive/{slip}").status_code == 400
    assert shop.get("/goods/receive/2222222222").status_code == 404  # its weighted sum is a multiple of 31


def test_a_draft_cannot_be_received(session: Session, market: Market, browse: Browse) -> None:
    draft = factories.BatchFactory.create(session=session, actor=market.producer)
    session.refresh(draft)
    settle(session)
    assert browse(market.shop).get(f"/goods/receive/{draft.code}").status_code == 404


def test_a_stranger_signs_in_and_comes_back(app_browser: FlaskClient, market: Market) -> None:
    answer = app_browser.get(f"/goods/receive/{market.batch.code}")
    assert answer.status_code == 302
    assert answer.location == f"/account/sign-in?next=/goods/receive/{market.batch.code}"


def test_a_difference_inside_the_tolerance_closes_by_itself(
    session: Session, market: Market, browse: Browse
) -> None:
    shipment = ship(session, market)
    shop = browse(market.shop)
    answer = send(shop, f"/goods/shipments/{shipment.id}/receive", quantity="49")
    page = shop.get(answer.location).get_data(as_text=True)
    assert "tự chốt" in page
    balance = session.get_one(Balance, market.batch.id)
    assert [balance.lost, balance.in_question] == [Decimal(1), Decimal(0)]


def test_a_difference_outside_the_tolerance_stays_open_for_both(
    session: Session, market: Market, browse: Browse
) -> None:
    shipment = ship(session, market)
    shop = browse(market.shop)
    answer = send(shop, f"/goods/shipments/{shipment.id}/receive", quantity="40")
    assert "quá mức hao hụt 3%" in shop.get(answer.location).get_data(as_text=True)
    assert session.get_one(Balance, market.batch.id).in_question == 10
    for side in (shop, browse(market.producer)):
        assert "Thiếu 10 kg" in side.get("/goods/").get_data(as_text=True)


def test_receiving_twice_is_receiving_once(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    shipment = ship(session, market)
    shop = browse(market.shop)
    for _attempt in range(2):
        answer = send(shop, f"/goods/shipments/{shipment.id}/receive", full="1")
        assert answer.status_code == 303
    assert "Không có gì bị tính hai lần" in shop.get(answer.location).get_data(as_text=True)
    assert held(market.batch, market.shop) == 50


def test_receiving_again_with_another_quantity_is_refused(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    shipment = ship(session, market)
    shop = browse(market.shop)
    send(shop, f"/goods/shipments/{shipment.id}/receive", full="1")
    assert send(shop, f"/goods/shipments/{shipment.id}/receive", quantity="40").status_code == 409
    assert held(market.batch, market.shop) == 50


def test_more_than_was_shipped_is_refused_with_the_number(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    shipment = ship(session, market)
    answer = send(browse(market.shop), f"/goods/shipments/{shipment.id}/receive", quantity="500")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert 'id="f-quantity-error"' in page
    assert 'value="500"' in page
    assert held(market.batch, market.shop) == 0


def test_an_ambiguous_number_is_asked_about_and_then_taken(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    shipment = ship(session, market)
    shop = browse(market.shop)
    address = f"/goods/shipments/{shipment.id}/receive"
    asked = send(shop, address, quantity="49.500")
    assert asked.status_code == 422
    assert "quantity_meaning" in asked.get_data(as_text=True)
    assert send(shop, address, quantity="49.500", quantity_meaning="decimals").status_code == 303
    assert held(market.batch, market.shop) == Decimal("49.5")


def test_only_its_two_sides_see_a_shipment(session: Session, market: Market, browse: Browse) -> None:
    shipment = ship(session, market)
    other = factories.actor_of_kind(session, OrganisationKind.SHOP)
    settle(session)
    stranger = browse(other)
    assert stranger.get(f"/goods/shipments/{shipment.id}").status_code == 404
    assert stranger.get(f"/goods/shipments/{shipment.id}/receive").status_code == 404
    assert send(stranger, f"/goods/shipments/{shipment.id}/receive", full="1").status_code == 404


def test_the_sender_cannot_receive_its_own_shipment(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    shipment = ship(session, market)
    sender = browse(market.producer)
    assert send(sender, f"/goods/shipments/{shipment.id}/receive", full="1").status_code == 404
    assert held(market.batch, market.producer) == 50


def test_a_recalled_batch_says_so_where_it_is_received(
    session: Session, market: Market, browse: Browse
) -> None:
    shipment = ship(session, market)
    recalls.recall(
        session,
        factories.officer_of(session),
        market.batch.id,
        RecallClass.HEALTH,
        RecallReason.MICROBIAL,
        None,
        typed_lot_number=market.batch.lot_number,
    )
    settle(session)
    page = browse(market.shop).get(f"/goods/shipments/{shipment.id}/receive").get_data(as_text=True)
    assert "Chỉ nhận để để riêng" in page
