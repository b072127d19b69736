"""More than can be counted: refused in words beside the field wherever a quantity is stated, and never an error of ours.

A quantity has at most 12 digits before the point and 6 after it, as its column.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import marshmallow as ma
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tests.api.conftest import document, producer, start
from tests.api.program import Document, Program
from tests.factories import ActiveBatchFactory, BatchFactory, a_key
from tests.trace.epcis.capturing import about, now_text
from tests.trace.epcis.documents import a_document, an_event
from tests.trace.events.conftest import Chain, chain
from tests.web import send, settle, sign_in_as
from trace.accounts.services_organisations import Place, add_location
from trace.batches.models import Batch
from trace.core.api import ExactNumber
from trace.core.errors import BadInput
from trace.core.fields import Quantity
from trace.core.ids import uuid7
from trace.core.numbers import LARGEST
from trace.epcis.capture import Behaviour, capture
from trace.epcis.documents import read_document
from trace.epcis.trade_verbs import VERBS
from trace.events.corrective import Replacement
from trace.events.rules_correction import CorrectionReason
from trace.events.services_correction import correct
from trace.events.services_harvest import add_delivery
from trace.events.services_making import merge

__all__ = ["chain", "document", "producer", "start"]
MOST = LARGEST - Decimal("0.000001")
TOO_LARGE = "Số lượng này quá lớn."


def quantity_fields() -> dict[str, ma.fields.Field[Any]]:
    """Every field of a quantity that a form or a program fills in, by schema and name."""

    def below(kind: type[ma.Schema]) -> Iterator[type[ma.Schema]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    return {
        f"{schema.__module__}.{schema.__name__}.{name}": field
        for schema in below(ma.Schema)
        for name, field in schema._declared_fields.items()
        if isinstance(field, Quantity | ExactNumber)
    }


too_large = st.decimals(
    min_value=LARGEST, max_value=Decimal("1e40"), allow_nan=False, places=3
) | st.integers(min_value=int(LARGEST), max_value=10**30)


def test_there_are_quantities_to_try(built_app: Flask) -> None:
    assert len(quantity_fields()) > 25


@given(number=too_large)
def test_every_field_refuses_what_its_column_cannot_hold(built_app: Flask, number: Decimal | int) -> None:
    for name, field in quantity_fields().items():
        for sent in (number, f"{number:f}"):
            with pytest.raises(ma.ValidationError):
                field.deserialize(sent, name)


@given(number=st.decimals(min_value=Decimal("0.000001"), max_value=MOST, places=6))
def test_every_field_of_a_quantity_takes_what_its_column_can_hold(built_app: Flask, number: Decimal) -> None:
    for name, field in quantity_fields().items():
        if "percent" in name:
            continue
        assert field.deserialize(number, name) == number


PAGES = {
    "/goods/{batch}/ship": "quantity",
    "/goods/{batch}/sell": "quantity",
    "/goods/{batch}/destroy": "quantity",
    "/goods/{batch}/use": "quantity",
    "/goods/{batch}/count": "quantity",
    "/goods/{batch}/sample": "quantity",
    "/goods/{batch}/split": "quantity",
    "/goods/{draft}/sell-on-tree": "counted_quantity",
    "/goods/count": "quantity-{batch}",
    "/goods/move": "quantity-{batch}",
    "/goods/merge": "q_{batch}",
    "/goods/transform": "q_{batch}",
    "/goods/pack": "q_{batch}",
    "/goods/take-in": "quantity",
    "/producer/batches/new": "quantity",
    "/producer/batches/{draft}/change": "quantity",
    "/producer/batches/{batch}/deliveries": "quantity",
    "/producer/batches/harvest": "h1_quantity",
    "/producer/products/new": "usual_weight_kg",
}
# What a page wants to know before it looks at a quantity.
BESIDE: dict[str, dict[str, Any]] = {
    "/goods/move": {"to_id": "{place}"},
    "/goods/merge": {"lot": ["{batch}", "{other}"]},
    "/goods/transform": {"lot": "{batch}", "output": "{draft}"},
    "/goods/pack": {"lot": "{batch}", "into": "carton"},
    "/producer/batches/harvest": {
        "product_id": "{product}",
        "rows": "1",
        "h1_name": "Hộ Mới",
        "produced_on": "2026-01-02",
        "lot_number": "H-1",
    },
    "/goods/{draft}/sell-on-tree": {
        "receiver": "new",
        "party_name": "Chị Ba",
        "party_kind": "trader",
        "counted_unit": "quả",
    },
    "/producer/batches/new": {"product_id": "{product}"},
    "/producer/batches/{batch}/deliveries": {"rows": "0"},
}


@pytest.fixture
def ids(session: Session, chain: Chain) -> dict[str, str]:
    """What forms name."""
    place = add_location(
        session, chain.producer.organisation, Place(name="Kho", commune_code="00004", address="Số 2")
    )
    made = {
        "batch": chain.batch.id,
        "other": ActiveBatchFactory.create(session=session, actor=chain.producer).id,
        "draft": BatchFactory.create(session=session, actor=chain.producer).id,
        "product": chain.batch.product_id,
        "place": place.id,
    }
    settle(session)
    return {name: str(number) for name, number in made.items()}


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    return value.format(**ids)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_beside_the_field_that_it_is_too_much(
    app: Flask, connection: Connection, chain: Chain, ids: dict[str, str], path: str
) -> None:
    browser = sign_in_as(app, connection, chain.producer)
    field = filled(PAGES[path], ids)
    more = {name: filled(value, ids) for name, value in BESIDE.get(path, {}).items()}
    for typed in ("1000000000000", "1.000.000.000.000", "9" * 30):
        answer = send(browser, filled(path, ids), **{**more, field: typed, "idempotency_key": a_key()})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422, (path, typed, answer.status_code)
        assert re.search(rf'id="f-{re.escape(field)}-error"[^>]*>(<svg.*?</svg>)?\s*{TOO_LARGE}', page), (
            path,
            typed,
        )


def quantity_paths(
    document: Document, node: dict[str, Any], way: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Where a body has quantities; "0" for the only one of a list."""
    node = document.resolve(node)
    if any("[0-9]{1,12}" in one.get("pattern", "") for one in (node, *node.get("anyOf", ()))):
        yield way
    for name, inner in node.get("properties", {}).items():
        yield from quantity_paths(document, inner, (*way, name))
    if "items" in node:
        yield from quantity_paths(document, node["items"], (*way, "0"))


