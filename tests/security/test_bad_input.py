"""Broken forms and codes of every kind: a 4xx with a reason, never a 5xx, and nothing changed.

Each form is sent as its page would send it, right but for one field. What is typed is told by the kind of field:
a name may hold an apostrophe, a quantity may not.
"""

import gc
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tests.web import contents, send, settle, sign_in_as, token_of
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.core import clock
from trace.core.ids import uuid7
from trace.demo import factories
from trace.events import services_shipping
from trace.events.services_shipping import Receiver

SQL = "'; drop table events; --"
SCRIPT = "<script>alert(1)</script>"
RIGHT_TO_LEFT = "\u202e123"
ARABIC = "تفاح"
EMOJI = "🍊🍊"
NUL = "a\x00b"
LONG = "x" * 10_000

NOT_TEXT = [NUL, RIGHT_TO_LEFT, LONG]
NOT_A_NAME = ["", "   ", *NOT_TEXT, EMOJI, ARABIC, SCRIPT]
NOT_A_QUANTITY = [
    "", "abc", "0", "-1", "1e999999", "1e5", "NaN", "Infinity", "0x10", "1.2.3.4", "1,2,3", "9" * 40, "0.00000001", "１２",
    "1.500", SQL, SCRIPT, EMOJI, ARABIC, NUL, RIGHT_TO_LEFT, LONG,
]  # fmt: skip
NOT_A_DATE = [
    "",
    "31/02/2026",
    "2026-13-01",
    "0000-00-00",
    "99999-01-01",
    "3000-01-01",
    "hôm nay",
    SQL,
    SCRIPT,
    EMOJI,
    NUL,
    LONG,
]
NOT_AN_ID = [
    "",
    "abc",
    "../../etc/passwd",
    "00000000-0000-0000-0000-000000000000",
    str(uuid7()),
    SQL,
    SCRIPT,
    EMOJI,
    NUL,
    LONG,
]
NOT_A_CHOICE = ["", "nope", SQL, SCRIPT, EMOJI, NUL, LONG]
NOT_A_PHONE = ["", "12", "abc", "0" * 40, SQL, SCRIPT, EMOJI, NUL, LONG]
NOT_A_LOT = ["", "Lô 12", "a b", "x" * 21, SCRIPT + "x" * 10, EMOJI, ARABIC, NUL, RIGHT_TO_LEFT, LONG]
NOT_A_GTIN = ["123", "8934567890124", "abcdefgh", SQL, EMOJI, NUL, LONG]
NOT_WHOLE = ["", "0", "27", "-1", "1.5", "1e9", "９", "9" * 30, SQL, NUL, LONG]
NOT_A_PASSWORD = ["", "short", "12345678", "aaaaaaaaaa", NUL + "longer", LONG]


@dataclass(frozen=True)
class Form:
    """One form: where it goes, what is right, and what is wrong in each of its fields."""

    name: str
    path: str
    right: dict[str, Any]
    wrong: dict[str, list[str]]
    by: str = "producer"


@dataclass
class Scene:
    app: Flask
    connection: Connection
    clients: dict[str, FlaskClient]
    forms: list[Form]


def _person_of(session: Session, kind: OrganisationKind) -> Actor:
    owner = factories.UserFactory.create(session=session)
    actor: Actor = factories.ActorFactory.create(session=session, owner=owner, stated__kind=kind)
    return actor


