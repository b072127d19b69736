"""Signing in to the test client, forms with their token, and what a database holds: shared by tests over HTTP."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from trace.accounts import sessions
from trace.accounts.access import SESSION_COOKIE
from trace.accounts.models import User
from trace.accounts.permissions import Actor
from trace.core.database import new_session

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="csrf_token"')
# Reading leaves traces of its own here, which is their purpose.
LOGS = ("audit", "sign_ins", "devices", "sign_in_failures", "alembic_version")


def settle(session: Session) -> None:
    """Commit, and let go of what was made: from here on requests have the connection to themselves.

    Loaded objects stay readable; a session that refreshed them later would mix its savepoints with a request's.
    """
    session.flush()
    session.expunge_all()
    session.commit()


def sign_in_as(app: Flask, connection: Connection, actor: Actor) -> FlaskClient:
    """A browser in which the actor's person is signed in, acting for the actor's organisation."""
    with new_session(connection) as session:
        assert actor.user_id is not None
        opened = sessions.start_session(session, session.get_one(User, actor.user_id), label="test")
        opened.sign_in.organisation_id = actor.organisation_id
        session.commit()
    client = app.test_client()
    client.set_cookie(SESSION_COOKIE, opened.token)
    return client


def token_of(client: FlaskClient) -> str:
    """The CSRF token of the signed-in browser, from a page that every person has."""
    page = client.get("/account/password").get_data(as_text=True)
    found = _TOKEN.search(page)
    assert found, "the page has no token"
    return found.group(1) or found.group(2)


def send(client: FlaskClient, path: str, **form: Any) -> Any:
    """Send a form as its page would: with the token and, where wanted, its number."""
    return client.post(path, data={"csrf_token": token_of(client), **form})


def contents(connection: Connection) -> dict[str, str]:
    """A digest of every table but the logs: two equal ones mean that nothing was kept."""
    names = connection.execute(
        text(
            "select relname from pg_class where relkind in ('r', 'p') and not relispartition "
            "and relnamespace = 'public'::regnamespace and relname not like 'procrastinate%'"
        )
    ).scalars()
    return {
        name: str(
            connection.execute(
                text(f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {name} t")  # noqa: S608 - names from the catalogue
            ).scalar()
        )
        for name in names
        if name not in LOGS
    }
