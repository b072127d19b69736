"""The verdict page of goods that are really there: who is named, what was sealed, what changed since."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from flask import Flask, render_template
from sqlalchemy.orm import Session

from producers import services as product_services
from tests.factories import ActiveBatchFactory, CertificateFactory, ProductFactory, a_key, actor_of_kind, give
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.core.revisions import revise
from trace.events import services_leaving
from trace.public import wording
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
    services_leaving.sell(session, buyer, batch.id, Decimal(1), key=a_key())
    assert buyer.organisation.name not in _told(_page(session, batch))


def test_a_buyer_that_wishes_it_is_named(session: Session, producer: Actor, batch: Batch) -> None:
    buyer = actor_of_kind(session, OrganisationKind.PROCESSOR)
    buyer.organisation.is_named_publicly = True
    give(session, batch, producer, buyer)
    assert buyer.organisation.name in _told(_page(session, batch))


def test_who_made_the_lot_is_named_where_it_sells_itself(
    session: Session, producer: Actor, batch: Batch
) -> None:
    services_leaving.sell(session, producer, batch.id, Decimal(1), key=a_key())
    assert f"{producer.organisation.name}, " in _page(session, batch).journey[-1].place


def test_a_product_moved_to_another_set_later_does_not_change_what_is_eaten(
    session: Session, producer: Actor, batch: Batch
) -> None:
    before = _page(session, batch).band
    revise(session, batch.product, {"ocop_set": 20}, producer.user_id)
    assert _page(session, batch).band == before


def test_a_certificate_noted_after_sealing_is_listed_as_added_and_gives_no_stars(
    session: Session, producer: Actor, batch: Batch
) -> None:
    CertificateFactory.create(session=session, actor=producer, product_id=batch.product_id)
    session.expire_all()
    page = _page(session, batch)
    assert page.ocop is None
    (line,) = page.certificates
    assert line.mark == wording.added_later(clock.today())


def test_a_sealed_certificate_keeps_its_line_and_says_when_it_was_removed(
    session: Session, producer: Actor
) -> None:
    product = ProductFactory.create(session=session, actor=producer)
    paper = CertificateFactory.create(session=session, actor=producer, product_id=product.id)
    batch = ActiveBatchFactory.create(session=session, actor=producer, product=product)
    before = _page(session, batch)
    assert before.ocop is not None
    assert (before.ocop.decision_number, before.ocop.mark) == (paper.decision_number, None)
    assert [line.mark for line in before.certificates] == [None]
    product_services.remove_certificate(session, producer, paper.id)
    after = _page(session, batch)
    assert after.ocop is not None
    assert after.ocop.mark == wording.removed(clock.today())
    assert [line.mark for line in after.certificates] == [wording.removed(clock.today())]
    unsealed = _page(session, ActiveBatchFactory.create(session=session, actor=producer, product=product))
    assert (unsealed.ocop, unsealed.certificates) == (None, ())


def test_a_newer_certificate_does_not_take_the_place_of_the_sealed_one(
    session: Session, producer: Actor
) -> None:
    product = ProductFactory.create(session=session, actor=producer)
    CertificateFactory.create(session=session, actor=producer, product_id=product.id, stars=3)
    batch = ActiveBatchFactory.create(session=session, actor=producer, product=product)
    CertificateFactory.create(
        session=session, actor=producer, product_id=product.id, stars=5, decided_on=clock.today()
    )
    session.expire_all()
    ocop = _page(session, batch).ocop
    assert ocop is not None
    assert ocop.stars == 3


def test_words_of_the_producer_say_when_they_were_changed(
    session: Session, producer: Actor, batch: Batch
) -> None:
    assert _page(session, batch).words_changed is None
    revise(session, batch.product, {"description": "Hái lúc rạng đông."}, producer.user_id)
    page = _page(session, batch)
    assert page.words_changed == wording.changed_on(clock.today(), "")
    assert f">{page.words_changed}<" in render_template("public/show_code.html", page=page, public_css="")
