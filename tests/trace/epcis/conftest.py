"""Readers of EPCIS, and goods between them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import ActorFactory
from tests.trace.epcis.readers import Reader
from tests.web import settle
from trace.accounts import sessions
from trace.accounts.models import OrganisationKind

StartReader = Callable[..., Reader]


@pytest.fixture
def start_reader(app: Flask, session: Session) -> StartReader:
    """Start programs: ``start_reader(OrganisationKind.SHOP)``; acts settled before the first request."""

    def begin(kind: OrganisationKind = OrganisationKind.PRODUCER, **stated: Any) -> Reader:
        actor = ActorFactory.create(session=session, stated__kind=kind, **stated)
        key = sessions.create_api_key(session, actor, "EPCIS")
        return Reader(app.test_client(), key, actor)

    return begin


@pytest.fixture
def settled(session: Session) -> Callable[[], None]:
    """Hand the connection over to requests: nothing is written by the test from here on."""
    return lambda: settle(session)
