"""The trace as officers, organisations and programs get it."""

import csv
import io
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tests.factories import a_key, officer_of
from tests.trace.recalls.test_graph_queries import KG, Market, market
from tests.web import settle, sign_in_as
from trace.accounts import api_keys
from trace.accounts.permissions import Actor
from trace.events import services_making
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason

__all__ = ["market"]
Browse = Callable[[Actor], FlaskClient]


@pytest.fixture
def browse(app: Flask, connection: Connection) -> Browse:
    return lambda actor: sign_in_as(app, connection, actor)


@pytest.fixture
def officer(session: Session, market: Market, browse: Browse) -> FlaskClient:
    someone = officer_of(session)
    settle(session)
    return browse(someone)


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def svg_of(text: str) -> ElementTree.Element:
    start = text.index('<svg class="trace"')
    return ElementTree.fromstring(text[start : text.index("</svg>", start) + len("</svg>")])  # noqa: S314 - our own page


def test_an_officer_sees_every_lot_and_every_hand(officer: FlaskClient, market: Market) -> None:
    told = page(officer, f"/authority/batches/{market.lot.id}/trace?direction=forward")
    for meal in market.meals:
        assert meal.product.name in told
    for actor in (market.farm, *market.chains, *market.kitchens):
        assert actor.organisation.name in told


def test_the_picture_is_svg_with_a_title_and_no_script(officer: FlaskClient, market: Market) -> None:
    drawn = svg_of(page(officer, f"/authority/batches/{market.lot.id}/trace?direction=forward"))
    assert drawn.get("role") == "img"
    assert market.lot.lot_number in "".join(drawn.find("title").itertext())  # type: ignore[union-attr]  # it is there
    assert {element.tag for element in drawn.iter()}.isdisjoint({"script", "foreignObject", "image", "style"})


def test_as_of_before_the_handovers_there_are_none(officer: FlaskClient, market: Market) -> None:
    told = page(officer, f"/authority/batches/{market.lot.id}/trace?direction=forward&as_of=2020-01-01T00:00")
    assert market.chains[0].organisation.name not in told


def test_a_date_that_is_none_is_refused(officer: FlaskClient, market: Market) -> None:
    assert officer.get(f"/authority/batches/{market.lot.id}/trace?as_of=yesterday").status_code == 422


def test_a_trace_can_be_downloaded_as_a_table(officer: FlaskClient, market: Market) -> None:
    answer = officer.get(f"/authority/batches/{market.lot.id}/trace.csv?direction=forward")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert answer.mimetype == "text/csv"
    assert len(rows) == 1 + 3 + 3  # a heading, three handovers of the lot, one of each meal
    assert {row[2] for row in rows[1:]} == {
        market.lot.lot_number,
        *(meal.lot_number for meal in market.meals),
    }


def test_nobody_but_officers_sees_the_whole(browse: Browse, session: Session, market: Market) -> None:
    settle(session)
    assert browse(market.farm).get(f"/authority/batches/{market.lot.id}/trace").status_code == 404


def test_a_chain_sees_its_own_part_on_page_and_in_the_table(
    browse: Browse, session: Session, market: Market
) -> None:
    settle(session)
    mine = browse(market.chains[0])
    for address in (f"/goods/{market.lot.id}/trace", f"/goods/{market.lot.id}/trace.csv"):
        told = page(mine, f"{address}?direction=forward")
        assert market.meals[0].product.name in told
        for rival, meal in zip(market.chains[1:], market.meals[1:], strict=True):
            assert rival.organisation.name not in told
            assert meal.product.name not in told


def test_goods_one_never_had_are_not_found(browse: Browse, session: Session, market: Market) -> None:
    settle(session)
    assert browse(market.chains[0]).get(f"/goods/{market.meals[1].id}/trace").status_code == 404


class TestPrograms:
    @pytest.fixture
    def ask(self, app: Flask, session: Session, market: Market) -> Callable[..., tuple[int, str]]:
        def ask(actor: Actor, batch_id: object, **asked: str) -> tuple[int, str]:
            key = api_keys.create_api_key(session, actor, "Phần mềm kho")
            settle(session)
            answer = app.test_client().get(
                f"/api/v1/batches/{batch_id}/trace",
                query_string=asked,
                headers={"Authorization": f"Bearer {key}"},
            )
            return answer.status_code, answer.text

        return ask

    def test_a_rival_is_in_no_answer(self, ask: Callable[..., tuple[int, str]], market: Market) -> None:
        for direction in ("back", "forward"):
            status, told = ask(market.chains[0], market.lot.id, direction=direction)
            assert status == 200
            for rival, meal in zip(market.chains[1:], market.meals[1:], strict=True):
                assert str(rival.organisation_id) not in told
                assert str(meal.id) not in told

    def test_a_rivals_lot_is_not_found(self, ask: Callable[..., tuple[int, str]], market: Market) -> None:
        assert ask(market.chains[0], market.meals[1].id)[0] == 404

    def test_an_unknown_direction_is_refused(
        self, ask: Callable[..., tuple[int, str]], market: Market
    ) -> None:
        assert ask(market.farm, market.lot.id, direction="sideways")[0] == 422


def test_many_lots_are_folded_into_one_box(session: Session, market: Market, browse: Browse) -> None:
    services_making.split(session, market.farm, market.lot.id, [KG] * 12, key=a_key())
    someone = officer_of(session)
    settle(session)
    drawn = svg_of(page(browse(someone), f"/authority/batches/{market.lot.id}/trace?direction=forward"))
    boxes = [element for element in drawn.iter() if element.get("class", "").startswith("box")]
    assert len(boxes) == 1 + 6
    assert any(element.get("class") == "box folded" for element in boxes)


def test_who_has_goods_under_review_is_told_of_which_recalled_lot_they_are(
    session: Session, market: Market, browse: Browse
) -> None:
    lot, meal = market.lot, market.meals[0]
    recalls.recall(
        session,
        officer_of(session),
        lot.id,
        RecallClass.HEALTH,
        RecallReason.MICROBIAL,
        None,
        typed_lot_number=lot.lot_number,
    )
    pages = {market.chains[0]: f"/producer/batches/{meal.id}", market.kitchens[0]: f"/goods/{meal.id}"}
    told = f"làm từ hàng của lô đang thu hồi: {lot.product.name}, lô {lot.lot_number}."
    settle(session)
    for actor, address in pages.items():
        assert told in page(browse(actor), address)
