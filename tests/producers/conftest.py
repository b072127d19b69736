"""Producers signed in over HTTP, on the rolled-back connection."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tests.factories import ActorFactory
from tests.producers.workspace import Workspace
from tests.web import settle, sign_in_as
from trace.accounts.models import OrganisationKind

MakeWorkspace = Callable[..., Workspace]


@pytest.fixture
def make_workspace(app: Flask, connection: Connection, session: Session) -> MakeWorkspace:
    """Sign in producers: ``make_workspace()``, ``make_workspace(is_approved=False)``, ``(kind=SHOP)``."""

    def make(*, is_approved: bool = True, kind: OrganisationKind = OrganisationKind.PRODUCER) -> Workspace:
        actor = ActorFactory.create(session=session, stated__kind=kind, is_approved=is_approved)
        assert actor.organisation.seat.commune.name
        settle(session)
        return Workspace(sign_in_as(app, connection, actor), actor)

    return make


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    """An approved producer."""
    return make_workspace()
