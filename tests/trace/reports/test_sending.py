"""The public form: what is taken, what is refused beside its field, once by its number, and nobody is kept."""

import io
import itertools
import threading
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from tests.conftest import build_app
from tests.factories import ActiveBatchFactory, actor_of_kind
from tests.trace.public.resolved import GTIN, fill_shelf
from tests.trace.reports.conftest import Town
from tests.trace.reports.sending import (
    MAKER,
    PHONE,
    PHONE_STORED,
    WORDS,
    path,
    picture,
    send,
    sent_number,
    stated,
)
from tests.web import contents, settle
from trace.core.database import make_engine, new_session
from trace.core.short_codes import new_code
from trace.reports import pictures
from trace.reports.models import Report


def _one(connection: Connection) -> Report:
    with new_session(connection) as session:
        report = session.scalars(select(Report)).one()
        _ = report.pictures
        return report


def _count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(Report)) or 0


def _files(app: Flask) -> list[Path]:
    return [one for one in app.extensions[pictures.STORE].folder.rglob("*") if one.is_file()]


def test_the_page_of_a_code_leads_to_the_form(app: Flask, town: Town) -> None:
    client = app.test_client()
    assert path(town.code) in client.get(f"/T/{town.code}").text
    assert f"/en{path(town.code)}" in client.get(f"/en/T/{town.code}").text
    assert client.get(path(town.code)).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_form_is_sent_compressed_and_what_comes_of_it_is_not(app: Flask, town: Town, prefix: str) -> None:
    client, packed = app.test_client(), {"Accept-Encoding": "gzip"}
    form = client.get(f"{prefix}{path(town.code)}", headers=packed)
    assert form.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.post(f"{prefix}{path(town.code)}", headers=packed).headers


def test_a_report_is_kept_with_all_that_was_said(app: Flask, connection: Connection, town: Town) -> None:
    answer = send(app, path(town.code), stated(phone=PHONE, may_producer_call="on"))
    report = _one(connection)
    assert report.number == sent_number(answer)
    assert (report.words, report.kind, report.pack, report.bought_at) == (
        WORDS,
        "different",
        "opened",
        "Chợ Minh Họa",
    )
    assert f"{report.bought_on}" == "2026-02-01"
    assert (report.phone, report.may_producer_call) == (PHONE_STORED, True)
    assert (str(report.batch_id), report.organisation_id) == (town.batch_id, town.producer.organisation_id)


def test_no_cookie_is_set_and_none_is_needed(app: Flask, town: Town) -> None:
    shown = app.test_client(use_cookies=False).get(path(town.code))
    answer = send(app, path(town.code), stated())
    assert "Set-Cookie" not in shown.headers
    assert "Set-Cookie" not in answer.headers
    assert "<script" not in shown.text
    sent_number(answer)


def test_no_address_is_kept(app: Flask, connection: Connection, town: Town) -> None:
    send(app, path(town.code), stated(), address="203.0.113.77")
    for table in ("reports", "report_steps", "report_pictures", "audit"):
        kept = connection.execute(text(f"select t::text from {table} t")).scalars()  # noqa: S608 - named here
        assert not [row for row in kept if "203.0.113" in row]


def test_a_number_cannot_be_guessed_from_another(app: Flask, connection: Connection, town: Town) -> None:
    numbers = {sent_number(send(app, path(town.code), stated())) for _ in range(3)}
    assert len(numbers) == 3
    assert all(len(number) == 16 for number in numbers)


def test_pressing_twice_sends_once(app: Flask, connection: Connection, town: Town) -> None:
    form = stated()
    first = send(app, path(town.code), form | {"picture-1": picture()})
    again = send(app, path(town.code), form | {"picture-1": picture()})
    assert sent_number(first) == sent_number(again)
    assert _count(connection) == 1
    assert len(_files(app)) == 1