@pytest.fixture
def scene(app: Flask, connection: Connection, session: Session) -> Scene:
    producer = _person_of(session, OrganisationKind.PRODUCER)
    shop = _person_of(session, OrganisationKind.SHOP)
    officer = factories.officer_of(session)
    product = factories.ProductFactory.create(session=session, actor=producer)
    batch = factories.ActiveBatchFactory.create(session=session, actor=producer, product=product)
    draft = factories.BatchFactory.create(session=session, actor=producer, product=product)
    to_shop = Receiver(organisation_id=shop.organisation_id)
    shipment = services_shipping.ship(session, producer, batch.id, Decimal(3), to_shop, key="first")
    settle(session)
    people: dict[str, Actor] = {"producer": producer, "shop": shop, "officer": officer}
    clients = {name: sign_in_as(app, connection, actor) for name, actor in people.items()}
    clients["nobody"] = app.test_client()
    moved = {"quantity": "1", "event_time": "", "note": "", "idempotency_key": str(uuid7())}
    place = {"province_code": "01", "commune_code": "00004", "address": "Số 1"}
    day = {"produced_on": clock.today().isoformat()}
    lot = {
        "product_id": str(product.id), "location_id": str(producer.organisation.seat.id), "lot_number": "A-1",
        "date_kind": "harvest", "quantity": "10", "expires_on": "", **day,
    }  # fmt: skip
    good = {
        "name": "Cải", "ocop_set": "1", "measure": "KGM", "expiry_kind": "use_by", "shelf_life_days": "3",
        "natural_loss_percent": "3", "gtin": "", "brand": "", "net_content": "", "standards": "VietGAP", "description": "",
    }  # fmt: skip
    lot_wrong = {
        "product_id": NOT_AN_ID, "location_id": NOT_AN_ID, "lot_number": NOT_A_LOT, "date_kind": NOT_A_CHOICE,
        "produced_on": NOT_A_DATE, "quantity": NOT_A_QUANTITY, "expires_on": NOT_A_DATE[1:],
    }  # fmt: skip
    movement_wrong = {
        "quantity": [*NOT_A_QUANTITY, "98", "1000000"],
        "note": NOT_TEXT,
        "event_time": ["x", "2999-01-01T00:00", "1900-01-01T00:00", SQL, NUL],
    }
    forms = [
        Form("sign_up", "/account/sign-up", {"name": "Mai", "phone": "0912345678", "password": "một mật khẩu dài"},
             {"name": NOT_A_NAME, "phone": NOT_A_PHONE, "password": NOT_A_PASSWORD}, "nobody"),
        Form("sign_in", "/account/sign-in", {"phone": "0912345678", "password": "x"},
             {"phone": NOT_A_PHONE[:4], "password": ["", NUL]}, "nobody"),
        Form("create_organisation", "/account/organisation/new",
             {"kind": "shop", "name": "Cửa hàng", "organisation_phone": "0912345678", "tax_code": "", **place},
             {"kind": [*NOT_A_CHOICE, "authority"], "name": NOT_A_NAME, "organisation_phone": NOT_A_PHONE,
              "tax_code": ["1", "0100109107", "abc", SQL, EMOJI, NUL], "commune_code": ["", "99999", "abc", SQL, NUL],
              "address": ["", *NOT_TEXT]}),
        Form("add_location", "/account/organisation/places/new", {"name": "Kho", **place},
             {"commune_code": ["", "99999", SQL, NUL], "address": ["", *NOT_TEXT], "name": NOT_TEXT}),
        Form("add_member", "/account/organisation/members/new", {"phone": "0912345678", "role": "staff"},
             {"phone": [*NOT_A_PHONE, "0987654321"], "role": NOT_A_CHOICE}),
        Form("register_product", "/producer/products/new", good,
             {"name": NOT_A_NAME, "ocop_set": NOT_WHOLE, "measure": NOT_A_CHOICE, "expiry_kind": NOT_A_CHOICE,
              "shelf_life_days": ["", "0", "99999", "1.5", SQL, NUL], "natural_loss_percent": ["31", "-1", "abc", "1e99", SQL, NUL],
              "gtin": NOT_A_GTIN, "brand": [*NOT_TEXT, EMOJI, ARABIC], "net_content": [*NOT_TEXT, EMOJI], "description": NOT_TEXT}),
        Form("add_certificate", f"/producer/products/{product.id}/certificates/new",
             {"decision_number": "1/QĐ", "decided_on": "2026-01-01", "issuer": "UBND", "stars": "4"},
             {"decision_number": NOT_A_NAME, "decided_on": [*NOT_A_DATE, "2099-01-01"], "issuer": NOT_A_NAME, "stars": ["2", "6", *NOT_WHOLE]}),
        Form("register_batch", "/producer/batches/new", lot, lot_wrong),
        Form("change_batch", f"/producer/batches/{draft.id}/change", {**lot, "lot_number": "A-2"}, lot_wrong),
        Form("ship", f"/goods/{batch.id}/ship", {**moved, "idempotency_key": str(uuid7()), "receiver": f"organisation:{shop.organisation_id}"}, movement_wrong),
        Form("sell", f"/goods/{batch.id}/sell", {**moved, "idempotency_key": str(uuid7()), "receiver": "walk-in"}, {**movement_wrong, "receiver": NOT_A_CHOICE}),
        Form("destroy", f"/goods/{batch.id}/destroy", {**moved, "reason": "spoiled"}, {**movement_wrong, "reason": NOT_A_CHOICE}),
        Form("receive", f"/goods/shipments/{shipment.id}/receive", {"quantity": "3", "note": ""},
             {"quantity": ["abc", "0", "-1", "4", "1e999999", "NaN", SQL, EMOJI, NUL, LONG]}, "shop"),
        Form("recall", f"/authority/batches/{batch.id}/recall",
             {"recall_class": "health", "reason": "microbial", "basis": "decision", "decision_number": "1/QĐ",
              "decided_on": "2026-01-01", "typed_lot_number": batch.lot_number},
             {"recall_class": NOT_A_CHOICE, "reason": [*NOT_A_CHOICE, "wrong_date"], "decided_on": [*NOT_A_DATE, "2099-01-01"],
              "typed_lot_number": ["", "x", SQL, EMOJI, NUL, LONG]}, "officer"),
    ]  # fmt: skip
    return Scene(app, connection, clients, forms)


