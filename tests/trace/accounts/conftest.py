"""People and organisations for the tests of accounts, each person with a password of a known kind."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, update
from sqlalchemy.orm import Session

from tests.factories import ActorFactory, UserFactory
from tests.web import sign_in_as
from trace.accounts.models import Membership, OrganisationKind, Role, SignInFailures, User
from trace.accounts.permissions import Actor
from trace.core import clock


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser nobody signed in with."""
    return app.test_client()


@pytest.fixture
def owner(session: Session) -> Actor:
    """The only owner of an approved producer."""
    return person_of(session, OrganisationKind.PRODUCER)


@pytest.fixture
def owner_browser(app: Flask, connection: Connection, owner: Actor) -> FlaskClient:
    return sign_in_as(app, connection, owner)


@pytest.fixture
def staff(session: Session, owner: Actor) -> Actor:
    """A member of the owner's organisation who is not an owner."""
    user = UserFactory.create(session=session)
    session.add(
        Membership(
            user_id=user.id,
            organisation_id=owner.organisation_id,
            role=Role.STAFF,
            accepted_at=clock.now(),
        )
    )
    session.flush()
    return Actor(user.id, owner.organisation, Role.STAFF)


def person_of(session: Session, kind: OrganisationKind) -> Actor:
    """Somebody of their own, owner of a new approved organisation."""
    person = UserFactory.create(session=session)
    actor: Actor = ActorFactory.create(session=session, owner=person, stated__kind=kind)
    return actor


def user_of(session: Session, actor: Actor) -> User:
    """The person who acts, as the database has it now."""
    session.expire_all()
    return session.get_one(User, actor.user_id)


def make_waits_long(session: Session) -> None:
    """As if the wrong tries so far had been many: a test must not race against a wait of two seconds."""
    session.execute(update(SignInFailures).values(failed=SignInFailures.failed + 100))
    session.commit()
