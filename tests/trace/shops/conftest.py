"""A producer with a batch of 100 kg (natural loss 3 %), a shop, and a browser for each."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tests import factories
from tests.web import settle, sign_in_as
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.batches.queries import held_quantity


@dataclass(frozen=True)
class Market:
    """Two sides of a handover, and what changes hands."""

    producer: Actor
    shop: Actor
    batch: Batch


@pytest.fixture
def market(session: Session) -> Market:
    producer = factories.actor_of_kind(session)
    shop = factories.actor_of_kind(session, OrganisationKind.SHOP)
    batch = factories.ActiveBatchFactory.create(session=session, actor=producer)
    session.refresh(batch)
    settle(session)
    return Market(producer, shop, batch)


@pytest.fixture
def browse(app: Flask, connection: Connection) -> Callable[[Actor], FlaskClient]:
    """A browser signed in as somebody."""

    def signed_in(actor: Actor) -> FlaskClient:
        return sign_in_as(app, connection, actor)

    return signed_in


@pytest.fixture
def held(session: Session) -> Callable[[Batch, Actor], Decimal]:
    """What an organisation holds of a batch now."""

    def read(batch: Batch, actor: Actor) -> Decimal:
        session.expire_all()
        return held_quantity(session, batch.id, actor.organisation.id)

    return read


@pytest.fixture
def app_browser(app: Flask) -> FlaskClient:
    """A browser nobody signed in with."""
    return app.test_client()
