"""Auditing a log over HTTP: what is found when it lies, one lie each."""

import gzip
import json
from pathlib import Path

import pytest

from tests.trace.ledger.auditing import Audit, audit, kinds, log
from tests.trace.ledger.served_log import Recorded, ServedLog, make
from trace.core.local_state import StateUnusable
from trace.ledger import crosscheck, leaves
from trace.ledger.audit import Seen
from trace.ledger.audit_report import Fault
from trace.ledger.audit_state import AuditState
from trace.ledger.log_client import LogUnreachable
from trace.ledger.notes import COSIGNATURE, Signer

__all__ = ["audit", "log"]


# ------------------------------------------------------------------------------------------------- what is honest


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
def test_an_honest_log_is_clean(log: ServedLog, audit: Audit, count: int) -> None:
    log.record(count)
    report = audit()
    assert report.is_clean, report.findings
    assert (report.is_accepted, report.size, report.cross_checked) == (True, count, count)


def test_a_log_that_grew_is_clean(log: ServedLog, audit: Audit) -> None:
    for count in (3, 0, 1, 252, 1, 300):
        log.record(count)
        assert audit().is_clean
    assert audit().known_checkpoints == 5


def test_only_what_is_new_is_fetched_when_asked(log: ServedLog, audit: Audit) -> None:
    log.record(600)
    audit()
    log.asked.clear()
    log.record(1)
    assert audit(since_last=True).is_clean
    assert "tile/entries/000" not in log.asked


def test_a_hidden_field_is_no_fault(log: ServedLog, audit: Audit) -> None:
    log.record(3, commune="00004")
    del log.events[1].salts["commune"]
    report = audit()
    assert report.is_clean
    assert report.hidden_fields == 1


def test_a_full_tile_may_have_taken_the_place_of_a_partial_one(log: ServedLog, audit: Audit) -> None:
    log.record(300)
    for kind in ("tile/0", "tile/entries", "openings"):
        log.replaced[f"{kind}/001.p/44"] = 404
    note = log.note
    log.record(300)
    log.note = note
    assert audit().is_clean


def test_packed_answers_are_unpacked(log: ServedLog, audit: Audit) -> None:
    log.record(3)
    for path in ("tile/entries/000.p/3", "openings/000.p/3"):
        found = log.answer(path)
        assert isinstance(found, bytes)
        log.replaced[path] = gzip.compress(found)
    assert audit().is_clean


def test_a_lagging_cache_is_asked_again(log: ServedLog, audit: Audit) -> None:
    log.record(3)
    old = log.note
    log.record(3)
    audit()
    new, log.note = log.note, old

    def catch_up(path: str) -> None:
        if log.asked.count("checkpoint") >= 2:
            log.note = new

    log.before_answer = catch_up
    assert audit().is_clean


def test_an_id_recorded_by_two_is_a_remark_and_no_fault(log: ServedLog, audit: Audit) -> None:
    log.record(2, event_id="urn:uuid:019a3c2e-7b1a-7c40-9d2e-5f0a1b2c3d4e")
    report = audit()
    assert report.is_clean
    assert len(report.remarks) == 1


def test_an_error_declaration_may_carry_the_id_it_declares_wrong(log: ServedLog, audit: Audit) -> None:
    same = "urn:uuid:019a3c2e-7b1a-7c40-9d2e-5f0a1b2c3d4e"
    log.record(1, event_id=same)
    log.record(1, event_id=same, error_declaration={"declarationTime": "2025-11-01T00:00:00Z"})
    assert audit().remarks == []


# -------------------------------------------------------------------------------------------- what was tampered with


def test_a_changed_event_is_found_though_the_tree_is_as_it_was(log: ServedLog, audit: Audit) -> None:
    log.record(300)
    audit()
    shown = log.events[270].shown
    assert shown is not None
    shown["event_date"] = "2025-10-01"
    report = audit()
    assert report.first_bad_index == 270
    assert kinds(report) == {crosscheck.Fault.FIELD_DIFFERENT}
    assert "event_date" in str(report.findings[0])


