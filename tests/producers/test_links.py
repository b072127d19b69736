"""A product's links as a producer edits them: what is kept, and where a link may not lead."""

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from tests.producers.conftest import MakeWorkspace
from tests.producers.workspace import Workspace, visible
from trace.accounts.models import OrganisationKind

LINK = {
    "link_type": "recipeInfo",
    "href": "https://rau.example.vn/nau",
    "title": "Cách nấu",
    "language": "vi",
    "media_type": "text/html",
}


@pytest.fixture
def product_id(workspace: Workspace) -> UUID:
    return workspace.add_product(gtin="8935001725220")


def address(product_id: UUID) -> str:
    return f"/producer/products/{product_id}/links"


def link_ids(connection: Connection) -> list[UUID]:
    return list(connection.execute(text("select id from product_links order by created_at")).scalars())


def test_a_link_is_added_and_found_by_its_barcode(workspace: Workspace, app: Flask, product_id: UUID) -> None:
    assert workspace.send(address(product_id), **LINK).status_code == 303
    assert "Cách nấu" in workspace.page(address(product_id))
    phone: FlaskClient = app.test_client()
    answer = phone.get("/01/08935001725220?linkType=gs1:recipeInfo")
    assert answer.headers["Location"].startswith("https://rau.example.vn/nau?")


def test_a_changed_link_keeps_what_it_was(
    workspace: Workspace, connection: Connection, product_id: UUID
) -> None:
    workspace.send(address(product_id), **LINK)
    (link_id,) = link_ids(connection)
    changed = {**LINK, "href": "https://rau.example.vn/moi"}
    assert workspace.send(f"/producer/links/{link_id}", **changed).status_code == 303
    assert "https://rau.example.vn/moi" in workspace.page(address(product_id))
    kept = connection.execute(
        text("select changes from revisions where subject_kind = 'product_links'")
    ).scalar_one()
    assert kept["href"]["old"] == LINK["href"]


def test_a_link_taken_away_leads_nowhere(
    workspace: Workspace, app: Flask, connection: Connection, product_id: UUID
) -> None:
    workspace.send(address(product_id), **LINK)
    (link_id,) = link_ids(connection)
    assert workspace.send(f"/producer/links/{link_id}/remove").status_code == 303
    assert app.test_client().get("/01/08935001725220?linkType=gs1:recipeInfo").status_code == 404
    assert workspace.client.get(f"/producer/links/{link_id}").status_code == 404
    # Its place is free again.
    assert workspace.send(address(product_id), **LINK).status_code == 303


def test_a_second_link_of_one_kind_and_language_is_refused(workspace: Workspace, product_id: UUID) -> None:
    workspace.send(address(product_id), **LINK)
    answer = workspace.send(address(product_id), **{**LINK, "href": "https://rau.example.vn/khac"})
    assert answer.status_code == 409
    assert "Đã có liên kết loại này" in visible(answer)
    assert workspace.send(address(product_id), **{**LINK, "language": "en"}).status_code == 303


@pytest.mark.parametrize(
    "href",
    [
        "http://rau.example.vn/",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://rau.example.vn",
        "data:text/html,<script>alert(1)</script>",
        "//rau.example.vn/",
        "/T/ABC",
        "https:rau.example.vn",
        "https://rau.example.vn@xau.example/",
        "https://rau.example.vn:8443/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://may.local/",
        "https://rau.example.vn\\@xau.example/",
        "https://rau.example.vn/a b",
        "https://rau.example.vn/\u202egpj",
        "https://localhost/01/08935001725220",
        "https://",
        "https://rau.example.vn/" + "a" * 500,
    ],
)
def test_a_link_may_not_lead_there(
    workspace: Workspace, connection: Connection, product_id: UUID, href: str
) -> None:
    answer = workspace.send(address(product_id), **{**LINK, "href": href})
    assert answer.status_code == 422
    assert 'href="#f-href"' in answer.get_data(as_text=True)
    assert link_ids(connection) == []


@pytest.mark.parametrize("link_type", ["defaultLink", "defaultLinkMulti", "recallStatus", "nonsense", ""])
def test_what_a_scan_shows_first_is_not_chosen(
    workspace: Workspace, connection: Connection, product_id: UUID, link_type: str
) -> None:
    assert workspace.send(address(product_id), **{**LINK, "link_type": link_type}).status_code == 422
    assert link_ids(connection) == []


def test_an_address_in_vietnamese_is_stored_as_every_browser_sends_it(
    workspace: Workspace, connection: Connection, product_id: UUID
) -> None:
    workspace.send(address(product_id), **{**LINK, "href": "https://Rau-Củ.example.vn/Món-ngon"})
    stored = connection.execute(text("select href from product_links")).scalar_one()
    assert stored == "https://xn--rau-c-ne2b.example.vn/M%C3%B3n-ngon"


def test_links_of_another_organisation_are_not_there(
    make_workspace: MakeWorkspace, connection: Connection, workspace: Workspace, product_id: UUID
) -> None:
    workspace.send(address(product_id), **LINK)
    (link_id,) = link_ids(connection)
    stranger = make_workspace(kind=OrganisationKind.PROCESSOR)
    assert stranger.client.get(address(product_id)).status_code == 404
    assert stranger.send(address(product_id), **LINK).status_code == 404
    assert stranger.client.get(f"/producer/links/{link_id}").status_code == 404
    assert stranger.send(f"/producer/links/{link_id}", **LINK).status_code == 404
    assert stranger.send(f"/producer/links/{link_id}/remove").status_code == 404
