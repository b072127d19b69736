"""``make run``: database, worker, sequencer and web server started, watched and stopped together by one process.

Everything that can be wrong with the machine is one sentence and exit code 1. Nothing outlives this process: the
children are stopped in order, and the kernel tells them when it is killed.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import psycopg

from trace.cli import addresses, database, demo, processes, texts
from trace.cli.progress import step
from trace.core import local_state
from trace.core.addresses import ConfigurationError
from trace.core.config import Settings
from trace.core.embedded import EmbeddedDatabaseError, EmbeddedPostgres
from trace.core.embedded_processes import die_with

LOOK_EVERY_S = 0.5
PLACEHOLDER_URL = "postgresql://127.0.0.1/not-started-yet"


class Stopped(BaseException):
    """Ctrl-C or a signal asked for the end; not an error, and nothing between may catch it."""


class ServeProblem(Exception):
    """The service cannot go on; the message is one sentence that says what to do."""


PROBLEMS = (
    addresses.AddressUnusable,
    ConfigurationError,
    EmbeddedDatabaseError,
    ServeProblem,
    database.DatabaseProblem,
    demo.DemoRefused,
    local_state.StateUnusable,
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who starts it chose. ``demo`` None: fill an empty database if that is allowed."""

    host: str = "127.0.0.1"
    port: int = 8000
    demo: bool | None = None
    stop_with_parent: bool = False


def serve(options: Options, environ: Mapping[str, str], out: TextIO = sys.stdout) -> int:
    """Run until asked to stop; returns the exit code: 0 after a stop, 1 after one sentence on standard error."""
    if options.stop_with_parent:
        die_with(os.getppid(), signal.SIGTERM)
    asked = False

    def ask_to_stop(number: int, frame: object) -> None:
        nonlocal asked
        # A second Ctrl-C must not break off the orderly end the first one began.
        if not asked:
            asked = True
            raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_stop)
    try:
        with ExitStack() as stack:
            try:
                _run(options, environ, out, stack)
            finally:
                # From here the stack stops what was started; a late Ctrl-C must not break that off.
                asked = True
    except Stopped:
        print("\nStopped; nothing is left running.", file=out, flush=True)
        return 0
    except PROBLEMS as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except psycopg.Error as error:
        print(database.explain(error), file=sys.stderr, flush=True)
        return 1
    except OSError as error:
        where = Path(error.filename) if isinstance(error.filename, str) else local_state.CHECKOUT
        print(local_state.cannot_write(where, error), file=sys.stderr, flush=True)
        return 1
    return 0


def _run(options: Options, environ: Mapping[str, str], out: TextIO, stack: ExitStack) -> None:
    addresses.check_free(options.host, options.port)
    state_folder = Settings.from_environment(_complete(options, environ, PLACEHOLDER_URL)).state_folder
    local_state.open_state(state_folder)
    server = None
    if environ.get("DATABASE_URL", "").strip():
        stack.enter_context(local_state.hold(state_folder))
        complete = _complete(options, environ, environ["DATABASE_URL"])
    else:
        server = EmbeddedPostgres(state_folder)
        with step("Starting the embedded PostgreSQL", out):
            complete = _complete(options, environ, stack.enter_context(server.running()))
    settings = Settings.from_environment(complete)
    try:
        _prepare(settings, options, out)
    except (psycopg.Error, database.DatabaseProblem) as error:
        # A server whose disk is full ends; the connection only tells that nobody answers.
        fault = server.find_disk_fault() if server is not None else None
        if fault:
            raise EmbeddedDatabaseError(fault) from error
        raise
    logs = state_folder / "logs"
    children: list[processes.Child] = []

    def start(child: processes.Child) -> processes.Child:
        stack.callback(child.stop)
        children.append(child)
        return child

    with step("Starting the web server, the worker and the sequencer", out):
        web = start(processes.start_web(complete, options.host, options.port, logs))
        start(processes.start_worker(complete, logs))
        start(processes.start_sequencer(complete, logs, is_own_database=server is not None))
        _wait_for(web, addresses.local_url_of(options.host, options.port))
    local_state.announce(
        state_folder, local_state.Running(os.getpid(), settings.database_url, settings.public_url)
    )
    stack.callback(local_state.withdraw, state_folder)
    _greet(settings, options, out)
    _watch(children, server)


def _complete(options: Options, environ: Mapping[str, str], database_url: str) -> dict[str, str]:
    """The environment for the children: what the operator left open is decided here, once, for all of them."""
    complete = {
        name: value for name, value in environ.items() if value.strip() or not name.startswith("TRACE_")
    }
    is_production = bool(environ.get("DATABASE_URL", "").strip()) or "TRACE_PUBLIC_URL" in complete
    complete["DATABASE_URL"] = database_url
    if not is_production and "TRACE_SECRET_KEY" not in complete:
        folder = complete.get("TRACE_STATE_FOLDER", str(local_state.DEFAULT_STATE_FOLDER))
        complete["TRACE_SECRET_KEY"] = local_state.installation(Path(folder)).secret_key
    complete.setdefault("TRACE_PUBLIC_URL", addresses.url_of(options.host, options.port))
    return complete


