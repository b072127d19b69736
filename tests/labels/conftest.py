"""The producers of the workspace's tests, for the views of labels; a service that strangers reach, for runs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import actor_of_kind
from tests.producers.conftest import make_workspace, workspace
from tests.stamps import SITE
from tests.trace.shops.conftest import browse, market
from trace.accounts.permissions import Actor
from trace.core.config import Settings

__all__ = ["browse", "make_workspace", "market", "workspace"]


@pytest.fixture
def public_app(app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """The application as strangers reach it."""
    whole: Settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(
        whole, public_url=SITE, state_folder=tmp_path / "state", key_folder=tmp_path / "keys"
    )
    with app.app_context():
        yield app
    app.config["SETTINGS"] = whole


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)
