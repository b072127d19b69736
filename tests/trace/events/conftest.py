"""A small chain every custody test starts from: a producer with a batch, two shops, an officer."""

from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, actor_of_kind, officer_of
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch


@dataclass(frozen=True)
class Chain:
    """``batch`` is 100 kg, activated, 3 % natural loss, all of it in the producer's hands."""

    producer: Actor
    shop: Actor
    other_shop: Actor
    officer: Actor
    batch: Batch


@pytest.fixture
def chain(session: Session) -> Chain:
    producer = actor_of_kind(session)
    return Chain(
        producer=producer,
        shop=actor_of_kind(session, OrganisationKind.SHOP),
        other_shop=actor_of_kind(session, OrganisationKind.SHOP),
        officer=officer_of(session),
        batch=ActiveBatchFactory.create(session=session, actor=producer),
    )
