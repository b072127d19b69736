"""The embedded PostgreSQL: real servers, real kills. Each test has a state folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from trace.core import embedded, local_state
from trace.core.addresses import libpq_url
from trace.core.embedded import EmbeddedDatabaseError, EmbeddedPostgres
from trace.core.embedded_binaries import find_binaries
from trace.core.embedded_processes import is_alive, working_in

CHECKOUT = Path(__file__).resolve().parents[3]
# What a command of ours does, as a process that can be killed: own the server, say so, wait.
OWNER = """
import sys, time
from pathlib import Path
from trace.core.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), durable=False).running() as url:
    print(url, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder whose data are made once and started anew by every test."""
    folder = tmp_path_factory.mktemp("embedded") / "Nguồn Gốc của 'nhà' mình" / ".state"
    folder.parent.mkdir()
    yield folder
    EmbeddedPostgres(folder).discard()


@pytest.fixture
def new_state(tmp_path: Path) -> Iterator[Path]:
    """A state folder without data."""
    yield tmp_path / "new"
    EmbeddedPostgres(tmp_path / "new").discard()


@pytest.fixture
def owner(state: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(state)],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql+psycopg://")
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def run(state: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(state, durable=False)


def ask(url: str, question: str) -> object:
    with psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def data_folder(state: Path) -> Path:
    if os.geteuid() == 0:
        return embedded.SYSTEM_FOLDER / local_state.installation(state).id / "data"
    return state / "database" / "data"


def wait_until(happened: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def test_a_server_starts_from_a_path_with_spaces_quotes_and_vietnamese_letters(state: Path) -> None:
    with run(state).running() as url:
        assert ask(url, "select current_database()") == "nguon_goc"
        assert ask(url, "select lower('Đ')") == "đ"
        assert ask(url, "show listen_addresses") == ""


def test_data_survive_a_stop(state: Path) -> None:
    with run(state).running() as url, psycopg.connect(libpq_url(url)) as connection:
        connection.execute("drop table if exists kept")
        connection.execute("create table kept as select 7 as number")
    with run(state).running() as url:
        assert ask(url, "select number from kept") == 7


def test_the_caller_s_postgresql_variables_do_not_mislead_it(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGHOST": "db.example", "PGPORT": "1", "PGDATA": "/nowhere", "PGUSER": "x"}.items():
        monkeypatch.setenv(name, value)
    with run(state).running() as url:
        assert ask(url, "select current_user") == "nguon_goc"


def test_nobody_enters_without_the_password(state: Path) -> None:
    with run(state).running() as url:
        password = url.split("nguon_goc:")[1].split("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(url.replace(password, "guess"), "select 1")
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(url.replace(f":{password}", ""), "select 1")


def test_other_users_can_read_neither_the_password_nor_the_socket(state: Path) -> None:
    with run(state).running() as url:
        socket_folder = Path(url.split("host=")[1].split("&")[0])
        private = [state, socket_folder, data_folder(state), *state.iterdir()]
        assert [path for path in private if path.stat().st_mode & 0o077] == []
        if os.geteuid() == 0:
            stranger = subprocess.run(
                ["ls", socket_folder],
                user=65533,
                group=65533,
                extra_groups=[],
                capture_output=True,
                check=False,
            )
            assert stranger.returncode != 0


def test_parent_folders_keep_their_permissions(state: Path) -> None:
    state.parent.chmod(0o700)
    before = [parent.stat().st_mode for parent in state.parents]
    with run(state).running():
        assert [parent.stat().st_mode for parent in state.parents] == before


def test_the_server_never_runs_as_root(state: Path) -> None:
    server = run(state)
    with server.running():
        assert server.process is not None
        if sys.platform.startswith("linux"):
            assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0


def test_a_stop_leaves_nothing_running_and_no_socket(state: Path) -> None:
    with run(state).running() as url:
        socket_folder = Path(url.split("host=")[1].split("&")[0])
    assert not socket_folder.exists()
    assert working_in(data_folder(state)) == []
    assert embedded.find_running(state) is None


def test_commands_of_the_same_checkout_find_the_running_server(state: Path) -> None:
    assert embedded.find_running(state) is None
    with run(state).running() as url:
        assert embedded.find_running(state) == url


def test_two_checkouts_run_side_by_side(state: Path, new_state: Path) -> None:
    with run(state).running() as here, run(new_state).running() as there:
        embedded.create_database(here, "only_here")
        assert ask(there, "select count(*) from pg_database where datname = 'only_here'") == 0


def test_a_second_start_in_the_same_checkout_is_refused(
    state: Path, owner: Callable[[], subprocess.Popen[str]]
) -> None:
    first = owner()
    with pytest.raises(EmbeddedDatabaseError, match=f"process {first.pid}"), run(state).running():
        pass


def test_a_killed_owner_takes_its_server_with_it_and_the_next_clears_the_socket(
    state: Path, owner: Callable[[], subprocess.Popen[str]]
) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a child that its parent has ended")
    process = owner()
    url = embedded.find_running(state)
    assert url is not None
    process.kill()
    process.wait()
    wait_until(lambda: working_in(data_folder(state)) == [])
    with run(state).running():
        assert not Path(url.split("host=")[1].split("&")[0]).exists()


def test_after_a_kill_of_everything_it_starts_again(
    state: Path, owner: Callable[[], subprocess.Popen[str]]
) -> None:
    process = owner()
    note = data_folder(state) / "postmaster.pid"
    postmaster = int(note.read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    process.kill()
    process.wait()
    assert note.exists()
    with run(state).running() as url:
        assert ask(url, "select 1") == 1


def test_a_process_number_given_to_a_stranger_does_not_stop_the_start(state: Path) -> None:
    with run(state).running():
        pass
    note = data_folder(state) / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{data_folder(state)}\n1\n5432\n/tmp\n\n  1 1\nready\n")
    with run(state).running() as url:
        assert ask(url, "select 1") == 1


def test_a_server_left_behind_is_stopped_before_the_next_start(state: Path) -> None:
    server = run(state)
    context = server.running()
    url = context.__enter__()
    assert server.process is not None
    left_behind = server.process
    # Forget it without stopping it, as on a system that does not tell children of their parent's end.
    server.process = None
    ask(url, "select 1")
    context.__exit__(None, None, None)
    assert left_behind.poll() is None
    with run(state).running() as again:
        wait_until(lambda: left_behind.poll() is not None)
        assert ask(again, "select 1") == 1


def test_an_interrupted_first_start_is_begun_again(new_state: Path) -> None:
    part = data_folder(new_state).with_name("data.part")
    part.mkdir(parents=True)
    (part / "PG_VERSION").write_text("18\n")
    with run(new_state).running() as url:
        assert ask(url, "select 1") == 1


def test_a_copied_checkout_gets_data_of_its_own(state: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("an ordinary user's data lie inside the checkout and are copied with it")
    with run(state).running() as url:
        copy = tmp_path / "copy"
        shutil.copytree(state, copy)
        with run(copy).running() as other:
            assert url != other
    assert local_state.installation(copy).id != local_state.installation(state).id
    run(copy).discard()


def test_data_of_a_version_this_machine_lacks_is_said_so(new_state: Path) -> None:
    data = data_folder(new_state)
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedDatabaseError, match="install PostgreSQL 9"), run(new_state).running():
        pass


def test_a_full_disk_is_said_so(new_state: Path) -> None:
    server = EmbeddedPostgres(new_state, room_for_data=2**62)
    with pytest.raises(EmbeddedDatabaseError, match=r"full .* free at least"), server.running():
        pass


def test_a_state_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(EmbeddedDatabaseError, match="Cannot write to"),
        run(tmp_path / "file" / "x").running(),
    ):
        pass


def test_a_database_is_made_from_a_template_once_and_dropped(state: Path) -> None:
    with run(state).running() as url:
        with psycopg.connect(libpq_url(url)) as connection:
            connection.execute("create table seven as select 7 as number")
        embedded.create_database(url, "Bản sao", template="nguon_goc")
        embedded.create_database(url, "Bản sao", template="nguon_goc")
        copy = embedded.with_database(url, "Bản sao")
        assert ask(copy, "select number from seven") == 7
        embedded.drop_database(url, "Bản sao")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            ask(copy, "select 1")


def test_the_newest_programs_at_hand_are_taken() -> None:
    assert find_binaries().major >= 15


def test_an_ended_process_waiting_for_its_parent_counts_as_ended() -> None:
    ended = subprocess.Popen(["true"])
    wait_until(lambda: not is_alive(ended.pid))
    ended.wait()
