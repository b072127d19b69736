"""Readers of EPCIS, and goods between them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import ActorFactory
from tests.trace.core.receivers import Receiver, receiver
from tests.trace.epcis.capturing import SITE, Capture
from tests.trace.epcis.documents import a_document
from tests.trace.epcis.readers import Reader
from tests.web import settle
from trace.accounts import api_keys
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.core.outgoing import EXTENSION, Outgoing
from trace.epcis.capture import Behaviour, Outcome, capture
from trace.epcis.documents import read_document

StartReader = Callable[..., Reader]


@pytest.fixture
def start_reader(app: Flask, session: Session) -> StartReader:
    """Start programs: ``start_reader(OrganisationKind.SHOP)``; acts settled before the first request."""

    def begin(kind: OrganisationKind = OrganisationKind.PRODUCER, **stated: Any) -> Reader:
        actor = ActorFactory.create(session=session, stated__kind=kind, **stated)
        key = api_keys.create_api_key(session, actor, "EPCIS")
        return Reader(app.test_client(), key, actor)

    return begin


@pytest.fixture
def settled(session: Session) -> Callable[[], None]:
    """Hand the connection over to requests: nothing is written by the test from here on."""
    return lambda: settle(session)


@pytest.fixture
def sequence(session: Session) -> Callable[[], None]:
    """Give leaves their places in the log as the sequencer does, on the test's one connection."""

    def place() -> None:
        session.execute(
            text(
                "insert into log_entries (log_index, leaf_id) select (select count(*) from log_entries) - 1 + "
                "row_number() over (order by id), id from leaves where id not in (select leaf_id from log_entries)"
            )
        )
        settle(session)

    return place


@pytest.fixture
def hook(app: Flask) -> Iterator[Receiver]:
    """A receiver on this machine that the application's guard makes its one exception for."""
    with receiver() as there:
        app.extensions[EXTENSION] = Outgoing(loopback=frozenset({there.netloc}), seconds=5)
        yield there


@pytest.fixture
def send(session: Session) -> Capture:
    """Capture events as an organisation's program sends them."""

    def run(actor: Actor, *events: dict[str, Any], behaviour: Behaviour = Behaviour.ROLLBACK) -> Outcome:
        outcome = capture(session, actor, read_document(a_document(*events)), behaviour, SITE)
        session.flush()
        session.expire_all()
        return outcome

    return run
