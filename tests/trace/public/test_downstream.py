"""Who is told of on the way of a lot: kind and commune; a name where it is wished, a household if it agreed."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from tests.factories import (
    ActiveBatchFactory,
    PartyFactory,
    ProductFactory,
    ShipmentFactory,
    a_key,
    actor_of_kind,
    give,
)
from tests.trace.public.ways import COMMUNES
from tests.web import settle
from trace.accounts import services_parties
from trace.accounts.models import OrganisationKind, Party, PartyKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.events import services_leaving, services_observation, services_receiving
from trace.events.corrective import Replacement
from trace.events.handover_models import Shipment
from trace.events.rules_correction import CorrectionReason
from trace.events.services_correction import correct
from trace.events.temperatures import Reading

Read = Callable[[str], str]
SON_TAY = "09574"
NAME = "Nhà Bà Ví Dụ"


@pytest.fixture
def read(app: Flask, session: Session) -> Read:
    """The journey on the page of a code, in English, once everything is committed."""

    def page(code: str) -> str:
        settle(session)
        answer = app.test_client().get(f"/en/t/{code}", follow_redirects=True)
        assert answer.status_code == 200
        return answer.get_data(as_text=True).partition('id="hanh-trinh"')[2].partition("</section>")[0]

    return page


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)


@pytest.fixture
def batch(session: Session, producer: Actor) -> Batch:
    return ActiveBatchFactory.create(session=session, actor=producer, quantity=Decimal(500))


def _party(session: Session, producer: Actor, kind: PartyKind, *, is_named: bool = False) -> Party:
    return PartyFactory.create(
        session=session, actor=producer, kind=kind, name=NAME, commune_code=SON_TAY, is_named=is_named
    )


def _hand(session: Session, producer: Actor, batch: Batch, party: Party) -> Shipment:
    return ShipmentFactory.create(
        session=session, actor=producer, batch=batch, to=None, party=party, key=a_key()
    )


def test_a_shop_that_does_not_wish_to_be_named_is_its_kind_and_commune(
    session: Session, read: Read, producer: Actor, batch: Batch
) -> None:
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    name, commune = shop.organisation.name, shop.organisation.seat.commune.name
    give(session, batch, producer, shop)
    told = read(batch.code)
    assert name not in told
    assert f'a shop in <span lang="vi">{commune}</span>' in told


def test_twenty_five_shops_are_a_count_and_name_nobody(
    session: Session, read: Read, producer: Actor, batch: Batch
) -> None:
    names = []
    for _each in range(25):
        shop = actor_of_kind(session, OrganisationKind.SHOP)
        names.append(shop.organisation.name)
        give(session, batch, producer, shop)
    told = read(batch.code)
    assert "Delivered to 25 shops" in told
    assert not [name for name in names if name in told]


def test_two_deliveries_to_one_shop_count_it_once(
    session: Session, read: Read, producer: Actor, batch: Batch
) -> None:
    shops = [actor_of_kind(session, OrganisationKind.SHOP) for _each in range(3)]
    for shop in (*shops, shops[0]):
        give(session, batch, producer, shop)
    assert "Delivered to 3 shops" in read(batch.code)


def test_of_many_deliveries_those_to_parties_without_an_account_are_counted_too(
    session: Session, read: Read, producer: Actor, batch: Batch
) -> None:
    for _each in range(3):
        give(session, batch, producer, actor_of_kind(session, OrganisationKind.SHOP))
    _hand(session, producer, batch, _party(session, producer, PartyKind.HOUSEHOLD))
    told = read(batch.code)
    assert "Delivered to 3 shops, 1 household" in told
    assert NAME not in told


@pytest.mark.parametrize("kind", [kind for kind in PartyKind if kind is not PartyKind.HOUSEHOLD])
def test_a_party_without_an_account_is_its_kind_and_commune(
    session: Session, read: Read, producer: Actor, batch: Batch, kind: PartyKind
) -> None:
    _hand(session, producer, batch, _party(session, producer, kind))
    told = read(batch.code)
    assert NAME not in told
    assert "Sơn Tây" in told


def test_a_household_that_did_not_agree_is_neither_named_nor_placed_nor_measured(
    session: Session, read: Read, producer: Actor, batch: Batch
) -> None:
    _hand(session, producer, batch, _party(session, producer, PartyKind.HOUSEHOLD))
    told = read(batch.code)
    assert "a household" in told
    assert NAME not in told
    assert "Sơn Tây" not in told
    assert " km" not in told


def test_a_household_that_agreed_is_named_and_gone_at_once_when_it_no_longer_does(
    session: Session, read: Read, producer: Actor, batch: Batch
) -> None:
    party = _party(session, producer, PartyKind.HOUSEHOLD, is_named=True)
    party_id = party.id
    _hand(session, producer, batch, party)
    named = read(batch.code)
    assert NAME in named
    assert " km" not in named
    services_parties.change_party(session, producer, party_id, PartyKind.HOUSEHOLD, NAME, "", SON_TAY)
    withdrawn = read(batch.code)
    assert NAME not in withdrawn
    assert "Sơn Tây" not in withdrawn


def test_a_shop_that_no_longer_wishes_to_be_named_is_gone_at_once(
    session: Session, read: Read, producer: Actor, batch: Batch
) -> None:
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    shop.organisation.is_named_publicly = True
    give(session, batch, producer, shop)
    name, organisation_id = shop.organisation.name, shop.organisation_id
    assert name in read(batch.code)
    organisation = session.get_one(type(shop.organisation), organisation_id)
    organisation.is_named_publicly = False
    assert name not in read(batch.code)


def test_who_sold_and_does_not_wish_it_is_not_named(
    session: Session, read: Read, producer: Actor, batch: Batch
) -> None:
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    name = shop.organisation.name
    give(session, batch, producer, shop)
    services_leaving.sell(session, shop, batch.id, Decimal(1), key=a_key())
    told = read(batch.code)
    assert "Sold to buyers" in told
    assert name not in told


def _shipped_ago(session: Session, producer: Actor, shop: Actor, ago: timedelta) -> tuple[str, Shipment]:
    """A lot of nine days ago, and its shipment some time ago; entered now."""
    now = clock.now()
    batch = ActiveBatchFactory.create(
        session=session,
        actor=producer,
        produced_on=clock.today() - timedelta(days=9),
        event_time=now - timedelta(days=8),
    )
    shipment = ShipmentFactory.create(
        session=session,
        actor=producer,
        batch=batch,
        to=shop.organisation,
        key=a_key(),
        event_time=now - ago,
    )
    return batch.code, shipment


def test_days_between_stages_and_an_entry_made_later_are_told(
    session: Session, read: Read, producer: Actor
) -> None:
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    code, shipment = _shipped_ago(session, producer, shop, timedelta(days=6))
    services_receiving.receive(session, shop, shipment.id, event_time=clock.now() - timedelta(days=5))
    told = read(code)
    assert "4 days later" in told
    assert "Added later, on" in told


def test_a_handover_nobody_confirmed_is_where_the_verdict_leads_to(
    session: Session, read: Read, producer: Actor
) -> None:
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    code, _shipment = _shipped_ago(session, producer, shop, timedelta(hours=30))
    told = read(code)
    assert told.count('id="chang-cho-xac-nhan"') == 1
    assert "Waiting for the receiver to confirm" in told


def test_a_temperature_outside_the_limits_stands_out_in_the_list_and_in_the_route(
    session: Session, read: Read, producer: Actor
) -> None:
    product = ProductFactory.create(
        session=session, actor=producer, min_temperature=Decimal(2), max_temperature=Decimal(8)
    )
    batch = ActiveBatchFactory.create(session=session, actor=producer, product=product)
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    name = shop.organisation.name
    shop.organisation.seat.commune_code = SON_TAY
    give(session, batch, producer, shop)
    reading = Reading(time=clock.now(), value=Decimal(12), uom="CEL")
    services_observation.measure(session, shop, [batch.id], [reading], key=a_key())
    told = read(batch.code)
    assert '<li class="breach">' in told
    assert 'href="#r-breach"' in told
    assert "Temperature outside the limits: 12" in told
    assert name not in told


def test_a_correction_is_told_with_what_changed(
    session: Session, read: Read, producer: Actor, batch: Batch
) -> None:
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    give(session, batch, producer, shop)
    sale = services_leaving.sell(session, shop, batch.id, Decimal(3), key=a_key())
    right = Replacement(quantities={batch.id: Decimal(2)})
    correct(session, shop, sale.id, CorrectionReason.INCORRECT_DATA, right, key=a_key())
    told = read(batch.code)
    assert "Correction" in told
    assert "Changed: quantity" in told


def test_a_lot_that_went_to_many_is_read_with_as_few_questions_as_one_that_went_to_some(
    app: Flask, connection: Connection, session: Session, producer: Actor
) -> None:
    some, many = (
        ActiveBatchFactory.create(session=session, actor=producer, quantity=Decimal(500)) for _ in range(2)
    )
    for batch, receivers in ((some, 2), (many, len(COMMUNES))):
        for _name, commune in COMMUNES[:receivers]:
            give(session, batch, producer, actor_of_kind(session, OrganisationKind.SHOP))
            party = PartyFactory.create(
                session=session, actor=producer, kind=PartyKind.SHOP, commune_code=commune
            )
            _hand(session, producer, batch, party)
    settle(session)
    asked: list[object] = []
    event.listen(connection, "before_cursor_execute", lambda *stated: asked.append(stated[2]))
    counts = []
    for batch in (some, many):
        asked.clear()
        assert app.test_client().get(f"/T/{batch.code}").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
