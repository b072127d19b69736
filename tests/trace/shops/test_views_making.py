"""Splitting, merging, packing, unpacking, shipping cartons and taking in over HTTP."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, BatchFactory, PartyFactory, a_key, give
from tests.trace.shops.conftest import Market
from tests.web import send, settle
from trace.accounts.models import Party
from trace.accounts.permissions import Actor
from trace.batches.models import Batch, Origin
from trace.batches.unit_models import LogisticUnit
from trace.events import services_packing
from trace.events.handover_models import Shipment
from trace.events.services_packing import Into
from trace.events.services_shipping import Receiver

Browse = Callable[[Actor], FlaskClient]
Held = Callable[[Batch, Actor], Decimal]


@pytest.fixture
def second(session: Session, market: Market) -> Batch:
    """Another lot of the producer's, 20 kg of each at the shop."""
    batch = ActiveBatchFactory.create(session=session, actor=market.producer, product=market.batch.product)
    for one in (market.batch, batch):
        give(session, one, market.producer, market.shop, "20")
    session.refresh(batch)
    settle(session)
    return batch


def _new(session: Session, origin: Origin) -> Batch:
    session.expire_all()
    return session.scalars(select(Batch).where(Batch.origin == origin)).one()


def test_a_shop_splits_a_lot(
    session: Session, market: Market, second: Batch, browse: Browse, held: Held
) -> None:
    browser = browse(market.shop)
    page = browser.get(f"/goods/{market.batch.id}/split").get_data(as_text=True)
    assert "Tách lô" in page
    answer = send(browser, f"/goods/{market.batch.id}/split", quantity="7,5", idempotency_key=a_key())
    assert answer.status_code == 303
    part = _new(session, Origin.SPLIT)
    assert held(part, market.shop) == Decimal("7.5")
    assert browser.get(answer.location).status_code == 200
    assert browser.get(f"/labels/{part.id}").status_code == 200


def test_splitting_too_much_says_how_much_there_is(market: Market, second: Batch, browse: Browse) -> None:
    answer = send(
        browse(market.shop), f"/goods/{market.batch.id}/split", quantity="21", idempotency_key=a_key()
    )
    assert answer.status_code == 409
    told = re.search(r'class="error"[^>]*>([^<]+)<', answer.get_data(as_text=True))
    assert told
    assert re.search(r"\b20 kg\b", told[1])


def test_ticked_lots_are_merged_by_one_button(
    session: Session, market: Market, second: Batch, browse: Browse, held: Held
) -> None:
    browser = browse(market.shop)
    scanned = browser.get("/goods/merge", query_string={"code": second.code}).get_data(as_text=True)
    assert re.search(rf'value="{second.id}" checked', scanned)
    form: dict[str, Any] = {"lot": [str(market.batch.id), str(second.id)], f"q_{second.id}": "5"}
    answer = send(browser, "/goods/merge", **form, idempotency_key=a_key())
    assert answer.status_code == 303
    heap = _new(session, Origin.MERGED)
    assert held(heap, market.shop) == 25
    assert held(second, market.shop) == 15


def test_a_code_of_nothing_in_hand_says_so(market: Market, second: Batch, browse: Browse) -> None:
    page = browse(market.shop).get("/goods/merge", query_string={"code": "KHONGCO"}).get_data(as_text=True)
    assert "KHONGCO" in page


def test_one_lot_alone_is_refused(market: Market, second: Batch, browse: Browse) -> None:
    answer = send(browse(market.shop), "/goods/merge", lot=str(second.id), idempotency_key=a_key())
    assert answer.status_code == 422


def test_a_producer_processes_into_its_draft(session: Session, market: Market, browse: Browse) -> None:
    draft = BatchFactory.create(session=session, actor=market.producer, quantity=Decimal(120))
    draft_id = draft.id
    settle(session)
    browser = browse(market.producer)
    form: dict[str, Any] = {"lot": str(market.batch.id), "output": str(draft_id)}
    odd = send(browser, "/goods/transform", **form, idempotency_key=a_key())
    assert odd.status_code == 409
    assert 'name="reason"' in odd.get_data(as_text=True)
    answer = send(browser, "/goods/transform", **form, reason="added_ingredients", idempotency_key=a_key())
    assert answer.status_code == 303
    page = browser.get(answer.location).get_data(as_text=True)
    assert market.batch.lot_number in page


def test_a_draft_is_sold_on_the_tree(session: Session, market: Market, browse: Browse, held: Held) -> None:
    draft = BatchFactory.create(session=session, actor=market.producer)
    draft_id = draft.id
    settle(session)
    answer = send(
        browse(market.producer),
        f"/goods/{draft_id}/sell-on-tree",
        receiver="new",
        party_name="Thương lái Ví Dụ",
        party_kind="trader",
        counted_quantity="400",
        counted_unit="quả",
        idempotency_key=a_key(),
    )
    assert answer.status_code == 303
    session.expire_all()
    assert held(session.get_one(Batch, draft_id), market.producer) == 0


