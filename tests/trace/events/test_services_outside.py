"""Goods from outside on a real database, one behaviour each."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from producers import queries as products
from producers.models import ExpiryKind
from tests.factories import NO_PICTURE, PartyFactory, ProductFactory, a_key, actor_of_kind
from tests.trace.events.conftest import Chain
from trace.batches import queries as batches
from trace.batches.gate import missing_items
from trace.batches.models import Origin
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.epcis.rows import event_of
from trace.events import rules, services_leaving
from trace.events.desk import Around
from trace.events.documents import epcis_event
from trace.events.models import EventPrivate
from trace.events.seals_made import OutsideFacts
from trace.events.services_making import Made
from trace.events.services_outside import TakenIn, take_in

PAPER = "b" * 64


def _take_in(session: Session, chain: Chain, key: str = "", around: Around = Around(), **stated: Any) -> Made:  # noqa: B008 - frozen
    facts = stated.pop("facts", OutsideFacts("Thanh long ruột đỏ", province="Tỉnh Lâm Đồng"))
    supplier = stated.pop("supplier_id", None) or PartyFactory.create(session=session, actor=chain.shop).id
    values: dict[str, Any] = {
        "supplier_id": supplier,
        "quantity": Decimal(60),
        "uom": "KGM",
        "packaging_word": None,
    } | stated
    return take_in(session, chain.shop, TakenIn(facts=facts, **values), key=key or a_key(), around=around)


def test_goods_from_outside_count_from_then_on(session: Session, chain: Chain) -> None:
    (batch,) = _take_in(session, chain).batches
    assert (batch.origin, batch.is_activated) == (Origin.OUTSIDE, True)
    services_leaving.sell(session, chain.shop, batch.id, Decimal(20), key=a_key())
    assert batches.held_quantity(session, batch.id, chain.shop.organisation_id) == 40
    with pytest.raises(rules.QuantityExceedsHolding):
        services_leaving.sell(session, chain.shop, batch.id, Decimal(41), key=a_key())


def test_one_side_alone_declares_them(session: Session, chain: Chain) -> None:
    party = PartyFactory.create(session=session, actor=chain.shop, name="Chị Bí Mật")
    event = _take_in(session, chain, supplier_id=party.id, around=Around(attachments=(PAPER,))).event
    assert (event.verb, event.biz_step, event.marks) == ("take_in", "receiving", ["one_sided"])
    private = session.get_one(EventPrivate, event.id)
    assert (private.party_id, private.attachments) == (party.id, [PAPER])
    assert "Bí Mật" not in f"{event.sealed_items}{event.extensions}{event.source_list}"


def test_what_is_observed_carries_no_master_data_as_ilmd(session: Session, chain: Chain) -> None:
    event = _take_in(session, chain).event
    written = epcis_event(event)
    assert "ilmd" not in written
    assert written["nguongoc:sealed_items"] == event.sealed_items
    assert event_of(event).ilmd is None


def test_they_have_no_label_until_the_ten_items_are_there(session: Session, chain: Chain) -> None:
    (batch,) = _take_in(session, chain).batches
    assert missing_items(batch) == (2, 3, 5, 6, 10)
    today = clock.today()
    facts = OutsideFacts(
        "Thanh long ruột trắng",
        province="Tỉnh Lâm Đồng",
        producer_name="Hợp tác xã Ví Dụ",
        producer_address="Thôn 1",
        standards=("VietGAP",),
    )
    (known,) = _take_in(session, chain, facts=facts, produced_on=today, picture_sha256=NO_PICTURE).batches
    assert missing_items(known) == ()


def test_nothing_unknown_is_filled_in(session: Session, chain: Chain) -> None:
    seal = _take_in(session, chain).batches[0].seal or {}
    assert (seal["producer_name"], seal["production_time"], seal["commune"], seal["expiry"]) == (
        "",
        "",
        "",
        "",
    )
    assert seal["country"] == "VN"


def test_the_same_goods_are_noted_once_and_are_no_product_of_ones_own(session: Session, chain: Chain) -> None:
    first, second = (_take_in(session, chain).batches[0] for _each in range(2))
    assert first.product_id == second.product_id
    assert first.lot_number != second.lot_number
    assert products.list_products(session, chain.shop.organisation_id) == []


def test_an_own_product_may_have_the_same_name(session: Session) -> None:
    producer = actor_of_kind(session)
    ProductFactory.create(session=session, actor=producer, name="Cải ngọt")
    party = PartyFactory.create(session=session, actor=producer)
    stated = TakenIn(party.id, Decimal(5), "KGM", None, OutsideFacts("Cải ngọt"))
    (batch,) = take_in(session, producer, stated, key=a_key()).batches
    assert batch.product.is_from_outside


def test_the_lot_number_of_the_papers_is_kept(session: Session, chain: Chain) -> None:
    numbers = [_take_in(session, chain, lot_number="TL-07").batches[0].lot_number for _each in range(2)]
    assert numbers == ["TL-07", "TL-07.1"]


def test_taking_in_twice_under_one_key_is_once(session: Session, chain: Chain) -> None:
    key, party = a_key(), PartyFactory.create(session=session, actor=chain.shop)
    made = [_take_in(session, chain, key, supplier_id=party.id) for _each in range(2)]
    assert made[0].batches[0].id == made[1].batches[0].id


def test_the_supplier_stands_in_ones_own_address_book(session: Session, chain: Chain) -> None:
    stranger = PartyFactory.create(session=session, actor=chain.producer)
    with pytest.raises(NotFound):
        _take_in(session, chain, supplier_id=stranger.id)


def test_what_is_past_its_date_is_not_taken_in(session: Session, chain: Chain) -> None:
    yesterday = clock.today() - timedelta(days=1)
    with pytest.raises(rules.BatchExpired):
        _take_in(session, chain, expiry_kind=ExpiryKind.USE_BY, expires_on=yesterday)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"quantity": Decimal(0)}, "quantity-not-positive"),
        ({"uom": None, "packaging_word": "quả", "quantity": Decimal("1.5")}, "whole-units-only"),
        ({"uom": None}, "unit-missing"),
        ({"lot_number": "Lô 12 đợt 3"}, "lot-number-malformed"),
        ({"facts": OutsideFacts("")}, "product-name-missing"),
        ({"facts": OutsideFacts("Táo", country="Trung Quốc")}, "country-unknown"),
        ({"expiry_kind": ExpiryKind.USE_BY}, "expiry-incomplete"),
        ({"produced_on": clock.today() + timedelta(days=1)}, "date-in-future"),
    ],
)
def test_what_makes_no_sense_is_refused(
    session: Session, chain: Chain, wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(BadInput) as refused:
        _take_in(session, chain, **wrong)
    assert refused.value.code == code
