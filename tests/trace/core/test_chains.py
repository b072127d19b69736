"""Appended records: what stands, and what stood at an instant."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from producers.diary.models import DiaryEntry
from trace.core.chains import Chain, chains
from trace.core.ids import uuid7

START = datetime(2026, 11, 22, tzinfo=UTC)


def _chain(length: int, *, is_taken_back: bool = False) -> list[DiaryEntry]:
    made: list[DiaryEntry] = []
    for number in range(length):
        made.append(
            DiaryEntry(
                id=uuid7(),
                corrects_id=made[-1].id if made else None,
                is_taken_back=is_taken_back and number == length - 1,
                recorded_at=START + timedelta(hours=number),
            )
        )
    return made


def _only(records: list[DiaryEntry]) -> Chain[DiaryEntry]:
    (chain,) = chains(records)
    return chain


def test_the_newest_correction_stands() -> None:
    records = _chain(3)
    assert _only(records).last is records[2]


def test_what_had_been_recorded_by_an_instant_stood_then() -> None:
    records = _chain(3)
    assert _only(records).at(START + timedelta(hours=1, minutes=5)) is records[1]


def test_nothing_stood_before_the_first_record_or_for_a_lot_that_is_not_sealed() -> None:
    chain = _only(_chain(2))
    assert chain.at(START - timedelta(seconds=1)) is None
    assert chain.at(None) is None


def test_what_was_taken_back_before_a_lot_was_sealed_is_told_to_nobody() -> None:
    chain = _only(_chain(2, is_taken_back=True))
    assert not chain.is_told(START + timedelta(hours=2))
    assert not chain.is_told(None)


def test_what_was_taken_back_after_a_lot_was_sealed_is_still_told() -> None:
    assert _only(_chain(2, is_taken_back=True)).is_told(START + timedelta(minutes=5))


@given(lengths=st.lists(st.integers(1, 4), max_size=5), order=st.randoms(use_true_random=False))
def test_each_record_stands_in_one_chain_in_whatever_order_they_come(
    lengths: list[int], order: object
) -> None:
    records = [record for length in lengths for record in _chain(length)]
    order.shuffle(records)  # type: ignore[attr-defined]  # hypothesis types its generator as an object
    found = chains(records)
    assert sorted(len(chain.versions) for chain in found) == sorted(lengths)
    assert all(
        later.corrects_id == earlier.id
        for chain in found
        for earlier, later in zip(chain.versions, chain.versions[1:], strict=False)
    )
