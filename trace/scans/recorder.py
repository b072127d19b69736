"""The scans of one web process on their way to the database: a bounded heap in memory, and a thread that writes it.

An answer never waits for it. A crash loses what was not yet written, at most a second of scans; while the database is
away the newest ``MOST_WAITING`` are kept. Who scanned is told apart by a keyed hash that stays in memory, whose key is
random and thrown away every day.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from hashlib import blake2b
from threading import Lock

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from trace.core.background import Repeating
from trace.core.strangers import DAY_S, source_of
from trace.scans.rules import COUNTS_ONCE_IN
from trace.scans.services import Scan

EXTENSION = "scans"
WRITE_EVERY_S = 0.5
MOST_WAITING = 20_000
MOST_REMEMBERED = 100_000
WAIT_FOR_LAST_S = 2.0  # the web server gives a worker three seconds to end

log = structlog.get_logger()


class Repeats:
    """Who scanned what within ten minutes, by keyed hash alone; the oldest are forgotten first.

    A page that is read again, or in the other language, is the same scan.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_REMEMBERED) -> None:
        self._clock = clock
        self._most = most
        self._lock = Lock()
        self._begin(clock())

    def is_repeated(self, code: str, device: str, address: str) -> bool:
        """Whether the same was counted less than ten minutes ago; if not, it is from now on."""
        with self._lock:
            now = self._clock()
            if now - self._begun >= DAY_S:
                self._begin(now)
            asked = f"{code} {device} {source_of(address)}".encode()
            digest = blake2b(asked, key=self._key, digest_size=8).digest()
            before = self._seen.get(digest)
            if before is not None and now - before < COUNTS_ONCE_IN.total_seconds():
                return True
            self._seen.pop(digest, None)
            self._seen[digest] = now
            if len(self._seen) > self._most:
                del self._seen[next(iter(self._seen))]
            return False

    def __len__(self) -> int:
        return len(self._seen)

    def _begin(self, now: float) -> None:
        self._begun = now
        self._key = secrets.token_bytes(32)
        self._seen: dict[bytes, float] = {}


class Recorder:
    """Takes scans at once and writes them soon. ``write`` writes and commits, or raises SQLAlchemy's errors."""

    def __init__(
        self,
        write: Callable[[Sequence[Scan]], None],
        repeats: Repeats | None = None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._write = write
        self._repeats = repeats or Repeats()
        self._most_waiting = most_waiting
        self._waiting: deque[Scan] = deque()
        self._lock = Lock()  # of the heap; never held while anything is written
        self._writing = Lock()
        self._soon = Repeating(self.flush, "scans", WRITE_EVERY_S)
        self._dropped = 0
        self.lost = 0

    def take(self, scan: Scan, address: str) -> None:
        """Have a scan written soon, unless ``address`` made the same one just now; the address goes no further."""
        if self._repeats.is_repeated(scan.code, scan.device, address):
            return
        with self._lock:
            self._waiting.append(scan)
            self._shorten()

    def begin(self) -> None:
        """Write from now on, in a thread of this process."""
        self._soon.begin()

    def end(self) -> None:
        """Write what is left, once, and be done; waits two seconds for it and no longer."""
        self._soon.end(WAIT_FOR_LAST_S)

    def flush(self) -> bool:
        """Write what waits; False where the database cannot be reached, and it waits on."""
        with self._writing:
            with self._lock:
                taken = list(self._waiting)
                self._waiting.clear()
            if not taken:
                return True
            try:
                self._write(taken)
            except (OperationalError, InterfaceError, NoConnectionFree):
                with self._lock:
                    self._waiting.extendleft(reversed(taken))
                    self._shorten()
                return False
            except SQLAlchemyError:
                # Written again it would fail again, and hold up all that follow.
                self.lost += len(taken)
                log.exception("scans-refused", count=len(taken))
                return True
            finally:
                self._tell_lost()
        return True

    def _shorten(self) -> None:
        while len(self._waiting) > self._most_waiting:
            self._waiting.popleft()
            self._dropped += 1

    def _tell_lost(self) -> None:
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self.lost += dropped
            log.warning("scans-dropped", count=dropped)
