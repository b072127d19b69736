"""Work that a process does beside answering: the same again and again, in a thread of its own."""

from collections.abc import Callable
from threading import Event, Thread


class Repeating:
    """Calls ``work`` every so many seconds between ``begin`` and ``end``, and once more at the end.

    What ``work`` raises ends it: whoever writes ``work`` says what may go wrong in it.
    """

    def __init__(self, work: Callable[[], object], name: str, every_s: float) -> None:
        self._work, self._name, self._every_s = work, name, every_s
        self._ending = Event()
        self._thread: Thread | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it was begun and not ended."""
        return self._thread is not None

    def begin(self) -> None:
        """Go on from now on, in a thread that does not keep the process alive."""
        self._ending = Event()  # its own: one that was not waited for to its end must not go on again
        self._thread = Thread(target=self._go_on, args=(self._ending,), name=self._name, daemon=True)
        self._thread.start()

    def end(self, wait_s: float) -> None:
        """Call ``work`` for the last time, in its thread; wait so many seconds for it and no longer."""
        thread, self._thread = self._thread, None
        self._ending.set()
        if thread is not None:
            thread.join(wait_s)

    def _go_on(self, ending: Event) -> None:
        while not ending.wait(self._every_s):
            self._work()
        self._work()
