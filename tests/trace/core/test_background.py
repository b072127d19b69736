"""Work beside answering: again and again, once more at the end, and never longer than one waits for it."""

from threading import Event

from trace.core.background import Repeating


def test_it_goes_on_until_it_is_ended() -> None:
    calls: list[None] = []
    third = Event()

    def work() -> None:
        calls.append(None)
        if len(calls) == 3:
            third.set()

    repeating = Repeating(work, "test", 0.001)
    repeating.begin()
    assert third.wait(10)
    repeating.end(10)
    assert not repeating.is_under_way


def test_the_last_call_is_made_at_the_end() -> None:
    calls: list[None] = []
    repeating = Repeating(lambda: calls.append(None), "test", 3600)
    repeating.begin()
    assert repeating.is_under_way
    repeating.end(10)
    assert calls == [None]


def test_the_end_does_not_wait_longer_than_it_may() -> None:
    goes_on = Event()
    repeating = Repeating(goes_on.wait, "test", 0.001)
    repeating.begin()
    repeating.end(0.01)
    assert not goes_on.is_set()
    goes_on.set()


def test_it_can_be_begun_again() -> None:
    calls: list[None] = []
    repeating = Repeating(lambda: calls.append(None), "test", 3600)
    for _ in range(2):
        repeating.begin()
        repeating.end(10)
    assert calls == [None, None]


def test_what_was_never_begun_can_be_ended() -> None:
    Repeating(lambda: None, "test", 3600).end(10)
