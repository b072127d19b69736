"""The command that audits a log: exit codes, the pinned key, and the words it says."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.trace.ledger.served_log import ORIGIN, ServedLog, Serving, make
from trace.cli.commands import main, needs_no_service
from trace.cli.witness import make_application
from trace.core.local_state import CHECKOUT
from trace.ledger.notes import COSIGNATURE, Signer
from trace.ledger.witness import Witness

Run = Callable[..., Result]


@pytest.fixture
def log() -> Iterator[ServedLog]:
    with Serving(ServedLog()) as served:
        served.record(5)
        yield served


@pytest.fixture
def run(log: ServedLog, tmp_path: Path) -> Run:
    """Run the command on the log with a memory of the test's own."""

    def start(*options: str) -> Result:
        where = ["--url", log.url, "--state", str(tmp_path / "auditor")]
        return CliRunner().invoke(main, ["verify-log", *where, *options])

    return start


def test_a_clean_log_is_code_0_and_a_last_line_for_programs(run: Run) -> None:
    done = run()
    assert done.exit_code == 0
    assert done.output.splitlines()[-1].startswith("verify-log ok size=5 known=0 cross_checked=5 faults=0")


def test_faults_are_code_1_in_plain_words_with_the_first_bad_entry(run: Run, log: ServedLog) -> None:
    run()
    shown = log.events[2].shown
    assert shown is not None
    shown["event_date"] = "2020-01-01"
    log.events[4].shown = None
    done = run()
    assert done.exit_code == 1
    assert (
        "FAULT entry 2: the event was changed: the value shown is not the one recorded (event_date)"
        in done.output
    )
    assert "FAULT entry 4: the event of this entry is gone" in done.output
    assert "The first bad entry is 2." in done.output


def test_a_log_that_cannot_be_read_is_code_2(run: Run, log: ServedLog) -> None:
    log.replaced["checkpoint"] = 500
    done = run()
    assert done.exit_code == 2
    assert "answers 500" in done.output


def test_the_key_is_pinned_at_first_use(run: Run, log: ServedLog) -> None:
    assert log.signer.verifier.text in run().output
    log.signer = Signer.generate(ORIGIN)
    log.sign()
    done = run()
    assert done.exit_code == 1
    assert "not rightly signed" in done.output


def test_a_given_key_is_believed_and_not_the_one_the_log_shows(run: Run, log: ServedLog) -> None:
    assert run("--key", Signer.generate(ORIGIN).verifier.text).exit_code == 1
    assert run("--key", log.signer.verifier.text).exit_code == 0


def test_a_wrong_key_is_not_pinned(run: Run) -> None:
    run("--key", Signer.generate(ORIGIN).verifier.text)
    assert run().exit_code == 0


def test_another_key_than_the_pinned_one_needs_another_folder(run: Run) -> None:
    run()
    done = run("--key", Signer.generate(ORIGIN).verifier.text)
    assert done.exit_code == 2
    assert "pinned" in done.output


def test_a_log_without_a_key_asks_for_one(run: Run, log: ServedLog) -> None:
    log.replaced["key"] = 404
    done = run()
    assert done.exit_code == 2
    assert "--key" in done.output


@pytest.mark.parametrize(
    "options",
    [
        ["--key", "x"],
        ["--key", Signer.generate("witness.example", COSIGNATURE).verifier.text],
        ["--witness", Signer.generate(ORIGIN).verifier.text],
        ["--quorum", "1"],
        ["--seen", "/nowhere"],
        ["--witness-url", "ftp://x"],
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(run: Run, options: list[str]) -> None:
    done = run(*options)
    assert done.exit_code == 2
    assert len(done.output.strip().splitlines()) == 1


def test_nothing_to_audit_is_told() -> None:
    assert CliRunner().invoke(main, ["verify-log"]).exit_code == 2


def test_missing_witnesses_are_a_fault(run: Run, log: ServedLog) -> None:
    witness = Signer.generate("witness.example/w1", COSIGNATURE)
    assert run("--witness", witness.verifier.text).exit_code == 1
    log.witnesses = [witness]
    log.sign()
    done = run("--witness", witness.verifier.text)
    assert done.exit_code == 0
    assert "Cosigned by witness.example/w1." in done.output


def test_a_checkpoint_seen_elsewhere_is_held_against_the_log(
    run: Run, log: ServedLog, tmp_path: Path
) -> None:
    log.record(5)
    (tmp_path / "seen").write_text(log.note, encoding="utf-8")
    del log.events[7:]
    log.sign()
    done = run("--seen", str(tmp_path / "seen"))
    assert done.exit_code == 1
    assert "The first bad entry is 7." in done.output


def test_what_a_witness_shows_is_held_against_the_log(run: Run, log: ServedLog, tmp_path: Path) -> None:
    from tests.journeys.tampering import serving

    witness = Witness(
        Signer.generate("witness.example/w1", COSIGNATURE), [log.signer.verifier], tmp_path / "witness"
    )
    witness.add_checkpoint(f"old 0\n\n{log.note}".encode())
    assert witness.latest(sha256(ORIGIN.encode()).hexdigest()).status == 200
    with serving(make_application(witness)) as url:
        assert run("--witness-url", url).exit_code == 0
        log.events[3] = make(3)
        log.sign()
        done = run("--witness-url", url)
    assert done.exit_code == 1


def test_what_a_log_sends_moves_no_cursor(run: Run, log: ServedLog) -> None:
    log.note = log.note.replace("\n5\n", "\n5\x1b[2J\n")
    assert "\x1b" not in run().output


# ----------------------------------------------------------------------------------- on a machine without the service


def test_an_auditor_needs_no_database_and_no_setting(log: ServedLog, tmp_path: Path) -> None:
    """The command as the docs say it, by the flask command, in a bare environment."""
    where = ["--url", log.url, "--state", str(tmp_path / "auditor")]
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "trace", "verify-log", *where],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "TRACE_STATE_FOLDER": str(tmp_path / "none")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("First audit")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "is_outside"),
    [
        (["/venv/bin/flask", "--app", "trace", "verify-log", "--url", "x"], True),
        (["/venv/site-packages/flask/__main__.py", "-A", "trace", "witness"], True),
        (["flask", "--app=trace", "--debug", "make-witness-key"], True),
        (["flask", "--app", "verify-log", "run"], False),
        (["flask", "--app", "trace", "run", "witness"], False),
        (["flask", "--app", "trace"], False),
        (["flask"], False),
        (["granian", "trace:create_app", "witness"], False),
        (["/venv/bin/pytest", "verify-log"], False),
        ([""], False),
    ],
)
def test_only_commands_of_outsiders_go_without_the_application(
    arguments: list[str], is_outside: bool
) -> None:
    assert needs_no_service(arguments) is is_outside