def test_a_sent_form_with_other_words_is_asked_about_and_then_a_second_report(
    app: Flask, connection: Connection, town: Town
) -> None:
    form = stated()
    send(app, path(town.code), form)
    other = send(app, path(town.code), form | {"words": "Thêm một chuyện khác."})
    assert other.status_code == 409
    assert "Thêm một chuyện khác." in other.text
    assert form["idempotency_key"] not in other.text
    assert _count(connection) == 1


def test_twins_at_once_are_one_report(fresh_database: str, tmp_path: Path) -> None:
    engine = make_engine(fresh_database)
    with new_session(engine) as session:
        lot = ActiveBatchFactory.create(session=session, actor=actor_of_kind(session))
        code = lot.code
        session.commit()
    app = build_app(engine, engine, tmp_path)
    form, numbers = stated(), []
    gate = threading.Barrier(4)

    def press() -> None:
        gate.wait()
        numbers.append(sent_number(send(app, path(code), form)))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with new_session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Report)) == 1
    engine.dispose()
    assert len(numbers) == 4
    assert len(set(numbers)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", None),
        ("kind", "fake"),
        ("words", None),
        ("words", "   "),
        ("words", "\u202ehidden"),
        ("words", "a\x00b"),
        ("words", "dài " * 600),
        ("pack", None),
        ("phone", "không có"),
        ("bought_on-year", "2199"),
        ("bought_on-month", "13"),
        ("bought_at", "x" * 201),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_the_words_stay(
    app: Flask, connection: Connection, town: Town, field: str, value: str | None
) -> None:
    before = contents(connection)
    answer = send(app, path(town.code), stated(**{field: value}))
    name = field.partition("-")[0]
    assert answer.status_code == 422
    assert f'href="#f-{name}"' in answer.text
    assert f'id="f-{name}-error"' in answer.text
    if field != "words":
        assert WORDS in answer.text
    assert contents(connection) == before


def test_after_an_error_pictures_are_asked_for_again(app: Flask, town: Town) -> None:
    answer = send(app, path(town.code), stated(pack=None) | {"picture-2": picture()})
    assert answer.status_code == 422
    assert 'id="f-picture-2-error"' in answer.text
    assert "trình duyệt không giữ ảnh" in answer.text
    assert 'id="f-picture-1-error"' not in answer.text


def test_pictures_are_drawn_again_without_what_they_tell(
    app: Flask, connection: Connection, town: Town
) -> None:
    form = stated() | {"picture-1": picture(size=(3000, 2000)), "picture-3": picture("PNG", name="b.png")}
    sent_number(send(app, path(town.code), form))
    assert len(_one(connection).pictures) == 2
    files = _files(app)
    assert len(files) == 2
    for file in files:
        assert MAKER.encode() not in file.read_bytes()
        with Image.open(file) as kept:
            assert kept.format == "WEBP"
            assert not kept.getexif()
            assert "icc_profile" not in kept.info
            assert max(kept.size) <= pictures.LONGEST_EDGE


def test_a_fourth_picture_is_not_taken(app: Flask, connection: Connection, town: Town) -> None:
    form = stated() | {f"picture-{n}": picture() for n in range(1, 5)}
    sent_number(send(app, path(town.code), form))
    assert len(_one(connection).pictures) == 3


def _bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff\xe0" + b"\0" * 64, _bomb()],
    ids=["text", "svg", "broken", "bomb"],
)
def test_what_is_no_picture_is_refused_by_its_field(
    app: Flask, connection: Connection, town: Town, content: bytes
) -> None:
    form = stated() | {"picture-1": picture(), "picture-2": (io.BytesIO(content), "a.jpg")}
    answer = send(app, path(town.code), form)
    assert answer.status_code == 422
    assert 'id="f-picture-2-error"' in answer.text
    assert WORDS in answer.text
    assert _count(connection) == 0
    assert _files(app) == []


def test_a_picture_over_the_limit_is_refused_by_its_field_and_the_words_stay(
    app: Flask, connection: Connection, town: Town
) -> None:
    answer = send(app, path(town.code), stated() | {"picture-1": (io.BytesIO(b"x" * 6_000_000), "a.jpg")})
    assert answer.status_code == 422
    assert 'id="f-picture-1-error"' in answer.text
    assert WORDS in answer.text
    assert _count(connection) == 0


