"""What all tests share: one PostgreSQL for a run, databases that leave no trace, a live server, no way outside.

Fast tests take ``session``: everything they write is rolled back. Journeys take ``live_server`` or
``fresh_database``: a database of their own.
"""

import ipaddress
import itertools
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from tests.databases import copied_database, database_server
from trace import create_app
from trace.cli import processes, texts
from trace.core.blobs import BlobStore
from trace.core.config import Settings
from trace.core.database import make_engine, new_session, session_factory
from trace.models import load_all
from trace.public import guessing, hidden, keeping

# Machines are shared: how long an example takes to make or to run says nothing of what it shows.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

TEMPLATE_KEY = "template_url"
_server = ExitStack()
_template: list[str] = []


class OutgoingConnection(RuntimeError):
    """A test tried to reach another machine."""


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: connections and look-ups of names go to this machine only."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or name == "" or (isinstance(name, str) and _is_this_machine(name)):
        return
    if event == "socket.getaddrinfo" and isinstance(name, str) and _is_number(name):
        return
    raise OutgoingConnection(f"Tests stay on this machine; this one wanted to reach {name!r}.")


def _is_this_machine(name: str) -> bool:
    return name in {"0.0.0.0", "::"} or name.startswith("127.") or name in {"::1", "localhost"}  # noqa: S104 - compared, not bound


def _is_number(name: str) -> bool:
    """An address in numbers: reading it asks nobody."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


sys.addaudithook(_refuse_outside)


def _start_server() -> str:
    """The template's URL, starting the server at the first call in this process."""
    if not _template:
        _template.append(_server.enter_context(database_server()))
    return _template[0]


def pytest_configure(config: pytest.Config) -> None:
    """Map every class, as the application does, and compile the texts: pages are read in Vietnamese.

    A test that imports some models alone would otherwise meet keys to tables nobody has loaded. Workers find the texts
    of a fresh clone compiled.
    """
    load_all()
    if not hasattr(config, "workerinput"):
        texts.compile_texts(only_if_older=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """With xdist: the controlling process owns the server, the workers share it."""
    node.workerinput[TEMPLATE_KEY] = _start_server()  # type: ignore[attr-defined]  # xdist's object has no types


def pytest_unconfigure() -> None:
    _server.close()
    _template.clear()


@pytest.fixture(scope="session")
def template_url(request: pytest.FixtureRequest) -> str:
    """The migrated database others are copied from; nobody connects to it."""
    given = getattr(request.config, "workerinput", {}).get(TEMPLATE_KEY)
    return str(given) if given else _start_server()


@pytest.fixture
def fresh_database(template_url: str) -> Iterator[str]:
    """The URL of a migrated, empty database of the test's own."""
    with copied_database(template_url) as url:
        yield url


@pytest.fixture(scope="session")
def engine(template_url: str) -> Iterator[Engine]:
    """An engine with the application's rights, on a database the fast tests of one worker share."""
    with copied_database(template_url) as url:
        made = make_engine(url)
        yield made
        made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose outer transaction is rolled back, whatever the test commits."""
    with engine.connect() as made:
        transaction = made.begin()
        yield made
        transaction.rollback()


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session with the application's rights; its commits are savepoints that are rolled back at the end."""
    with new_session(connection) as made:
        yield made


@dataclass(frozen=True)
class LiveServer:
    """A running service: real web server, real worker, a database of its own."""

    url: str
    database_url: str
    environ: dict[str, str]
    web: processes.Child
    worker: processes.Child | None


@pytest.fixture
def live_server(template_url: str, tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Start services: ``live_server()`` or ``live_server(worker=False, TRACE_SUPPORT_PHONE="1900 1234")``."""
    with ExitStack() as stack:
        yield lambda **asked: stack.enter_context(serving(template_url, tmp_path, **asked))


@contextmanager
def serving(
    template_url: str,
    folder: Path,
    *,
    worker: bool = True,
    workers: int = 1,
    start_web: Callable[..., processes.Child] = processes.start_web,
    **settings: str,
) -> Iterator[LiveServer]:
    """A service on a database of its own until the end of the block; ``start_web`` as in ``trace.cli.processes``."""
    with ExitStack() as stack:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        database_url = stack.enter_context(copied_database(template_url))
        folder = folder / f"live-{port}"
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TRACE_")},
            "DATABASE_URL": database_url,
            "TRACE_PUBLIC_URL": url,
            "TRACE_SECRET_KEY": secrets.token_hex(32),
            "TRACE_STATE_FOLDER": str(folder),
            **settings,
        }
        web = start_web(environ, "127.0.0.1", port, folder, workers)
        stack.callback(web.stop)
        background = processes.start_worker(environ, folder) if worker else None
        if background is not None:
            stack.callback(background.stop)
        if not processes.wait_until_answering(url, web):
            raise RuntimeError(f"The web server does not answer:\n{web.log_path.read_text(encoding='utf-8')}")
        yield LiveServer(url, database_url, environ, web, background)


@contextmanager
def sequencing(service: LiveServer) -> Iterator[None]:
    """The log of a service is written until the end of the block."""
    folder = Path(service.environ["TRACE_STATE_FOLDER"])
    sequencer = processes.start_sequencer(service.environ, folder, is_own_database=True)
    try:
        yield
    finally:
        sequencer.stop()


# Below the ports that the system lends to connections: between our look and the service's start it would lend one of
# those to somebody else. Processes that run at once begin at different places, and none is given twice.
_PORTS = itertools.cycle(range(20_000 + os.getpid() * 97 % 10_000, 32_000))


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    for port in _PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the ports go round")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser ``make test`` found or installed."""
    path = os.environ.get("CHROMIUM")
    if not path:
        pytest.fail("No browser: run the tests by `make test`, or name one in CHROMIUM.")
    return path


def build_app(engine: Engine, bind: Engine | Connection, folder: Path, **more: str) -> Flask:
    """The whole application, its files in ``folder``."""
    settings = Settings.from_environment(
        {
            "DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "TRACE_SECRET_KEY": secrets.token_hex(32),
            "TRACE_STATE_FOLDER": str(folder),
            **more,
        }
    )
    made = create_app(settings, bind=bind)
    made.config["TESTING"] = True
    return made


@pytest.fixture(scope="session")
def built_app(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application, built once for a worker's tests: building it takes longer than most of them."""
    return build_app(engine, engine, tmp_path_factory.mktemp("state"))


@pytest.fixture
def app(built_app: Flask, connection: Connection, tmp_path: Path) -> Iterator[Flask]:
    """The application on the rolled-back connection, with files of the test's own; what a test sets in it is undone."""
    whole, settings_before = dict(built_app.extensions), dict(built_app.config)
    built_app.extensions |= {
        "sessions": session_factory(connection),
        "blobs": BlobStore(tmp_path / "blobs"),
        "papers": BlobStore(tmp_path / "blobs" / "papers"),
        guessing.EXTENSION: guessing.new_guesses(built_app.config["SETTINGS"]),
        hidden.EXTENSION: hidden.new_tries(built_app.config["SETTINGS"]),
        # Kept pages are for requests that each have a connection of their own.
        keeping.EXTENSION: None,
    }
    yield built_app
    built_app.extensions.clear()
    built_app.extensions |= whole
    built_app.config.clear()
    built_app.config |= settings_before
