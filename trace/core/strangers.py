"""Slowing strangers who try one thing after another, without keeping who they are.

Counts live in the memory of one process, in a table whose size is fixed: an address is only ever a key for two of its
cells, by a keyed hash whose key is random, in memory alone, and thrown away every day with all counts. Nobody is
locked out for long: a count drains away by itself.
"""

import ipaddress
import math
import re
import secrets
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock

CELLS = 1 << 16  # in each of the two rows: one megabyte in all
DAY_S = 24 * 60 * 60.0
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}")
_SIXTY_FOUR = 64  # bits of an IPv6 address that a network gives to one customer


def source_of(address: str) -> str:
    """What counts as one source: an IPv4 address, or the network of an IPv6 address."""
    if _IPV4.fullmatch(address):
        return address  # nearly always, and reading it takes longer than all the rest
    try:
        read = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(read, ipaddress.IPv6Address):
        if read.ipv4_mapped is not None:
            return str(read.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(read) >> _SIXTY_FOUR << _SIXTY_FOUR, _SIXTY_FOUR)))
    return str(read)


@dataclass(frozen=True)
class Rate:
    """``free`` at once, then ``per_second``; a source that goes on owes at most ``most`` times ``free``."""

    free: int
    per_second: float
    most: int = 1


class Meter:
    """Counts what each source did, as the moment at which all of it would be paid for (GCRA).

    Two sources may share one of their cells, hardly ever both: the smaller of two counts is nearly always one's own,
    and never less than it.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._lock = Lock()
        self._latest = 0.0  # no count is paid for later
        self._begin(clock())

    def count(self, source: str) -> None:
        """One more of it."""
        with self._lock:
            now = self._now()
            places = self._places(source)
            paid_at = max(min(cells[place] for cells, place in places), now) + 1 / self.rate.per_second
            # Who goes on while refused owes no more than so much: the wait after the last one has an end.
            paid_at = min(paid_at, now + self._free_s * (1 + self.rate.most))
            self._latest = max(self._latest, paid_at)
            for cells, place in places:
                cells[place] = max(cells[place], paid_at)

    def give_back(self, source: str) -> None:
        """One that was counted was none after all."""
        with self._lock:
            for cells, place in self._places(source):
                cells[place] -= 1 / self.rate.per_second

    def wait(self, source: str) -> int:
        """Whole seconds until one more is free; 0 for now."""
        return max(0, math.ceil(self._owed(source) - self._free_s + 1 / self.rate.per_second - 1e-6))

    def is_far_over(self, source: str) -> bool:
        """Whether it went on until it owes all that can be owed, within one."""
        return self._owed(source) > self._far_over_s

    def is_anybody_far_over(self) -> bool:
        """False if no source can be: then it need not be known who asks."""
        return self._latest - self._clock() > self._far_over_s

    @property
    def _far_over_s(self) -> float:
        return self._free_s * (1 + self.rate.most) - 1 / self.rate.per_second - 1

    @property
    def _free_s(self) -> float:
        return self.rate.free / self.rate.per_second

    def _owed(self, source: str) -> float:
        with self._lock:
            now = self._now()
            return min(cells[place] for cells, place in self._places(source)) - now

    def _places(self, source: str) -> tuple[tuple["array[float]", int], ...]:
        digest = blake2b(source.encode(), key=self._key, digest_size=8).digest()
        return tuple(
            (cells, int.from_bytes(half) % CELLS)
            for cells, half in zip(self._rows, (digest[:4], digest[4:]), strict=True)
        )

    def _now(self) -> float:
        now = self._clock()
        if now - self._begun >= DAY_S:
            self._begin(now)
        return now

    def _begin(self, now: float) -> None:
        self._begun = now
        self._latest = now
        self._key = secrets.token_bytes(32)
        nothing = bytes(8 * CELLS)
        self._rows = (array("d", nothing), array("d", nothing))


class Guesses:
    """Unknown codes of each source. What is known costs nothing.

    Over the limit, unknown codes are answered by "too many"; known ones still by what they say, because a recall must
    be seen by whoever shares an address with a guesser. A source that goes on for ``DETERMINED`` times as long is
    looked up twice a second and no more, whatever it asks.
    """

    DETERMINED = 4
    DETERMINED_RATE = Rate(free=10, per_second=2.0)

    def __init__(self, free: int, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._is_on = free > 0
        self._unknown = Meter(Rate(max(free, 1), per_minute / 60, self.DETERMINED), clock)
        self._looked_up = Meter(self.DETERMINED_RATE, clock)

    def wait_before(self, address: str) -> int:
        """Seconds until this source is looked up at all; 0 for now, as for nearly everybody."""
        if not self._is_on or not self._unknown.is_anybody_far_over():
            return 0
        source = source_of(address)
        if not self._unknown.is_far_over(source):
            return 0
        wait = self._looked_up.wait(source)
        if not wait:
            self._looked_up.count(source)
        return wait

    def wait_after_unknown(self, address: str) -> int:
        """Count a code that is not there; seconds until the next one is answered, 0 for now."""
        if not self._is_on:
            return 0
        source = source_of(address)
        wait = self._unknown.wait(source)
        self._unknown.count(source)
        return wait