def nested(way: tuple[str, ...], value: Any) -> Any:
    if not way:
        return value
    inner = nested(way[1:], value)
    return [inner] if way[0] == "0" else {way[0]: inner}


def test_the_api_names_the_field_that_is_too_much(producer: Program, document: Document) -> None:
    tried = []
    for path, methods in document.content["paths"].items():
        for method, operation in methods.items():
            body = (
                operation.get("requestBody", {}).get("content", {}).get("application/json")
                if method in ("post", "put", "patch")
                else None
            )
            for way in quantity_paths(document, body["schema"]) if body else ():
                for sent in ("1000000000000", 10**12, 10**30, "9" * 30):
                    address = re.sub(r"\{[^}]+\}", str(uuid7()), path).removeprefix("/api/v1")
                    answer = producer.send(
                        method.upper(), address, json=nested(way, sent), headers={"Idempotency-Key": a_key()}
                    )
                    assert answer.status_code == 422, (path, way, sent, answer.text)
                    assert any(name.split(".")[0] == way[0] for name in answer.get_json()["errors"]), (
                        path,
                        way,
                        answer.text,
                    )
                tried.append((path, way))
    assert len(tried) > 20


def too_much(session: Session, act: Any) -> None:
    with pytest.raises(BadInput) as refused, session.begin_nested():
        act()
    assert refused.value.code == "quantity-too-large"
    assert "quantity" in refused.value.errors