def test_goods_from_outside_are_taken_in(session: Session, market: Market, browse: Browse) -> None:
    browser = browse(market.shop)
    assert browser.get("/goods/take-in").status_code == 200
    form = {
        "product_name": "Thanh long ruột đỏ",
        "quantity": "60",
        "measure": "KGM",
        "country": "VN",
        "province": "Tỉnh Lâm Đồng",
        "ocop_set": "1",
        "receiver": "new",
        "party_name": "Chị Ví Dụ",
        "party_kind": "trader",
        "idempotency_key": a_key(),
    }
    answer = send(browser, "/goods/take-in", **form)
    assert answer.status_code == 303
    assert "Thanh long" in browser.get(answer.location).get_data(as_text=True)
    assert session.scalars(select(Party).where(Party.name == "Chị Ví Dụ")).one()
    refused = send(browser, "/goods/take-in", **{**form, "quantity": "", "idempotency_key": a_key()})
    assert refused.status_code == 422


def _unit(session: Session) -> LogisticUnit:
    session.expire_all()
    return session.scalars(select(LogisticUnit).order_by(LogisticUnit.created_at.desc())).first()  # type: ignore[return-value]  # there is one


def test_goods_are_packed_shown_and_unpacked(
    session: Session, market: Market, second: Batch, browse: Browse
) -> None:
    browser = browse(market.shop)
    form: dict[str, Any] = {"into": "carton", "lot": str(second.id), f"q_{second.id}": "8"}
    answer = send(browser, "/goods/pack", **form, idempotency_key=a_key())
    assert answer.status_code == 303
    unit = _unit(session)
    page = browser.get(answer.location).get_data(as_text=True)
    assert "<svg" in page
    assert unit.code[:4] in page
    assert unit.code[:4] in browser.get("/goods/units").get_data(as_text=True)
    some: dict[str, Any] = {"lot": str(second.id), f"q_{second.id}": "3"}
    assert send(browser, f"/goods/units/{unit.id}/unpack", **some, idempotency_key=a_key()).status_code == 303
    session.expire_all()
    assert [content.quantity for content in _unit(session).contents] == [5]
    rest = send(browser, f"/goods/units/{unit.id}/unpack", all="1", idempotency_key=a_key())
    assert rest.status_code == 303


def test_a_carton_is_shipped_scanned_and_received_with_one_missing(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    packed = [
        services_packing.pack(
            session, market.producer, Into(), {market.batch.id: Decimal(10)}, key=a_key()
        ).unit
        for _each in range(2)
    ]
    ids, codes = [unit.id for unit in packed], [unit.code for unit in packed]
    services_packing.pack(session, market.producer, Into(), {}, ids, key=a_key())
    outer = _unit_around(session, ids[0])
    settle(session)
    answer = send(
        browse(market.producer),
        f"/goods/units/{outer}/ship",
        receiver=f"organisation:{market.shop.organisation_id}",
        idempotency_key=a_key(),
    )
    assert answer.status_code == 303
    browser = browse(market.shop)
    scanned = browser.get("/goods/receive", query_string={"code": codes[0]})
    assert (scanned.status_code, scanned.location[-8:]) == (302, "/receive")
    page = browser.get(scanned.location).get_data(as_text=True)
    assert all(code[:4] in page for code in codes)
    received = send(browser, scanned.location, missing=str(ids[1]))
    assert received.status_code == 303
    assert held(market.batch, market.shop) == 10
    shown = browser.get(received.location)
    assert shown.status_code == 200
    own = browser.get("/goods/receive", query_string={"code": codes[0]})
    assert own.location.endswith(f"/goods/units/{ids[0]}")


def _unit_around(session: Session, unit_id: object) -> object:
    session.expire_all()
    return session.get_one(LogisticUnit, unit_id).parent_id


def test_a_carton_nobody_shipped_to_you_says_what_to_do(
    session: Session, market: Market, browse: Browse
) -> None:
    unit = services_packing.pack(
        session, market.producer, Into(), {market.batch.id: Decimal(10)}, key=a_key()
    ).unit
    code, unit_id = unit.code, unit.id
    settle(session)
    browser = browse(market.shop)
    assert browser.get("/goods/receive", query_string={"code": code}).status_code == 200
    assert browser.get(f"/goods/units/{unit_id}").status_code == 404


def test_who_passed_a_carton_on_no_longer_sees_what_is_in_it(
    session: Session, market: Market, browse: Browse
) -> None:
    unit = services_packing.pack(
        session, market.producer, Into(), {market.batch.id: Decimal(10)}, key=a_key()
    ).unit
    party = PartyFactory.create(session=session, actor=market.producer)
    services_packing.ship_units(session, market.producer, [unit.id], Receiver(party_id=party.id), key=a_key())
    unit_id, lot_number = unit.id, market.batch.lot_number
    assert session.scalars(select(Shipment)).one()
    settle(session)
    page = browse(market.producer).get(f"/goods/units/{unit_id}").get_data(as_text=True)
    assert lot_number not in page
