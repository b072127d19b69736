"""Programs that read EPCIS by their organisation's key. No tests here."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from trace.accounts.permissions import Actor


@dataclass(frozen=True)
class Reader:
    """A program acting for an organisation."""

    client: FlaskClient
    key: str
    actor: Actor

    @property
    def id(self) -> UUID:
        return self.actor.organisation_id

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return self.client.open(f"/epcis{path}", method=method, headers=headers, **more)

    def get(self, path: str, **query: Any) -> TestResponse:
        headers = query.pop("headers", {})
        if query:
            return self.send("GET", path, query_string=query, headers=headers)
        return self.send("GET", path, headers=headers)

    def events(self, path: str = "/events", **query: Any) -> list[dict[str, Any]]:
        """The events of an answer."""
        return events_of(self.get(path, **query))

    def ids(self, path: str = "/events", **query: Any) -> list[str]:
        return [event["eventID"] for event in self.events(path, **query)]

    def post(self, path: str, body: Any, **more: Any) -> TestResponse:
        return self.send("POST", path, data=json.dumps(body), content_type="application/json", **more)

    def delete(self, path: str) -> TestResponse:
        return self.send("DELETE", path)


def events_of(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    body: Any = answer.json
    found: list[dict[str, Any]] = body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


def in_path(value: str) -> str:
    """A value as one segment of an address."""
    return quote(value, safe="")


def next_path(answer: TestResponse) -> str | None:
    """Where the header Link says the next page is, below /epcis."""
    link = answer.headers.get("Link")
    if link is None:
        return None
    assert link.endswith('; rel="next"')
    return link[1:].partition(">")[0].partition("/epcis")[2]


def exception_of(answer: TestResponse) -> str:
    """The standard's name for what went wrong."""
    assert answer.mimetype == "application/problem+json", answer.text
    body: Any = answer.json
    return str(body["type"]).removeprefix("epcisException:")
