"""Registering and changing drafts."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ActorFactory, BatchFactory, ProductFactory, actor_of_kind
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches import queries, services
from trace.batches.models import Batch
from trace.batches.services import BatchFacts
from trace.core import clock
from trace.core.errors import BadInput, Forbidden, NotFound
from trace.core.short_codes import is_well_formed


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)


@pytest.fixture
def draft(session: Session, producer: Actor) -> Batch:
    return BatchFactory.create(session=session, actor=producer)


def _facts(batch: Batch, **changed: object) -> BatchFacts:
    stated = {
        "product_id": batch.product_id,
        "location_id": batch.location_id,
        "lot_number": batch.lot_number,
        "date_kind": batch.date_kind,
        "produced_on": batch.produced_on,
        "quantity": batch.quantity,
    }
    return BatchFacts(**{**stated, **changed})  # type: ignore[arg-type]  # values of several fields


def test_a_draft_has_a_code_of_its_own_that_finds_it(session: Session, draft: Batch) -> None:
    assert is_well_formed(draft.code)
    assert queries.find_batch_by_code(session, draft.code) is draft


def test_expiry_comes_from_the_product(draft: Batch) -> None:
    assert draft.expires_on == draft.produced_on + timedelta(days=3)


def test_expiry_may_be_stated(session: Session, producer: Actor) -> None:
    stated = clock.today() + timedelta(days=1)
    assert BatchFactory.create(session=session, actor=producer, expires_on=stated).expires_on == stated


def test_a_product_without_expiry_gives_batches_without_one(session: Session, producer: Actor) -> None:
    basket = ProductFactory.create(session=session, actor=producer, expiry_kind="none")
    batch = BatchFactory.create(session=session, actor=producer, product=basket, expires_on=clock.today())
    assert batch.expires_on is None


def test_a_waiting_organisation_may_draft(session: Session) -> None:
    waiting = ActorFactory.create(session=session, is_approved=False)
    assert not BatchFactory.create(session=session, actor=waiting).is_activated


def test_shops_register_nothing(session: Session, draft: Batch) -> None:
    with pytest.raises(Forbidden):
        services.register_batch(session, actor_of_kind(session, OrganisationKind.SHOP), _facts(draft))


def test_a_lot_number_is_taken_once_a_product(session: Session, producer: Actor, draft: Batch) -> None:
    with pytest.raises(services.LotNumberTaken):
        services.register_batch(session, producer, _facts(draft))
    other = ProductFactory.create(session=session, actor=producer)
    assert services.register_batch(session, producer, _facts(draft, product_id=other.id)).id != draft.id


@pytest.mark.parametrize("lot_number", ["", "Lô 12 đợt 3", "x" * 21, "12 3", "12\n3"])
def test_a_lot_number_outside_gs1s_letters_is_refused(
    session: Session, producer: Actor, draft: Batch, lot_number: str
) -> None:
    with pytest.raises(BadInput) as refused:
        services.register_batch(session, producer, _facts(draft, lot_number=lot_number))
    assert refused.value.field == "lot_number"


@pytest.mark.parametrize("days", [1, -3651])
def test_a_harvest_of_tomorrow_or_of_ten_years_ago_is_refused(
    session: Session, producer: Actor, draft: Batch, days: int
) -> None:
    day = clock.today() + timedelta(days=days)
    with pytest.raises(BadInput) as refused:
        services.register_batch(session, producer, _facts(draft, lot_number="x", produced_on=day))
    assert refused.value.field == "produced_on"


def test_nothing_expires_before_it_was_made(session: Session, producer: Actor, draft: Batch) -> None:
    before = draft.produced_on - timedelta(days=1)
    with pytest.raises(BadInput) as refused:
        services.register_batch(session, producer, _facts(draft, lot_number="x", expires_on=before))
    assert refused.value.field == "expires_on"


@pytest.mark.parametrize("what", ["product", "place"])
def test_somebody_elses_product_or_place_is_not_there(
    session: Session, producer: Actor, draft: Batch, what: str
) -> None:
    other = actor_of_kind(session)
    theirs = (
        {"product_id": ProductFactory.create(session=session, actor=other).id}
        if what == "product"
        else {"location_id": other.organisation.seat.id}
    )
    with pytest.raises(NotFound):
        services.register_batch(session, producer, _facts(draft, **theirs))


def test_a_draft_may_be_changed(session: Session, producer: Actor, draft: Batch) -> None:
    changed = services.change_batch(session, producer, draft.id, _facts(draft, quantity=Decimal(7)))
    assert changed.quantity == 7


def test_changing_to_a_taken_lot_number_is_refused_and_changes_nothing(
    session: Session, producer: Actor, draft: Batch
) -> None:
    other = BatchFactory.create(session=session, actor=producer, product=draft.product)
    with pytest.raises(services.LotNumberTaken):
        services.change_batch(session, producer, other.id, _facts(draft))
    session.refresh(other)
    assert other.lot_number != draft.lot_number


def test_an_activated_batch_is_sealed(session: Session, producer: Actor) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    with pytest.raises(services.BatchSealed):
        services.change_batch(session, producer, batch.id, _facts(batch, quantity=Decimal(7)))


def test_somebody_elses_draft_is_not_changed(session: Session, draft: Batch) -> None:
    with pytest.raises(NotFound):
        services.change_batch(session, actor_of_kind(session), draft.id, _facts(draft))


def test_the_same_again_takes_the_next_lot_number(session: Session, draft: Batch) -> None:
    again = services.repeated_facts(session, draft, draft.produced_on)
    assert (again.lot_number[:-1], again.quantity) == (draft.lot_number[:-1], draft.quantity)
    assert again.lot_number != draft.lot_number
