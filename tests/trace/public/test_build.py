"""The verdict page of goods that are really there: who is named, what was sealed, what changed since."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, a_key, actor_of_kind, give
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core.revisions import revise
from trace.events import services as custody
from trace.public.build import code_page
from trace.public.pages import CodePage


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)


@pytest.fixture
def batch(session: Session, producer: Actor) -> Batch:
    return ActiveBatchFactory.create(session=session, actor=producer)


@pytest.fixture(autouse=True)
def request_context(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


def _page(session: Session, batch: Batch) -> CodePage:
    return code_page(session, batch.code)


def _told(page: CodePage) -> str:
    return " | ".join(f"{step.place}, {step.who_says}, {step.note}" for step in page.journey)


@pytest.mark.parametrize("kind", list(OrganisationKind)[:5])
def test_a_buyer_that_does_not_wish_it_is_not_named(
    session: Session, producer: Actor, batch: Batch, kind: OrganisationKind
) -> None:
    buyer = actor_of_kind(session, kind)
    give(session, batch, producer, buyer)
    custody.sell(session, buyer, batch.id, Decimal(1), key=a_key())
    assert buyer.organisation.name not in _told(_page(session, batch))


def test_a_buyer_that_wishes_it_is_named(session: Session, producer: Actor, batch: Batch) -> None:
    buyer = actor_of_kind(session, OrganisationKind.PROCESSOR)
    buyer.organisation.is_named_publicly = True
    give(session, batch, producer, buyer)
    assert buyer.organisation.name in _told(_page(session, batch))


def test_who_made_the_lot_is_named_where_it_sells_itself(
    session: Session, producer: Actor, batch: Batch
) -> None:
    custody.sell(session, producer, batch.id, Decimal(1), key=a_key())
    assert f"{producer.organisation.name}, " in _page(session, batch).journey[-1].place


def test_a_product_moved_to_another_set_later_does_not_change_what_is_eaten(
    session: Session, producer: Actor, batch: Batch
) -> None:
    before = _page(session, batch).band
    revise(session, batch.product, {"ocop_set": 20}, producer.user_id)
    assert _page(session, batch).band == before
