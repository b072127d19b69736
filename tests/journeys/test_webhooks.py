"""From a batch on a page to a program elsewhere: real web server, sequencer and worker, and a real receiver."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import LiveServer
from tests.factories import ActiveBatchFactory, ActorFactory
from tests.trace.core.receivers import receiver
from trace.accounts import api_keys
from trace.cli import processes
from trace.core.database import make_engine, new_session

SECONDS = 90


def test_an_event_reaches_its_subscriber(live_server: Callable[..., LiveServer], tmp_path: Path) -> None:
    # Arrange: a running service, an organisation with a key, a subscription.
    with receiver() as hook:
        server = live_server(TRACE_OUTGOING_LOOPBACK=hook.netloc)
        sequencer = processes.start_sequencer(server.environ, tmp_path, is_own_database=True)
        engine = make_engine(server.database_url)
        try:
            with new_session(engine) as session:
                actor = ActorFactory.create(session=session)
                key = api_keys.create_api_key(session, actor, "EPCIS")
                session.commit()
                _post(server, key, "/queries", {"name": "all", "query": {}})
                made = _post(
                    server,
                    key,
                    "/queries/all/subscriptions",
                    {"dest": hook.url, "signatureToken": "s", "stream": True},
                )
                # Act: something happens.
                ActiveBatchFactory.create(session=session, actor=actor)
                session.commit()
            # Assert: it arrives, once.
            _wait_until(lambda: bool(hook.requests))
            time.sleep(6)  # longer than it takes to look again
            [request] = hook.requests
            results = json.loads(request.body)["epcisBody"]["queryResults"]
            assert results["subscriptionID"] == made["subscriptionID"]
            assert [event["bizStep"] for event in results["resultsBody"]["eventList"]] == ["commissioning"]
        finally:
            engine.dispose()
            sequencer.stop()


def _post(server: LiveServer, key: str, path: str, body: Any) -> Any:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{server.url}/epcis{path}",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
        return json.loads(answer.read())


def _wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until, f"nothing came within {SECONDS} s"
        time.sleep(0.2)
