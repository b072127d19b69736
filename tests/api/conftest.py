"""Programs with keys, and goods for them to move."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.api.program import Document, Program
from tests.factories import ActiveBatchFactory, ActorFactory
from tests.web import settle
from trace.accounts import api_keys
from trace.accounts.models import Organisation, OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch

Start = Callable[..., Program]
MakeBatch = Callable[..., Batch]


@pytest.fixture(scope="session")
def document(built_app: Flask) -> Document:
    return Document(built_app)


@pytest.fixture
def start(app: Flask, session: Session, document: Document) -> Start:
    """Start programs: ``start(OrganisationKind.SHOP)``, ``start(is_approved=False)``."""

    def begin(kind: OrganisationKind = OrganisationKind.PRODUCER, **stated: Any) -> Program:
        actor = ActorFactory.create(session=session, stated__kind=kind, **stated)
        key = api_keys.create_api_key(session, actor, "Phần mềm kho")
        settle(session)
        return Program(app.test_client(), document, key, actor)

    return begin


@pytest.fixture
def producer(start: Start) -> Program:
    return start()


@pytest.fixture
def shop(start: Start) -> Program:
    return start(OrganisationKind.SHOP, stated__name="Cửa hàng Đồng Xuân")


@pytest.fixture
def stranger(app: Flask, document: Document) -> Program:
    """A program without a key."""
    return Program(app.test_client(), document, None)


@pytest.fixture
def make_batch(session: Session) -> MakeBatch:
    """Activated batches in a program's hands: ``make_batch(producer, quantity=Decimal(5))``; 100 kg unless said."""

    def make(program: Program, factory: Any = ActiveBatchFactory, **stated: Any) -> Batch:
        batch: Batch = factory.create(session=session, actor=acting(session, program), **stated)
        assert batch.product.name
        settle(session)
        return batch

    return make


@pytest.fixture
def batch(producer: Program, make_batch: MakeBatch) -> Batch:
    """100 kg, activated, in the producer's hands."""
    return make_batch(producer)


def acting(session: Session, program: Program) -> Actor:
    """The program's actor in this session: what was settled is no longer part of it."""
    assert program.actor is not None
    organisation = session.get_one(Organisation, program.actor.organisation_id)
    return Actor(program.actor.user_id, organisation, program.actor.role)
