"""Questions that are asked at the same time, answered together: the more are asked, the less each one costs.

Whoever comes while nobody asks, asks at once, for itself and for all who came meanwhile. Nobody waits for company: a
question asked alone takes no longer than without this. An answer is never older than its question.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class _Waiting(Generic[Question, Answer]):
    """One question. ``answer`` is a list of one once it is there; ``turn`` is let go when there is something to do."""

    __slots__ = ("answer", "is_over", "question", "turn")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.answer: list[Answer] = []
        self.is_over = False
        self.turn = Lock()
        self.turn.acquire()


class Gathering(Generic[Question, Answer]):
    """``answer_all`` answers several questions, in their order, or raises ``failure``; one at a time is under way."""

    def __init__(
        self,
        answer_all: Callable[[Sequence[Question]], Sequence[Answer]],
        failure: type[Exception],
        most: int = 64,
    ) -> None:
        self._answer_all = answer_all
        self._failure = failure
        self._most = most
        self._lock = Lock()
        self._waiting: list[_Waiting[Question, Answer]] = []
        self._is_asking = False

    def ask(self, question: Question) -> Answer:
        """The answer, of a moment after this was called; raises what ``answer_all`` does."""
        mine: _Waiting[Question, Answer] = _Waiting(question)
        with self._lock:
            self._waiting.append(mine)
            has_to_wait, self._is_asking = self._is_asking, True
        if has_to_wait:
            mine.turn.acquire()
        if not mine.is_over:
            self._ask_for_all()
        if not mine.answer:  # asking for all failed: then each one by itself
            return self._answer_all([question])[0]
        return mine.answer[0]

    def _ask_for_all(self) -> None:
        with self._lock:
            taken, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            answers = self._answer_all([one.question for one in taken])
            for one, answer in zip(taken, answers, strict=True):
                one.answer.append(answer)
        except self._failure:
            pass  # it may be of one question alone, and each will know whether of its own
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._is_asking = following is not None
            if following is not None:
                following.turn.release()
            for one in taken:
                one.is_over = True
                one.turn.release()
