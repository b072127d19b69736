"""What holds for every verb of custody on a real database: keys, order, leaves, and who sees what."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ShipmentFactory, a_key, give
from tests.trace.events.conftest import Chain
from trace.batches import queries as batches
from trace.core import clock
from trace.core.errors import NotFound
from trace.core.idempotency import IdempotencyKeyReused
from trace.events import queries, rules, services_leaving, services_shipping
from trace.events.models import Event, Verb
from trace.ledger.models import Leaf

KG = Decimal(1)
VERBS: dict[str, Any] = {
    "ship": services_shipping.ship,
    "sell": services_leaving.sell,
    "destroy": services_leaving.destroy,
}


@pytest.mark.parametrize("verb", ["ship", "sell", "destroy"])
def test_nobody_moves_goods_before_it_received_them(session: Session, chain: Chain, verb: str) -> None:
    yesterday = clock.today() - timedelta(days=1)
    batch = ActiveBatchFactory.create(session=session, actor=chain.producer, produced_on=yesterday)
    give(session, batch, chain.producer, chain.shop)
    to = services_shipping.Receiver(organisation_id=chain.other_shop.organisation_id)
    more = {"ship": (to,), "sell": (), "destroy": (rules.DisposalReason.OTHER,)}[verb]
    act = VERBS[verb]
    early = clock.now() - timedelta(minutes=10)
    with pytest.raises(rules.TimeOutOfRange):
        act(session, chain.shop, batch.id, KG, *more, key=a_key(), event_time=early)
    assert act(session, chain.producer, batch.id, KG, *more, key=a_key(), event_time=early)


@pytest.mark.parametrize("verb", ["ship", "sell", "destroy"])
def test_the_same_key_acts_once_and_another_request_under_it_is_refused(
    session: Session, chain: Chain, verb: str
) -> None:
    to = services_shipping.Receiver(organisation_id=chain.shop.organisation_id)
    more = {"ship": (to,), "sell": (), "destroy": (rules.DisposalReason.OTHER,)}[verb]
    act = VERBS[verb]
    first = act(session, chain.producer, chain.batch.id, KG, *more, key="one")
    assert act(session, chain.producer, chain.batch.id, KG, *more, key="one").id == first.id
    with pytest.raises(IdempotencyKeyReused):
        act(session, chain.producer, chain.batch.id, 2 * KG, *more, key="one")
    assert batches.held_quantity(session, chain.batch.id, chain.producer.organisation_id) == 99


def test_a_key_of_one_organisation_says_nothing_of_anothers(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    one = services_leaving.sell(session, chain.producer, chain.batch.id, KG, key="1")
    other = services_leaving.sell(session, chain.shop, chain.batch.id, KG, key="1")
    assert one.id != other.id


def test_each_event_has_one_leaf_and_its_salts_apart(session: Session, chain: Chain) -> None:
    event = services_leaving.sell(session, chain.producer, chain.batch.id, KG, key=a_key(), note="cô Ba")
    leaf = session.query(Leaf).filter_by(event_id=event.id).one()
    private = queries.find_private(session, event.id)
    assert private is not None
    assert private.note == "cô Ba"
    assert "cô Ba".encode() not in leaf.leaf
    assert len(private.salts) % 16 == 0


def test_an_organisation_sees_its_own_events_and_handovers_only(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    give(session, chain.batch, chain.producer, chain.other_shop)
    services_leaving.sell(session, chain.other_shop, chain.batch.id, KG, key=a_key())
    seen: list[Event] = queries.list_batch_events(session, chain.batch.id, chain.shop.organisation_id)
    assert [e.verb for e in seen] == [Verb.SHIP, Verb.RECEIVE]
    strangers = {chain.other_shop.organisation_id}
    assert not strangers & {e.organisation_id for e in seen}
    assert not strangers & {e.counterpart_id for e in seen}


def test_a_shipment_is_shown_to_its_two_sides_only(session: Session, chain: Chain) -> None:
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    for side in (chain.producer, chain.shop):
        assert queries.get_shipment(session, side.organisation_id, shipment.id) is shipment
    with pytest.raises(NotFound):
        queries.get_shipment(session, chain.other_shop.organisation_id, shipment.id)
