"""Cases: when one opens, what its page tells whom, what a decision changes, and that it can be taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import actor_of_kind
from tests.trace.copies.conftest import CALM, COMMUNES, COPIED, SUSPECTED, Street
from tests.web import send, settle
from trace.accounts.models import Commune
from trace.accounts.security_log import Action, SecurityRecord
from trace.batches import stamp_queries
from trace.copies import services
from trace.copies.models import CopyCase
from trace.copies.rules import Decision
from trace.core import clock
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason
from trace.scans.clones import Reason, Thresholds
from trace.scans.models import PlacedScan, ScanPlace
from trace.scans.places import forget_old_places
from trace.scans.rules import Device
from trace.verdict.queries import look_up
from trace.verdict.rules import Verdict, decide

BEGIN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def _path(street: Street, face: str, code: str, after: str = "") -> str:
    return f"/{face}/copies/{street.case_id(code)}{after}"


def _decide(street: Street, browser: FlaskClient, face: str, decision: Decision, typed: str = "") -> int:
    path = _path(street, face, street.item)
    status: int = send(browser, path, decision=str(decision), typed_code=typed, note="Đã so tem").status_code
    return status


@pytest.fixture
def opened(street: Street) -> Street:
    street.say_everywhere(street.item)
    return street


def test_two_places_that_no_road_connects_so_fast_are_a_reason_but_no_case_alone(
    session: Session, street: Street
) -> None:
    stamp = stamp_queries.find_stamp(session, street.item)
    assert stamp is not None
    strict = Thresholds(case=30)
    south = _far_commune(session)
    assert services.note_place(session, stamp, Device.PHONE, COMMUNES[0], Thresholds(), BEGIN)
    assert services.note_place(
        session, stamp, Device.PHONE, south, Thresholds(), BEGIN + timedelta(minutes=30)
    )
    assert session.scalar(select(func.count()).select_from(CopyCase)) == 0
    assert services.note_place(session, stamp, Device.PHONE, COMMUNES[0], strict, BEGIN + timedelta(hours=1))
    [found] = session.scalars(select(CopyCase))
    [reason] = found.findings
    assert reason["reason"] == Reason.IMPOSSIBLE_TRAVEL
    assert reason["kilometres"] > 1000
    assert reason["within_s"] == 1800


def _far_commune(session: Session) -> str:
    """One in the far south."""
    found = session.scalar(select(Commune.code).where(Commune.province_code == "79").limit(1))
    assert found
    return found


def test_a_label_that_stands_for_no_lot_is_a_case_where_it_is_seen_at_all(street: Street) -> None:
    assert street.say(street.loose, COMMUNES[0]) == 303
    found = street.case_of(street.loose)
    assert found is not None
    assert found.batch_id is None
    assert found.findings[0]["reason"] == Reason.NEVER_ACTIVATED


def test_the_owner_is_told_and_reads_why_in_words(opened: Street) -> None:
    browser = opened.browser(opened.producer)
    assert "1 tem có thể bị sao chép" in browser.get("/producer/").text
    listed = browser.get("/producer/copies").text
    assert _path(opened, "producer", opened.item) in listed
    read = browser.get(_path(opened, "producer", opened.item)).text
    assert "Tem được quét ở 7 xã, phường trong 48 giờ." in read
    assert "không chứng minh gì xấu về hàng" in read


def test_the_officers_desk_counts_cases_that_wait(opened: Street) -> None:
    desk = opened.browser(opened.officer).get("/authority/").text
    assert "tem có thể bị sao chép" in desk
    assert 'href="/authority/copies"' in desk


def test_an_owner_reads_no_commune_with_fewer_than_five_scans_and_the_authority_all(opened: Street) -> None:
    for turn in range(4):
        _later(opened, turn)
    owner = opened.browser(opened.producer).get(_path(opened, "producer", opened.item)).text
    officer = opened.browser(opened.officer).get(_path(opened, "authority", opened.item)).text
    assert "Phường Ba Đình" in owner
    assert "5 lần" in owner
    assert "Phường Hoàn Kiếm" not in owner
    assert "6 xã, phường có dưới 5 lượt quét không nêu tên" in owner
    assert "Phường Hoàn Kiếm" in officer


def _later(street: Street, turn: int) -> None:
    clock.shift(timedelta(hours=5 + turn))
    assert street.say(street.item, COMMUNES[0], address=f"192.0.2.{turn}") == 303
    clock.shift(timedelta(0))


def test_reading_a_case_is_logged_for_officers(session: Session, opened: Street) -> None:
    opened.browser(opened.officer).get(_path(opened, "authority", opened.item))
    wanted = select(func.count()).select_from(SecurityRecord)
    read = SecurityRecord.action == Action.OFFICER_READ
    assert session.scalar(wanted.where(read, SecurityRecord.subject_id == opened.case_id(opened.item))) == 1


def test_a_check_asked_for_by_the_owner_is_told_with_its_figures(opened: Street) -> None:
    assert CALM in opened.read(opened.item)
    assert _decide(opened, opened.browser(opened.producer), "producer", Decision.NEEDS_CHECK) == 303
    page = opened.read(opened.item)
    assert SUSPECTED in page
    assert "đã được quét ở 7 xã, phường trong 2 ngày. Có thể tem bị sao chép." in page
    assert "Chưa kết luận gì về gói hàng trên tay." in page
    assert "7 communes within 2 days" in opened.read(opened.item, "/en")
    assert SUSPECTED not in opened.read(opened.other)
    assert SUSPECTED not in opened.read(opened.lot)


def test_a_confirmed_copy_wants_the_end_of_its_code_typed(opened: Street) -> None:
    browser = opened.browser(opened.producer)
    assert _decide(opened, browser, "producer", Decision.CONFIRMED_COPY) == 409
    assert _decide(opened, browser, "producer", Decision.CONFIRMED_COPY, "WXYZ") == 409
    assert CALM in opened.read(opened.item)
    assert _decide(opened, browser, "producer", Decision.CONFIRMED_COPY, opened.item[-4:].lower()) == 303
    page = opened.read(opened.item)
    assert COPIED in page
    assert "Nơi sản xuất đã xác định lúc" in page


def test_a_copy_confirmed_by_the_authority_names_it_everywhere(opened: Street) -> None:
    browser = opened.browser(opened.officer)
    assert _decide(opened, browser, "authority", Decision.CONFIRMED_COPY, opened.item) == 303
    assert f"{opened.officer.organisation.name} đã xác định lúc" in opened.read(opened.item)
    told = opened.app.test_client().get(f"/api/v1/codes/{opened.item}").get_json()
    assert told["verdict"] == "copied"
    assert told["title"]["vi"] == COPIED
    assert opened.app.test_client().get(f"/api/v1/codes/{opened.other}").get_json()["verdict"] == "no_warning"


def test_a_decision_taken_back_is_gone_from_the_page_and_the_case_waits_again(opened: Street) -> None:
    browser = opened.browser(opened.producer)
    assert _decide(opened, browser, "producer", Decision.NEEDS_CHECK) == 303
    assert SUSPECTED in opened.read(opened.item)
    path = _path(opened, "producer", opened.item, "/take-back")
    assert send(browser, path, why="").status_code == 422
    assert send(browser, path, why="Tem thật, khách cho biết").status_code == 303
    assert SUSPECTED not in opened.read(opened.item)
    assert CALM in opened.read(opened.item)
    assert send(browser, path, why="Lần nữa").status_code == 409
    assert "1 tem có thể bị sao chép" in browser.get("/producer/").text


def test_pressed_twice_is_decided_once_and_each_act_is_logged(session: Session, opened: Street) -> None:
    browser = opened.browser(opened.officer)
    for _press in range(2):
        assert _decide(opened, browser, "authority", Decision.CONFIRMED_COPY, opened.item) == 303
    send(browser, _path(opened, "authority", opened.item, "/take-back"), why="Nhầm tem")
    wanted = select(SecurityRecord.action).where(SecurityRecord.subject_id == opened.case_id(opened.item))
    acts = [one for one in session.scalars(wanted.order_by(SecurityRecord.id)) if one.startswith("copy_")]
    assert acts == [Action.COPY_DECIDED, Action.COPY_DECISION_WITHDRAWN]


def test_an_owner_decides_nothing_over_the_authority(opened: Street) -> None:
    assert _decide(opened, opened.browser(opened.officer), "authority", Decision.NEEDS_CHECK) == 303
    owner = opened.browser(opened.producer)
    assert _decide(opened, owner, "producer", Decision.NO_COPY) == 409
    assert send(owner, _path(opened, "producer", opened.item, "/take-back"), why="Không").status_code == 409
    assert (
        "Cơ quan quản lý đã quyết định về tem này" in owner.get(_path(opened, "producer", opened.item)).text
    )
    assert SUSPECTED in opened.read(opened.item)


def test_an_officer_decides_anew_over_an_owner(opened: Street) -> None:
    assert _decide(opened, opened.browser(opened.producer), "producer", Decision.NO_COPY) == 303
    assert _decide(opened, opened.browser(opened.officer), "authority", Decision.NEEDS_CHECK) == 303
    assert SUSPECTED in opened.read(opened.item)


def test_no_copy_says_nothing_in_public_and_opens_again_only_for_more(
    session: Session, opened: Street
) -> None:
    assert _decide(opened, opened.browser(opened.producer), "producer", Decision.NO_COPY) == 303
    opened.say_everywhere(opened.item)
    assert CALM in opened.read(opened.item)
    before = opened.case_of(opened.item)
    assert before is not None
    assert before.decision == Decision.NO_COPY
    stamp = stamp_queries.find_stamp(session, opened.item)
    assert stamp is not None
    services.note_place(session, stamp, Device.PHONE, _far_commune(session), Thresholds(), BEGIN)
    services.note_place(
        session, stamp, Device.PHONE, COMMUNES[0], Thresholds(), BEGIN + timedelta(minutes=20)
    )
    session.expire_all()
    after = session.get_one(CopyCase, before.id)
    assert (after.decision, after.score > before.score) == (None, True)


def test_another_producer_finds_no_case(session: Session, opened: Street) -> None:
    stranger = actor_of_kind(session)
    settle(session)
    browser = opened.browser(stranger)
    assert browser.get(_path(opened, "producer", opened.item)).status_code == 404
    assert _decide(opened, browser, "producer", Decision.NO_COPY) == 404
    assert send(browser, _path(opened, "producer", opened.item, "/take-back"), why="x").status_code == 404
    assert opened.item not in browser.get("/producer/copies").text


def test_a_copied_label_of_a_recalled_lot_says_the_recall_first(session: Session, opened: Street) -> None:
    recalls.recall(
        session,
        opened.officer,
        opened.batch_id,
        RecallClass.QUALITY,
        RecallReason.SPOILED,
        None,
        typed_lot_number=opened.lot_number,
    )
    case_id = opened.case_id(opened.item)
    services.decide(session, opened.officer, case_id, Decision.CONFIRMED_COPY, "", typed_code=opened.item)
    decision = decide(look_up(session, opened.item).facts)
    assert (decision.verdict, decision.also) == (Verdict.RECALLED, (Verdict.COPIED,))


def test_places_past_their_time_are_forgotten(session: Session, opened: Street) -> None:
    stamp = stamp_queries.find_stamp(session, opened.other)
    assert stamp is not None
    services.note_place(session, stamp, Device.PHONE, COMMUNES[0], Thresholds(), BEGIN - timedelta(days=500))
    assert forget_old_places(session, 400) == 1
    assert session.scalar(select(func.count()).select_from(PlacedScan)) == len(COMMUNES)
    assert session.scalar(select(func.count()).select_from(ScanPlace)) == len(COMMUNES)
