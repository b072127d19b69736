"""Who tries one unknown code after another is slowed; who scans codes that are there is not."""

import pytest
from flask import Flask
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.factories import ActiveBatchFactory, actor_of_kind
from tests.web import settle
from trace.core.short_codes import new_code
from trace.core.strangers import Guesses
from trace.public import guessing

FREE = 5
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def known(app: Flask, connection: Connection, session: Session) -> str:
    # By a clock that stands: however slow the machine, no guess is paid for while a test counts them.
    app.extensions[guessing.EXTENSION] = Guesses(FREE, 30, lambda: 0.0)
    code: str = ActiveBatchFactory.create(session=session, actor=actor_of_kind(session)).code
    settle(session)
    return code


def _get(app: Flask, path: str, address: str = HOME, accept: str = "text/html") -> TestResponse:
    return app.test_client().get(path, environ_base={"REMOTE_ADDR": address}, headers={"Accept": accept})


def _guess(app: Flask, times: int, path: str = "/T/", address: str = HOME) -> list[int]:
    return [_get(app, path + new_code(13), address).status_code for _ in range(times)]


def test_a_guesser_is_told_to_wait(app: Flask, known: str) -> None:
    assert _guess(app, FREE) == [404] * FREE
    refused = _get(app, f"/T/{new_code(13)}")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert "Đã tra quá nhiều mã không có từ mạng này" in refused.text
    assert "Too many codes that are not there" in _get(app, f"/en/T/{new_code(13)}").text


def test_codes_that_are_there_cost_nothing(app: Flask, known: str) -> None:
    for _ in range(5 * FREE):
        assert _get(app, f"/T/{known}").status_code == 200
    assert _guess(app, 1) == [404]


def test_over_the_limit_a_code_that_is_there_still_says_what_it_says(app: Flask, known: str) -> None:
    _guess(app, 2 * FREE)
    assert _get(app, f"/T/{known}").status_code == 200


def test_others_are_not_slowed(app: Flask, known: str) -> None:
    _guess(app, 2 * FREE)
    assert _guess(app, FREE, address=ELSEWHERE) == [404] * FREE


def test_who_goes_on_and_on_is_not_even_looked_up(app: Flask, known: str) -> None:
    _guess(app, 20 * FREE)
    assert {_get(app, f"/T/{known}").status_code for _ in range(20)} >= {429}
    assert _get(app, f"/T/{known}", ELSEWHERE).status_code == 200


def test_a_typing_slip_is_never_counted(app: Flask, known: str) -> None:
    assert {_get(app, "/T/7K3QX9ZPAA").status_code for _ in range(3 * FREE)} == {400}
    assert _guess(app, 1) == [404]


def test_the_api_counts_together_with_the_pages(app: Flask, known: str) -> None:
    assert _guess(app, FREE) == [404] * FREE
    refused = _get(app, f"/api/v1/codes/{new_code(13)}")
    assert (refused.status_code, refused.json and refused.json["code"]) == (429, "too-many-unknown-codes")
    assert "Retry-After" in refused.headers


def test_serials_of_the_resolver_count_too(app: Flask, known: str) -> None:
    path = "/01/09506000134352/21/"
    assert _guess(app, FREE, path) == [404] * FREE
    refused = _get(app, path + new_code(13))
    assert refused.status_code == 429
    assert "Retry-After" in refused.headers
    # A barcode that is not here is no guess.
    assert _get(app, "/01/09506000134352").status_code == 404


def test_behind_a_proxy_the_address_it_forwards_is_counted(app: Flask, known: str) -> None:
    """Without ``TRACE_PROXIES`` what a stranger writes into that header is not believed."""
    for number in range(FREE):
        path = f"/T/{new_code(13)}"
        app.test_client().get(
            path, environ_base={"REMOTE_ADDR": HOME}, headers={"X-Forwarded-For": f"192.0.2.{number}"}
        )
    assert _guess(app, 1) == [429]


def test_unknown_and_malformed_codes_ask_the_database_no_more_than_known_ones(
    app: Flask, connection: Connection, known: str
) -> None:
    asked: list[str] = []

    def note(*statement: object) -> None:
        asked.append(str(statement[2]))

    event.listen(connection, "before_cursor_execute", note)
    counts = []
    for path in (f"/T/{known}", f"/T/{new_code(13)}", "/T/7K3QX9ZPAA", f"/api/v1/codes/{new_code(10)}"):
        asked.clear()
        _get(app, path)
        counts.append(len(asked))
    event.remove(connection, "before_cursor_execute", note)
    assert max(counts[1:]) < counts[0]