@pytest.fixture
def full(session: Session, chain: Chain) -> Batch:
    """A lot of as much as can be counted."""
    made: Batch = ActiveBatchFactory.create(
        session=session, actor=chain.producer, product=chain.batch.product, quantity=MOST
    )
    session.flush()
    return made


def test_a_lot_does_not_grow_beyond_what_can_be_counted(session: Session, chain: Chain, full: Batch) -> None:
    too_much(session, lambda: add_delivery(session, chain.producer, full.id, Decimal(1), key=a_key()))


def test_lots_laid_together_are_no_more_than_can_be_counted(
    session: Session, chain: Chain, full: Batch
) -> None:
    both = {full.id: MOST, chain.batch.id: Decimal(100)}
    too_much(session, lambda: merge(session, chain.producer, both, key=a_key()))


def test_a_correction_does_not_make_more_than_can_be_counted(
    session: Session, chain: Chain, full: Batch
) -> None:
    grown = ActiveBatchFactory.create(session=session, actor=chain.producer, quantity=MOST - 10)
    event = add_delivery(session, chain.producer, grown.id, Decimal(5), key=a_key())
    for quantity in (Decimal(20), LARGEST, Decimal("1e300")):
        wanted = Replacement(quantities={grown.id: quantity})
        too_much(
            session,
            lambda wanted=wanted: correct(
                session, chain.producer, event.id, CorrectionReason.INCORRECT_DATA, wanted, key=a_key()
            ),
        )


def test_households_bring_no_more_together_than_can_be_counted(
    app: Flask, connection: Connection, chain: Chain, ids: dict[str, str]
) -> None:
    browser = sign_in_as(app, connection, chain.producer)
    path = "/producer/batches/harvest"
    more = {name: filled(value, ids) for name, value in BESIDE[path].items()}
    form = {**more, "rows": "2", "h2_name": "Hộ Hai", "h1_quantity": "999999999999", "h2_quantity": "1"}
    answer = send(browser, path, **form, idempotency_key=a_key())
    assert answer.status_code == 422
    assert TOO_LARGE in answer.get_data(as_text=True)


@pytest.mark.parametrize(("event_type", "action", "step"), VERBS)
def test_a_captured_event_about_too_much_is_refused_by_itself(
    session: Session, chain: Chain, event_type: str, action: str | None, step: str
) -> None:
    batch = chain.batch
    for number in (10**12, 10**300, -(10**12), Decimal("0.0000001"), Decimal("1e-300")):
        element = {"epcClass": batch.epc_class, "quantity": number, "uom": batch.uom}
        kinds: dict[str, dict[str, Any]] = {
            "ObjectEvent": {"quantityList": [element]},
            "AggregationEvent": {
                "parentID": "urn:epc:id:sscc:0614141.1234567890",
                "childQuantityList": [element],
            },
            "TransformationEvent": {"inputQuantityList": [element], "outputQuantityList": [element]},
        }
        stated = an_event(
            type=event_type, eventTime=now_text(), action=action, bizStep=step, epcList=None, eventID=f"urn:x:{number}",
            disposition="in_progress", **kinds[event_type],
        )  # fmt: skip
        content = json.loads(json.dumps(a_document(stated), default=float), parse_float=Decimal)
        outcome = capture(
            session, chain.producer, read_document(content), Behaviour.PROCEED, "https://x.example"
        )
        for one in outcome.captured:
            assert all(goods.quantity is None for goods in one.row.goods), (number, one.row.verb)
        assert all(failure.refusal.http_status in (404, 409, 422) for failure in outcome.failures)


def test_a_captured_quantity_finer_than_we_count_is_refused_in_any_unit(
    session: Session, chain: Chain
) -> None:
    stated = about(chain.batch, Decimal("0.0005"), bizStep="retail_selling", disposition="retail_sold")
    stated["quantityList"][0]["uom"] = "GRM"
    outcome = capture(
        session, chain.producer, read_document(a_document(stated)), Behaviour.ROLLBACK, "https://x.example"
    )
    assert [failure.refusal.code for failure in outcome.failures] == ["quantity-too-fine"]
