"""The logistic label of a carton over HTTP: for its holder, while none of its lots is recalled."""

from collections.abc import Callable
from decimal import Decimal

import pytest
import zxingcpp
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tests.factories import a_key, give
from tests.labels.reading import page_raster
from tests.trace.shops.conftest import Market
from tests.web import settle
from trace.accounts.permissions import Actor
from trace.batches.unit_models import LogisticUnit, UnitKind
from trace.events import services_packing
from trace.events.services_packing import Into

Browse = Callable[[Actor], FlaskClient]
SSCC = "040123450000003338"


def _pack(session: Session, market: Market, sscc: str | None) -> LogisticUnit:
    give(session, market.batch, market.producer, market.shop, "20")
    goods = {market.batch.id: Decimal(5)}
    into = Into(None, UnitKind.CARTON, sscc)
    packed = services_packing.pack(session, market.shop, into, goods, [], key=a_key())
    settle(session)
    return packed.unit


def test_the_label_of_a_carton_carries_its_sscc_and_our_code(
    session: Session, market: Market, browse: Browse
) -> None:
    unit = _pack(session, market, SSCC)
    answer = browse(market.shop).get(f"/labels/units/{unit.id}/logistic.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    found = {one.text for one in zxingcpp.read_barcodes(page_raster(answer.data, 203))}
    assert found == {f"(00){SSCC}", f"http://LOCALHOST/T/{unit.code}"}


def test_only_its_holder_gets_it(session: Session, market: Market, browse: Browse) -> None:
    unit = _pack(session, market, SSCC)
    assert browse(market.producer).get(f"/labels/units/{unit.id}/logistic.pdf").status_code == 404


def test_a_carton_without_an_sscc_has_no_logistic_label(
    session: Session, market: Market, browse: Browse
) -> None:
    unit = _pack(session, market, None)
    assert browse(market.shop).get(f"/labels/units/{unit.id}/logistic.pdf").status_code == 404


@pytest.mark.parametrize("column", ["is_recalled", "is_held"])
def test_a_recalled_or_held_lot_stops_it(
    session: Session, market: Market, browse: Browse, connection: Connection, column: str
) -> None:
    unit = _pack(session, market, SSCC)
    connection.execute(text(f"update batches set {column} = true"))  # noqa: S608 - two known names
    session.expire_all()
    assert browse(market.shop).get(f"/labels/units/{unit.id}/logistic.pdf").status_code == 409