def _prepare(settings: Settings, options: Options, out: TextIO) -> None:
    """Bring database and texts to what the code needs, and fill an empty database with the demo."""
    if database.find_revision(settings.migration_database_url) != database.newest_revision():
        with step("Bringing the database to the newest schema", out):
            database.migrate(settings.migration_database_url)
            database.name_log(settings.database_url, settings.log_origin)
    try:
        texts.compile_texts(only_if_older=True)
    except texts.TextProblem as error:
        raise ServeProblem(f"The texts do not fit together ({error}): correct translations/vi.") from error
    except OSError as error:
        raise ServeProblem(
            local_state.cannot_write(local_state.CHECKOUT / texts.TRANSLATIONS, error)
        ) from error
    filled = demo.find_filled_at(settings) is not None
    wanted = options.demo is not False and not filled and demo.is_empty(settings)
    demo.refuse_on_public_address(settings, filled=filled, asked=options.demo is True)
    if wanted and not settings.is_public:
        with step("Filling the empty database with the demo", out):
            demo.fill(settings)


def _wait_for(web: processes.Child, url: str) -> None:
    if not processes.wait_until_answering(url, web):
        _refuse_ended([web])
        raise ServeProblem(f"The web server does not answer at {url}: see {web.log_path}, then start again.")


def _watch(children: list[processes.Child], server: EmbeddedPostgres | None) -> None:
    """Wait for a signal. A child that ends by itself ends the whole: half a service is worse than none."""
    while True:
        time.sleep(LOOK_EVERY_S)
        _refuse_ended(children)
        if server is not None and server.process is not None and server.process.poll() is not None:
            raise ServeProblem(f"The embedded database ended: see {server.log_path}, then start again.")


def _refuse_ended(children: list[processes.Child]) -> None:
    for child in children:
        if child.has_ended():
            said = child.last_words()
            raise ServeProblem(
                f"The {child.name} ended with code {child.process.returncode}{f' ({said})' if said else ''}: see "
                f"{child.log_path}, then start again."
            )


def _greet(settings: Settings, options: Options, out: TextIO) -> None:
    """Print the address, the sign-ins and what to scan."""
    here = addresses.local_url_of(options.host, options.port)
    lines = ["", f"  Nguồn Gốc is running. Mở trang: {here}", ""]
    if options.host in addresses.EVERY_INTERFACE:
        lines += _for_phones(options)
    if settings.public_url not in {here, addresses.url_of(options.host, options.port)}:
        lines += [f"  Public address: {settings.public_url}", ""]
    filled_at = demo.find_filled_at(settings)
    if filled_at is not None:
        lines += _demo_lines(settings, filled_at)
    elif demo.is_empty(settings):
        lines += [
            "  The database is empty. Make the first officer of the authority, in another terminal:",
            '    .venv/bin/flask --app trace create-officer --phone 0912345678 --name "…" '
            '--authority "…" --commune 00004',
            "",
        ]
    lines += [f"  Logs: {settings.state_folder / 'logs'}", "  Ctrl-C stops everything.", ""]
    print("\n".join(lines), file=out, flush=True)


def _for_phones(options: Options) -> list[str]:
    if addresses.find_lan_address() is None:
        return ["  This machine is on no network, so no phone can reach it.", ""]
    url = addresses.url_of(options.host, options.port)
    return [f"  From a phone on the same network (trên điện thoại): {url}", "", *terminal_qr(url), ""]


def terminal_qr(url: str) -> list[str]:
    """The address as a QR code of half-block letters, dark on light whatever the terminal's colours."""
    import io

    import qrcode

    code = qrcode.QRCode(border=2)
    code.add_data(url)
    drawn = io.StringIO()
    # Inverted: terminals are mostly dark, and a camera wants the light border lit.
    code.print_ascii(out=drawn, invert=True)
    return [f"  {line}" for line in drawn.getvalue().rstrip("\n").splitlines()]


def _demo_lines(settings: Settings, filled_at: str) -> list[str]:
    card = demo.find_card(settings, filled_at)
    if card is None:
        return ["  This database holds demo data filled elsewhere; its sign-ins were printed there.", ""]
    width = max((len(one.role) for one in card.sign_ins), default=0)
    lines = ["  Demo data. Sign in with (đăng nhập bằng):"]
    lines += [f"    {one.role:<{width}}  {one.phone}  {one.password}  {one.name}" for one in card.sign_ins]
    lines += ["", "  Scan or open (quét hoặc mở):"]
    lines += [f"    {settings.public_url}{one.path}  {one.shows}" for one in card.scan_addresses]
    return [*lines, ""]
