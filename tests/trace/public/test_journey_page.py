"""The journey on the page: with three stages and with sixty, in both languages, and its bytes."""

import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from types import MappingProxyType

import pytest
from flask import Flask, render_template
from flask_babel import force_locale

from tests.trace.public.states import PLAIN, code_page, inline_css, small_app
from tests.trace.public.ways import COMMUNES, way
from trace.public.pages import JourneyStep
from trace.public.route import draw
from trace.public.wording_route import SPEECH

LARGEST_PAGE = 30_000  # over the wire, compressed
CROWDED = {"missing": [5, 17], "breached": [9], "marked": [30, 31], "official": [40]}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return small_app(tmp_path_factory.mktemp("translations"))


def page_with(
    app: Flask, stages: int, language: str = "vi", special: Mapping[str, Sequence[int]] = MappingProxyType({})
) -> str:
    with app.test_request_context("/"), force_locale(language):
        steps: tuple[JourneyStep, ...] = way(stages, **special)
        page = replace(code_page(PLAIN, language), journey=steps, route=draw(steps, SPEECH))
        return render_template("public/show_code.html", page=page, public_css=inline_css())


def block(page: str) -> str:
    found = re.search(r'(?s)<section class="block" id="hanh-trinh".*?</section>', page)
    assert found
    return found[0]


class Languages(HTMLParser):
    """Which language each piece of text is in, by the nearest element that says so."""

    EMPTY = ("meta", "link", "img", "input", "br", "use", "line", "path", "circle", "rect")

    def __init__(self, page: str) -> None:
        super().__init__()
        self._open: list[str] = [""]
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.EMPTY:
            self._open.append(dict(attrs).get("lang") or self._open[-1])

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((data.strip(), self._open[-1]))


def test_three_stages_are_told_whole(app: Flask) -> None:
    told = block(page_with(app, 3))
    assert "<details" not in told
    assert told.count("<h3>") == 3
    assert told.count("2 ngày sau") == 2
    assert "35 km đường chim bay" in told


def test_sixty_stages_fold_and_none_is_lost(app: Flask) -> None:
    told = block(page_with(app, 60))
    assert told.count("<details>") == 1
    assert told.count("<h3>") == 60
    assert "55 chặng nữa" in told
    assert "<script" not in told


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_is_missing_breached_or_marked_stands_outside_every_fold(app: Flask, language: str) -> None:
    told = block(page_with(app, 60, language, CROWDED))
    outside = re.sub(r"(?s)<details>.*?</details>", "", told)
    assert outside.count('<li class="missing"') == 2
    assert outside.count('<li class="breach"') == 1
    assert outside.count("Ghi bổ sung") == 2


def test_the_way_to_the_missing_stage_leads_to_the_first_of_them(app: Flask) -> None:
    told = block(page_with(app, 60, special=CROWDED))
    assert told.count('id="chang-cho-xac-nhan"') == 1
    assert told.index("chang-cho-xac-nhan") == told.index('class="missing"') + len('class="missing" id="')


@pytest.mark.parametrize("stages", [3, 60, 200])
def test_the_page_stays_small_over_the_wire(app: Flask, stages: int) -> None:
    assert len(gzip.compress(page_with(app, stages, special=CROWDED).encode(), 6)) < LARGEST_PAGE


def test_the_route_has_a_name_and_a_description(app: Flask) -> None:
    told = block(page_with(app, 3))
    (names,) = re.findall(r'role="img" aria-labelledby="([^"]+)"', told)
    for name in names.split():
        assert f'id="{name}"' in told
    assert "3 nơi theo thứ tự" in told
    for used in re.findall(r'href="#(r-[a-z-]+)"', told):
        assert f'<symbol id="{used}"' in told


def test_who_confirmed_is_in_the_words_of_the_route(app: Flask) -> None:
    drawn = block(page_with(app, 4, special={"missing": [2], "breached": [3]})).split("</svg>")[0]
    for words in ("Nơi bắt đầu", "Hai bên xác nhận", "Chờ bên nhận", "Nhiệt độ vượt ngưỡng"):
        assert words in re.sub(r"</text>\s*<text[^>]*>", " ", drawn)


@pytest.mark.parametrize("stages", [3, 60])
def test_every_name_on_the_english_page_is_marked_as_vietnamese(app: Flask, stages: int) -> None:
    texts = Languages(page_with(app, stages, "en")).texts
    names = {name for name, _code in COMMUNES}
    found = [language for text, language in texts if text in names]
    assert len(found) >= 3
    assert set(found) == {"vi"}
    said = [
        language
        for text, language in texts
        if text in ("Both sides confirm", "2 days later", "The journey starts")
    ]
    assert set(said) == {"en"}


def test_on_the_vietnamese_page_nothing_is_marked_twice(app: Flask) -> None:
    assert 'lang="vi"' not in block(page_with(app, 60))
