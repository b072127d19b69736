"""An officer, a producer with an activated batch, a shop, and a browser for each."""

from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class City:
    """Who is there, and what an officer looks at."""

    officer: Actor
    producer: Actor
    shop: Actor
    batch: Batch


@pytest.fixture
def city(session: Session) -> City:
    producer = factories.actor_of_kind(session)
    shop = factories.actor_of_kind(session, OrganisationKind.SHOP)
    batch = factories.ActiveBatchFactory.create(session=session, actor=producer)
    session.refresh(batch)
    officer = factories.officer_of(session)
    settle(session)
    return City(officer, producer, shop, batch)


@pytest.fixture
def browse(app: Flask, connection: Connection) -> Callable[[Actor], FlaskClient]:
    """A browser signed in as somebody."""

    def signed_in(actor: Actor) -> FlaskClient:
        return sign_in_as(app, connection, actor)

    return signed_in


@pytest.fixture
def officer(browse: Callable[[Actor], FlaskClient], city: City) -> FlaskClient:
    """The officer's browser."""
    return browse(city.officer)
