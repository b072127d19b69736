"""A lot to report about, its producer, an officer, and the counts and files of one test alone."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, actor_of_kind, officer_of
from tests.web import settle
from trace.accounts.permissions import Actor
from trace.core.blobs import BlobStore
from trace.reports import pictures


@dataclass(frozen=True)
class Town:
    code: str
    batch_id: str
    producer: Actor
    rival: Actor
    officer: Actor


@pytest.fixture
def town(session: Session) -> Town:
    producer = actor_of_kind(session)
    rival = actor_of_kind(session)
    officer = officer_of(session)
    lot = ActiveBatchFactory.create(session=session, actor=producer)
    made = Town(lot.code, str(lot.id), producer, rival, officer)
    settle(session)
    return made


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """``app`` puts back what is set here."""
    if "app" in request.fixturenames:
        app: Flask = request.getfixturevalue("app")
        app.extensions[pictures.STORE] = BlobStore(tmp_path / "reports")
        app.extensions[pictures.GATE] = pictures.Gate(
            lambda: 0.0
        )  # no time passes: nothing is paid for meanwhile
