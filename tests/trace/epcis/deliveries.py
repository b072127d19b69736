"""A producer with a query, a receiver on this machine, and what arrives there."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory
from tests.trace.core.receivers import Receiver, Request
from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.readers import Reader
from tests.web import settle
from trace.core.outgoing import EXTENSION
from trace.epcis import webhooks

SECRET = "13df38d8275b13f05704629e5f1cf3d45d6132d5"
QUERY = {"name": "q", "query": {"EQ_bizStep": ["commissioning"]}}
PATH = "/queries/q/subscriptions"


@dataclass
class Scene:
    """A producer with a query, and a receiver for what satisfies it."""

    app: Flask
    session: Session
    reader: Reader
    hook: Receiver
    sequence: Callable[[], None]

    def subscribe(self, **more: Any) -> str:
        body = {"dest": self.hook.url, "signatureToken": SECRET, "stream": True, **more}
        answer = self.reader.post(PATH, {name: value for name, value in body.items() if value is not None})
        assert answer.status_code == 201, answer.text
        shown: Any = answer.json
        return str(shown["subscriptionID"])

    def harvest(self, count: int = 1) -> None:
        """Activate batches: each is one event that satisfies the query."""
        for _ in range(count):
            ActiveBatchFactory.create(session=self.session, actor=self.reader.actor)
        settle(self.session)

    def run(self, subscription_id: str) -> int:
        """Send what waits, as the job does."""
        sessions, outgoing = self.app.extensions["sessions"], self.app.extensions[EXTENSION]
        return webhooks.run(sessions, outgoing, UUID(subscription_id))

    def shown(self, subscription_id: str) -> dict[str, Any]:
        body: Any = self.reader.get(f"{PATH}/{subscription_id}").json
        return dict(body)

    def received(self) -> list[str]:
        """The ids of all events that arrived, in order."""
        return [event["eventID"] for request in self.hook.requests for event in events_in(request)]


def events_in(request: Request) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(request.body)["epcisBody"]["queryResults"]["resultsBody"][
        "eventList"
    ]
    return found


@pytest.fixture
def scene(
    app: Flask,
    session: Session,
    start_reader: StartReader,
    hook: Receiver,
    sequence: Callable[[], None],
) -> Scene:
    reader = start_reader()
    settle(session)
    assert reader.post("/queries", QUERY).status_code == 201
    return Scene(app, session, reader, hook, sequence)
