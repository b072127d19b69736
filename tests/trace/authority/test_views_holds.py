"""An officer pauses a sale, lets it go on, inspects and samples; what the public then reads."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.authority.conftest import City
from tests.web import send, settle
from trace.accounts.permissions import Actor
from trace.batches.models import Batch, Holding
from trace.events.handover_models import Hold
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason

Browse = Callable[[Actor], FlaskClient]


def _pause(officer: FlaskClient, city: City, **form: str) -> str:
    lot = form.pop("typed_lot_number", city.batch.lot_number)
    answer = send(
        officer,
        f"/authority/batches/{city.batch.id}/pause",
        **{"reason": "test_result", "typed_lot_number": lot, **form},
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def _public(officer: FlaskClient, city: City) -> str:
    page: str = officer.get(f"/T/{city.batch.code}").get_data(as_text=True)
    return page


def test_a_paused_sale_is_on_the_scan_page_at_once(officer: FlaskClient, city: City) -> None:
    location = _pause(officer, city)
    page = _public(officer, city)
    assert "Tạm dừng bán, chờ kết quả kiểm tra" in page
    assert "Chưa có kết luận" in page
    assert "tone-held" in page
    assert "Cơ quan quản lý đang chờ kết quả kiểm nghiệm." in officer.get(location).get_data(as_text=True)


def test_the_api_tells_of_the_pause_too(officer: FlaskClient, city: City) -> None:
    _pause(officer, city)
    told = officer.get(f"/api/v1/codes/{city.batch.code}").get_json()
    assert told["verdict"] == "held"


def test_a_wrong_lot_number_pauses_nothing(session: Session, officer: FlaskClient, city: City) -> None:
    answer = send(
        officer,
        f"/authority/batches/{city.batch.id}/pause",
        reason="papers",
        typed_lot_number="nhầm",
    )
    assert answer.status_code == 422
    assert 'id="f-typed_lot_number-error"' in answer.get_data(as_text=True)
    assert session.scalars(select(Hold)).all() == []


def test_a_pause_without_a_reason_asks_for_one(officer: FlaskClient, city: City) -> None:
    answer = send(
        officer, f"/authority/batches/{city.batch.id}/pause", typed_lot_number=city.batch.lot_number
    )
    assert answer.status_code == 422
    assert "Chọn đang chờ việc gì." in answer.get_data(as_text=True)


def test_the_button_tapped_twice_pauses_once(session: Session, officer: FlaskClient, city: City) -> None:
    _pause(officer, city)
    again = send(
        officer,
        f"/authority/batches/{city.batch.id}/pause",
        reason="test_result",
        typed_lot_number=city.batch.lot_number,
    )
    assert again.status_code == 409
    assert "đang tạm dừng bán rồi" in again.get_data(as_text=True)
    assert len(session.scalars(select(Hold)).all()) == 1
    assert (
        officer.get(f"/authority/batches/{city.batch.id}/pause").location
        == f"/authority/pauses/{session.scalar(select(Hold.id))}"
    )


def test_a_lifted_pause_is_told_below_the_title(officer: FlaskClient, city: City) -> None:
    location = _pause(officer, city)
    answer = send(officer, f"{location}/lift", reason="test_passed", typed_lot_number=city.batch.lot_number)
    assert answer.status_code == 303
    page = _public(officer, city)
    assert "Chưa có cảnh báo" in page
    assert "Được bán trở lại từ" in page
    assert "kết quả kiểm tra đạt" in page
    assert (
        send(
            officer, f"{location}/lift", reason="test_passed", typed_lot_number=city.batch.lot_number
        ).status_code
        == 409
    )


def test_paused_sales_are_listed_and_the_lifted_ones_apart(officer: FlaskClient, city: City) -> None:
    assert "Không có lô nào đang tạm dừng bán" in officer.get("/authority/pauses").get_data(as_text=True)
    location = _pause(officer, city)
    assert location in officer.get("/authority/pauses").get_data(as_text=True)
    send(officer, f"{location}/lift", reason="checked", typed_lot_number=city.batch.lot_number)
    assert location not in officer.get("/authority/pauses").get_data(as_text=True)
    assert location in officer.get("/authority/pauses?state=over").get_data(as_text=True)


def test_a_recall_gives_the_title_and_the_pause_stands_under_it(
    session: Session, officer: FlaskClient, city: City
) -> None:
    _pause(officer, city)
    recalls.recall(
        session,
        factories.officer_of(session),
        city.batch.id,
        RecallClass.HEALTH,
        RecallReason.MICROBIAL,
        None,
        typed_lot_number=city.batch.lot_number,
    )
    settle(session)
    page = _public(officer, city)
    assert "Đang thu hồi, không ăn" in page
    assert "Ngoài ra: đang tạm dừng bán" in page


def test_a_lot_made_of_recalled_goods_is_under_review(
    session: Session, officer: FlaskClient, city: City
) -> None:
    session.get_one(Batch, city.batch.id).is_under_review = True
    settle(session)
    page = _public(officer, city)
    assert "Đang rà soát" in page
    assert "Chưa có cảnh báo" not in page
    assert officer.get(f"/api/v1/codes/{city.batch.code}").get_json()["verdict"] == "under_review"


def test_an_inspection_stands_on_the_scan_page_with_its_date(officer: FlaskClient, city: City) -> None:
    path = f"/authority/batches/{city.batch.id}/inspection"
    answers = [send(officer, path, result="passed", idempotency_key="k") for _attempt in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    page = _public(officer, city)
    assert page.count("<h3>Cơ quan quản lý đã kiểm tra</h3>") == 1
    assert "cơ quan quản lý đã kiểm tra ngày" in page


def test_a_failure_of_goods_on_sale_asks_for_a_decision(officer: FlaskClient, city: City) -> None:
    path = f"/authority/batches/{city.batch.id}/inspection"
    answer = send(officer, path, result="failed", idempotency_key="k")
    assert answer.status_code == 409
    assert "tạm dừng bán hoặc thu hồi" in answer.get_data(as_text=True)
    assert "Không đạt" not in _public(officer, city)


def test_a_sample_goes_out_of_the_holders_goods_and_is_told(
    session: Session, officer: FlaskClient, city: City
) -> None:
    answer = send(
        officer,
        f"/authority/batches/{city.batch.id}/sample",
        holder_id=str(city.producer.organisation.id),
        quantity="1,5",
        idempotency_key="k",
    )
    assert answer.status_code == 303
    holding = session.get_one(Holding, (city.batch.id, city.producer.organisation.id))
    assert f"{holding.quantity:.1f}" == "98.5"
    page = _public(officer, city)
    assert "Cơ quan quản lý lấy mẫu" in page
    assert "1,5" not in page


def test_a_sample_without_its_holder_takes_no_quantity(officer: FlaskClient, city: City) -> None:
    path = f"/authority/batches/{city.batch.id}/sample"
    assert send(officer, path, quantity="1", idempotency_key="a").status_code == 422
    assert send(officer, path, idempotency_key="b").status_code == 303
