"""Activating a batch on a real database: what is sealed, what is refused."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.factories import NO_PICTURE, ActorFactory, BatchFactory, ProductFactory, actor_of_kind
from tests.trace.events.balances import balance_of
from tests.trace.events.conftest import Chain
from trace.accounts.permissions import NotApprovedYet
from trace.batches import queries as batches
from trace.core import clock
from trace.core.errors import Forbidden, NotFound
from trace.events import queries, services_activation
from trace.events.models import Verb
from trace.events.rules import TimeOutOfRange, start_of_day


def test_activation_puts_all_of_the_batch_into_the_producers_hands(session: Session, chain: Chain) -> None:
    assert batches.held_quantity(session, chain.batch.id, chain.producer.organisation_id) == 100
    assert balance_of(session, chain.batch) == {"held": 100}


def test_activation_seals_the_ten_items(session: Session, chain: Chain) -> None:
    seal = chain.batch.seal or {}
    assert seal["lot_number"] == chain.batch.lot_number
    assert seal["product_image"] == NO_PICTURE
    (event,) = queries.list_batch_events(session, chain.batch.id)
    assert (event.verb, event.biz_step) == (Verb.ACTIVATE, "commissioning")
    assert event.sealed_items == {chain.batch.epc_class: seal}


def test_activating_twice_is_refused(session: Session, chain: Chain) -> None:
    with pytest.raises(services_activation.AlreadyActivated):
        services_activation.activate(session, chain.producer, chain.batch.id)


def test_a_batch_with_missing_items_is_not_activated_and_the_items_are_named(
    session: Session, chain: Chain
) -> None:
    bare = ProductFactory.create(session=session, actor=chain.producer, picture_sha256=None, standards=())
    draft = BatchFactory.create(session=session, actor=chain.producer, product=bare)
    with pytest.raises(services_activation.ItemsMissing) as refused:
        services_activation.activate(session, chain.producer, draft.id)
    assert refused.value.numbers["missing"] == [2, 10]
    assert not draft.is_activated


def test_an_organisation_that_waits_for_approval_has_drafts_only(session: Session) -> None:
    waiting = ActorFactory.create(session=session, is_approved=False)
    draft = BatchFactory.create(session=session, actor=waiting)
    with pytest.raises(NotApprovedYet):
        services_activation.activate(session, waiting, draft.id)


def test_somebody_elses_draft_is_not_there(session: Session, chain: Chain) -> None:
    draft = BatchFactory.create(session=session, actor=chain.producer)
    with pytest.raises(NotFound):
        services_activation.activate(session, actor_of_kind(session), draft.id)


def test_shops_activate_nothing(session: Session, chain: Chain) -> None:
    with pytest.raises(Forbidden):
        services_activation.activate(session, chain.shop, chain.batch.id)


def test_goods_that_were_there_before_are_sealed_now(session: Session) -> None:
    actor = actor_of_kind(session)
    yesterday = clock.today() - timedelta(days=1)
    draft = BatchFactory.create(session=session, actor=actor, produced_on=yesterday)
    there = start_of_day(yesterday) + timedelta(hours=6)
    with pytest.raises(TimeOutOfRange):
        services_activation.activate(session, actor, draft.id, event_time=there - timedelta(hours=7))
    event = services_activation.activate(session, actor, draft.id, event_time=there)
    assert event.event_time == there
    assert draft.activated_at is not None
    assert draft.activated_at > there
