"""The fixtures keep their promises: the application's rights, no trace left, no way outside."""

import socket
import urllib.request
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tests.conftest import LiveServer, OutgoingConnection
from trace.cli import processes
from trace.cli.database import find_revision, newest_revision
from trace.core.addresses import libpq_url
from trace.core.installation import find_fact, set_fact


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_commits_the_next_does_not_see(session: Session, turn: int) -> None:
    assert find_fact(session, "turn") is None
    set_fact(session, "turn", str(turn))
    session.commit()
    assert find_fact(session, "turn") == str(turn)


def test_fast_tests_have_the_rights_of_the_application_only(connection: Connection) -> None:
    assert connection.scalar(text("select current_user")) == "trace_app"
    with pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("create table mine (id int)"))


def test_a_fresh_database_has_the_newest_schema_and_belongs_to_one_test(fresh_database: str) -> None:
    assert find_revision(fresh_database) == newest_revision()
    with psycopg.connect(libpq_url(fresh_database)) as connection:
        connection.execute("create table mine (id int)")


def test_tests_reach_no_other_machine() -> None:
    with pytest.raises(OutgoingConnection):
        urllib.request.urlopen("http://nguongoc.example", timeout=1)
    with socket.socket() as plain, pytest.raises(OutgoingConnection):
        plain.connect(("192.0.2.1", 80))


def test_a_live_server_answers_on_a_database_of_its_own(live_server: Callable[..., LiveServer]) -> None:
    first, second = live_server(worker=False), live_server(worker=False)
    assert first.database_url != second.database_url
    assert processes.is_answering(first.url)
    assert processes.is_answering(second.url)