FORMS = (
    "sign_up", "sign_in", "create_organisation", "add_location", "add_member", "register_product", "add_certificate",
    "register_batch", "change_batch", "ship", "sell", "destroy", "receive", "recall",
)  # fmt: skip


def _cases(form: Form) -> Iterator[tuple[str, str]]:
    for field, values in form.wrong.items():
        for value in values:
            yield field, value


@pytest.mark.parametrize("name", FORMS)
def test_every_broken_field_is_refused_and_changes_nothing(scene: Scene, name: str) -> None:
    form = next(form for form in scene.forms if form.name == name)
    client = scene.clients[form.by]
    token = token_of(client) if form.by != "nobody" else ""
    before = contents(scene.connection)
    taken = []
    for field, value in _cases(form):
        answer = client.post(form.path, data={"csrf_token": token, **form.right, field: value})
        if not 400 <= answer.status_code < 500:
            taken.append((field, value[:40], answer.status_code))
            continue
        page = answer.get_data(as_text=True)
        assert "error" in page or "plain-page" in page, (field, value[:40])
        assert SCRIPT not in page, (field, "not escaped")
    assert taken == []
    assert contents(scene.connection) == before


def test_there_are_two_hundred_kinds(scene: Scene) -> None:
    assert sum(1 for form in scene.forms for _case in _cases(form)) >= 200


def test_a_form_that_is_right_is_taken(scene: Scene) -> None:
    """Or else the refusals above would prove nothing."""
    # Who founds an organisation acts for it from then on: last.
    for form in sorted(scene.forms, key=lambda form: form.name == "create_organisation"):
        if form.name in ("sign_in", "add_member", "recall"):
            continue
        answer = send(scene.clients[form.by], form.path, **form.right) if form.by != "nobody" else (
            scene.clients["nobody"].post(form.path, data=form.right)
        )  # fmt: skip
        assert answer.status_code in (302, 303), (
            form.name,
            answer.status_code,
            answer.get_data(as_text=True)[-3000:],
        )


@pytest.mark.parametrize(
    "code",
    ["A", "AAAAAAAAAA", "7K3QX9ZPA", "7K3QX9ZPAB7", "O0O0O0O0O0", "x" * 5000, "%00", "%2e%2e%2f", "..", "%F0%9F%8D%8A", "%D8%AA",
     "%E2%80%AE123", "'%3B%20drop%20table", "%3Cscript%3E", "7K3Q X9ZP AB", "1e999999", "-1", "null", "{}", "%0d%0aSet-Cookie:x", "%FF%FE",
     "%C0%AF", "７Ｋ３Ｑ"],
)  # fmt: skip
def test_a_broken_code_has_a_page_of_its_own(app: Flask, code: str) -> None:
    answer = app.test_client().get(f"/T/{code}")
    assert 400 <= answer.status_code < 500
    assert "<script>" not in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ten_megabytes_are_refused(scene: Scene) -> None:
    client = scene.clients["producer"]
    token = token_of(client)
    huge = {"csrf_token": token, "picture": (io.BytesIO(b"\0" * 10_000_000), "big.jpg"), "name": "Cải"}
    assert client.post("/producer/products/new", data=huge).status_code == 413
    assert client.post("/producer/products/new", data={"name": "x" * 10_000_000}).status_code == 413
    # The parser drops its temporary file when it refuses, and the client keeps its last request: both go here.
    client.get("/healthz")
    gc.collect()


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", b"<html><script>alert(1)</script>", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"GIF89a" + b"\0" * 50, b"%PDF-1.7"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(scene: Scene, content: bytes) -> None:
    form = next(form for form in scene.forms if form.name == "register_product")
    before = contents(scene.connection)
    answer = send(scene.clients["producer"], form.path, **form.right, picture=(io.BytesIO(content), "x.png"))
    assert answer.status_code == 422
    assert contents(scene.connection) == before


Breaking = Callable[[FlaskClient], Any]


@pytest.mark.parametrize(
    "breaking",
    [
        lambda c: c.post(
            "/account/sign-up", data=b"\xff\xfe\x00broken", content_type="multipart/form-data; boundary=x"
        ),
        lambda c: c.post(
            "/account/sign-up", data=b"a=1&b=%ff%fe%", content_type="application/x-www-form-urlencoded"
        ),
        lambda c: c.post("/account/sign-up", data="&".join(f"f{n}=1" for n in range(5000))),
        lambda c: c.post("/account/sign-up", json={"name": 1}),
        lambda c: c.get("/find?code=" + "x" * 4000),
        lambda c: c.get("/account/sign-in?next=//evil.example"),
        lambda c: c.get("/?lang[]=en"),
        lambda c: c.open("/", method="PROPFIND"),
    ],
)
def test_broken_requests_never_break_the_server(app: Flask, breaking: Breaking) -> None:
    assert breaking(app.test_client()).status_code < 500