def test_what_is_far_too_large_is_not_read(app: Flask, connection: Connection, town: Town) -> None:
    answer = app.test_client().post(
        path(town.code),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(40 * 1024 * 1024)},
    )
    assert answer.status_code == 413
    assert 'id="f-picture-1-error"' in answer.text
    assert _count(connection) == 0


def test_who_sends_one_after_another_is_slowed_and_keeps_the_words(
    app: Flask, connection: Connection, town: Town
) -> None:
    for _ in range(pictures.RATE.free):
        sent_number(send(app, path(town.code), stated()))
    answer = send(app, path(town.code), stated())
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert WORDS in answer.text
    assert _count(connection) == pictures.RATE.free
    sent_number(send(app, path(town.code), stated(), address="203.0.113.9"))


def test_a_form_sent_again_by_a_slowed_network_still_finds_its_report(app: Flask, town: Town) -> None:
    form = stated()
    first = sent_number(send(app, path(town.code), form))
    for _ in range(pictures.RATE.free):
        send(app, path(town.code), stated())
    assert sent_number(send(app, path(town.code), form)) == first


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_of_another_site_is_refused(
    app: Flask, connection: Connection, town: Town, headers: dict[str, str]
) -> None:
    assert send(app, path(town.code), stated(), headers=headers).status_code == 403
    assert _count(connection) == 0


def test_an_unknown_code_is_reported_to_the_authority_alone(
    app: Flask, connection: Connection, town: Town
) -> None:
    code = new_code(10)
    number = sent_number(send(app, path(code), stated()))
    report = _one(connection)
    assert (report.code, report.batch_id, report.organisation_id) == (code, None, None)
    assert "Hệ thống chưa biết nơi sản xuất" in app.test_client().get(f"/phan-anh/{number}").text


def test_a_slip_of_the_finger_is_nothing_to_report(app: Flask, town: Town) -> None:
    slip = town.code[:-1] + ("A" if town.code[-1] != "A" else "B")
    assert app.test_client().get(path(slip)).status_code == 404


def test_a_product_is_reported_by_its_barcode(app: Flask, connection: Connection, session: Session) -> None:
    shelf = fill_shelf(session)
    organisation_id, product_id = shelf.batch.product.organisation_id, shelf.batch.product_id
    settle(session)
    address = f"/san-pham/{GTIN}/phan-anh"
    assert address in app.test_client().get(f"/san-pham/{GTIN}").text
    sent_number(send(app, address, stated()))
    report = _one(connection)
    assert (report.product_id, report.batch_id, report.organisation_id) == (product_id, None, organisation_id)


def test_reports_change_nothing_on_the_public_page(app: Flask, town: Town) -> None:
    client = app.test_client()
    before = [line for line in client.get(f"/T/{town.code}").text.splitlines() if "Tra cứu lúc" not in line]
    for _ in itertools.repeat(None, 3):
        sent_number(send(app, path(town.code), stated(kind="felt_ill")))
    after = [line for line in client.get(f"/T/{town.code}").text.splitlines() if "Tra cứu lúc" not in line]
    assert after == before


def test_a_form_without_a_usable_number_is_refused(app: Flask, connection: Connection, town: Town) -> None:
    for key in ("short", "x" * 101):
        assert send(app, path(town.code), stated(idempotency_key=key)).status_code == 422
    assert _count(connection) == 0


def test_pictures_of_a_report_that_failed_are_not_left_behind(app: Flask, tmp_path: Path) -> None:
    store = app.extensions[pictures.STORE]
    drawn = [pictures.draw_again(picture()[0].getvalue(), "picture-1")]

    def fail_to_commit() -> None:
        with pictures.stored(store, drawn):
            assert len(_files(app)) == 1
            raise LookupError

    with pytest.raises(LookupError):
        fail_to_commit()
    assert _files(app) == []
