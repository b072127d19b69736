"""The logistic label on label printers: the dots of its PDF, read by other programs; for the holder of the goods alone."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tests.factories import a_key, give
from tests.labels.dots import lies_near
from tests.labels.printers import PrintedPage, tspl_pages, zpl_pages
from tests.labels.reading import page_raster
from tests.producers.workspace import visible
from tests.trace.shops.conftest import Market
from tests.web import send, settle
from trace.accounts.permissions import Actor
from trace.batches.unit_models import UnitKind
from trace.events import services_packing
from trace.events.services_packing import Into

Browse = Callable[[Actor], FlaskClient]
SSCC = "040123450000003338"


@pytest.fixture
def unit_id(session: Session, market: Market) -> str:
    give(session, market.batch, market.producer, market.shop, "20")
    into = Into(None, UnitKind.CARTON, SSCC)
    packed = services_packing.pack(session, market.shop, into, {market.batch.id: Decimal(5)}, [], key=a_key())
    found = str(packed.unit.id)
    settle(session)
    return found


def _printer(client: FlaskClient, language: str, **changed: Any) -> str:
    form = {"name": language, "language": language, "dpi": "203", "design": "roll-100x150", "gap": "2"}
    answer = send(client, "/labels/printers/new", **(form | {"offset_x": "0", "offset_y": "0"} | changed))
    assert answer.status_code == 303, visible(answer)
    return str(answer.headers["Location"]).partition("#")[0]


def _pages(answer: Any, language: str, dpi: int) -> list[PrintedPage]:
    return tspl_pages(answer.data, dpi) if language == "tspl" else zpl_pages(answer.data)


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("language", ["tspl", "zpl"])
def test_the_sscc_is_read_from_the_printers_dots(
    market: Market, browse: Browse, unit_id: str, language: str, dpi: int
) -> None:
    client = browse(market.shop)
    printer = _printer(client, language, dpi=str(dpi))
    assert f"{printer}/units/{unit_id}/label.png" in client.get(f"{printer}/units/{unit_id}").text
    answer = client.get(f"{printer}/units/{unit_id}/labels?count=2")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="sscc.{language}"'
    (printed,) = _pages(answer, language, dpi)
    assert printed.copies == 2
    found = {one.text for one in zxingcpp.read_barcodes(printed.grey)}
    assert f"(00){SSCC}" in found
    assert len(found) == 2


def test_the_dots_are_those_of_the_pdf(market: Market, browse: Browse, unit_id: str) -> None:
    client = browse(market.shop)
    printer = _printer(client, "zpl")
    (printed,) = _pages(client.get(f"{printer}/units/{unit_id}/labels?count=1"), "zpl", 203)
    pdf = client.get(f"/labels/units/{unit_id}/logistic.pdf").data
    drawn = page_raster(pdf, 203)[: printed.dark.shape[0], : printed.dark.shape[1]]
    below = printed.dark.shape[0] // 2  # the QR above may have another mask
    assert lies_near(printed.dark[below:], drawn[below:] < 160, 2)
    assert lies_near(drawn[below:] < 60, printed.dark[below:], 2)


def test_bars_are_whole_dots_and_as_wide_as_gs1_asks(market: Market, browse: Browse, unit_id: str) -> None:
    client = browse(market.shop)
    printer = _printer(client, "tspl")
    (printed,) = _pages(client.get(f"{printer}/units/{unit_id}/labels?count=1"), "tspl", 203)
    # A row through the middle of the bars: they are the lowest 32 mm but for their text.
    row = printed.dark[-int(15 * 203 / 25.4)].tolist()
    first, last = row.index(True), len(row) - row[::-1].index(True)
    widths: list[int] = []
    here = 1
    for before, after in zip(row[first : last - 1], row[first + 1 : last], strict=True):
        if before == after:
            here += 1
        else:
            widths, here = [*widths, here], 1
    assert min(widths) * 25.4 / 203 >= 0.495
    assert {width % min(widths) for width in widths} == {0}
    assert first >= 10 * min(widths)


def test_with_the_only_printer_that_is_wide_enough_its_page_opens_at_once(
    market: Market, browse: Browse, unit_id: str
) -> None:
    client = browse(market.shop)
    small = _printer(client, "tspl", design="roll-50x30")
    page = client.get(f"/labels/printers/for-unit/{unit_id}")
    assert "Tem vận chuyển cần giấy từ 100 × 150 mm" in visible(page)
    assert client.get(f"{small}/units/{unit_id}").status_code == 422
    assert client.get(f"{small}/units/{unit_id}/labels?count=1").status_code == 422
    large = _printer(client, "zpl")
    answer = client.get(f"/labels/printers/for-unit/{unit_id}")
    assert answer.headers["Location"] == f"{large}/units/{unit_id}"
    assert f"/labels/printers/for-unit/{unit_id}" in client.get(f"/goods/units/{unit_id}").text


def test_only_the_holder_prints_it(market: Market, browse: Browse, unit_id: str) -> None:
    client = browse(market.producer)
    printer = _printer(client, "zpl")
    for path in (
        f"{printer}/units/{unit_id}",
        f"{printer}/units/{unit_id}/label.png",
        f"{printer}/units/{unit_id}/labels",
        f"/labels/printers/for-unit/{unit_id}",
    ):
        assert client.get(path).status_code == 404
    theirs = _printer(browse(market.shop), "zpl")
    assert client.get(f"{theirs}/units/{unit_id}").status_code == 404


def test_a_recalled_lot_stops_it_on_every_printer(
    session: Session, market: Market, browse: Browse, connection: Connection, unit_id: str
) -> None:
    client = browse(market.shop)
    printer = _printer(client, "zpl")
    connection.execute(text("update batches set is_recalled = true"))
    session.expire_all()
    assert client.get(f"{printer}/units/{unit_id}").status_code == 409
    assert client.get(f"{printer}/units/{unit_id}/labels?count=1").status_code == 409


def test_an_unapproved_address_is_never_connected_to(
    app: Flask, market: Market, browse: Browse, unit_id: str
) -> None:
    client = browse(market.shop)
    printer = _printer(client, "zpl")
    assert not app.config["SETTINGS"].printers
    assert send(client, f"{printer}/units/{unit_id}/labels", count="1").status_code == 403
