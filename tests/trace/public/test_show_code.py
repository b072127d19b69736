"""The verdict page in every state: its words, its languages, its bytes."""

import re
import unicodedata
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask

from tests.trace.public.states import PLAIN, RECALL, STATES, TELEPHONE, rendered, rendered_home, small_app
from trace.core.short_codes import ALPHABET
from trace.recalls.rules import RecallReason, WithdrawalReason
from trace.recalls.texts import REASONS, WITHDRAWALS

# A verdict that says any of these claims what nobody tested, or accuses.
FORBIDDEN = ("an toàn", "hàng thật", "hợp lệ", "đã xác thực", "hàng giả")
FORBIDDEN_IN_ENGLISH = ("safe", "genuine", "authentic", "counterfeit", "fake")
LARGEST_PAGE = 30_000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return small_app(tmp_path_factory.mktemp("translations"))


def visible(page: str) -> str:
    """What a person reads or hears of a page."""
    without = re.sub(r"(?s)<(style|svg)\b.*?</\1>", " ", page)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", without)).replace("\u00a0", " ").split())


def band(page: str) -> str:
    found = re.search(r'(?s)<section class="band.*?</section>', page)
    assert found
    return visible(found[0])


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("state", STATES)
def test_no_state_claims_safety_or_genuineness(app: Flask, state: str, language: str) -> None:
    page = unicodedata.normalize("NFC", rendered(app, STATES[state], language)).casefold()
    for word in (*FORBIDDEN, *FORBIDDEN_IN_ENGLISH):
        assert word not in visible(page)
        assert word not in page.split("<style>")[0]


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_title_in_both_languages(app: Flask, state: str) -> None:
    in_vietnamese, in_english = (rendered(app, STATES[state], language) for language in ("vi", "en"))
    title = re.compile(r'<h1 id="verdict">(.*?)</h1>')
    other = re.compile(r'<p class="there" lang="(..)">(.*?)</p>')
    (vietnamese,), (english,) = title.findall(in_vietnamese), title.findall(in_english)
    assert vietnamese != english
    assert other.findall(in_vietnamese)[0][0] == "en"
    assert other.findall(in_vietnamese)[0][1].startswith(english)
    assert other.findall(in_english)[0][0] == "vi"
    assert other.findall(in_english)[0][1].startswith(vietnamese)


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_small_and_needs_no_script(app: Flask, state: str) -> None:
    page = rendered(app, STATES[state])
    assert len(page.encode()) < LARGEST_PAGE
    assert "<script" not in page
    assert not re.search(r"\s(style|on\w+)=", page)
    # What is loaded or followed stays here; a canonical address is only told.
    body = re.sub(r'<link rel="(?:canonical|alternate)"[^>]*>', "", page)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', body)


@pytest.mark.parametrize("state", STATES)
def test_every_state_says_when_and_that_it_is_no_test(app: Flask, state: str) -> None:
    read = visible(rendered(app, STATES[state]))
    assert "Tra cứu lúc 14:32, 21/11/2026" in read
    assert "Trang này cho biết ai đã khai, ai đã xác nhận. Trang không thay cho kiểm nghiệm." in read


def test_in_order_is_worded_as_agreed(app: Flask) -> None:
    assert band(rendered(app, PLAIN)).startswith(
        "Chưa có cảnh báo No warnings Lô này có ghi nguồn gốc, không bị thu hồi, còn hạn đến hết 24/11/2026."
    )


def test_a_health_recall_is_worded_as_agreed(app: Flask) -> None:
    read = band(rendered(app, replace(PLAIN, recalls=(RECALL,))))
    assert "Đang thu hồi, không ăn Recalled: do not eat" in read
    assert (
        "Dư lượng thuốc bảo vệ thực vật vượt mức. Thu hồi từ 16:40, 21/11/2026, quyết định 123/QĐ-XYZ."
        " Không ăn, không bán. Giữ nguyên bao bì. Trả lại nơi mua, hoặc gọi 0900 000 000."
    ) in read


def test_the_graver_gives_the_title_and_the_other_stands_first_under_it(app: Flask) -> None:
    read = band(rendered(app, STATES["recalled_expired"]))
    assert re.match(r"Đang thu hồi, không ăn Recalled: do not eat Ngoài ra: đã quá hạn 20/11/2026\.", read)


@pytest.mark.parametrize("reason", ["spoiled", "wrong_date"])
def test_a_recall_that_is_not_about_health_says_take_it_back_and_is_not_red(app: Flask, reason: str) -> None:
    page = rendered(app, STATES[f"recalled_{reason}"])
    assert "Đang thu hồi, trả lại nơi mua" in band(page)
    assert "không ăn" not in visible(page).casefold()
    assert "tone-recall" not in page.split("</style>")[1]


@pytest.mark.parametrize("state", ["recalled_not_food", "expired_not_food", "no_warning_not_food"])
def test_what_is_not_food_is_not_eaten(app: Flask, state: str) -> None:
    assert not re.search(r"\băn\b", visible(rendered(app, STATES[state])))
    assert not re.search(r"\beat\b", visible(rendered(app, STATES[state], "en")))


def test_a_withdrawn_recall_stands_below_with_its_reason(app: Flask) -> None:
    read = band(rendered(app, STATES[f"withdrawn_{WithdrawalReason.RETEST_PASSED}"]))
    assert read.startswith("Chưa có cảnh báo")
    assert "Từng thông báo thu hồi ngày 21/11/2026, đã rút ngày 21/11/2026: kết quả kiểm tra đạt." in read


def test_a_code_with_a_slip_is_told_what_letters_there_are(app: Flask) -> None:
    page = rendered(app, STATES["malformed"])
    named = re.search(r"không có chữ (.*?), không có số (\d) và (\d)", band(page))
    assert named
    letters = {*named[1].split(", "), named[2], named[3]}
    assert letters == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") - set(ALPHABET)
    assert 'value="7K3Q-X9ZP-AB"' in page
    assert 'id="phan-anh"' not in page


@pytest.mark.parametrize("state", ["no_warning", "expired", "not_activated"])
def test_the_bands_report_leads_straight_to_the_form(app: Flask, state: str) -> None:
    page = rendered(app, STATES[state])
    assert re.search(r'<a (class="button" )?href="/report">(Bấm )?Phản ánh', page)
    assert 'href="#phan-anh"' not in page


def test_without_a_support_line_nobody_is_told_to_call(app: Flask) -> None:
    for facts in STATES.values():
        page = rendered(app, facts, telephone=None)
        assert "tel:" not in page
        assert "gọi" not in visible(page).casefold()


def test_a_telephone_number_is_never_cut_in_two(app: Flask) -> None:
    page = rendered(app, replace(PLAIN, recalls=(RECALL,)))
    assert TELEPHONE.replace(" ", "\u00a0") in page


def test_every_reason_has_its_wording() -> None:
    assert set(REASONS) == set(RecallReason)
    assert set(WITHDRAWALS) == set(WithdrawalReason)


@pytest.mark.parametrize("state", STATES)
def test_links_inside_the_page_lead_somewhere(app: Flask, state: str) -> None:
    page = rendered(app, STATES[state])
    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{anchor}"' in page


@pytest.mark.parametrize("language", ["vi", "en"])
def test_home_has_one_field_and_claims_nothing(app: Flask, language: str) -> None:
    page = rendered_home(app, language)
    assert page.count("<input") == 1
    assert not [word for word in (*FORBIDDEN, *FORBIDDEN_IN_ENGLISH) if word in visible(page).casefold()]