def test_a_deleted_event_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(5)
    audit()
    log.events[2].shown = None
    report = audit()
    assert report.first_bad_index == 2
    assert kinds(report) == {crosscheck.Fault.OPENING_MISSING}


def test_a_changed_leaf_under_the_old_tree_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(5)
    audit()
    log.events[3] = make(3, verb="receive")
    report = audit()
    assert report.first_bad_index == 3
    assert Fault.LEAF_CHANGED in kinds(report)


@pytest.mark.parametrize("since_last", [False, True])
def test_a_rewritten_and_newly_signed_log_is_found(log: ServedLog, audit: Audit, since_last: bool) -> None:
    log.record(300)
    audit()
    log.events[7] = make(7, verb="receive")
    log.sign()
    report = audit(since_last=since_last)
    assert report.first_bad_index == 7
    assert {Fault.LEAF_CHANGED, Fault.ROOT_DIFFERENT} <= kinds(report)
    assert not report.is_accepted


@pytest.mark.parametrize("since_last", [False, True])
def test_a_rewritten_log_that_also_grew_is_found(log: ServedLog, audit: Audit, since_last: bool) -> None:
    log.record(300)
    audit()
    log.events[7] = make(7, verb="receive")
    log.record(300)
    assert audit(since_last=since_last).first_bad_index == 7


def test_two_swapped_leaves_are_found(log: ServedLog, audit: Audit) -> None:
    log.record(20)
    audit()
    log.events[4], log.events[9] = log.events[9], log.events[4]
    log.sign()
    report = audit()
    assert report.first_bad_index == 4
    assert report.counts[Fault.LEAF_CHANGED] == 2


def test_a_leaf_taken_out_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(20)
    audit()
    del log.events[6]
    log.sign()
    report = audit()
    assert report.first_bad_index == 6
    assert {Fault.CUT, Fault.LEAF_CHANGED} <= kinds(report)


def test_a_cut_log_is_found_with_its_first_missing_entry(log: ServedLog, audit: Audit) -> None:
    log.record(300)
    audit()
    del log.events[290:]
    log.sign()
    report = audit()
    assert report.first_bad_index == 290
    assert kinds(report) == {Fault.CUT}


def test_a_cut_log_that_grew_again_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(300)
    audit()
    del log.events[290:]
    log.record(20)
    assert audit().first_bad_index == 290


def test_what_was_cut_above_the_last_audit_is_not_seen_alone(log: ServedLog, audit: Audit) -> None:
    """The limit of every auditor, told in the docs: it cannot miss what it never saw."""
    log.record(10)
    audit()
    log.record(10)
    del log.events[15:]
    log.sign()
    assert audit().is_clean


def test_what_was_cut_above_is_shown_by_somebody_who_saw_more(log: ServedLog, audit: Audit) -> None:
    log.record(10)
    audit()
    log.record(10)
    seen = log.note
    del log.events[15:]
    log.sign()
    report = audit(seen=lambda: [Seen("a witness", seen)])
    assert report.first_bad_index == 15
    assert kinds(report) == {Fault.SEEN_LONGER}


def test_another_log_shown_to_somebody_else_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(10)
    seen = log.note
    log.events[3] = make(3)
    log.sign()
    assert kinds(audit(seen=lambda: [Seen("a witness", seen)])) == {Fault.SEEN_DIFFERENT}


def test_an_earlier_checkpoint_of_the_same_log_is_no_fault(log: ServedLog, audit: Audit) -> None:
    log.record(10)
    seen = log.note
    log.record(10)
    assert audit(seen=lambda: [Seen("a witness", seen)]).is_clean


def test_a_leaf_that_stands_twice_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(10)
    log.events.append(log.events[4])
    log.sign()
    report = audit()
    assert report.counts[Fault.LEAF_TWICE] == 1
    assert report.first_bad_index == 10


def test_what_contradicts_is_kept_as_evidence(log: ServedLog, audit: Audit, tmp_path: Path) -> None:
    log.record(10)
    audit()
    log.events[3] = make(3)
    log.sign()
    audit()
    (kept,) = (tmp_path / "auditor" / "evidence").iterdir()
    assert kept.read_text(encoding="utf-8") == log.note


