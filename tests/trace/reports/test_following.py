"""Where a report stands: by its number alone, without telephone, words or pictures; answered by producer and authority."""

import os
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from tests.trace.reports.conftest import Town
from tests.trace.reports.sending import (
    PHONE,
    PHONE_SHOWN,
    PHONE_STORED,
    WORDS,
    path,
    picture,
    send,
    sent_number,
    stated,
)
from tests.web import send as send_signed
from tests.web import sign_in_as
from trace.accounts.permissions import Actor
from trace.accounts.security_log import SecurityRecord
from trace.core import clock
from trace.core.database import new_session
from trace.core.short_codes import check_character, new_code, pretty
from trace.reports import jobs, pictures, queries, services
from trace.reports.models import Report, ReportStep
from trace.reports.rules import NUMBER_LENGTH, SETTLED, State, open_moves

ANSWER = "Đã kiểm tra lô này, hạn in trên gói là đúng."
NOBODYS = "2" * 15 + check_character("2" * 15)  # well formed, and drawn for nobody


def _report(app: Flask, town: Town, connection: Connection, **changed: object) -> tuple[str, str]:
    """A report sent: its number and its id."""
    number = sent_number(send(app, path(town.code), stated(**changed)))
    found = connection.scalar(select(Report.id).where(Report.number == number))
    return number, str(found)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_of_a_report_says_what_happens_next(
    app: Flask, connection: Connection, town: Town, language: str
) -> None:
    number, _id = _report(app, town, connection)
    page = app.test_client().get(("/en" if language == "en" else "") + f"/phan-anh/{number}")
    assert page.status_code == 200
    assert pretty(number) in page.text
    assert ("Đã nhận" if language == "vi" else "Received") in page.text
    assert ("Việc tiếp theo" if language == "vi" else "What happens next") in page.text
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "noindex" in page.text


def test_the_field_for_a_number_may_be_found_and_what_it_leads_to_may_not(app: Flask) -> None:
    field = app.test_client().get("/phan-anh")
    assert "X-Robots-Tag" not in field.headers
    assert '<meta name="robots" content="index">' in field.text
    for wrong in ("/phan-anh/ABCD", "/phan-anh?number=ABCD"):
        assert app.test_client().get(wrong).headers["X-Robots-Tag"] == "noindex"


def test_the_page_of_a_report_shows_neither_telephone_nor_words_nor_pictures(
    app: Flask, connection: Connection, town: Town
) -> None:
    number, _id = _report(app, town, connection, phone=PHONE, **{"picture-1": picture()})
    shown = app.test_client().get(f"/phan-anh/{number}").text
    assert not {PHONE, PHONE_STORED, PHONE_SHOWN, PHONE.replace(" ", "")} & set(
        re.findall(r"[+\d ]{9,}", shown)
    )
    assert PHONE[:4] not in shown
    assert WORDS not in shown
    assert "<img" not in shown


@pytest.mark.parametrize(("typed", "status"), [("ABCD", 400), (NOBODYS, 404)])
def test_a_number_nobody_was_given_shows_nothing(app: Flask, typed: str, status: int) -> None:
    answer = app.test_client().get(f"/phan-anh/{typed}")
    assert answer.status_code == status
    assert 'id="f-number-error"' in answer.text


def test_a_number_is_found_as_people_type_it(app: Flask, connection: Connection, town: Town) -> None:
    number, _id = _report(app, town, connection)
    client = app.test_client()
    answer = client.get("/phan-anh", query_string={"number": f" {pretty(number).lower()} "})
    assert answer.headers["Location"].endswith(f"/phan-anh/{number}")
    assert client.get("/phan-anh").status_code == 200


def test_who_tries_numbers_is_slowed(app: Flask) -> None:
    client = app.test_client()
    asked = [client.get(f"/phan-anh/{new_code(NUMBER_LENGTH)}").status_code for _ in range(65)]
    assert asked[0] == 404
    assert asked[-1] == 429


