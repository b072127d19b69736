"""Requests nobody's page would send: odd arguments, another address of ours, a database that is gone."""

import secrets
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from tests.conftest import build_app
from trace import create_app
from trace.accounts.access import SESSION_COOKIE
from trace.core.config import Settings
from trace.core.http import Audience, audience, db
from trace.core.idempotency import IdempotencyKey
from trace.core.ids import uuid7


@pytest.mark.parametrize(
    "address",
    ["/?endpoint=x", "/T/7K3QX9ZPAB?code=1", "/?_external=1", "/account/sign-in?endpoint=1", "/account/sign-in?next=/a&next=/b",
     "/api/v1/codes/ABC?code=1", "/en/?endpoint=x", "/find?code=a&endpoint=b", "/T/ABC?lang=en&lang=vi", "/nowhere?endpoint=x"],
)  # fmt: skip
def test_arguments_named_like_ours_break_no_page(app: Flask, address: str) -> None:
    assert app.test_client().get(address).status_code < 500


def test_the_other_language_keeps_what_was_asked(app: Flask) -> None:
    page = app.test_client().get("/account/sign-in?next=/goods/").get_data(as_text=True)
    assert "next=%2Fgoods%2F&amp;lang=en" in page or "next=/goods/&amp;lang=en" in page


@pytest.fixture
def app_without_database(tmp_path: Path) -> Flask:
    settings = Settings.from_environment(
        {
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "TRACE_SECRET_KEY": secrets.token_hex(32),
            "TRACE_STATE_FOLDER": str(tmp_path),
        }
    )
    return create_app(settings)


@pytest.mark.parametrize(
    "address", ["/", "/T/7K3QX9ZPAB", "/goods/", "/account/sign-in", "/api/v1/codes/7K3QX9ZPAB"]
)
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_without_a_database_everybody_is_told_to_come_back(
    app_without_database: Flask, address: str, is_signed_in: bool
) -> None:
    client = app_without_database.test_client()
    if is_signed_in:
        client.set_cookie(SESSION_COOKIE, "x" * 43)
    answer = client.get(address)
    assert answer.status_code in (
        (503,) if is_signed_in or address not in ("/goods/", "/account/sign-in") else (503, 200, 302)
    )


def test_a_form_from_the_public_address_is_taken_behind_a_proxy(app: Flask) -> None:
    """The proxy speaks plain HTTP to us; the browser's origin is the address on the labels."""
    app.config["SETTINGS"] = _with_public_url(app.config["SETTINGS"], "https://check.example.vn")
    sent = {"name": "", "phone": "", "password": ""}
    origin = {"Origin": "https://check.example.vn", "Host": "check.example.vn"}
    assert app.test_client().post("/account/sign-up", data=sent, headers=origin).status_code == 422
    elsewhere = {"Origin": "https://evil.example", "Host": "check.example.vn"}
    assert app.test_client().post("/account/sign-up", data=sent, headers=elsewhere).status_code == 403


def _with_public_url(settings: Settings, url: str) -> Settings:
    from dataclasses import replace

    return replace(settings, public_url=url)


def test_a_request_that_came_second_is_told_so(connection: Connection, tmp_path: Path) -> None:
    """What no service foresaw, the database's constraints still refuse: as a conflict, never as a fault of ours."""
    app = build_app(connection.engine, connection, tmp_path)  # its own: it gets one more route

    @audience(Audience.PUBLIC)
    def collide() -> str:
        db().add(IdempotencyKey(organisation_id=uuid7(), key="k", request_hash="a", answer=None))
        db().flush()
        db().execute(text("insert into provinces (code, name) select code, name from provinces limit 1"))
        return ""

    app.add_url_rule("/collide", "collide", collide)
    assert app.test_client().get("/collide").status_code == 409
    with app.extensions["sessions"]() as session:
        assert session.scalar(text("select count(*) from idempotency_keys")) == 0
