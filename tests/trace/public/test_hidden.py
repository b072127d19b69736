"""The hidden second code on its page: opened once for the first time by a form that is sent, and never by reading."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.conftest import build_app
from tests.factories import ActiveBatchFactory, actor_of_kind
from tests.web import settle, sign_in_as
from trace.accounts.models import SignInFailures
from trace.accounts.security_log import SecurityRecord
from trace.batches import services_runs
from trace.batches.hidden_codes import first_key
from trace.batches.models import Batch, Code
from trace.batches.services_runs import Order, Part, make_part
from trace.batches.stamp_rules import Typed, VoidReason
from trace.core.database import make_engine, new_session
from trace.core.short_codes import new_code, pretty
from trace.events.services_stamps import bind_stamps, void_stamps
from trace.public import hidden

WRONG = "22222222"
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


def _stamps(session: Session, folder: Path) -> tuple[Part, Batch]:
    """Ten stamps with hidden codes, the first eight on a lot, the eighth void."""
    producer = actor_of_kind(session)
    lot: Batch = ActiveBatchFactory.create(session=session, actor=producer)
    key = first_key(folder)
    run = services_runs.issue_roll(session, producer, Order(10, "https://check.example", key.key_id))
    part = make_part(session, run.id, key)
    assert part is not None
    bind_stamps(session, producer, lot.id, Typed(number=1), Typed(number=8))
    void_stamps(session, producer, Typed(number=8), Typed(number=8), VoidReason.LOST)
    return part, lot


@pytest.fixture
def part(app: Flask, connection: Connection, session: Session) -> Part:
    made, _lot = _stamps(session, app.config["SETTINGS"].key_folder)
    settle(session)
    return made


def _path(code: str) -> str:
    return f"/T/{code}/hidden"


def _send(app: Flask, code: str, typed: str, address: str = HOME, prefix: str = "") -> TestResponse:
    return app.test_client().post(
        prefix + _path(code), data={"hidden_code": typed}, environ_base={"REMOTE_ADDR": address}
    )


def _opened(connection: Connection, code: str) -> bool:
    return connection.scalar(select(Code.secret_opened_at).where(Code.code == code)) is not None


def test_the_page_of_a_label_with_a_hidden_code_leads_to_its_form(app: Flask, part: Part) -> None:
    shown = app.test_client().get(f"/T/{part.codes[0]}").text
    assert _path(part.codes[0]) in shown
    assert "Cào lớp phủ" in shown


def test_reading_opens_nothing(app: Flask, connection: Connection, part: Part) -> None:
    client = app.test_client()
    code, secret = part.codes[0], part.secrets[0]
    for path in (_path(code), f"{_path(code)}?hidden_code={secret}", f"/en{_path(code)}"):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert not _opened(connection, code)


def test_for_a_search_engine_the_form_is_the_page_of_the_label(app: Flask, part: Part) -> None:
    code = part.codes[0]
    page = app.test_client().get(f"/en{_path(code)}").text
    assert f'<link rel="canonical" href="http://localhost/en/T/{code}">' in page
    assert "noindex" not in page
    assert '<meta name="robots" content="noindex">' in _send(app, code, part.secrets[0]).text


def test_the_first_time_is_told_from_those_after_it(app: Flask, connection: Connection, part: Part) -> None:
    code, secret = part.codes[0], part.secrets[0]
    first = _send(app, code, pretty(secret).lower())
    assert first.status_code == 200
    assert "Mở lần đầu, ngay lúc này" in first.text
    assert _opened(connection, code)
    second = _send(app, code, secret)
    assert "Đã mở lúc" in second.text
    assert f'href="/T/{code}/phan-anh"' in second.text
    assert "Already opened on" in _send(app, code, secret, prefix="/en").text
    assert not _opened(connection, part.codes[1])


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_nothing_is_said_of_what_is_in_the_pack(app: Flask, part: Part, prefix: str) -> None:
    told = "".join(
        _send(app, part.codes[0], typed, prefix=prefix).text.lower()
        for typed in (WRONG, part.secrets[0], part.secrets[0])
    )
    for claim in (
        "an toàn",
        "hàng thật",
        "hợp lệ",
        "xác thực",
        "genuine",
        "authentic",
        "counterfeit",
        "safe",
    ):
        assert claim not in told


def test_a_wrong_code_is_told_beside_the_field_and_opens_nothing(
    app: Flask, connection: Connection, part: Part
) -> None:
    answer = _send(app, part.codes[0], part.secrets[1])
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'id="f-hidden-error"' in answer.text
    assert part.secrets[1] not in answer.text
    assert not _opened(connection, part.codes[0])


@pytest.mark.parametrize("typed", ["", "2222", "OOOOOOOO", "2" * 500, "<b>22222"])
def test_what_can_be_no_hidden_code_is_told_so_and_not_counted(app: Flask, part: Part, typed: str) -> None:
    for _ in range(30):
        assert _send(app, part.codes[0], typed).status_code == 422
    assert _send(app, part.codes[0], part.secrets[0]).status_code == 200


@pytest.mark.parametrize("place", [7, 8])
def test_a_void_or_unused_stamp_opens_nothing(
    app: Flask, connection: Connection, part: Part, place: int
) -> None:
    assert app.test_client().get(_path(part.codes[place])).status_code == 404
    assert _send(app, part.codes[place], part.secrets[place]).status_code == 404
    assert not _opened(connection, part.codes[place])


def test_what_has_no_hidden_code_and_what_is_not_there_are_answered_alike(
    app: Flask, session: Session
) -> None:
    lot = ActiveBatchFactory.create(session=session, actor=actor_of_kind(session)).code
    settle(session)
    answers = {(_send(app, code, WRONG).status_code) for code in (lot, new_code(13), "NOCODE")}
    assert answers == {404}


def test_wrong_ones_from_one_address_have_to_wait(app: Flask, connection: Connection, part: Part) -> None:
    tries = app.config["SETTINGS"].hidden_code_tries
    assert {_send(app, part.codes[0], WRONG).status_code for _ in range(tries)} == {422}
    slowed = _send(app, part.codes[1], part.secrets[1])
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0
    assert not _opened(connection, part.codes[1])
    assert _send(app, part.codes[1], part.secrets[1], ELSEWHERE).status_code == 200


def test_wrong_ones_of_one_stamp_from_everywhere_have_to_wait(
    app: Flask, connection: Connection, part: Part
) -> None:
    tries = app.config["SETTINGS"].hidden_code_tries * 3
    for number in range(tries):
        assert _send(app, part.codes[0], WRONG, f"192.0.2.{number}").status_code == 422
    assert _send(app, part.codes[0], part.secrets[0], ELSEWHERE).status_code == 429
    assert not _opened(connection, part.codes[0])
    assert _send(app, part.codes[1], part.secrets[1], ELSEWHERE).status_code == 200


def test_right_ones_are_not_counted(app: Flask, part: Part) -> None:
    for _ in range(3 * app.config["SETTINGS"].hidden_code_tries):
        assert _send(app, part.codes[0], part.secrets[0]).status_code == 200


def test_no_address_of_a_shopper_is_written_down(app: Flask, connection: Connection, part: Part) -> None:
    for number in range(100):
        _send(app, part.codes[0], WRONG, f"192.0.2.{number}")
    assert (
        connection.scalars(select(SecurityRecord.address).where(SecurityRecord.address.is_not(None))).all()
        == []
    )
    # One count: that of the stamp.
    assert len(connection.scalars(select(SignInFailures.subject_hash)).all()) == 1


def test_a_form_of_another_site_is_refused_and_a_signed_in_clerk_is_a_shopper_too(
    app: Flask, connection: Connection, session: Session, part: Part
) -> None:
    clerk = sign_in_as(app, connection, actor_of_kind(session))
    data = {"hidden_code": part.secrets[0]}
    foreign = clerk.post(_path(part.codes[0]), data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert not _opened(connection, part.codes[0])
    assert clerk.post(_path(part.codes[0]), data=data).status_code == 200


def test_no_cookie_is_set(app: Flask, part: Part) -> None:
    assert "Set-Cookie" not in _send(app, part.codes[0], part.secrets[0]).headers


def test_without_the_key_it_says_so(app: Flask, connection: Connection, part: Part) -> None:
    (app.config["SETTINGS"].key_folder / "codes.key").unlink()
    assert _send(app, part.codes[0], part.secrets[0]).status_code == 503
    assert not _opened(connection, part.codes[0])


def test_of_many_who_open_it_at_once_one_is_the_first(fresh_database: str, tmp_path: Path) -> None:
    engine = make_engine(fresh_database)
    app = build_app(engine, engine, tmp_path)
    app.extensions[hidden.EXTENSION] = hidden.new_tries(app.config["SETTINGS"])
    with new_session(engine) as session:
        part, _lot = _stamps(session, app.config["SETTINGS"].key_folder)
        session.commit()
    people = 8
    ready = Barrier(people)

    def open_it(number: int) -> str:
        ready.wait()
        return _send(app, part.codes[0], part.secrets[0], f"192.0.2.{number}", prefix="/en").text

    with ThreadPoolExecutor(people) as pool:
        told = list(pool.map(open_it, range(people)))
    assert sum("Opened for the first time, now" in page for page in told) == 1
    assert sum("Already opened on" in page for page in told) == people - 1
    engine.dispose()
