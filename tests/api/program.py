"""A program that uses the API, and holds every answer against the OpenAPI document. No tests here."""

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no annotations
from werkzeug.test import TestResponse

from trace.accounts.permissions import Actor

V1 = "/api/v1"


class AnswerDoesNotConform(AssertionError):
    """An answer is not what the document promises."""


class Document:
    """The OpenAPI document of an application, and what it promises of an answer."""

    def __init__(self, app: Flask) -> None:
        self.content: dict[str, Any] = json.loads(app.test_client().get(f"{V1}/openapi.json").data)
        self.patterns = {
            re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)): path for path in self.content["paths"]
        }

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The operation a request went to, None where the document has none."""
        for pattern, template in self.patterns.items():
            if pattern.fullmatch(path):
                found: dict[str, Any] | None = self.content["paths"][template].get(method.lower())
                return found
        return None

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """What a reference stands for."""
        while "$ref" in node:
            found: Any = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def check(self, method: str, path: str, answer: TestResponse) -> None:
        """Raise where status, content type or body are not as promised."""
        operation = self.operation(method, path)
        if operation is None:
            return
        responses = operation["responses"]
        promised = self.resolve(responses.get(str(answer.status_code), responses["default"]))
        told = {"answer": answer.json, "status": answer.status_code}
        if answer.mimetype not in promised["content"]:
            raise AnswerDoesNotConform(f"{method} {path}: {answer.mimetype} is not promised for {told}")
        schema = promised["content"][answer.mimetype]["schema"]
        validator = Draft202012Validator({**schema, "components": self.content["components"]})
        faults = [error.message for error in validator.iter_errors(answer.json)]
        if faults:
            raise AnswerDoesNotConform(f"{method} {path}: {faults} in {told}")


@dataclass(frozen=True)
class Program:
    """A program acting for an organisation by its key."""

    client: FlaskClient
    document: Document
    key: str | None
    actor: Actor | None = None

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.send("GET", path, query_string=query)

    def post(self, path: str, body: Any = None, *, once: str | None = None, **more: Any) -> TestResponse:
        """Send ``body`` as JSON; text and bytes go as they are."""
        headers = dict(more.pop("headers", {}))
        if once is not None:
            headers["Idempotency-Key"] = once
        if body is not None:
            more["data"] = body if isinstance(body, str | bytes) else json.dumps(body)
            more.setdefault("content_type", "application/json")
        return self.send("POST", path, headers=headers, **more)

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if self.key is not None:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        answer = self.client.open(f"{V1}{path}", method=method, headers=headers, **more)
        self.document.check(method, f"{V1}{path}", answer)
        return answer


def code_of(answer: TestResponse) -> str:
    """The stable code of a problem."""
    assert answer.mimetype == "application/problem+json", answer.text
    return str(answer.json["code"]) if answer.json else ""


def own_id(program: Program) -> str:
    """The id of the organisation a program acts for."""
    assert program.actor is not None
    return str(program.actor.organisation_id)
