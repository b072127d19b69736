"""The PostgreSQL that is started where ``DATABASE_URL`` is not set. Nothing else starts a database.

A server of our own for one checkout: on a unix socket only, in a folder of its own, behind a random
password. Other people with an account on the machine cannot reach the socket (folder 0700), and processes
of the same system user as the server cannot enter without the password (SCRAM). As root the server runs as
``nobody``, because PostgreSQL refuses to run as root; its data then lives under /var/lib, so that no
folder of root has to be opened for it.
"""

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from trace.core import local_state
from trace.core.addresses import libpq_url
from trace.core.embedded_binaries import Binaries, NoBinaries, find_binaries
from trace.core.embedded_processes import dies_with_parent, stop, working_in
from trace.core.embedded_size import free_disk, settings_for
from trace.core.machine import memory_of_machine

NAME = "nguon_goc"
PORT = 5432  # only names the socket file; no network port is opened
SYSTEM_FOLDER = Path("/var/lib/nguon-goc")
UNPRIVILEGED_USER = "nobody"
SOCKET_PREFIX = "nguon-goc-"
# A unix socket's path has at most 103 bytes on macOS, 107 on Linux; the rest is the random name and the file.
LONGEST_TEMPORARY_FOLDER = 60
ROOM_FOR_NEW_DATA = 300 * 1024 * 1024
ROOM_TO_START = 64 * 1024 * 1024
LARGEST_LOG = 5 * 1024 * 1024
READY_WITHIN_S = 180.0  # after a crash the log of changes is read again first
GENTLE_STOP = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
# The server needs nothing of the caller's environment, and a PGDATA or PGPORT there would mislead it.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "LANG": "C", "TZ": "UTC"}
FAST_AND_LOSSY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_wal_size": "256MB",
}

