"""People who go on asking for pages while what they say changes, and notice when one is told what is no longer so."""

import gzip
import http.client
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

# They ask without a pause in a soak; elsewhere they leave some of a small machine to who commits.
PAUSE_S = 0.0 if os.environ.get("SOAK") else 0.02
NO_WARNING = ("Chưa có cảnh báo</h1>", "No warnings</h1>")
# What a page has to say, by its path; a rule of its own for each state, so that two of them are never the same.
Rule = Callable[[str], bool]


def says_no_warning(page: str) -> bool:
    """Whether the page's title is that there is no warning, in either language."""
    return any(title in page for title in NO_WARNING)


def says_a_warning(page: str) -> bool:
    """Whether its title is another one."""
    return not says_no_warning(page)


def both_languages(code: str) -> tuple[str, str]:
    """The paths of a code's page."""
    return f"/T/{code}", f"/en/T/{code}"


class Visitor:
    """A browser: it keeps what it may, asks whether that still holds, and shows it again where told so."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        self._kept: dict[str, tuple[str, str]] = {}

    def look(self, path: str) -> str:
        """The page as whoever sits before the browser sees it."""
        tag, before = self._kept.get(path, ("", ""))
        headers = {"Accept-Encoding": "gzip"} | ({"If-None-Match": tag} if tag else {})
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status == 304:
            return before
        assert answer.status == 200, f"{path} was answered {answer.status}"
        page = (gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body).decode()
        if answer.headers["ETag"] and "no-store" not in answer.headers["Cache-Control"]:
            self._kept[path] = answer.headers["ETag"], page
        return page

    def come_anew(self) -> None:
        """Ask over another connection, which another process may answer."""
        self._connection.close()

    close = come_anew


class Crowd:
    """Visitors in threads of their own that ask for ``paths`` in turn until the end of the block.

    While a path has a rule, every page of it that was asked for and came under that rule is held against it.
    """

    def __init__(self, url: str, paths: Sequence[str], visitors: int = 3) -> None:
        self.wrong: list[str] = []
        self.seen = 0
        self._url = url
        self._paths = paths
        self._rules: dict[str, Rule | None] = dict.fromkeys(paths)
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._go_on, args=[place]) for place in range(visitors)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def changing(self, paths: Sequence[str], rule: Rule) -> Iterator[None]:
        """What the body commits makes ``rule`` true of these paths, for everybody who asks after it."""
        self._rules |= dict.fromkeys(paths)
        yield
        # Another object for each change: who asked before and was answered after it is held to neither.
        self._rules |= dict.fromkeys(paths, partial(rule))

    def _go_on(self, place: int) -> None:
        visitor = Visitor(self._url)
        start = place * len(self._paths) // len(self._threads)
        for path in cycle([*self._paths[start:], *self._paths[:start]]):
            if self._is_over.wait(PAUSE_S):
                break
            rule = self._rules[path]
            try:
                page = visitor.look(path)
            except (AssertionError, OSError, http.client.HTTPException) as error:
                self.wrong.append(f"{path}: {error!r}")
                break
            self.seen += 1
            if rule is not None and rule is self._rules[path] and not rule(page):
                self.wrong.append(path)
        visitor.close()
