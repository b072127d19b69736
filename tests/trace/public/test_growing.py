"""What a lot's page tells of growing and testing: plain numbers, who says so, and what came after the lot was sealed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask, render_template
from flask_babel import force_locale
from sqlalchemy.orm import Session

from producers.diary import services as diary
from producers.diary.models import DiaryEntry, WorkKind
from producers.diary.services import Ground, Work
from producers.models import Product
from producers.test_results import services as results
from producers.test_results.rules import Line
from producers.test_results.services import Report
from tests.factories import (
    NO_PICTURE,
    ActiveBatchFactory,
    PartyFactory,
    ProductFactory,
    a_key,
    actor_of_kind,
    officer_of,
)
from tests.trace.public.test_show_code import FORBIDDEN, FORBIDDEN_IN_ENGLISH
from trace.accounts.models import PartyKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.events import services_observation
from trace.events.rules_stock import InspectionResult
from trace.public import wording
from trace.public.build import code_page
from trace.public.pages import CodePage
from trace.public.pages_growing import DiaryBlock

NAME = "Thuốc Ví Dụ 10WP"
LABORATORY = "Phòng kiểm nghiệm Ví Dụ"


@pytest.fixture(autouse=True)
def request_context(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)


@pytest.fixture
def product(session: Session, producer: Actor) -> Product:
    return ProductFactory.create(session=session, actor=producer)


def harvested(session: Session, producer: Actor, product: Product) -> Batch:
    return ActiveBatchFactory.create(session=session, actor=producer, product=product)


def sprayed(days_ago: int, **changed: Any) -> Work:
    done_on = clock.today() - timedelta(days=days_ago)
    return replace(Work(WorkKind.SPRAY, done_on, NAME, "Vidutin", "trừ rệp", 7), **changed)


def note(session: Session, producer: Actor, product: Product, work: Work, **more: Any) -> DiaryEntry:
    ground = Ground(product.id, producer.organisation.seat.id, **more)
    return diary.note_entry(session, producer, ground, work, key=a_key())


def reported(**changed: Any) -> Report:
    line = Line("Chlorpyrifos", "0,05 mg/kg", "0,01 mg/kg", meets=False)
    return replace(Report(LABORATORY, "KN-01", clock.today(), (line,)), **changed)


def diary_of(session: Session, batch: Batch) -> DiaryBlock:
    block = code_page(session, batch.code).diary
    assert block is not None
    return block


def shown(app: Flask, page: CodePage) -> str:
    return render_template("public/show_code.html", page=page, public_css="")


def said(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def test_a_lot_without_a_diary_tells_of_none(session: Session, producer: Actor, product: Product) -> None:
    page = code_page(session, harvested(session, producer, product).code)
    assert (page.diary, page.test_results, page.official_checks) == (None, (), ())


def test_the_summary_has_the_plain_numbers_and_who_says_so(
    session: Session, producer: Actor, product: Product
) -> None:
    work = sprayed(8)
    note(session, producer, product, work)
    batch = harvested(session, producer, product)
    block = diary_of(session, batch)
    assert block.summary == (
        f"Phun thuốc bảo vệ thực vật lần cuối {said(work.done_on)}, thu hoạch {said(batch.produced_on)}: "
        "chờ 8 ngày; nhãn thuốc ghi 7 ngày.",
    )
    assert block.who_says == wording.declared_by_producer(producer.organisation.name)
    assert [line.marks for line in block.lines] == [()]


def test_an_earlier_spraying_whose_days_were_longer_is_told_too(
    session: Session, producer: Actor, product: Product
) -> None:
    for work in (sprayed(10, waiting_days=14), sprayed(5, waiting_days=3)):
        note(session, producer, product, work)
    first, second = diary_of(session, harvested(session, producer, product)).summary
    assert "chờ 5 ngày; nhãn thuốc ghi 3 ngày" in first
    assert "chờ 10 ngày; nhãn ghi 14 ngày" in second


def test_a_diary_without_spraying_says_that_none_was_noted(
    session: Session, producer: Actor, product: Product
) -> None:
    note(session, producer, product, Work(WorkKind.FERTILISE, clock.today(), "Phân Ví Dụ"))
    assert diary_of(session, harvested(session, producer, product)).summary == (
        "Nơi sản xuất chưa ghi lần phun thuốc bảo vệ thực vật nào.",
    )


def test_what_was_done_before_the_season_or_for_another_product_is_not_told(
    session: Session, producer: Actor, product: Product
) -> None:
    other = ProductFactory.create(session=session, actor=producer)
    note(session, producer, product, sprayed(200))
    note(session, producer, other, sprayed(3))
    assert code_page(session, harvested(session, producer, product).code).diary is None


def test_an_entry_of_another_lot_is_not_told(session: Session, producer: Actor, product: Product) -> None:
    own, other = (harvested(session, producer, product) for _ in range(2))
    note(session, producer, product, sprayed(3), batch_id=other.id)
    assert code_page(session, own.code).diary is None
    assert diary_of(session, other).lines


def test_what_was_noted_after_sealing_says_when(session: Session, producer: Actor, product: Product) -> None:
    batch = harvested(session, producer, product)
    note(session, producer, product, sprayed(3))
    assert diary_of(session, batch).lines[0].marks == (wording.added_later(clock.today()),)


def test_a_correction_after_sealing_says_what_stood_there(
    session: Session, producer: Actor, product: Product
) -> None:
    entry = note(session, producer, product, sprayed(3))
    batch = harvested(session, producer, product)
    diary.correct_entry(session, producer, entry.id, sprayed(9))
    block = diary_of(session, batch)
    assert "chờ 9 ngày" in block.summary[0]
    (mark,) = block.lines[0].marks
    assert mark.startswith(f"Đính chính ngày {said(clock.today())}; trước đó ghi: {said(entry.done_on)}")


def test_a_correction_that_moves_it_out_of_the_season_is_still_told(
    session: Session, producer: Actor, product: Product
) -> None:
    entry = note(session, producer, product, sprayed(3))
    batch = harvested(session, producer, product)
    diary.correct_entry(session, producer, entry.id, sprayed(300))
    assert diary_of(session, batch).lines[0].marks


def test_a_correction_before_sealing_leaves_no_mark(
    session: Session, producer: Actor, product: Product
) -> None:
    entry = note(session, producer, product, sprayed(3))
    diary.correct_entry(session, producer, entry.id, sprayed(9))
    (line,) = diary_of(session, harvested(session, producer, product)).lines
    assert (line.done_on, line.marks) == (clock.today() - timedelta(days=9), ())


def test_an_entry_taken_back_after_sealing_is_told_and_counts_no_days(
    session: Session, producer: Actor, product: Product
) -> None:
    entry = note(session, producer, product, sprayed(3))
    batch = harvested(session, producer, product)
    diary.take_back_entry(session, producer, entry.id)
    block = diary_of(session, batch)
    assert "chưa ghi lần phun" in block.summary[0]
    assert (block.lines[0].is_taken_back, block.lines[0].wait) == (True, None)
    assert "đã rút ngày" in block.lines[0].marks[0]


def test_an_entry_taken_back_before_sealing_is_told_to_nobody(
    session: Session, producer: Actor, product: Product
) -> None:
    diary.take_back_entry(session, producer, note(session, producer, product, sprayed(3)).id)
    assert code_page(session, harvested(session, producer, product).code).diary is None


def test_a_household_is_told_by_its_kind_alone(
    app: Flask, session: Session, producer: Actor, product: Product
) -> None:
    party = PartyFactory.create(session=session, actor=producer, name="Hộ Bí Mật", kind=PartyKind.HOUSEHOLD)
    note(session, producer, product, sprayed(8, party_id=party.id))
    page = code_page(session, harvested(session, producer, product).code)
    assert page.diary is not None
    assert page.diary.lines[0].on_behalf == "Ghi hộ một hộ"
    assert "Bí Mật" not in shown(app, page)


def test_a_limit_not_met_is_told_and_changes_no_verdict(
    session: Session, producer: Actor, product: Product
) -> None:
    batch = harvested(session, producer, product)
    before = code_page(session, batch.code).band
    results.note_result(session, producer, batch.id, reported(), key=a_key())
    page = code_page(session, batch.code)
    (line,) = page.test_results[0].lines
    assert (line.is_outside, line.stated) == (True, "Không đạt mức giới hạn")
    assert page.test_results[0].marks == (wording.added_later(clock.today()),)
    assert page.band == before


def test_a_report_taken_back_keeps_its_number_and_loses_its_lines(
    session: Session, producer: Actor, product: Product
) -> None:
    draft = harvested(session, producer, product)
    result = results.note_result(session, producer, draft.id, reported(), key=a_key())
    results.take_back_result(session, producer, result.id)
    # Noted only after sealing, and taken back: nobody has to be told.
    assert code_page(session, draft.code).test_results == ()


def test_a_photo_is_linked_only_where_it_was_chosen(
    session: Session, producer: Actor, product: Product
) -> None:
    batch = harvested(session, producer, product)
    for is_public in (False, True):
        stated = reported(
            report_number=f"KN-{is_public}", picture_sha256=NO_PICTURE, is_picture_public=is_public
        )
        results.note_result(session, producer, batch.id, stated, key=a_key())
    links = {one.number: one.picture_url for one in code_page(session, batch.code).test_results}
    assert links["KN-False"] is None
    assert NO_PICTURE in (links["KN-True"] or "")


def test_what_the_authority_looked_at_is_told_as_checked(
    session: Session, producer: Actor, product: Product
) -> None:
    batch = harvested(session, producer, product)
    officer = officer_of(session)
    services_observation.inspect(session, officer, batch.id, InspectionResult.PASSED, key=a_key())
    services_observation.sample(session, officer, batch.id, None, key=a_key())
    checks = code_page(session, batch.code).official_checks
    assert {check.title: check.result for check in checks} == {"Kiểm tra": "Đạt", "Lấy mẫu": None}
    assert {check.vouch for check in checks} == {"checked"}


def test_what_people_gave_is_marked_as_vietnamese_on_an_english_page(
    app: Flask, session: Session, producer: Actor, product: Product
) -> None:
    entry = note(session, producer, product, sprayed(8))
    batch = harvested(session, producer, product)
    diary.correct_entry(session, producer, entry.id, sprayed(9))
    results.note_result(session, producer, batch.id, reported(), key=a_key())
    with app.test_request_context("/en/"), force_locale("en"):
        page = shown(app, code_page(session, batch.code))
    assert f'<span lang="vi">{NAME} · Vidutin</span>' in page
    assert (
        f'noted before: {said(entry.done_on)}, Sprayed a plant protection product, <span lang="vi">{NAME}'
        in page
    )
    assert f'<span lang="vi">{LABORATORY}</span>' in page
    assert "Does not meet the limit" in page


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_word_of_growing_and_testing_judges_or_claims(
    app: Flask, session: Session, producer: Actor, product: Product, language: str
) -> None:
    note(session, producer, product, sprayed(3))
    batch = harvested(session, producer, product)
    results.note_result(session, producer, batch.id, reported(), key=a_key())
    with app.test_request_context("/en/" if language == "en" else "/"), force_locale(language):
        page = shown(app, code_page(session, batch.code)).casefold()
    blocks = page[page.index('id="tests"') : page.index('id="diary"') + 3000]
    for word in (*FORBIDDEN, *FORBIDDEN_IN_ENGLISH, "thuốc sâu"):
        assert word not in blocks
