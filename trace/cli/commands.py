"""The commands' names and options. What each does is in the module of its subject."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from flask import Flask


@click.group()
def main() -> None:
    """Nguồn Gốc: commands for whoever runs it."""


@main.command("serve")
@click.option("--host", envvar="HOST", default="127.0.0.1", help="Address to listen on; 0.0.0.0 for phones.")
@click.option("--port", envvar="PORT", default="8000", help="Port to listen on.")
@click.option("--demo", "demo_wish", envvar="DEMO", default="", help="0 starts with an empty database.")
@click.option("--stop-with-parent", is_flag=True, help="Stop when the process that started this one ends.")
def serve_command(host: str, port: str, demo_wish: str, stop_with_parent: bool) -> None:
    """Start database, worker and web server, and watch them."""
    from trace.cli.serve import Options, serve

    if not port.strip().isascii() or not port.strip().isdigit() or not 1 <= int(port) <= 65535:
        _stop(f"PORT={port} is no port: use a number from 1 to 65535, like `make run PORT=8000`.")
    wishes = {"": None, "0": False, "no": False, "1": True, "yes": True}
    if demo_wish.strip().lower() not in wishes:
        _stop(f"DEMO={demo_wish} is not understood: use DEMO=0 for an empty start, or leave it out.")
    options = Options(host.strip(), int(port), wishes[demo_wish.strip().lower()], stop_with_parent)
    sys.exit(serve(options, os.environ))


@main.command("web")
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8000, help="Port to listen on.")
@click.option("--workers", default=2, help="Number of processes.")
def web_command(host: str, port: int, workers: int) -> None:
    """Serve pages until stopped; the database must be there."""
    from trace.cli import web
    from trace.core.addresses import ConfigurationError

    try:
        web.run(host, port, workers)
    except ConfigurationError as error:
        _stop(str(error))


@main.command("worker")
@click.option("--stop-with-parent", is_flag=True, help="End soon after whoever started it.")
def worker_command(stop_with_parent: bool) -> None:
    """Do background jobs until stopped."""
    import os

    from trace import create_app
    from trace.core.embedded_processes import end_soon_after
    from trace.core.queue import EXTENSION, make_queue, run_worker

    if stop_with_parent:  # or it would say goodbye to a database that ended first
        end_soon_after(os.getppid())
    app = create_app()
    # An application without jobs of its own has a worker all the same: /readyz asks for its heartbeat.
    queue = app.extensions.get(EXTENSION) or make_queue(app.config["SETTINGS"].database_url)
    with app.app_context():
        run_worker(queue)


@main.command("sequence")
@click.option(
    "--make-key", is_flag=True, help="Make the signing key of a log that has published nothing yet."
)
@click.option(
    "--own-database", is_flag=True, help="The database is the checkout's own: an empty one is a new log."
)
def sequence_command(make_key: bool, own_database: bool) -> None:
    """Order the leaves of the log, sign and publish its checkpoints, until stopped; a second one waits."""
    from trace.cli import sequence
    from trace.core.addresses import ConfigurationError
    from trace.core.config import Settings
    from trace.ledger.keys import LogRefused
    from trace.ledger.services import OriginUnknown

    try:
        settings = Settings.from_environment(os.environ)
        sequence.run(settings, make_key=make_key, is_own_database=own_database)
    except (ConfigurationError, LogRefused, OriginUnknown) as error:
        _stop(str(error))


@main.command("make-log-key")
def make_log_key_command() -> None:
    """Make the signing key of a new log and print its verifier key, by which others check the log."""
    from trace.cli import sequence
    from trace.core.addresses import ConfigurationError
    from trace.core.config import Settings
    from trace.ledger.keys import LogRefused
    from trace.ledger.services import OriginUnknown

    try:
        verifier_key = sequence.make_log_key(Settings.from_environment(os.environ))
    except (ConfigurationError, LogRefused, OriginUnknown) as error:
        _stop(str(error))
    click.echo(verifier_key)


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    from trace.cli import database
    from trace.core.addresses import ConfigurationError
    from trace.core.config import Settings

    try:
        settings = Settings.from_environment(os.environ)
        changed = database.migrate(settings.migration_database_url)
        database.name_log(settings.database_url, settings.log_origin)
    except (ConfigurationError, database.DatabaseProblem) as error:
        _stop(str(error))
    click.echo(f"The schema is {database.newest_revision()}{' now' if changed else ', as it was'}.")


@main.command("check-migrations")
def check_migrations_command() -> None:
    """Migrate an empty database up, down and up, and compare it with the models."""
    from trace.cli import database
    from trace.core.embedded import EmbeddedDatabaseError, EmbeddedPostgres

    folder = Path(tempfile.mkdtemp(prefix="nguon-goc-check-"))
    server = EmbeddedPostgres(folder, durable=False)
    try:
        with server.running() as url:
            database.migrate_up_down_up(url)
            differences = database.find_differences(url)
    except (EmbeddedDatabaseError, database.DatabaseProblem) as error:
        _stop(str(error))
    finally:
        server.discard()
        shutil.rmtree(folder, ignore_errors=True)
    if differences:
        _stop(f"Migrations and models differ: {differences}")
    click.echo("Migrations run up, down and up, and match the models.")


@main.command("create-officer")
@click.option("--phone", required=True, help="The officer's mobile number, to sign in with.")
@click.option("--name", required=True, help="The officer's name.")
@click.option("--authority", required=True, help="The authority's name; set up if it is not there yet.")
@click.option("--commune", required=True, help="Code of the commune of its seat, five digits.")
@click.option("--address", default="", help="Its address as people write it.")
def create_officer_command(phone: str, name: str, authority: str, commune: str, address: str) -> None:
    """Set up an officer: only the operator can, here."""
    from trace import create_app
    from trace.cli.officers import OfficerProblem, create_officer

    try:
        password = create_officer(
            create_app(), phone=phone, name=name, authority=authority, commune=commune, address=address
        )
    except OfficerProblem as error:
        _stop(str(error))
    if password is None:
        click.echo(f"{phone} had an account already and is now an officer of {authority}.")
    else:
        click.echo(f"{phone} is an officer of {authority}. Password, told this once: {password}")


@main.group("texts")
def texts_group() -> None:
    """The texts people read."""


@texts_group.command("compile")
def compile_texts_command() -> None:
    """Merge translations/vi/*.po into the catalogue the application loads."""
    from trace.cli import texts

    try:
        texts.compile_texts()
    except texts.TextProblem as error:
        _stop(str(error))


@texts_group.command("check")
def check_texts_command() -> None:
    """Find texts without Vietnamese, contradictions, leftovers and wrong placeholders."""
    from trace.cli import texts

    problems = texts.check_texts()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        _stop(f"{len(problems)} faults in the texts.")
    click.echo("Every text has its Vietnamese.")


@main.command("find-browser")
def find_browser_command() -> None:
    """Find or install the Chromium of the browser tests, and note its path for make."""
    from trace.cli.browser import NoBrowser, provide_browser
    from trace.core.local_state import StateUnusable

    try:
        provide_browser()
    except (NoBrowser, StateUnusable) as error:
        _stop(str(error))


@main.command("verify-log")
@click.option("--url", help="Address of the service whose log is audited.")
@click.option("--state", type=click.Path(path_type=Path), help="Folder of what this auditor remembers.")
@click.option("--key", help="The log's verifier key; pinned at the first audit.")
@click.option("--witness", "witnesses", multiple=True, help="Verifier key of a witness; may stand twice.")
@click.option("--quorum", type=int, help="How many witnesses must have cosigned; all of them if not said.")
@click.option("--witness-url", "witness_urls", multiple=True, help="Where a witness shows what it cosigned.")
@click.option(
    "--seen", multiple=True, type=click.Path(path_type=Path), help="File with a checkpoint seen elsewhere."
)
@click.option(
    "--since-last", is_flag=True, help="Only entries that are new; past ones are not shown to be unchanged."
)
@click.option("--database", is_flag=True, help="Next to the database: private fields too.")
def verify_log_command(
    url: str | None,
    state: Path | None,
    key: str | None,
    witnesses: tuple[str, ...],
    quorum: int | None,
    witness_urls: tuple[str, ...],
    seen: tuple[Path, ...],
    since_last: bool,
    database: bool,
) -> None:
    """Audit the public log of a running service. Exit code 0: nothing wrong, 1: faults, 2: not audited."""
    from trace.cli.verify_log import Wish, verify_database, verify_log

    if not url and not database:
        _stop("Nothing to audit: give --url https://…, or --database next to the service itself.", 2)
    codes = [0]
    if url:
        codes.append(verify_log(Wish(url, state, key, witnesses, quorum, witness_urls, seen, since_last)))
    if database:
        codes.append(verify_database(os.environ, key))
    # What could not be audited is no excuse for what was found.
    sys.exit(1 if 1 in codes else max(codes))


@main.command("witness")
@click.option("--listen", default="127.0.0.1:8090", help="HOST:PORT to listen on.")
@click.option("--state", type=click.Path(path_type=Path), required=True, help="Folder of what was cosigned.")
@click.option("--key", type=click.Path(path_type=Path), required=True, help="File of make-witness-key.")
@click.option("--log", "logs", multiple=True, required=True, help="Verifier key of a log; may stand twice.")
def witness_command(listen: str, state: Path, key: Path, logs: tuple[str, ...]) -> None:
    """Cosign checkpoints of logs that are only ever appended to (C2SP tlog-witness)."""
    from trace.cli import addresses, witness

    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        _stop(f"--listen {listen} is no address: use HOST:PORT, like 127.0.0.1:8090.")
    try:
        signer, watched = witness.read_key(key), witness.read_logs(logs)
        addresses.check_free(host, int(port))
        click.echo(f"Witness {signer.verifier.text} listens on http://{listen}/add-checkpoint")
        witness.run(host.strip("[]"), int(port), signer, watched, state)
    except (witness.WitnessProblem, addresses.AddressUnusable) as error:
        _stop(str(error))


@main.command("make-witness-key")
@click.option("--name", required=True, help="Name of the witness, like witness.example/hanoi.")
@click.option("--key", type=click.Path(path_type=Path), required=True, help="New file for the private key.")
def make_witness_key_command(name: str, key: Path) -> None:
    """Make a key for a witness and print its public half, the verifier key."""
    from trace.cli import witness

    try:
        click.echo(witness.make_key(name, key))
    except witness.WitnessProblem as error:
        _stop(str(error))


# Commands of people who run no service: they need neither its database nor its settings.
FOR_OUTSIDERS = frozenset({"verify-log", "witness", "make-witness-key"})
# Options of the flask command itself that take a value.
FLASK_OPTIONS = frozenset({"--app", "-A", "--env-file", "-e"})


def needs_no_service(arguments: Sequence[str]) -> bool:
    """Whether a command line is ``flask … NAME`` with a command that works without the service."""
    program = Path(arguments[0])
    if program.stem != "flask" and program.parent.name != "flask":
        return False
    rest = iter(arguments[1:])
    for argument in rest:
        if argument in FLASK_OPTIONS:
            next(rest, None)
        elif not argument.startswith("-"):
            return argument in FOR_OUTSIDERS
    return False


def register(app: "Flask") -> None:
    """Offer the same commands as ``flask --app trace NAME``."""
    for command in main.commands.values():
        app.cli.add_command(command)


def _stop(sentence: str, code: int = 1) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(code)