@pytest.mark.parametrize(("face", "who"), [("producer", "producer"), ("authority", "officer")])
def test_an_answer_is_read_by_the_number(
    app: Flask, connection: Connection, town: Town, face: str, who: str
) -> None:
    number, report_id = _report(app, town, connection)
    client = sign_in_as(app, connection, getattr(town, who))
    assert f"/{face}/reports/{report_id}" in client.get(f"/{face}/reports").text
    answer = send_signed(client, f"/{face}/reports/{report_id}", state="answered", words=ANSWER)
    assert answer.status_code == 303
    shown = app.test_client().get(f"/phan-anh/{number}").text
    assert ANSWER in shown
    assert "Đã trả lời" in shown
    over = client.get(f"/{face}/reports?state=over").text
    assert f"/{face}/reports/{report_id}" in over
    assert f"/{face}/reports/{report_id}" not in client.get(f"/{face}/reports").text


def test_an_answer_needs_words(app: Flask, connection: Connection, town: Town) -> None:
    _number, report_id = _report(app, town, connection)
    client = sign_in_as(app, connection, town.officer)
    answer = send_signed(client, f"/authority/reports/{report_id}", state="closed", words=" ")
    assert answer.status_code == 422
    assert 'id="f-words-error"' in answer.text


def test_saying_the_same_twice_is_saying_it_once(app: Flask, connection: Connection, town: Town) -> None:
    _number, report_id = _report(app, town, connection)
    client = sign_in_as(app, connection, town.producer)
    for _ in range(2):
        answer = send_signed(client, f"/producer/reports/{report_id}", state="answered", words=ANSWER)
        assert answer.status_code == 303
    assert len(connection.scalars(select(ReportStep.id)).all()) == 1


def test_a_producer_never_closes_a_report_of_its_own_goods() -> None:
    assert not any(State.CLOSED in open_moves(state, is_officer=False) for state in State)
    assert open_moves(State.CLOSED, is_officer=False) == ()
    assert open_moves(State.CLOSED, is_officer=True) == (State.IN_HAND,)


def test_what_the_authority_closed_a_producer_does_not_open(
    app: Flask, connection: Connection, town: Town
) -> None:
    _number, report_id = _report(app, town, connection)
    officer, producer = (sign_in_as(app, connection, who) for who in (town.officer, town.producer))
    assert (
        send_signed(officer, f"/authority/reports/{report_id}", state="closed", words=ANSWER).status_code
        == 303
    )
    answer = send_signed(producer, f"/producer/reports/{report_id}", state="in_hand", words="")
    assert answer.status_code == 409
    assert send_signed(officer, f"/authority/reports/{report_id}", state="in_hand").status_code == 303


@pytest.mark.parametrize("may_call", [True, False])
def test_a_producer_sees_the_telephone_only_where_it_may_call(
    app: Flask, connection: Connection, town: Town, may_call: bool
) -> None:
    ticked = {"may_producer_call": "on"} if may_call else {}
    _number, report_id = _report(app, town, connection, phone=PHONE, **ticked)
    shown = sign_in_as(app, connection, town.producer).get(f"/producer/reports/{report_id}").text
    assert (PHONE_SHOWN in shown) is may_call
    assert (PHONE_STORED in shown or PHONE.replace(" ", "") in shown) is may_call
    assert (
        PHONE_SHOWN in sign_in_as(app, connection, town.officer).get(f"/authority/reports/{report_id}").text
    )


def test_pictures_are_served_to_producer_and_authority_alone(
    app: Flask, connection: Connection, town: Town
) -> None:
    _number, report_id = _report(app, town, connection, **{"picture-1": picture()})
    name = connection.scalar(select(Report.id)) and next(
        one.stem for one in app.extensions[pictures.STORE].folder.rglob("*.webp")
    )
    for who, face in ((town.producer, "producer"), (town.officer, "authority")):
        client = sign_in_as(app, connection, who)
        shown = client.get(f"/{face}/reports/{report_id}/pictures/1")
        assert (shown.status_code, shown.mimetype) == (200, "image/webp")
        assert "max-age=31536000" not in shown.headers["Cache-Control"]
        assert "public" not in shown.headers["Cache-Control"]
        shown.close()
        assert client.get(f"/{face}/reports/{report_id}/pictures/2").status_code == 404
    rival = sign_in_as(app, connection, town.rival)
    stranger = app.test_client()
    for face in ("producer", "authority"):
        assert rival.get(f"/{face}/reports/{report_id}/pictures/1").status_code == 404
        assert stranger.get(f"/{face}/reports/{report_id}/pictures/1").status_code == 302
    assert stranger.get(f"/picture/large/{name}.webp").status_code == 404


