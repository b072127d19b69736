"""The page on which people may say where an item was scanned: what it asks, what it keeps, whom it slows."""

import pytest
from sqlalchemy import inspect, select

from tests.trace.copies.conftest import COMMUNES, COMPUTER, PHONE, Street
from trace.core.communes import middle_of
from trace.core.database import new_session
from trace.core.short_codes import new_code
from trace.scans.models import PlacedScan


def _placed(street: Street) -> list[tuple[str, str, str]]:
    with new_session(street.connection) as session:
        rows = session.execute(
            select(PlacedScan.code, PlacedScan.device, PlacedScan.commune_code).order_by(PlacedScan.id)
        )
        return [(code, device, commune) for code, device, commune in rows]


def test_the_page_of_an_item_leads_there_and_asks_for_nothing_itself(street: Street) -> None:
    answer = street.app.test_client().get(f"/T/{street.item}")
    assert f'href="/T/{street.item}/noi-quet"' in answer.text
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert "<script" not in answer.text
    assert f'href="/T/{street.loose}/noi-quet"' in street.read(street.loose)
    assert "noi-quet" not in street.read(street.lot)


def test_only_its_own_page_may_ask_for_the_position_and_sets_no_cookie(street: Street) -> None:
    answer = street.app.test_client().get(f"/T/{street.item}/noi-quet")
    assert answer.headers["Permissions-Policy"] == "camera=(), geolocation=(self), microphone=()"
    assert "Set-Cookie" not in answer.headers
    assert "Tem này được quét ở đâu?" in answer.text
    assert "Phường Ba Đình" in answer.text
    assert "Where was this scanned?" in street.app.test_client().get(f"/en/T/{street.item}/noi-quet").text


@pytest.mark.parametrize("asked", ["", "?told=1", "?province=79"])
def test_for_a_search_engine_it_is_the_page_of_the_item(street: Street, asked: str) -> None:
    page = street.app.test_client().get(f"/en/T/{street.item}/noi-quet{asked}").text
    assert f'<link rel="canonical" href="http://localhost/en/T/{street.item}">' in page
    assert "noindex" not in page


def test_a_position_suggests_the_nearest_commune_and_is_kept_nowhere(street: Street) -> None:
    middle = middle_of(COMMUNES[1])
    assert middle is not None
    answer = street.app.test_client().post(
        f"/T/{street.item}/noi-quet", data={"latitude": str(middle[0]), "longitude": str(middle[1])}
    )
    assert f'<option value="{COMMUNES[1]}" selected>Phường Hoàn Kiếm</option>' in answer.text
    assert str(middle[0]) not in answer.text
    assert _placed(street) == []


@pytest.mark.parametrize(("latitude", "longitude"), [("48.85", "2.35"), ("nan", "inf"), ("", "x" * 500)])
def test_a_position_that_is_none_leaves_the_list(street: Street, latitude: str, longitude: str) -> None:
    answer = street.app.test_client().post(
        f"/T/{street.item}/noi-quet", data={"latitude": latitude, "longitude": longitude}
    )
    assert answer.status_code == 200
    assert "Không thấy xã, phường nào gần vị trí này" in answer.text


def test_communes_of_another_province_are_chosen_without_a_script(street: Street) -> None:
    page = street.app.test_client().get(f"/T/{street.item}/noi-quet?province=79").text
    assert '<option value="79" selected>' in page
    assert "Phường Ba Đình" not in page
    assert "Phường Ba Đình" in street.app.test_client().get(f"/T/{street.item}/noi-quet?province=xx").text


def test_a_kind_of_device_counts_once_in_ten_minutes_wherever(street: Street) -> None:
    assert street.say(street.item, COMMUNES[0]) == 303
    assert street.say(street.item, COMMUNES[1], address="192.0.2.1") == 303
    assert street.say(street.item, COMMUNES[1], COMPUTER) == 303
    assert street.say(street.other, COMMUNES[1]) == 303
    assert _placed(street) == [
        (street.item, "phone", COMMUNES[0]),
        (street.item, "computer", COMMUNES[1]),
        (street.other, "phone", COMMUNES[1]),
    ]
    told = street.read(street.item)
    assert "Đã quét ở 2 xã, phường (theo người quét cho biết)." in told


def test_what_is_no_commune_is_asked_for_again(street: Street) -> None:
    for typed in ("", "99999", "x" * 400):
        assert street.say(street.item, typed) == 422
    assert _placed(street) == []


@pytest.mark.parametrize("kind", ["lot", "nothing"])
def test_codes_that_are_no_items_have_no_such_page(street: Street, kind: str) -> None:
    code = street.lot if kind == "lot" else new_code(13)
    assert street.app.test_client().get(f"/T/{code}/noi-quet").status_code == 404
    assert street.say(code, COMMUNES[0]) == 404


def test_a_form_of_another_site_is_refused(street: Street) -> None:
    assert street.say(street.item, COMMUNES[0], Origin="https://evil.example") == 403
    assert _placed(street) == []


def test_who_says_it_again_and_again_is_told_to_wait(street: Street) -> None:
    sent = [street.say(street.item, COMMUNES[0], PHONE) for _turn in range(11)]
    assert sent == [303] * 10 + [429]
    assert street.say(street.item, COMMUNES[0], address="192.0.2.77") == 303


def test_what_is_kept_is_time_code_device_and_commune_and_nothing_else(street: Street) -> None:
    columns = {column["name"] for column in inspect(street.connection).get_columns("placed_scans")}
    assert columns == {"id", "scanned_at", "code", "device", "commune_code"}
