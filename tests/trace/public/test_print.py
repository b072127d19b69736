"""The page of a code on paper: what a shop pins to a wall or an officer files."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pypdfium2
import pytest
from flask import Flask, render_template
from flask_babel import force_locale
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.conftest import ARGUMENTS
from tests.trace.public.states import PLAIN, RECALL, YESTERDAY, code_page, inline_css, small_app

STAGES = 60
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return small_app(tmp_path_factory.mktemp("translations"))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield made
        made.close()


@pytest.fixture(scope="module")
def printed(app: Flask, browser: Browser) -> list[str]:
    """The text of each sheet of a recalled lot's page with a long journey, printed from a dark screen."""
    with app.test_request_context("/"), force_locale("vi"):
        page = code_page(replace(PLAIN, recalls=(RECALL,)))
        stage = page.journey[0]
        journey = tuple(
            replace(stage, title=f"Chặng {number:03d}", happened_on=YESTERDAY - timedelta(days=number))
            for number in range(STAGES)
        )
        html = render_template(
            "public/show_code.html", page=replace(page, journey=journey), public_css=inline_css()
        )
    tab = browser.new_page(color_scheme="dark")
    tab.set_content(html)
    document = pypdfium2.PdfDocument(tab.pdf(format="A4", prefer_css_page_size=True))
    tab.close()
    try:
        return [sheet.get_textpage().get_text_range() for sheet in document]
    finally:
        document.close()


def test_the_first_sheet_says_what_is_so_and_what_to_do(printed: list[str]) -> None:
    for told in ("Đang thu hồi, không ăn", "Không ăn, không bán.", "Chỉ thu hồi số lô ghi ở đây.", "2111-A"):
        assert told in printed[0]


def test_every_fold_is_open(printed: list[str]) -> None:
    whole = "".join(printed)
    assert [number for number in range(STAGES) if f"Chặng {number:03d}" not in whole] == []


def test_it_says_when_and_from_where(printed: list[str]) -> None:
    assert "14:32, 21/11/2026" in printed[0]
    assert "https://nguongoc.example/T/7K3QX9ZPAB" in printed[-1]


def test_there_is_nothing_to_tap(printed: list[str]) -> None:
    whole = "".join(printed)
    for told in ("English", "Gọi đường dây hỗ trợ", "Phản ánh"):
        assert told not in whole


def test_it_is_black_on_white(app: Flask, browser: Browser) -> None:
    with app.test_request_context("/"), force_locale("vi"):
        page = code_page(replace(PLAIN, recalls=(RECALL,)))
        html = render_template("public/show_code.html", page=page, public_css=inline_css())
    tab = browser.new_page(color_scheme="dark")
    tab.set_content(html)
    tab.emulate_media(media="print", color_scheme="dark")
    seen = tab.evaluate(
        "() => [...document.querySelectorAll('body, h1, h2, h3, p, li, dt, dd, a, time')].filter(one =>"
        " one.checkVisibility()).map(one => {"
        " const style = getComputedStyle(one); return `${style.color} ${style.backgroundColor}`; })"
    )
    tab.close()
    assert set(seen) <= {"rgb(0, 0, 0) rgb(255, 255, 255)", "rgb(0, 0, 0) rgba(0, 0, 0, 0)"}
