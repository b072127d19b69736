"""The resolver over HTTP: where addresses lead, what is refused, what a recall changes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ProductFactory, actor_of_kind
from tests.trace.public.resolved import (
    BROWSER,
    GTIN,
    LINKSET,
    OTHER_GTIN,
    Shelf,
    add_link,
    call_back,
    fill_shelf,
)
from tests.web import settle
from trace.accounts.models import Approval
from trace.batches.unit_models import LogisticUnit
from trace.core import clock
from trace.core.database import new_session
from trace.gs1.linksets import VOCABULARY

SSCC = "089350017252200017"


@pytest.fixture
def shelf(session: Session) -> Shelf:
    made = fill_shelf(session)
    settle(session)
    return made


@pytest.fixture
def client(app: Flask, shelf: Shelf) -> Iterator[FlaskClient]:
    with app.test_client() as made:
        yield made


def page_of(shelf: Shelf) -> str:
    return f"http://localhost/T/{shelf.batch.code}"


# ------------------------------------------------------------------------------------------------ where it leads


@pytest.mark.parametrize(
    "path",
    [
        f"/01/{GTIN}/10/L-7",
        f"/01/{GTIN}/10/L-7/",
        f"/01/{GTIN[1:]}/10/L-7",
        f"/01/{GTIN}/10/L%2D7",
        f"/01/{GTIN}/22/A/10/L-7",
        f"/01/{GTIN}/10/L-7/21/NOBODYS",
        f"/gtin/{GTIN}/lot/L-7",
    ],
)
def test_every_form_of_a_lots_address_leads_to_its_verdict(
    client: FlaskClient, shelf: Shelf, path: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (307, page_of(shelf))


def test_an_address_without_a_lot_leads_to_the_product(client: FlaskClient) -> None:
    answer = client.get(f"/01/{GTIN}")
    assert answer.headers["Location"] == f"http://localhost/san-pham/{GTIN}"
    assert client.get(answer.headers["Location"]).status_code == 200


def test_an_unknown_lot_leads_to_the_product_that_says_so(client: FlaskClient) -> None:
    answer = client.get(f"/01/{GTIN}/10/KHAC", headers=BROWSER)
    assert answer.status_code == 307
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Lô KHAC chưa được ghi" in page


def test_a_lot_number_with_a_slash_is_one_lot(app: Flask, session: Session) -> None:
    shelf = fill_shelf(session, lot_number="A/21/B")
    settle(session)
    client = app.test_client()
    assert client.get(f"/01/{GTIN}/10/A%2F21%2FB").headers["Location"] == page_of(shelf)


def test_a_slash_is_read_where_the_server_tells_only_the_decoded_path(app: Flask, session: Session) -> None:
    shelf = fill_shelf(session, lot_number="A/B")
    settle(session)
    bare = {"REQUEST_URI": "", "RAW_URI": ""}
    client = app.test_client()
    assert client.get(f"/01/{GTIN}/10/A/B", environ_overrides=bare).headers["Location"] == page_of(shelf)
    assert client.get(f"/01/{GTIN}/10/A/C", environ_overrides=bare).status_code == 400


def test_the_readers_language_chooses_the_page(client: FlaskClient, shelf: Shelf) -> None:
    in_english = client.get(shelf.path, headers={"Accept-Language": "en-GB,en;q=0.8"})
    assert in_english.headers["Location"] == f"http://localhost/en/T/{shelf.batch.code}"
    in_french = client.get(shelf.path, headers={"Accept-Language": "fr"})
    assert in_french.headers["Location"] == page_of(shelf)
    assert "Accept-Language" in in_french.headers["Vary"]


def test_a_carton_is_found_by_its_sscc(app: Flask, session: Session, shelf: Shelf) -> None:
    session.add(
        LogisticUnit(kind="carton", code="ABCDEFGHJK", sscc=SSCC, packed_by=shelf.producer.organisation_id)
    )
    settle(session)
    client = app.test_client()
    assert client.get(f"/00/{SSCC}").headers["Location"] == "http://localhost/T/ABCDEFGHJK"
    assert client.get("/00/089350017252200024").status_code == 404


# -------------------------------------------------------------------------------------------------- link types


@pytest.mark.parametrize(
    "asked", ["gs1:pip", "pip", "https://ref.gs1.org/voc/pip", "https://gs1.org/voc/pip"]
)
def test_a_type_of_link_is_asked_for_in_any_spelling(client: FlaskClient, shelf: Shelf, asked: str) -> None:
    answer = client.get(shelf.path, query_string={"linkType": asked}, headers=BROWSER)
    assert answer.status_code == 307
    assert answer.headers["Location"].startswith("https://rau.example.vn/?linkType=")


def test_a_link_in_the_readers_language_is_chosen(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get(f"{shelf.path}?linkType=gs1:pip", headers={"Accept-Language": "en"})
    assert answer.headers["Location"] == "https://rau.example.vn/en?linkType=gs1:pip"


def test_the_query_is_passed_on_beside_the_targets_own(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get(f"{shelf.path}?linkType=gs1:instructions&17=261231&a=%0d%0aX")
    assert answer.headers["Location"] == (
        "https://rau.example.vn/nau?kieu=luoc&linkType=gs1:instructions&17=261231&a=%0d%0aX"
    )


def test_a_type_nobody_chose_is_not_found(client: FlaskClient, shelf: Shelf) -> None:
    assert client.get(f"{shelf.path}?linkType=gs1:recipeInfo").status_code == 404
    assert client.get(f"{shelf.path}?linkType=nonsense").status_code == 404


def test_a_producer_never_chooses_what_a_scan_shows_first(
    app: Flask, client: FlaskClient, shelf: Shelf
) -> None:
    links = client.get(shelf.path, headers=LINKSET).get_json()["linkset"]
    for context in links:
        assert "rau.example.vn" not in context[VOCABULARY + "defaultLink"][0]["href"]
        assert all("rau.example.vn" not in link["href"] for link in context[VOCABULARY + "recallStatus"])


# ------------------------------------------------------------------------------------------------ what is asked for


def test_for_a_search_engine_the_list_of_links_is_the_address_itself(
    client: FlaskClient, shelf: Shelf
) -> None:
    page = client.get(f"{shelf.path}?linkType=linkset", headers=BROWSER).get_data(as_text=True)
    assert f'<link rel="canonical" href="http://localhost{shelf.path}">' in page
    assert "noindex" not in page


@pytest.mark.parametrize("asked", ["linkType=linkset", "linkType=all", "linktype=linkset"])
def test_a_phone_never_gets_raw_json(client: FlaskClient, shelf: Shelf, asked: str) -> None:
    answer = client.get(f"{shelf.path}?{asked}", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Rau của chúng tôi" in answer.get_data(as_text=True)
    in_app = client.get(f"{shelf.path}?{asked}", headers={"Accept": "*/*", "Sec-Fetch-Dest": "document"})
    assert in_app.mimetype == "text/html"


def test_a_phone_that_asks_for_data_is_shown_the_links(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get(f"{shelf.path}?linkType=gs1:epcis", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (300, "text/html")
    program = client.get(f"{shelf.path}?linkType=gs1:epcis", headers={"Accept": "application/json"})
    assert program.headers["Location"].startswith("http://localhost/epcis/events?MATCH_anyEPCClass=urn")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/linkset+json", "application/linkset+json"),
        ("*/*", "application/linkset+json"),
        ("application/json", "application/json"),
        ("application/ld+json", "application/ld+json"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("", "application/linkset+json"),
    ],
)
def test_the_linkset_comes_as_it_is_asked_for(
    client: FlaskClient, shelf: Shelf, accept: str, media_type: str
) -> None:
    answer = client.get(f"{shelf.path}?linkType=linkset", headers={"Accept": accept})
    assert answer.headers["Content-Type"] == media_type
    assert answer.get_json(force=True)["linkset"]


def test_head_and_options_are_answered(client: FlaskClient, shelf: Shelf) -> None:
    asked, head = client.get(shelf.path), client.head(shelf.path)
    assert (head.status_code, head.headers["Location"]) == (asked.status_code, asked.headers["Location"])
    options = client.options(shelf.path)
    assert options.status_code == 204
    for method in ("GET", "HEAD", "OPTIONS"):
        assert method in options.headers["Access-Control-Allow-Methods"]
        assert method in options.headers["Allow"]
    assert client.post(shelf.path).status_code == 405


def test_nobody_keeps_an_answer_and_no_cookie_is_set(client: FlaskClient, shelf: Shelf) -> None:
    for path in (shelf.path, f"/01/{GTIN}", f"{shelf.path}?linkType=linkset", f"/san-pham/{GTIN}", "/01/x"):
        answer = client.get(path, headers=BROWSER)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


# ------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/01", 400),
        ("/01/", 400),
        ("/01/123", 400),
        ("/01/08935001725221", 400),
        (f"/01/{GTIN}/foo", 400),
        (f"/01/{GTIN}/10/L-7/foo", 400),
        (f"/01/{GTIN}/21/S/10/L-7", 400),
        (f"/01/{GTIN}//10/L-7", 400),
        (f"/01/{GTIN}/10/", 400),
        (f"/01/{GTIN}/10/L%00", 400),
        (f"/01/{GTIN}/10/L%C3%B4", 400),
        (f"/01/{GTIN}?17=abc", 400),
        (f"/01/{GTIN}?10=L", 400),
        (f"/01/{GTIN}/10/" + "L" * 3000, 400),
        (f"/01//{GTIN}", 400),
        ("/10/L-7", 400),
        ("/17/261122", 400),
        (f"/gtin/{GTIN}/glnx/A", 400),
        (f"/01/{GTIN}?410=8935001725221", 400),
        ("/san-pham/08935001725221", 400),
        (f"/01/{OTHER_GTIN}", 404),
        (f"/san-pham/{OTHER_GTIN}", 404),
        ("/414/8935001725220", 404),
        ("/gln/8935001725220/glnx/A%2FB", 404),
        ("/89/L-7", 404),
        ("/2026/11/22", 404),
        (f"/01/{GTIN}/DBUMgkX4tNHD", 501),
        ("/ARHKVAdpQg", 501),
        ("/mot-trang-khong-co", 404),
    ],
)
def test_a_wrong_address_is_told_from_an_unknown_one(client: FlaskClient, path: str, status: int) -> None:
    for_people = client.get(path, headers=BROWSER)
    assert (for_people.status_code, for_people.mimetype) == (status, "text/html")
    assert client.get(path, headers={"Accept": "application/json"}).status_code == status


def test_a_program_is_told_what_is_wrong_as_a_problem(client: FlaskClient) -> None:
    answer = client.get("/01/08935001725221", headers={"Accept": "application/json"})
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "link-malformed"


# ---------------------------------------------------------------------------------------------------- whose it is


def test_of_two_claimants_neither_resolves_until_one_is_checked(
    app: Flask, session: Session, shelf: Shelf
) -> None:
    rival = actor_of_kind(session)
    claimed = ProductFactory.create(session=session, actor=rival, gtin=GTIN)
    session.commit()
    client = app.test_client()
    assert client.get(f"/01/{GTIN}").status_code == 404
    assert client.get(shelf.path).status_code == 404
    claimed.gtin_checked_at = clock.now()
    settle(session)
    assert client.get(f"/01/{GTIN}").status_code == 307
    assert client.get(shelf.path).headers["Location"].startswith(f"http://localhost/san-pham/{GTIN}")


def test_a_claim_of_somebody_not_approved_silences_nobody(app: Flask, session: Session, shelf: Shelf) -> None:
    rival = actor_of_kind(session)
    ProductFactory.create(session=session, actor=rival, gtin=GTIN)
    rival.organisation.approval = Approval.PENDING
    settle(session)
    assert app.test_client().get(shelf.path).status_code == 307


def test_a_label_outlives_a_change_of_the_products_gtin(
    app: Flask, connection: Connection, shelf: Shelf
) -> None:
    with new_session(connection) as session:
        product = session.get_one(type(shelf.product), shelf.product.id)
        product.gtin = OTHER_GTIN
        session.commit()
    client = app.test_client()
    assert client.get(shelf.path).headers["Location"] == page_of(shelf)
    # The number its product carries now finds it too: labels printed from today on say that.
    assert client.get(f"/01/{OTHER_GTIN}/10/L-7").headers["Location"] == page_of(shelf)


def test_of_two_products_under_one_number_the_graver_lot_speaks(
    app: Flask, session: Session, shelf: Shelf
) -> None:
    twin = ProductFactory.create(session=session, actor=shelf.producer, gtin=GTIN)
    recalled = ActiveBatchFactory.create(
        session=session, actor=shelf.producer, product=twin, lot_number="L-7"
    )
    call_back(session, recalled)
    settle(session)
    assert app.test_client().get(shelf.path).headers["Location"] == f"http://localhost/T/{recalled.code}"


# --------------------------------------------------------------------------------------------------------- recall


def test_a_recall_changes_every_answer_from_its_commit_on(app: Flask, session: Session, shelf: Shelf) -> None:
    client = app.test_client()
    before = client.get(shelf.path, headers=LINKSET).get_json()["linkset"]
    assert before[0][VOCABULARY + "recallStatus"][0]["title"] == "Chưa ghi nhận thu hồi"
    batch = session.get_one(type(shelf.batch), shelf.batch.id)
    call_back(session, batch)
    settle(session)
    lot, product = client.get(shelf.path, headers=LINKSET).get_json()["linkset"]
    assert [link["title"] for link in lot[VOCABULARY + "recallStatus"]] == [
        "Lô này bị thu hồi",
        "This lot is recalled",
    ]
    assert product[VOCABULARY + "recallStatus"][0]["title"] == "Có lô đang bị cảnh báo"
    page = client.get(f"/san-pham/{GTIN}").get_data(as_text=True)
    assert "L-7" in page
    assert "Lô này bị thu hồi" in page


def test_every_link_of_a_recalled_lot_leads_to_its_recall(app: Flask, session: Session, shelf: Shelf) -> None:
    call_back(session, session.get_one(type(shelf.batch), shelf.batch.id))
    settle(session)
    client = app.test_client()
    for asked in ("gs1:pip", "gs1:instructions", "gs1:certificationInfo", "gs1:traceability"):
        answer = client.get(f"{shelf.path}?linkType={asked}", headers=BROWSER)
        assert answer.headers["Location"].startswith(page_of(shelf))
    # The product itself is not its lot: its own page still leads where its producer says.
    assert client.get(f"/01/{GTIN}?linkType=gs1:instructions").headers["Location"].startswith("https://rau")


# ---------------------------------------------------------------------------------------------------- the product


def test_the_products_page_says_who_says_so_and_where_links_lead(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get(f"/san-pham/{GTIN}").get_data(as_text=True)
    assert shelf.product.name in page
    assert "Chưa ai kiểm tra" in page
    assert "rau.example.vn" in page
    assert 'rel="nofollow noopener ugc"' in page


def test_a_links_title_is_text_and_nothing_else(app: Flask, session: Session, shelf: Shelf) -> None:
    product = session.get_one(type(shelf.product), shelf.product.id)
    add_link(session, shelf.producer, product, link_type="recipeInfo", title="<script>alert(1)</script>")
    settle(session)
    page = app.test_client().get(f"/san-pham/{GTIN}").get_data(as_text=True)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_address_with_another_hosts_name_leads_to_our_pages_on_that_host_alone(
    client: FlaskClient, shelf: Shelf
) -> None:
    answer = client.get(shelf.path, headers={"Host": "id.vidu.example"})
    assert answer.headers["Location"] == f"http://id.vidu.example/T/{shelf.batch.code}"
    assert answer.headers["Cache-Control"] == "no-store"


def test_behind_a_proxy_that_ends_tls_links_begin_with_https(app: Flask, shelf: Shelf) -> None:
    whole = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(whole, public_url="https://localhost")
    try:
        answer = app.test_client().get(shelf.path)
    finally:
        app.config["SETTINGS"] = whole
    assert answer.headers["Location"] == f"https://localhost/T/{shelf.batch.code}"
