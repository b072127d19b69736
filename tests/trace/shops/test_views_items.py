"""Selling items by their own code, in a browser."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from tests.factories import give
from tests.trace.shops.conftest import Market
from tests.web import settle, token_of
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.models import Batch
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_models import StampRun
from trace.batches.stamp_rules import Span, Typed
from trace.core.short_codes import new_code, pretty
from trace.events.services_stamps import bind_stamps

PATH = "/goods/items"


@pytest.fixture
def codes(session: Session, market: Market) -> list[str]:
    """Five labels on goods of which the shop has some, and one that stands for no lot."""
    batch = session.get_one(Batch, market.batch.id)
    run = services_runs.issue_roll(session, market.producer, Order(6, "https://check.example"))
    make_part(session, run.id)
    bind_stamps(session, market.producer, batch.id, Typed(number=1), Typed(number=5))
    give(session, batch, market.producer, market.shop)
    found = [code for _number, code in stamp_queries.codes_of(session, run, Span(1, 6))]
    settle(session)
    return found


def _post(client: FlaskClient, path: str, **data: str) -> tuple[int, str]:
    answer = client.post(path, data={"csrf_token": token_of(client), **data}, follow_redirects=True)
    return answer.status_code, answer.text


def _verdict(app: Flask, code: str) -> str:
    return str(app.test_client().get(f"/api/v1/codes/{code}").get_json()["verdict"])


def test_an_item_is_sold_by_its_code_and_its_label_says_so(
    app: Flask, market: Market, codes: list[str], browse: Callable[[Actor], FlaskClient]
) -> None:
    shop = browse(market.shop)
    status, page = _post(shop, PATH, code=pretty(codes[0]).lower())
    assert status == 200
    assert pretty(codes[0]) in page
    assert _verdict(app, codes[0]) == "sold"
    assert _verdict(app, codes[1]) != "sold"
    public = app.test_client().get(f"/T/{codes[0]}").text
    assert "Món hàng này đã được ghi bán" in public
    assert market.shop.organisation.name not in public


@pytest.mark.parametrize("form", ["https://check.example/T/{}", "/01/09506000134352/10/A/21/{}"])
def test_a_hand_held_scanner_types_the_whole_address(
    app: Flask, market: Market, codes: list[str], browse: Callable[[Actor], FlaskClient], form: str
) -> None:
    address = (
        form.format(codes[0]) if form.startswith("http") else f"https://id.example{form.format(codes[0])}"
    )
    assert _post(browse(market.shop), PATH, code=address)[0] == 200
    assert _verdict(app, codes[0]) == "sold"


def test_what_cannot_be_sold_is_told_beside_the_field_and_stays_in_it(
    app: Flask, market: Market, codes: list[str], browse: Callable[[Actor], FlaskClient]
) -> None:
    shop = browse(market.shop)
    for typed in ("", "12", "<script>", new_code(13), codes[5]):
        status, page = _post(shop, PATH, code=typed)
        assert status == 422
        assert 'aria-invalid="true"' in page
        assert "<script>" not in page.replace("<script ", "")


def test_a_wrong_scan_is_undone(
    app: Flask, session: Session, market: Market, codes: list[str], browse: Callable[[Actor], FlaskClient]
) -> None:
    shop = browse(market.shop)
    _post(shop, PATH, code=codes[0])
    page = shop.get(PATH).text
    start = page.index(f"{PATH}/")
    undo = page[start : page.index('"', start)]
    status, page = _post(shop, undo)
    assert status == 200
    assert _verdict(app, codes[0]) != "sold"
    assert undo not in page


def test_another_shop_neither_sees_nor_undoes_it(
    app: Flask, session: Session, market: Market, codes: list[str], browse: Callable[[Actor], FlaskClient]
) -> None:
    shop = browse(market.shop)
    _post(shop, PATH, code=codes[0])
    page = shop.get(PATH).text
    start = page.index(f"{PATH}/")
    undo = page[start : page.index('"', start)]
    producer = browse(market.producer)
    assert pretty(codes[0]) not in producer.get(PATH).text
    assert _post(producer, undo)[0] == 404
    assert _verdict(app, codes[0]) == "sold"


def test_a_producer_reads_how_many_of_a_run_were_sold_and_not_where(
    connection: Connection,
    market: Market,
    codes: list[str],
    browse: Callable[[Actor], FlaskClient],
) -> None:
    _post(browse(market.shop), PATH, code=codes[0])
    run_id = connection.scalar(
        select(StampRun.id).where(StampRun.organisation_id == market.producer.organisation_id)
    )
    page = browse(market.producer).get(f"/producer/stamps/{run_id}").text
    assert re.search(r"<dt>Đã ghi bán từng món</dt>\s*<dd[^>]*>1</dd>", page)
    assert market.shop.organisation.name not in page
