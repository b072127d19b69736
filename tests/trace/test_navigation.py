"""What every page with a menu has: the language that was asked for, and a mark where one is."""

import re

import pytest
from flask.testing import FlaskClient

from tests.trace.accounts.conftest import owner, owner_browser, visitor
from tests.web import token_of

__all__ = ["owner", "owner_browser", "visitor"]


def test_the_language_of_the_address_is_kept_by_forms_and_where_they_lead(owner_browser: FlaskClient) -> None:
    page = owner_browser.get("/account?lang=en").get_data(as_text=True)
    assert 'action="/account/sign-out?lang=en"' in page
    signed_out = owner_browser.post("/account/sign-out?lang=en", data={"csrf_token": token_of(owner_browser)})
    assert signed_out.location.endswith("?lang=en")


def test_a_form_that_asks_takes_the_language_along(owner_browser: FlaskClient) -> None:
    page = owner_browser.get("/goods/?lang=en").get_data(as_text=True)
    assert '<input type="hidden" name="lang" value="en">' in page
    assert 'name="lang"' not in owner_browser.get("/goods/").get_data(as_text=True)


def test_the_language_chosen_for_good_is_not_overruled_by_the_address(owner_browser: FlaskClient) -> None:
    token = token_of(owner_browser)
    chosen = owner_browser.post("/account/language?lang=en", data={"csrf_token": token, "language": "vi"})
    assert chosen.location == "/account"


def test_a_form_of_another_site_is_told_what_it_was_and_what_to_do(visitor: FlaskClient) -> None:
    page = visitor.post("/account/sign-up?lang=en", headers={"Origin": "https://evil.example"}).get_data(
        as_text=True
    )
    assert "This form was sent from another site." in page
    assert "Nothing was saved." in page
    assert "another account" not in page


@pytest.mark.parametrize(
    ("path", "entry", "how"),
    [
        ("/goods/", "/goods/", "page"),
        ("/goods/take-in", "/goods/", "true"),
        ("/goods/parties/new", "/goods/parties", "true"),
        ("/goods/claims", "/goods/shipments", "true"),
        ("/producer/products/new", "/producer/products", "true"),
        ("/producer/stamps", "/producer/", "true"),
        ("/labels/printers/", "/account/organisation", "true"),
        ("/account/organisation/members", "/account/organisation", "true"),
        ("/goods/?lang=en", "/goods/?lang=en", "page"),
    ],
)
def test_the_menu_marks_where_a_page_stands(
    owner_browser: FlaskClient, path: str, entry: str, how: str
) -> None:
    page = owner_browser.get(path).get_data(as_text=True)
    menu = page.partition('<ul class="menu-nav">')[2].partition("</ul>")[0]
    assert re.findall(r'<a href="([^"]*)" aria-current="([^"]*)"', menu) == [(entry, how)]


@pytest.mark.parametrize("path", ["/account", "/account/devices"])
def test_a_page_outside_the_menu_marks_nothing(owner_browser: FlaskClient, path: str) -> None:
    page = owner_browser.get(path).get_data(as_text=True)
    assert "aria-current" not in page.partition('<ul class="menu-nav">')[2].partition("</ul>")[0]
