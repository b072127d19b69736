"""The OpenAPI document: valid, complete, and served to everybody."""

import re
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no annotations

from tests.api.program import V1, Document


def _schemas(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for inner in node for found in _schemas(inner)]
    if not isinstance(node, dict):
        return []
    own = [node["schema"]] if isinstance(node.get("schema"), dict) else []
    return own + [found for inner in node.values() for found in _schemas(inner)]


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for inner in node for found in _references(inner)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for inner in node.values() for found in _references(inner)]


def test_it_is_served_to_everybody_as_json(app: Flask) -> None:
    answer = app.test_client().get(f"{V1}/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json is not None
    assert answer.json["openapi"] == "3.1.0"


def test_every_route_of_the_api_is_in_it_and_nothing_else(app: Flask, document: Document) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "api.show_document"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    documented = {
        (path, method)
        for path, operations in document.content["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert documented == routes


def test_every_operation_has_an_id_a_summary_and_a_problem_as_default(document: Document) -> None:
    operations = [
        operation
        for item in document.content["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        default = document.resolve(operation["responses"]["default"])
        assert set(default["content"]) == {"application/problem+json"}


def test_its_schemas_are_json_schema_and_its_references_lead_somewhere(document: Document) -> None:
    for schema in [*document.content["components"]["schemas"].values(), *_schemas(document.content["paths"])]:
        Draft202012Validator.check_schema(schema)
    for reference in _references(document.content):
        assert document.resolve({"$ref": reference})


def test_what_moves_goods_needs_a_key_of_its_own(document: Document) -> None:
    for path in ("/shipments", "/sales", "/disposals"):
        parameters = document.content["paths"][f"{V1}{path}"]["post"]["parameters"]
        header = next(one for one in parameters if one["in"] == "header")
        assert (header["name"], header["required"]) == ("Idempotency-Key", True)
