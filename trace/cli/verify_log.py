"""The command that audits a log: reads options, runs the audit, says in words what was found.

Exit code 0: nothing wrong. 1: faults were found. 2: the audit could not be made, which proves nothing.
"""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from sqlalchemy.exc import DBAPIError

from trace.core.local_state import DEFAULT_STATE_FOLDER, StateUnusable
from trace.ledger.audit import Policy, Seen, audit
from trace.ledger.audit_report import Report
from trace.ledger.audit_state import AuditState
from trace.ledger.log_client import LARGEST_CHECKPOINT, LogClient, LogUnreachable
from trace.ledger.notes import COSIGNATURE, ED25519, MalformedNote, Verifier

CLEAN, FAULTY, NOT_AUDITED = 0, 1, 2
MOST_SHOWN = 20
LONGEST_KEY = 4096


class AuditImpossible(Exception):
    """The audit cannot be made as asked; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the auditor asked for on the command line."""

    url: str
    state: Path | None = None
    key: str | None = None
    witnesses: tuple[str, ...] = ()
    quorum: int | None = None
    witness_urls: tuple[str, ...] = ()
    seen: tuple[Path, ...] = ()
    since_last: bool = False


def verify_log(wish: Wish, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Audit once and tell it, on standard output and error unless said otherwise; returns the exit code."""
    out, err = out or sys.stdout, err or sys.stderr
    began = time.monotonic()
    try:
        with (
            LogClient(wish.url) as client,
            AuditState(wish.state or _folder_for(wish.url)) as state,
        ):
            key, is_new = _pin(wish, client, state)
            policy = _policy(wish, key)
            report = audit(client, state, policy, _progress(err))
            if is_new and report.is_accepted:
                state.pin_key(key)
                print(f"First audit: the key {key.text} is pinned from now on.", file=out)
    except (AuditImpossible, LogUnreachable, StateUnusable) as error:
        print(error, file=err, flush=True)
        return NOT_AUDITED
    tell(report, f"kept in {state.folder}", time.monotonic() - began, out)
    return CLEAN if report.is_clean else FAULTY


def verify_database(
    environ: Mapping[str, str], key: str | None, out: TextIO | None = None, err: TextIO | None = None
) -> int:
    """Audit the log next to the database of this installation, private fields included; returns the exit code."""
    from trace.core.addresses import ConfigurationError
    from trace.core.config import Settings
    from trace.core.database import make_engine, new_session
    from trace.events.audit import audit_database
    from trace.ledger.keys import LastCheckpoint, LogRefused, load_signer
    from trace.ledger.services import OriginUnknown, log_origin
    from trace.models import load_all

    out, err = out or sys.stdout, err or sys.stderr
    began = time.monotonic()
    try:
        load_all()
        settings = Settings.from_environment(environ)
        with ExitStack() as stack:
            engine = make_engine(settings.database_url)
            stack.callback(engine.dispose)
            session = stack.enter_context(new_session(engine))
            # One picture of the whole: what is recorded meanwhile belongs to the next audit.
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            origin = log_origin(session)
            file = settings.log_key_file
            verifier = _read_key(key, ED25519) if key else load_signer(file, origin).verifier
            last = LastCheckpoint.beside(file).find(verifier, origin)
            report = audit_database(session, verifier, last, _progress(err))
    except (AuditImpossible, ConfigurationError, LogRefused, OriginUnknown) as error:
        print(error, file=err, flush=True)
        return NOT_AUDITED
    except DBAPIError as error:
        print(f"The database cannot be read ({error.orig}): try again.", file=err, flush=True)
        return NOT_AUDITED
    where = (
        "of the database" if last is None else f"of the database and of {LastCheckpoint.beside(file).path}"
    )
    tell(report, where, time.monotonic() - began, out)
    return CLEAN if report.is_clean else FAULTY


def tell(report: Report, where: str, seconds: float, out: TextIO) -> None:
    """Print what was found, the last line for programs; ``where`` says whose memory it was held against."""
    lines = [
        f"Log {report.origin or '(unknown)'}: {report.size} entries; {report.known_size} were known from "
        f"{report.known_checkpoints} earlier checkpoints, {where}."
    ]
    if report.cosigned_by:
        lines.append(f"Cosigned by {', '.join(report.cosigned_by)}.")
    if report.hidden_fields:
        lines.append(f"{report.hidden_fields} fields are erased; that is allowed and shows.")
    lines += [f"Remark: {remark}." for remark in report.remarks]
    ordered = sorted(report.findings, key=lambda one: (one.index is not None, one.index or 0))
    lines += [f"FAULT {finding}" for finding in ordered[:MOST_SHOWN]]
    faults = sum(report.counts.values())
    if faults > MOST_SHOWN:
        kinds = ", ".join(f"{kind} {count}" for kind, count in report.counts.most_common())
        lines.append(f"… {faults} faults in all: {kinds}.")
    if report.first_bad_index is not None:
        lines.append(f"The first bad entry is {report.first_bad_index}.")
    if report.is_clean:
        lines.append("Nothing is wrong: only ever appended to, and every entry says what is shown.")
    first = "-" if report.first_bad_index is None else report.first_bad_index
    lines.append(
        f"verify-log {'ok' if report.is_clean else 'FAULTS'} size={report.size} known={report.known_size} "
        f"cross_checked={report.cross_checked} faults={faults} first_bad_index={first} seconds={seconds:.1f}"
    )
    # What a log sends ends up in a terminal: nothing in it may move the cursor.
    print("\n".join(_printable(line) for line in lines), file=out, flush=True)


def _printable(line: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in line)


def _folder_for(url: str) -> Path:
    """One folder for each address, in the state of this checkout."""
    return DEFAULT_STATE_FOLDER / "audits" / sha256(url.rstrip("/").encode()).hexdigest()[:16]


def _pin(wish: Wish, client: LogClient, state: AuditState) -> tuple[Verifier, bool]:
    """The log's key: the one given, or the one pinned, or at first use the one the log shows; and whether it is new."""
    pinned = state.find_key()
    given = _read_key(wish.key, ED25519) if wish.key else None
    if pinned is not None:
        if given is not None and given != pinned:
            raise AuditImpossible(
                f"The key pinned in {state.folder} is {pinned.text}: if the log has a new one and said so, audit it in "
                "a new folder by --state and keep the old one."
            )
        return pinned, False
    if given is None:
        shown = client.fetch("key", LONGEST_KEY)
        if shown is None:
            raise AuditImpossible(f"{wish.url} shows no key: give the log's verifier key by --key.")
        given = _read_key(shown.decode("utf-8", "replace").strip(), ED25519)
    return given, True


def _policy(wish: Wish, key: Verifier) -> Policy:
    witnesses = tuple(_read_key(text, COSIGNATURE) for text in wish.witnesses)
    distinct = len({one.public_key for one in witnesses})
    quorum = distinct if wish.quorum is None else wish.quorum
    if not 0 <= quorum <= distinct:
        raise AuditImpossible(f"--quorum {quorum} is more than the {distinct} keys given by --witness.")
    return Policy(key, witnesses, quorum, wish.since_last, _look_elsewhere(wish, key))


def _look_elsewhere(wish: Wish, key: Verifier) -> Callable[[], list[Seen]]:
    """What witnesses and others were shown of this log (C2SP tlog-witness, "Monitor Retrieval Mechanism")."""
    place = f"{sha256(key.name.encode()).hexdigest()}/checkpoint"

    def look() -> list[Seen]:
        found = []
        for url in wish.witness_urls:
            with LogClient(url, prefix="") as witness:
                note = witness.fetch(place, LARGEST_CHECKPOINT)
            if note is not None:
                found.append(Seen(f"the witness at {url}", note.decode("utf-8", "replace")))
        for path in wish.seen:
            try:
                found.append(Seen(str(path), path.read_text(encoding="utf-8")))
            except (OSError, UnicodeDecodeError) as error:
                raise AuditImpossible(f"Cannot read {path}: give a file with a signed checkpoint.") from error
        return found

    return look


def _read_key(text: str, kind: int) -> Verifier:
    try:
        key = Verifier.from_text(text)
    except MalformedNote as error:
        raise AuditImpossible(f"{_printable(text[:80])} is no verifier key ({error}).") from error
    if key.kind != kind:
        raise AuditImpossible(f"{key.text} is the key of a {'log' if key.kind == ED25519 else 'witness'}.")
    return key


def _progress(err: TextIO) -> Callable[[int, int], None]:
    """Tell a person at a terminal how far it is, once a second."""
    told_at = time.monotonic()

    def show(done: int, size: int) -> None:
        nonlocal told_at
        if err.isatty() and (time.monotonic() - told_at > 1 or done == size):
            told_at = time.monotonic()
            print(f"\r{done} of {size} entries", end="\n" if done == size else "", file=err, flush=True)

    return show