def test_another_producer_finds_nothing_of_it(app: Flask, connection: Connection, town: Town) -> None:
    _number, report_id = _report(app, town, connection)
    rival = sign_in_as(app, connection, town.rival)
    assert report_id not in rival.get("/producer/reports").text
    assert rival.get(f"/producer/reports/{report_id}").status_code == 404
    assert (
        send_signed(rival, f"/producer/reports/{report_id}", state="answered", words="x").status_code == 404
    )


def test_what_an_officer_reads_is_logged(app: Flask, connection: Connection, town: Town) -> None:
    _number, report_id = _report(app, town, connection)
    sign_in_as(app, connection, town.officer).get(f"/authority/reports/{report_id}")
    wanted = select(SecurityRecord.details).where(SecurityRecord.action == "officer_read")
    assert {"what": "report"} in connection.scalars(wanted).all()


def _answered(session: Session, report_id: str, actor: Actor, days_ago: int) -> None:
    report = session.scalars(select(Report).where(Report.id == report_id)).one()
    services.move_report(session, actor, report.id, State.ANSWERED, ANSWER)
    report.settled_at = clock.now() - timedelta(days=days_ago)
    session.commit()


@pytest.mark.parametrize(("days_ago", "is_kept"), [(179, True), (181, False)])
def test_telephone_and_pictures_go_so_many_days_after_the_answer(
    app: Flask, connection: Connection, town: Town, days_ago: int, is_kept: bool
) -> None:
    number, report_id = _report(app, town, connection, phone=PHONE, **{"picture-1": picture()})
    with new_session(connection) as session:
        _answered(session, report_id, town.officer, days_ago)
    with app.app_context():
        jobs.forget_old_private(0)
    with new_session(connection) as session:
        report = session.scalars(select(Report)).one()
        assert (report.phone == PHONE_STORED) is is_kept
        assert (len(report.pictures) == 1) is is_kept
        assert report.words == WORDS
    left = list(app.extensions[pictures.STORE].folder.rglob("*.webp"))
    assert bool(left) is is_kept
    assert ("đã xóa ngày" in app.test_client().get(f"/phan-anh/{number}").text) is not is_kept


def test_nothing_is_removed_while_a_report_is_open(app: Flask, connection: Connection, town: Town) -> None:
    _report(app, town, connection, phone=PHONE)
    with app.app_context():
        jobs.forget_old_private(0)
    assert connection.scalar(select(Report.phone)) == PHONE_STORED
    assert State.RECEIVED not in SETTLED


def test_the_producer_counts_only_what_is_its_own(app: Flask, connection: Connection, town: Town) -> None:
    _report(app, town, connection)
    with new_session(connection) as session:
        counts = [queries.count_waiting(session, who) for who in (town.producer, town.rival, town.officer)]
    assert counts == [1, 0, 1]


@pytest.mark.parametrize(("hours", "is_gone"), [(25, True), (23, False)])
def test_a_picture_file_that_no_report_names_goes_after_a_day(
    app: Flask, connection: Connection, town: Town, hours: int, is_gone: bool
) -> None:
    _report(app, town, connection, **{"picture-1": picture()})
    store = app.extensions[pictures.STORE]
    (named,) = store.folder.rglob("*.webp")
    store.write("e" * 64, b"written, and never committed")
    orphan = store.path("e" * 64)
    half = orphan.with_suffix(".0123.part")
    half.write_bytes(b"half")
    then = (clock.now() - timedelta(hours=hours)).timestamp()
    for file in (named, orphan, half):
        os.utime(file, (then, then))
    with app.app_context():
        jobs.remove_orphan_pictures(0)
    assert named.exists()
    assert (orphan.exists(), half.exists()) == (not is_gone, not is_gone)


def test_menu_desk_and_home_say_how_many_reports_wait(app: Flask, connection: Connection, town: Town) -> None:
    _number, report_id = _report(app, town, connection)
    officer, producer, rival = (
        sign_in_as(app, connection, who) for who in (town.officer, town.producer, town.rival)
    )
    assert "Phản ánh (1)" in officer.get("/authority/").text
    assert "phản ánh chờ trả lời" in officer.get("/authority/").text
    home = producer.get("/producer/").text
    assert "Phản ánh (1)" in home
    assert "1 phản ánh chờ trả lời" in home
    assert "Phản ánh (" not in rival.get("/producer/").text
    send_signed(producer, f"/producer/reports/{report_id}", state="answered", words=ANSWER)
    assert "Phản ánh (" not in producer.get("/producer/").text
