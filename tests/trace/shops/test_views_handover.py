"""Cancel, refuse, return, settle on pages: each side has its own buttons, a second tap changes nothing."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.shops.conftest import Market
from tests.web import send, settle
from trace.accounts.permissions import Actor
from trace.batches.models import Balance, Batch
from trace.events import services_receiving
from trace.events.handover_models import Outcome, Settlement, Shipment
from trace.events.services_settlement import propose_settlement

Browse = Callable[[Actor], FlaskClient]
Held = Callable[[Batch, Actor], Decimal]


@pytest.fixture
def sent(session: Session, market: Market) -> str:
    """Ten on their way to the shop."""
    shipment = factories.ShipmentFactory.create(
        session=session, actor=market.producer, batch=market.batch, to=market.shop.organisation
    )
    found = str(shipment.id)
    settle(session)
    return found


@pytest.fixture
def short(session: Session, market: Market) -> Shipment:
    """Ten were shipped, six arrived."""
    shipment = factories.ShipmentFactory.create(
        session=session, actor=market.producer, batch=market.batch, to=market.shop.organisation
    )
    services_receiving.receive(session, market.shop, shipment.id, {market.batch.id: Decimal(6)})
    _ = [line.id for line in shipment.lines]
    settle(session)
    return shipment


def test_the_sender_cancels_by_one_form_and_the_second_tap_changes_nothing(
    market: Market, browse: Browse, held: Held, sent: str
) -> None:
    producer = browse(market.producer)
    assert "Hủy chuyến" in producer.get(f"/goods/shipments/{sent}").get_data(as_text=True)
    for _tap in range(2):
        assert send(producer, f"/goods/shipments/{sent}/cancel").status_code == 303
    assert held(market.batch, market.producer) == 100
    page = producer.get(f"/goods/shipments/{sent}").get_data(as_text=True)
    assert "Đã hủy" in page
    assert f"/shipments/{sent}/cancel" not in page


def test_the_receiver_refuses_with_a_reason_the_sender_reads(
    market: Market, browse: Browse, held: Held, sent: str
) -> None:
    shop = browse(market.shop)
    assert send(shop, f"/goods/shipments/{sent}/refuse").status_code == 422
    assert send(shop, f"/goods/shipments/{sent}/refuse", reason="too_warm").status_code == 303
    assert held(market.batch, market.producer) == 100
    page = browse(market.producer).get(f"/goods/shipments/{sent}").get_data(as_text=True)
    assert "Không đủ lạnh" in page


def test_a_cancelled_shipment_is_gone_from_the_receivers_first_page(
    market: Market, browse: Browse, sent: str
) -> None:
    shop = browse(market.shop)
    assert sent in shop.get("/goods/").get_data(as_text=True)
    send(browse(market.producer), f"/goods/shipments/{sent}/cancel")
    assert sent not in shop.get("/goods/").get_data(as_text=True)


def test_what_was_received_cannot_be_cancelled_and_the_page_says_why(
    market: Market, browse: Browse, sent: str
) -> None:
    send(browse(market.shop), f"/goods/shipments/{sent}/receive", full="1")
    answer = send(browse(market.producer), f"/goods/shipments/{sent}/cancel")
    assert answer.status_code == 409
    assert "bên nhận trả hàng" in answer.get_data(as_text=True)


def test_goods_go_back_to_where_they_came_from(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    factories.give(session, market.batch, market.producer, market.shop, "10")
    settle(session)
    shop = browse(market.shop)
    address = f"/goods/{market.batch.id}/return"
    page = shop.get(address).get_data(as_text=True)
    assert market.producer.organisation.name in page
    answers = [
        send(shop, address, idempotency_key="k", quantity="4", reason="unsold",
             to_id=str(market.producer.organisation_id))
        for _tap in range(2)
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [303, 303]
    assert held(market.batch, market.shop) == 6
    page = browse(market.producer).get(answers[0].location).get_data(as_text=True)
    assert "Đang được trả về" in page
    assert "refuse" not in page


def test_more_than_came_does_not_go_back(session: Session, market: Market, browse: Browse) -> None:
    factories.give(session, market.batch, market.producer, market.shop, "10")
    settle(session)
    answer = send(browse(market.shop), f"/goods/{market.batch.id}/return", idempotency_key="k", quantity="11",
                  reason="unsold")  # fmt: skip
    assert answer.status_code == 409


def test_a_difference_is_settled_by_a_form_and_a_tap(
    session: Session, market: Market, browse: Browse, short: Shipment
) -> None:
    line_id = short.lines[0].id
    shop, producer = browse(market.shop), browse(market.producer)
    assert (
        send(shop, f"/goods/differences/{line_id}/propose", outcome="lost", quantity="3").status_code == 303
    )
    settlement_id = session.scalars(select(Settlement.id)).one()
    home = producer.get("/goods/").get_data(as_text=True)
    assert f"/goods/settlements/{settlement_id}/agree" in home
    assert "3 kg: mất" in home
    for _tap in range(2):
        assert send(producer, f"/goods/settlements/{settlement_id}/agree").status_code == 303
    session.expire_all()
    balance = session.get_one(Balance, market.batch.id)
    assert [balance.in_question, balance.lost] == [1, 3]


def test_a_declined_proposal_comes_back_to_the_page(
    session: Session, market: Market, browse: Browse, short: Shipment
) -> None:
    proposed = propose_settlement(session, market.shop, short.lines[0].id, Outcome.LOST).id
    settle(session)
    producer = browse(market.producer)
    send(producer, f"/goods/settlements/{proposed}/decline")
    answer = send(producer, f"/goods/settlements/{proposed}/agree")
    assert answer.status_code == 409
    assert "Đề nghị này đã xong" in answer.get_data(as_text=True)


def test_an_outcome_has_to_be_chosen(market: Market, browse: Browse, short: Shipment) -> None:
    answer = send(browse(market.shop), f"/goods/differences/{short.lines[0].id}/propose")
    assert answer.status_code == 422
    assert "Chọn phần thiếu đó ra sao." in answer.get_data(as_text=True)