def test_a_rewritten_log_never_becomes_what_is_remembered(log: ServedLog, audit: Audit) -> None:
    log.record(10)
    audit()
    kept, log.events[3] = log.events[3], make(3)
    log.sign()
    audit()
    assert audit().first_bad_index == 3
    log.events[3] = kept
    log.sign()
    assert audit().is_clean


# ------------------------------------------------------------------------------------------ what is served wrongly


def test_a_tile_that_is_not_made_of_the_entries_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(5)
    found = log.answer("tile/0/000.p/5")
    assert isinstance(found, bytes)
    log.replaced["tile/0/000.p/5"] = found[:64] + bytes(32) + found[96:]
    report = audit()
    assert (report.first_bad_index, kinds(report)) == (2, {Fault.TILE_DIFFERENT})


def test_a_wrong_tile_above_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(600)
    log.replaced["tile/1/000.p/2"] = bytes(64)
    assert kinds(audit()) == {Fault.TILE_DIFFERENT}


def test_a_shown_private_field_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(1)
    stated = json.loads(log.answer("openings/000.p/1"))  # type: ignore[arg-type]  # bytes, since the log has it
    stated["openings"][0]["fields"]["note"] = {"value": None, "salt": log.events[0].salts["note"].hex()}
    log.replaced["openings/000.p/1"] = json.dumps(stated).encode()
    assert kinds(audit()) == {crosscheck.Fault.FIELD_UNKNOWN}


def test_an_erased_core_field_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(3)
    del log.events[1].salts["event_date"]
    report = audit()
    assert (report.first_bad_index, kinds(report)) == (1, {crosscheck.Fault.FIELD_MISSING})


def test_an_entry_of_another_log_is_found(log: ServedLog, audit: Audit) -> None:
    salts = leaves.new_salts()
    log.events.append(Recorded(salts, leaves.encode_leaf("other.example", {}, salts), {}))
    log.sign()
    assert kinds(audit()) == {crosscheck.Fault.LEAF_OF_ANOTHER_LOG}


# ----------------------------------------------------------------------------------------------- who has signed it


def test_a_signed_root_that_is_not_that_of_the_entries_is_found(log: ServedLog, audit: Audit) -> None:
    log.record(3)
    note = log.note
    log.events[1] = make(1)
    log.sign()
    log.note = note
    report = audit()
    assert Fault.ROOT_DIFFERENT in kinds(report)
    assert not report.is_accepted


def test_a_quorum_of_witnesses_is_counted(log: ServedLog, audit: Audit) -> None:
    one, other = (Signer.generate(f"witness.example/{n}", COSIGNATURE) for n in (1, 2))
    log.witnesses = [one]
    log.record(3)
    keys = (one.verifier, other.verifier)
    assert audit(witnesses=keys, quorum=1).cosigned_by == ("witness.example/1",)
    assert kinds(audit(witnesses=keys, quorum=2)) == {Fault.WITNESSES_MISSING}


# ------------------------------------------------------------------------------------------- what the auditor keeps


def test_a_damaged_memory_is_told_and_not_used(log: ServedLog, audit: Audit, tmp_path: Path) -> None:
    log.record(5)
    audit()
    path = tmp_path / "auditor" / "tiles.0"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    with pytest.raises(StateUnusable):
        audit()


def test_two_audits_at_once_do_not_share_a_folder(tmp_path: Path) -> None:
    with AuditState(tmp_path), pytest.raises(StateUnusable), AuditState(tmp_path):
        pass


def test_an_audit_that_was_broken_off_leaves_the_memory_as_it_was(log: ServedLog, audit: Audit) -> None:
    log.record(300)
    audit()
    log.record(500)
    log.replaced["openings/002"] = 500
    with pytest.raises(LogUnreachable):
        audit()
    del log.replaced["openings/002"]
    report = audit()
    assert report.is_clean
    assert report.known_size == 300
