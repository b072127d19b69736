"""What the public page says of parts, heaps, processed goods, goods from outside, and cartons."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import (
    ActiveBatchFactory,
    BatchFactory,
    PartyFactory,
    a_key,
    actor_of_kind,
    give,
    officer_of,
)
from tests.web import settle
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.events import services_making, services_packing
from trace.events.seals_made import OutsideFacts
from trace.events.services_outside import TakenIn, take_in
from trace.events.services_packing import Into
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason

Read = Callable[[str], str]


@pytest.fixture
def read(app: Flask, session: Session) -> Read:
    """The page of a code, in English, once everything is committed."""

    def page(code: str) -> str:
        settle(session)
        answer = app.test_client().get(f"/en/t/{code}", follow_redirects=True)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    return page


@pytest.fixture
def shop(session: Session) -> Actor:
    return actor_of_kind(session, OrganisationKind.SHOP)


def _lot(session: Session, shop: Actor, quantity: str = "20") -> tuple[Batch, Actor]:
    producer = actor_of_kind(session)
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    give(session, batch, producer, shop, quantity)
    return batch, producer


def test_a_part_names_its_real_producer_and_the_lot_it_is_from(
    session: Session, read: Read, shop: Actor
) -> None:
    batch, producer = _lot(session, shop)
    (part,) = services_making.split(session, shop, batch.id, [Decimal(5)], key=a_key()).batches
    code, parent_code = part.code, batch.code
    names = producer.organisation.name, shop.organisation.name
    page = read(code)
    assert names[0] in page
    assert names[1] not in page  # a shop that does not wish to be named
    assert "Part of a larger lot" in page
    assert f'/en/t/{parent_code}"'.lower() in page.lower()


def test_a_heap_says_one_of_these_lots_with_links_to_each(session: Session, read: Read, shop: Actor) -> None:
    lots = [_lot(session, shop) for _each in range(2)]
    (heap,) = services_making.merge(
        session, shop, {batch.id: Decimal(20) for batch, _producer in lots}, key=a_key()
    ).batches
    said = [(batch.code, batch.lot_number, producer.organisation.name) for batch, producer in lots]
    page = read(heap.code)
    assert "One of these lots" in page
    for code, lot_number, name in said:
        assert f"/en/t/{code}".lower() in page.lower()
        assert lot_number in page
        assert name in page
    assert shop.organisation.name not in page


def test_goods_from_outside_are_declared_by_the_trader_only(
    session: Session, read: Read, shop: Actor
) -> None:
    supplier = PartyFactory.create(session=session, actor=shop, name="Chị Bí Mật")
    stated = TakenIn(
        supplier.id, Decimal(60), "KGM", None, OutsideFacts("Táo", country="CN", province="Sơn Đông")
    )
    (batch,) = take_in(session, shop, stated, key=a_key()).batches
    page = read(batch.code)
    assert "Taken in from outside" in page
    assert "Declared only by who took the goods in" in page
    assert "China" in page
    assert "Not stated" in page
    assert "Bí Mật" not in page


def test_processed_goods_say_of_how_many_lots_never_how_much(session: Session, read: Read) -> None:
    producer = actor_of_kind(session)
    inputs = [ActiveBatchFactory.create(session=session, actor=producer) for _each in range(2)]
    draft = BatchFactory.create(session=session, actor=producer, quantity=Decimal(160))
    services_making.transform(
        session, producer, {batch.id: Decimal("86.125") for batch in inputs}, [draft.id], key=a_key()
    )
    page = read(draft.code)
    assert "Made of 2 lots" in page
    # No moment looks like these: seconds end at 59.
    assert "86.125" not in page
    assert "172.25" not in page


def test_the_code_of_a_carton_leads_to_the_lot_in_it(session: Session, read: Read) -> None:
    producer = actor_of_kind(session)
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    unit = services_packing.pack(session, producer, Into(), {batch.id: Decimal(5)}, key=a_key()).unit
    lot_number = batch.lot_number
    assert lot_number in read(unit.code)


def test_a_carton_with_a_recalled_lot_says_so_first(session: Session, read: Read) -> None:
    producer = actor_of_kind(session)
    lots = [ActiveBatchFactory.create(session=session, actor=producer) for _each in range(2)]
    amounts = {batch.id: Decimal(5) for batch in lots}
    unit = services_packing.pack(session, producer, Into(), amounts, key=a_key()).unit
    recalls.recall(
        session,
        officer_of(session),
        lots[1].id,
        RecallClass.HEALTH,
        RecallReason.MICROBIAL,
        None,
        typed_lot_number=lots[1].lot_number,
    )
    codes = [batch.code for batch in lots]
    page = read(unit.code)
    assert "tone-recall" in page
    assert "2 lots in this carton" in page
    assert all(f"/en/t/{code}".lower() in page.lower() for code in codes)
