"""What axe cannot see is seen: each of these pages has one thing wrong with it, and the last one nothing."""

from urllib.parse import quote

import pytest

from audit.reading import read

BUTTON = "main .button { border: 1px solid } :focus-visible { outline: 3px solid }"
GOOD = '<a href="#a">first</a><p id="a">second</p><a class="button" href="#b">third</a>'
PAGES = {
    "text at 200 %": f'<style>{BUTTON}</style><main><p style="width: 20rem">wide</p></main>',
    "order": f"<style>{BUTTON} main {{ display: flex; flex-direction: column-reverse }}</style><main>"
    "<p>last</p><p>first</p></main>",
    "keyboard": "<style>:focus-visible { outline: none } .button { border: 1px solid }</style>"
    f"<main>{GOOD}</main>",
    "less motion": f"<style>{BUTTON} p {{ transition: color 1s }}</style><main>{GOOD}</main>",
    "forced colours": "<style>.button { border: 0 }</style>"
    f'<main>{GOOD}<div class="band"><svg class="shape" width="40" height="40"></svg></div></main>',
    "nothing": f"<style>{BUTTON}</style><main>{GOOD}</main>",
}


@pytest.fixture(scope="module")
def found(chromium: str) -> dict[str, dict[str, list[str]]]:
    addresses = {
        name: f"data:text/html,{quote('<!doctype html><html lang=en>' + page)}"
        for name, page in PAGES.items()
    }
    return read(addresses, chromium)


@pytest.mark.parametrize("name", PAGES)
def test_what_is_wrong_with_a_page_is_found_and_nothing_else(
    found: dict[str, dict[str, list[str]]], name: str
) -> None:
    assert {what for what, faults in found[name].items() if faults} == {name} - {"nothing"}
