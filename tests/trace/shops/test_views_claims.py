"""Goods that came undeclared, on the pages of both sides."""

import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, BinaryIO

from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.trace.shops.conftest import Market
from tests.web import send, settle, token_of
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.events.handover_models import Claim

Browse = Callable[[Actor], FlaskClient]
Held = Callable[[Batch, Actor], Decimal]


def _note(client: FlaskClient, market: Market, quantity: str = "60", key: str = "k", **more: Any) -> Any:
    return send(
        client,
        f"/goods/receive/{market.batch.code}/claim",
        idempotency_key=key,
        quantity=quantity,
        sender_id=str(market.producer.organisation_id),
        **more,
    )


def a_photo() -> io.BytesIO:
    """A small picture as a phone would send it."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "JPEG")
    out.seek(0)
    return out


def test_undeclared_goods_lead_to_a_note_with_the_producer_as_sender(market: Market, browse: Browse) -> None:
    shop = browse(market.shop)
    address = f"/goods/receive/{market.batch.code}"
    assert f"{address}/claim" in shop.get(address).get_data(as_text=True)
    page = shop.get(f"{address}/claim").get_data(as_text=True)
    assert str(market.producer.organisation_id) in page


def test_the_sender_is_asked_and_confirms_by_one_tap(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    assert _note(browse(market.shop), market).status_code == 303
    claim_id = session.scalars(select(Claim.id)).one()
    producer = browse(market.producer)
    assert "1 phiếu nhận chờ trả lời" in producer.get("/goods/").get_data(as_text=True)
    page = producer.get("/goods/claims").get_data(as_text=True)
    assert f"/goods/claims/{claim_id}/confirm" in page
    for _tap in range(2):
        assert send(producer, f"/goods/claims/{claim_id}/confirm").status_code == 303
    assert held(market.batch, market.shop) == 60
    assert producer.get(f"/goods/shipments/{claim_id}").status_code == 200


def test_the_sender_refuses_by_one_tap(session: Session, market: Market, browse: Browse, held: Held) -> None:
    _note(browse(market.shop), market)
    claim_id = session.scalars(select(Claim.id)).one()
    send(browse(market.producer), f"/goods/claims/{claim_id}/refuse")
    assert held(market.batch, market.producer) == 100
    again = _note(browse(market.shop), market, "1", "k2")
    assert again.status_code == 409
    assert "tự khai chuyến giao" in again.get_data(as_text=True)


def test_nothing_of_a_claim_stands_on_the_public_page(
    market: Market, browse: Browse, app_browser: FlaskClient
) -> None:
    before = app_browser.get(f"/T/{market.batch.code}").get_data(as_text=True)
    _note(browse(market.shop), market)
    after = app_browser.get(f"/T/{market.batch.code}").get_data(as_text=True)
    assert [line for line in after.splitlines() if "Tra cứu lúc" not in line and "datetime" not in line] == [
        line for line in before.splitlines() if "Tra cứu lúc" not in line and "datetime" not in line
    ]


def test_how_much_a_sender_holds_is_not_told(market: Market, browse: Browse) -> None:
    answer = _note(browse(market.shop), market, "170")
    assert answer.status_code == 409
    told = re.search(r'id="f-quantity-error">([^<]+)<', answer.get_data(as_text=True))
    assert told
    assert "100" not in told[1]


def test_searching_for_the_sender_notes_nothing(session: Session, market: Market, browse: Browse) -> None:
    answer = _note(browse(market.shop), market, find="1", q=market.producer.organisation.name[:6])
    assert answer.status_code == 200
    assert session.scalars(select(Claim)).all() == []


def _claim_with(shop: FlaskClient, market: Market, paper: tuple[BinaryIO, str]) -> TestResponse:
    return shop.post(
        f"/goods/receive/{market.batch.code}/claim",
        data={
            "csrf_token": token_of(shop),
            "idempotency_key": "k",
            "quantity": "5",
            "sender_id": str(market.producer.organisation_id),
            "papers": paper,
        },
    )


def test_a_photo_of_the_paper_is_opened_by_both_sides_and_nobody_else(
    session: Session, market: Market, browse: Browse
) -> None:
    shop = browse(market.shop)
    answer = _claim_with(shop, market, (a_photo(), "phieu.jpg"))
    assert answer.status_code == 303
    page = browse(market.producer).get("/goods/claims").get_data(as_text=True)
    address = page.split('<a href="')
    (paper,) = {part.split('"')[0] for part in address if "/papers/" in part.split('"')[0]}
    assert browse(market.producer).get(paper, buffered=True).mimetype == "image/webp"
    assert shop.get(paper, buffered=True).status_code == 200
    stranger = factories.actor_of_kind(session)
    settle(session)
    assert browse(stranger).get(paper).status_code == 404
    sha256 = paper.rsplit("/", 1)[1]
    assert shop.get(f"/picture/large/{sha256}.webp").status_code == 404


def test_only_pictures_are_taken_as_papers(market: Market, browse: Browse) -> None:
    shop = browse(market.shop)
    answer = _claim_with(shop, market, (io.BytesIO(b"%PDF-1.7"), "phieu.pdf"))
    assert answer.status_code == 422
    assert "không phải ảnh" in answer.get_data(as_text=True) or "JPEG" in answer.get_data(as_text=True)
