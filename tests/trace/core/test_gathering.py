"""Questions asked together: each gets its own answer, later than it was asked, and one that fails fails alone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event

import pytest

from trace.core.gathering import Gathering


def test_each_question_gets_its_own_answer() -> None:
    gathering: Gathering[int, int] = Gathering(lambda asked: [one * one for one in asked], ValueError, most=5)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(gathering.ask, range(2_000))) == [one * one for one in range(2_000)]


def test_who_comes_while_one_is_asked_is_asked_for_together() -> None:
    goes_on, began, sizes = Event(), Event(), []

    def answer_all(asked: Sequence[int]) -> Sequence[int]:
        sizes.append(len(asked))
        began.set()
        assert goes_on.wait(10)
        return asked

    gathering: Gathering[int, int] = Gathering(answer_all, ValueError)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(gathering.ask, 0)
        assert began.wait(10)
        others = [pool.submit(gathering.ask, number) for number in range(1, 7)]
        while len(gathering._waiting) < len(others):
            pass
        goes_on.set()
        assert [one.result(10) for one in (first, *others)] == list(range(7))
    assert sizes == [1, 6]


def test_no_answer_is_older_than_its_question() -> None:
    clock = count()
    gathering: Gathering[int, int] = Gathering(lambda asked: [next(clock)] * len(asked), ValueError)

    def ask(_number: int) -> bool:
        before = next(clock)
        return gathering.ask(before) > before

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(2_000)))


def test_a_question_that_cannot_be_answered_fails_alone() -> None:
    def answer_all(asked: Sequence[int]) -> Sequence[int]:
        if 13 in asked:
            raise ValueError("thirteen")
        return asked

    gathering: Gathering[int, int] = Gathering(answer_all, ValueError)

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(gathering.ask, number % 20) for number in range(400)]
        for number, one in enumerate(asked):
            if number % 20 == 13:
                with pytest.raises(ValueError, match="thirteen"):
                    one.result(10)
            else:
                assert one.result(10) == number % 20
