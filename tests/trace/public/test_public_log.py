"""What public pages say of the log: entries with time and place once covered, a proof to keep, plain words."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, actor_of_kind, give
from tests.web import settle
from trace.accounts.models import OrganisationKind
from trace.batches.models import Batch
from trace.core import local_state
from trace.events import queries as events
from trace.events.models import Verb
from trace.public.public_log import MOST_HANDOVERS, shown_events

VERIFIER = local_state.CHECKOUT / "static" / "verify" / "verify_proof.py"


@pytest.fixture
def batch(session: Session) -> Batch:
    return ActiveBatchFactory.create(session=session, actor=actor_of_kind(session))


def test_an_entry_no_checkpoint_covers_is_said_to_be_on_its_way(
    app: Flask, session: Session, batch: Batch
) -> None:
    settle(session)
    said = app.test_client().get(f"/T/{batch.code}").text
    assert "Đang ghi vào sổ" in said
    assert "Đã ghi sổ công khai" not in said


def test_the_log_is_explained_in_both_languages(app: Flask) -> None:
    client = app.test_client()
    assert "Lời khai lúc đầu có đúng không" in client.get("/log/").text
    assert "That what was declared at first was true" in client.get("/en/log/").text


def test_handovers_are_listed_while_they_are_few(session: Session) -> None:
    producer = actor_of_kind(session)
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    give(session, batch, producer, shop, "1")
    few = [event.verb for event, _title in shown_events(events.list_batch_events(session, batch.id))]
    assert few == [Verb.ACTIVATE, Verb.SHIP, Verb.RECEIVE]
    for _ in range(MOST_HANDOVERS):
        give(session, batch, producer, shop, "1")
    many = [event.verb for event, _title in shown_events(events.list_batch_events(session, batch.id))]
    assert many == [Verb.ACTIVATE]


def test_the_proof_of_another_lots_event_is_not_found(app: Flask, session: Session, batch: Batch) -> None:
    other = ActiveBatchFactory.create(session=session, actor=actor_of_kind(session))
    (event,) = events.list_batch_events(session, other.id)
    settle(session)
    assert app.test_client().get(f"/T/{batch.code}/proof/{event.id}").status_code == 404


def test_the_checking_program_is_there_and_needs_nothing_of_ours() -> None:
    told = subprocess.run(
        [sys.executable, str(VERIFIER), "--help"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(VERIFIER).parent,
        env={},
    )
    assert told.returncode == 0, told.stderr


def test_public_answers_do_not_vary_by_cookie(app: Flask) -> None:
    client = app.test_client()
    for path in ("/log/key", "/log/", "/"):
        assert "Cookie" not in client.get(path).headers.get("Vary", "")
