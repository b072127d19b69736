"""The PostgreSQL the tests run on, and databases on it. Fixtures are in ``conftest.py``."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from trace.cli.database import migrate, name_log
from trace.core import embedded, local_state
from trace.core.embedded import EmbeddedPostgres

RUNS = local_state.CHECKOUT / ".state" / "test-runs"
TEMPLATE = "trace_template"
LOG_ORIGIN = "localhost/nguon-goc-tests"


@contextlib.contextmanager
def database_server() -> Iterator[str]:
    """A server with a migrated template database, for one run of the tests; yields its URL.

    ``TRACE_TEST_DATABASE_URL`` names a server to use instead; on it everything made has a random name and
    is dropped.
    """
    given = os.environ.get("TRACE_TEST_DATABASE_URL")
    if given:
        with _template_on(given, f"{TEMPLATE}_{secrets.token_hex(4)}") as url:
            yield url
        return
    _discard_dead_runs()
    RUNS.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(RUNS / secrets.token_hex(4), durable=False)
    try:
        with server.running() as url, _template_on(url, TEMPLATE) as template:
            yield template
    finally:
        server.discard()


@contextlib.contextmanager
def copied_database(template_url: str) -> Iterator[str]:
    """A new database with all tables and no rows but those the migrations bring; dropped afterwards."""
    name = f"trace_{secrets.token_hex(6)}"
    embedded.create_database(template_url, name, template=_name_of(template_url))
    try:
        yield embedded.with_database(template_url, name)
    finally:
        embedded.drop_database(template_url, name)


@contextlib.contextmanager
def _template_on(url: str, name: str) -> Iterator[str]:
    embedded.create_database(url, name)
    template = embedded.with_database(url, name)
    migrate(template)
    name_log(template, LOG_ORIGIN)
    try:
        yield template
    finally:
        embedded.drop_database(url, name)


def _name_of(url: str) -> str:
    return url.split("?", maxsplit=1)[0].rpartition("/")[2]


def _discard_dead_runs() -> None:
    """Remove what killed runs left; a run that still goes on holds its folder."""
    for folder in RUNS.glob("*"):
        if not local_state.is_held(folder) and (folder / "installation.json").exists():
            _stop_and_discard(folder)


def _stop_and_discard(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    with contextlib.suppress(embedded.EmbeddedDatabaseError), server.running():
        # Starting is what stops a server a killed run left behind on Linux and elsewhere alike.
        pass
    server.discard()
