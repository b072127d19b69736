"""Auditing a log over HTTP: answers that are missing, unreadable, too large, or signed by nobody asked for."""

import gzip

import pytest

from tests.trace.ledger.auditing import Audit, audit, kinds, log
from tests.trace.ledger.served_log import ORIGIN, ServedLog
from trace.ledger.audit_report import Fault
from trace.ledger.log_client import LogClient, LogUnreachable
from trace.ledger.notes import Signer, sign_note

__all__ = ["audit", "log"]


@pytest.mark.parametrize("path", ["tile/entries/001.p/44", "tile/0/001.p/44", "openings/001.p/44"])
def test_what_is_not_served_is_found(log: ServedLog, audit: Audit, path: str) -> None:
    log.record(300)
    log.replaced[path] = log.replaced[path.removesuffix(".p/44")] = 404
    assert audit().first_bad_index == 256


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x00\x01", b"\x00\x01x" * 3, b"\xff" * 100])
def test_entries_that_cannot_be_read_are_found(log: ServedLog, audit: Audit, body: bytes) -> None:
    log.record(5)
    log.replaced["tile/entries/000.p/5"] = body
    assert not audit().is_clean


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"openings": {}}',
        b'{"openings": [1, null, {"index": "0"}]}',
        b"[" * 100_000,
    ],
)
def test_openings_that_cannot_be_read_are_found(log: ServedLog, audit: Audit, body: bytes) -> None:
    log.record(5)
    log.replaced["openings/000.p/5"] = body
    assert not audit().is_clean


# ----------------------------------------------------------------------------------------------- who has signed it


def test_a_checkpoint_by_another_key_is_refused(log: ServedLog, audit: Audit) -> None:
    log.record(3)
    log.note = sign_note(log.note.partition("\n\n")[0] + "\n", Signer.generate(ORIGIN))
    assert kinds(audit()) == {Fault.NOT_SIGNED}


def test_a_checkpoint_that_is_none_is_refused(log: ServedLog, audit: Audit) -> None:
    log.note = "hello\n"
    assert kinds(audit()) == {Fault.CHECKPOINT_MALFORMED}


def test_a_checkpoint_of_another_log_by_the_same_key_is_refused(log: ServedLog, audit: Audit) -> None:
    log.record(3)
    log.note = sign_note(log.note.partition("\n\n")[0].replace(ORIGIN, "other.example") + "\n", log.signer)
    assert not audit().is_clean


def test_no_checkpoint_is_a_fault(log: ServedLog, audit: Audit) -> None:
    log.replaced["checkpoint"] = 404
    assert kinds(audit()) == {Fault.CHECKPOINT_MISSING}


# ------------------------------------------------------------------------------------------- what proves nothing


@pytest.mark.parametrize("status", [500, 301, 403])
def test_an_error_of_the_server_is_no_finding(log: ServedLog, audit: Audit, status: int) -> None:
    log.record(3)
    log.replaced["openings/000.p/3"] = status
    with pytest.raises(LogUnreachable):
        audit()


def test_more_than_an_answer_may_have_is_not_taken(log: ServedLog, audit: Audit) -> None:
    log.record(3)
    log.replaced["tile/0/000.p/3"] = bytes(10_000)
    with pytest.raises(LogUnreachable):
        audit()


def test_a_packed_answer_does_not_unpack_without_end(log: ServedLog, audit: Audit) -> None:
    log.record(3)
    log.replaced["checkpoint"] = gzip.compress(bytes(10_000_000))
    with pytest.raises(LogUnreachable):
        audit()


def test_a_server_that_is_not_there_is_no_finding(audit: Audit, log: ServedLog) -> None:
    log.url = "http://127.0.0.1:9"
    with pytest.raises(LogUnreachable):
        audit()


@pytest.mark.parametrize(
    "url", ["", "nguongoc.example", "ftp://x", "http://", "http://a:b@c", "http://x:99999999"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(LogUnreachable):
        LogClient(url)
