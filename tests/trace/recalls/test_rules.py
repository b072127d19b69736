"""Rules of recalls: which reason goes with which class, which one speaks, how long a withdrawal is told."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from trace.core.clock import HANOI
from trace.recalls.rules import (
    REASONS_OF,
    RecallClass,
    RecallFacts,
    RecallReason,
    WithdrawalReason,
    gravest,
    withdrawal_to_tell,
)

TODAY = date(2026, 11, 21)
HEALTH = RecallFacts(
    recall_class=RecallClass.HEALTH,
    reason=RecallReason.PESTICIDE_RESIDUE,
    started_at=datetime(2026, 11, 20, 16, 40, tzinfo=HANOI),
    decision_number="123/QĐ-XYZ",
    decided_on=date(2026, 11, 20),
)
LABELLING = replace(HEALTH, recall_class=RecallClass.LABELLING, reason=RecallReason.WRONG_DATE)


def test_every_reason_belongs_to_exactly_one_class() -> None:
    listed = [reason for reasons in REASONS_OF.values() for reason in reasons]
    assert sorted(listed) == sorted(RecallReason)


def test_no_recall_leaves_nothing_to_speak() -> None:
    assert gravest(()) is None


def test_health_speaks_before_labelling() -> None:
    assert gravest((LABELLING, HEALTH)) is HEALTH


def test_a_recall_in_force_speaks_before_an_ended_graver_one() -> None:
    ended = replace(HEALTH, ended_on=TODAY)
    assert gravest((ended, LABELLING)) is LABELLING


def test_of_two_equal_recalls_the_newest_speaks() -> None:
    newer = replace(HEALTH, started_at=HEALTH.started_at + timedelta(days=1))
    assert gravest((HEALTH, newer)) is newer


def test_a_withdrawn_recall_never_speaks() -> None:
    assert gravest((replace(HEALTH, withdrawn_on=TODAY),)) is None


def test_a_withdrawal_is_told_for_thirty_days_and_not_longer() -> None:
    withdrawn = replace(HEALTH, withdrawn_on=TODAY, withdrawal_reason=WithdrawalReason.RETEST_PASSED)
    assert withdrawal_to_tell((withdrawn,), TODAY + timedelta(days=30)) is withdrawn
    assert withdrawal_to_tell((withdrawn,), TODAY + timedelta(days=31)) is None


def test_a_recall_without_a_decision_is_the_producers_own() -> None:
    assert replace(HEALTH, decision_number=None, decided_on=None).is_voluntary