DISK_FAULTS = (
    ("No space left on device", "full", "free some space"),
    ("Read-only file system", "read-only", "make it writable"),
)


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot run; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class _Account:
    """The system user the server runs as; ``user`` None means the caller."""

    user: int | None = None
    group: int | None = None

    def own(self, path: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


class EmbeddedPostgres:
    """One checkout's own PostgreSQL server, run as a child of this process.

    ``durable=False`` trades safety at a power cut for speed: for tests only. ``room_for_data`` is how many
    bytes must be free before data are made.
    """

    def __init__(
        self, state_folder: Path, *, durable: bool = True, room_for_data: int = ROOM_FOR_NEW_DATA
    ) -> None:
        self.state_folder = state_folder.absolute()
        self.durable = durable
        self.room_for_data = room_for_data
        self.process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """Own the server until the end of the block; yields the URL of its database in SQLAlchemy's form.

        Raises ``EmbeddedDatabaseError`` with one sentence that says what to do.
        """
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(local_state.hold(self.state_folder))
                url = self._start(stack)
                create_database(url, NAME)
                url = with_database(url, NAME)
                local_state.announce(self.state_folder, local_state.Running(os.getpid(), url))
                stack.callback(local_state.withdraw, self.state_folder)
            except (local_state.StateUnusable, NoBinaries) as error:
                raise EmbeddedDatabaseError(str(error)) from error
            except psycopg.Error as error:
                raise EmbeddedDatabaseError(self._explain(str(error))) from error
            except OSError as error:
                where = Path(error.filename) if isinstance(error.filename, str) else self.state_folder
                raise EmbeddedDatabaseError(local_state.cannot_write(where, error)) from error
            yield url

    def _start(self, stack: contextlib.ExitStack) -> str:
        installation = self._own_installation()
        account, home = self._place(installation)
        data = home / "data"
        made_by = data / "PG_VERSION"
        binaries = find_binaries(int(made_by.read_text().strip()) if made_by.exists() else None)
        if account.user is not None:
            programs = SYSTEM_FOLDER / "programs"
            programs.mkdir(exist_ok=True, mode=0o755)
            binaries = binaries.copied_to(programs)
        _refuse_without_room(home, ROOM_TO_START if made_by.exists() else self.room_for_data)
        _clear_after_crash(data)
        _remove_socket_folder(local_state.find_announced(self.state_folder))
        socket_folder = _make_socket_folder(account)
        stack.callback(shutil.rmtree, socket_folder, ignore_errors=True)
        self._log_start = self._rotate_log()
        if not made_by.exists():
            self._make_data(binaries, data, socket_folder, account, installation.database_password)
        self._launch(binaries, data, socket_folder, account)
        stack.callback(self.stop)
        self._wait_until_ready(data)
        password = quote(installation.database_password, safe="")
        host = quote(str(socket_folder), safe="/")
        return f"postgresql+psycopg://{NAME}:{password}@/postgres?host={host}&port={PORT}"

    def stop(self) -> None:
        """Stop the server, gently first; connections end, committed data stays."""
        process, self.process = self.process, None
        if process is None:
            return
        for number, patience_s in GENTLE_STOP:
            if process.poll() is not None:
                return
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience_s)

    def discard(self) -> None:
        """Remove the data and the state folder for good; the server must not be running."""
        if (self.state_folder / "installation.json").exists() and os.geteuid() == 0:
            installation = self._own_installation()
            shutil.rmtree(SYSTEM_FOLDER / installation.id, ignore_errors=True)
        shutil.rmtree(self.state_folder, ignore_errors=True)

    @property
    def log_path(self) -> Path:
        return self.state_folder / "database.log"

    def _own_installation(self) -> local_state.Installation:
        """The random values of this checkout; new ones in a copy of a checkout whose data they still name."""
        installation = local_state.installation(self.state_folder)
        if os.geteuid() != 0:
            return installation
        note = SYSTEM_FOLDER / installation.id / "checkout.txt"
        try:
            other = Path(note.read_text(encoding="utf-8").strip())
        except OSError:
            return installation
        if other != self.state_folder and (other / "installation.json").exists():
            theirs = local_state.installation(other)
            if theirs.id == installation.id:
                return local_state.renew_installation(self.state_folder)
        return installation

    def _place(self, installation: local_state.Installation) -> tuple[_Account, Path]:
        """Who runs the server and where its files are."""
        if os.geteuid() != 0:
            home = self.state_folder / "database"
            home.mkdir(mode=0o700, exist_ok=True)
            return _Account(), home
        try:
            entry = pwd.getpwnam(UNPRIVILEGED_USER)
        except KeyError as error:
            raise EmbeddedDatabaseError(
                f"PostgreSQL does not run as root, and this machine has no user {UNPRIVILEGED_USER}: "
                "start as an ordinary user, or set DATABASE_URL."
            ) from error
        SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True, mode=0o711)
        SYSTEM_FOLDER.chmod(0o711)
        home = SYSTEM_FOLDER / installation.id
        home.mkdir(exist_ok=True, mode=0o711)
        # The unprivileged user may pass through, not write: it must not be able to exchange the programs.
        home.chmod(0o711)
        (home / "checkout.txt").write_text(f"{self.state_folder}\n", encoding="utf-8")
        return _Account(entry.pw_uid, entry.pw_gid), home

    def _make_data(
        self, binaries: Binaries, data: Path, scratch: Path, account: _Account, password: str
    ) -> None:
        """Make the data folder under another name first: an interrupted start leaves nothing half made."""
        part = data.with_name("data.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)
        part.mkdir(mode=0o700)
        account.own(part)
        password_file = scratch / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(f"{password}\n", encoding="ascii")
        account.own(password_file)
        command: list[str | Path] = [
            binaries.initdb, "--pgdata", part, "--username", NAME, "--pwfile", password_file,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
        ]  # fmt: skip
        if not self.durable:
            command.append("--no-sync")
        if binaries.major >= 17:
            # Lower and upper case of Vietnamese letters without a locale of the system.
            command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        try:
            code = _start_program(command, self.log_path, account, tied=True).wait()
        finally:
            password_file.unlink(missing_ok=True)
        if code != 0:
            shutil.rmtree(part, ignore_errors=True)
            raise EmbeddedDatabaseError(self._explain(f"initdb ended with {code}"))
        part.rename(data)

    def _launch(self, binaries: Binaries, data: Path, socket_folder: Path, account: _Account) -> None:
        options = {
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **(settings_for(memory_of_machine(), free_disk(data)) if self.durable else FAST_AND_LOSSY),
        }
        command: list[str | Path] = [
            binaries.postgres, "-D", data, "-k", socket_folder, "-h", "", "-p", str(PORT)
        ]  # fmt: skip
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.process = _start_program(command, self.log_path, account, tied=True)

    def _wait_until_ready(self, data: Path) -> None:
        give_up_at = time.monotonic() + READY_WITHIN_S
        while self.process is not None and self.process.poll() is None:
            if _status(data) == "ready":
                return
            if time.monotonic() > give_up_at:
                break
            time.sleep(0.02)
        raise EmbeddedDatabaseError(self._explain("it did not become ready"))

    def _rotate_log(self) -> int:
        """Start the log anew when it has grown large; returns where this start's report begins."""
        self.log_path.touch(mode=0o600)
        size = self.log_path.stat().st_size
        if size < LARGEST_LOG:
            return size
        self.log_path.replace(self.log_path.with_suffix(".log.1"))
        self.log_path.touch(mode=0o600)
        return 0

    def find_disk_fault(self, cause: str = "") -> str | None:
        """One sentence when what the server wrote since its start, or ``cause``, tells of the disk; else None."""
        report = self._report() + cause
        for sign, state, cure in DISK_FAULTS:
            if sign in report:
                return f"The disk is {state}, so the embedded database cannot run: {cure}, then start again."
        return None

    def _report(self) -> str:
        with self.log_path.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode("utf-8", "replace")

    def _explain(self, cause: str) -> str:
        """One sentence for a start that failed, from what the server wrote about it."""
        fault = self.find_disk_fault(cause)
        if fault:
            return fault
        told = re.findall(r"(?:FATAL|PANIC|ERROR|error): +(.+)", self._report())
        reason = told[-1].strip().rstrip(".") if told else " ".join(cause.split()).rstrip(".")
        return f"The embedded database did not start ({reason}): see {self.log_path}, then start again."


def find_running(state_folder: Path) -> str | None:
    """The URL of the database that runs for this state folder, or None."""
    running = local_state.find_running(state_folder)
    return running.database_url if running else None


def with_database(url: str, name: str) -> str:
    """The same server's URL with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(name, safe='')}"))


def create_database(url: str, name: str, template: str | None = None) -> None:
    """Make a database on the server of ``url``, empty or as a copy of ``template``; an existing one stays."""
    with psycopg.connect(libpq_url(with_database(url, "postgres")), autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            return
        statement = sql.SQL("create database {} template {}").format(
            sql.Identifier(name), sql.Identifier(template or "template1")
        )
        connection.execute(statement)


def drop_database(url: str, name: str) -> None:
    """Remove a database and end its connections; a missing one is as good as removed."""
    with psycopg.connect(libpq_url(with_database(url, "postgres")), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _start_program(
    command: list[str | Path], log_path: Path, account: _Account, *, tied: bool = False
) -> subprocess.Popen[bytes]:
    """Start a program of the server as its user, from a folder that every user can enter.

    ``tied``: it stops when this process ends. Its own session, because a Ctrl-C in the terminal is for the
    owner, who stops the server last.
    """
    with log_path.open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGINT) if tied else None,  # noqa: PLW1509 - one prctl call
            user=account.user,
            group=account.group,
            extra_groups=None if account.user is None else [],
        )


def _make_socket_folder(account: _Account) -> Path:
    temporary = tempfile.gettempdir()
    # Root's own temporary folder may be closed to the user the server runs as.
    if account.user is not None or len(os.fsencode(temporary)) > LONGEST_TEMPORARY_FOLDER:
        temporary = "/tmp"  # noqa: S108 - only a folder of mode 0700 with a random name is made in it
    folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=temporary))
    account.own(folder)
    return folder


def _refuse_without_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise EmbeddedDatabaseError(
            f"The disk of {folder} is full ({free // 2**20} MB free): free at least {needed // 2**20} "
            "MB, then start again."
        )


def _clear_after_crash(data: Path) -> None:
    """Stop what a killed owner left running on this data, and remove the traces it left.

    Called under the lock, so that no living owner's server is touched. Postgres works in its data folder,
    which tells its processes from a stranger that was given the same process number later.
    """
    note = data / "postmaster.pid"
    try:
        lines = note.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    postmaster = int(lines[0]) if lines and lines[0].isdigit() else None
    left = working_in(data, postmaster)
    first = [pid for pid in left if pid == postmaster]
    if not stop(first, GENTLE_STOP) or not stop(working_in(data), GENTLE_STOP):
        raise EmbeddedDatabaseError(
            f"An earlier database (process {postmaster}) still runs and cannot be stopped: end it, then "
            "start again."
        )
    note.unlink(missing_ok=True)


def _remove_socket_folder(left: local_state.Running | None) -> None:
    """Remove the socket folder of an owner that was killed; its server ended by itself and left it."""
    host = parse_qs(urlsplit(left.database_url).query).get("host", [""])[0] if left else ""
    if Path(host).name.startswith(SOCKET_PREFIX):
        shutil.rmtree(host, ignore_errors=True)


def _status(data: Path) -> str:
    """The last line of the server's own note: starting, ready, stopping; empty when there is none yet."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""
