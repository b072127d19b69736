"""Keys: without one nothing but public look-up, with one nothing of anybody else's."""

import re
import uuid

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.api.conftest import MakeBatch, Start, acting
from tests.api.program import Document, Program, code_of, own_id
from tests.factories import BatchFactory, ProductFactory, ShipmentFactory
from tests.web import settle
from trace.accounts import api_keys
from trace.accounts.models import ApiKey, Organisation, OrganisationKind
from trace.batches.models import Batch
from trace.core.http import Audience, audience_of

NOBODY = str(uuid.UUID(int=7))


def _of_programs(document: Document) -> list[tuple[str, str]]:
    return [
        (method, re.sub(r"\{\w+_id\}", NOBODY, path.replace("/api/v1", "").replace("{run_id}", "7")))
        for path, operations in document.content["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "post") and operation.get("security") != []
    ]  # fmt: skip


def test_no_route_answers_without_a_key(stranger: Program, document: Document) -> None:
    for method, path in _of_programs(document):
        answer = stranger.send(method.upper(), path)
        assert (answer.status_code, code_of(answer)) == (401, "api-key-needed"), path
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "authorization",
    ["Bearer ng_wrong", "Bearer", "Basic bmc6bmc=", "ng_wrong", "Bearer " + "x" * 5000, "Bearer ng_\u00e9"],
)
def test_a_wrong_key_is_refused(stranger: Program, authorization: str) -> None:
    answer = stranger.send("GET", "/products", headers={"Authorization": authorization})
    assert (answer.status_code, code_of(answer)) == (401, "api-key-needed")


def test_a_revoked_key_stops_at_once(producer: Program, session: Session) -> None:
    assert producer.get("/products").status_code == 200
    owner = acting(session, producer)
    stored = session.scalars(select(ApiKey).where(ApiKey.organisation_id == owner.organisation_id)).one()
    api_keys.revoke_api_key(session, owner, stored.id)
    settle(session)
    assert code_of(producer.get("/products")) == "api-key-needed"


def test_another_organisations_batch_is_not_there(start: Start, batch: Batch) -> None:
    other = start()
    assert code_of(other.get(f"/batches/{batch.id}")) == "batch-not-found"
    assert code_of(other.post(f"/batches/{batch.id}/activation")) == "batch-not-found"
    assert other.get("/batches").json == {"items": [], "page": 1, "has_more": False}
    assert other.get("/holdings").json == {"items": [], "page": 1, "has_more": False}


def test_another_organisations_goods_do_not_move(start: Start, batch: Batch) -> None:
    other = start()
    body = {"batch_id": str(batch.id), "quantity": 1}
    for path, more in (
        ("/sales", {}),
        ("/disposals", {"reason": "spoiled"}),
        ("/shipments", {"receiver_id": NOBODY}),
    ):
        answer = other.post(path, {**body, **more}, once="k1")
        assert (answer.status_code, code_of(answer)) == (404, "batch-not-found")


def test_another_organisations_product_is_not_there(
    start: Start, producer: Program, session: Session
) -> None:
    product = ProductFactory.create(session=session, actor=acting(session, producer))
    place = acting(session, producer).organisation.seat.id
    settle(session)
    other = start()
    assert code_of(other.get(f"/products/{product.id}")) == "product-not-found"
    body = {"product_id": str(product.id), "location_id": str(place), "lot_number": "1",
            "date_kind": "harvest", "produced_on": "2026-01-01", "quantity": 1}  # fmt: skip
    assert code_of(other.post("/batches", body)) == "product-not-found"


def test_another_organisations_place_is_not_there(start: Start, producer: Program, session: Session) -> None:
    product = ProductFactory.create(session=session, actor=acting(session, producer))
    settle(session)
    other = start()
    place = acting(session, other).organisation.seat.id
    body = {"product_id": str(product.id), "location_id": str(place), "lot_number": "1",
            "date_kind": "harvest", "produced_on": "2026-01-01", "quantity": 1}  # fmt: skip
    assert code_of(producer.post("/batches", body)) == "location-not-found"


def test_a_shipment_is_there_for_its_two_sides_only(
    start: Start, producer: Program, shop: Program, batch: Batch, session: Session
) -> None:
    sender = acting(session, producer)
    receiver = session.get_one(Organisation, uuid.UUID(own_id(shop)))
    own = session.get_one(Batch, batch.id)
    shipment = ShipmentFactory.create(session=session, actor=sender, batch=own, to=receiver)
    shipment_id = shipment.id
    settle(session)
    other = start(OrganisationKind.SHOP)
    assert producer.get(f"/shipments/{shipment_id}").status_code == 200
    assert shop.get(f"/shipments/{shipment_id}").status_code == 200
    assert code_of(other.get(f"/shipments/{shipment_id}")) == "shipment-not-found"
    assert code_of(other.post(f"/shipments/{shipment_id}/receipt")) == "shipment-not-found"
    assert code_of(producer.post(f"/shipments/{shipment_id}/receipt")) == "shipment-not-found"


def test_who_receives_does_not_learn_what_the_producer_keeps(
    producer: Program, shop: Program, make_batch: MakeBatch
) -> None:
    batch = make_batch(producer)
    body = {"batch_id": str(batch.id), "quantity": 10, "receiver_id": own_id(shop)}
    shipped = producer.post("/shipments", body, once="k1").json
    assert shipped is not None
    told = shop.post(f"/shipments/{shipped['id']}/receipt").json
    assert told is not None
    brief = told["lines"][0]["batch"]
    assert not {"quantity", "product_id", "location_id"} & set(brief)
    assert code_of(shop.get(f"/batches/{batch.id}")) == "batch-not-found"


def test_an_organisation_is_told_by_name_kind_and_commune_only(
    producer: Program, shop: Program, start: Start
) -> None:
    start(OrganisationKind.SHOP, stated__name="Cửa hàng Đồng Xuân chưa duyệt", is_approved=False)
    found = producer.get("/organisations", q="dong xuan").json
    assert found is not None
    assert [set(one) for one in found["items"]] == [{"id", "name", "kind", "commune"}]
    assert found["items"][0]["name"] == "Cửa hàng Đồng Xuân"


def test_waiting_for_approval_allows_drafts_only(
    start: Start, session: Session, make_batch: MakeBatch
) -> None:
    waiting = start(is_approved=False)
    draft = make_batch(waiting, BatchFactory)
    answer = waiting.post(f"/batches/{draft.id}/activation")
    assert (answer.status_code, code_of(answer)) == (403, "organisation-not-approved")


def test_the_document_asks_for_a_key_where_the_audience_does(app: Flask, document: Document) -> None:
    needs_key = {
        operation["operationId"]: operation.get("security") != []
        for operations in document.content["paths"].values()
        for method, operation in operations.items()
        if method != "parameters"
    }
    by_audience = {
        rule.endpoint.partition(".")[2]: audience_of(app, rule.endpoint) is not Audience.PUBLIC
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "api.show_document"
    }
    assert needs_key == by_audience
