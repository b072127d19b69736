"""What this process saw of codes lately, and one short question whether it is still so.

Most scans are of few codes. A full look (``trace.verdict.glance``) finds out all of each code anew; of codes seen
lately it is enough to ask what has changed since the last time anything was asked, of whatever there is, and how often
they were scanned. Both are one statement each, begun after the scan came: what committed before is seen by either.

Why nothing is missed: whatever a glance rests on is noted in ``page_changes`` by the transaction that changes it
(migrations 0022 and 0028). Each question tells the changes that are visible to it and were not to the one before, and
one question is under way at a time. So a change that came after a glance is told by some later question, and one that
is told after a glance was taken makes it forgotten.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

from trace.core import prepared
from trace.core.prepared import moment, text_array, uuids
from trace.verdict import glance
from trace.verdict.glance import Asked, Glance, KeptRow, glances

MOST_CODES = 20_000
MOST_CHANGES = 2_000
# After so long without a question there would be too much to tell.
FORGOTTEN_AFTER_S = 60.0
_NAME = b"news"

_NEWS = """
select asked.number, t.first_at, t.scans, (select count(*) from scan_places s where s.code = asked.code),
    (select pg_current_snapshot()::text),
    array(
        select subject_id from page_changes where transaction_id >= $1::bigint
        union all select subject_id from page_changes where transaction_id = any($2::bigint[])
    )
from unnest($3::text[]) with ordinality as asked (code, number)
left join lateral (
    select min(first_at) as first_at, coalesce(sum(scans), 0)::bigint as scans
    from scan_counts where code = asked.code
) t on true
"""


class _News(NamedTuple):
    """What is new of one item: when it was first scanned, how often, in how many places."""

    first_at: Any
    scans: int
    places: int


@dataclass(slots=True)
class _Seen:
    """A glance with a page that is kept, and the number of the last question after which it still held."""

    glance: Glance
    kept: KeptRow
    checked_at: int


def prepare(connection: Any) -> None:
    """Have a new connection know the statements; ``connection`` is the driver's own, in autocommit mode."""
    glance.prepare(connection)
    prepared.prepare(connection, _NAME, _NEWS)


class RecentGlances:
    """Answers as ``glance.glances`` does, at less cost for codes that were asked about lately."""

    def __init__(
        self,
        most_codes: int = MOST_CODES,
        most_changes: int = MOST_CHANGES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_codes, self._clock = most_codes, clock
        self._lock = Lock()
        self._changes: deque[tuple[int, bytes]] = deque(maxlen=most_changes)
        self._seen: OrderedDict[tuple[str, str, str], _Seen] = OrderedDict()
        self._snapshot: bytes | None = None
        self._asked_at = 0.0
        self._number = 0  # of the last question
        self._dropped_at = 0  # and of the last one whose changes are not all at hand any more

    def glances(self, connection: Any, asked: Sequence[Asked]) -> list[Glance | None]:
        """What well-formed codes stand for now, in their order; None for one that was never issued.

        ``connection`` was given to ``prepare``. Who comes while another asks gets a full look, which is remembered
        nowhere: the order of questions is what all of this rests on. After a failure nothing is remembered either; the
        next connection may be one to another server.
        """
        if not self._lock.acquire(blocking=False):
            return glances(connection, asked)
        try:
            return self._look(connection, asked)
        except BaseException:
            self._forget()
            raise
        finally:
            self._lock.release()

    def __len__(self) -> int:
        return len(self._seen)

    def _look(self, connection: Any, asked: Sequence[Asked]) -> list[Glance | None]:
        """From memory what is remembered and still holds, the others anew."""
        if self._snapshot is None or self._clock() - self._asked_at > FORGOTTEN_AFTER_S:
            self._forget()
            self._ask(connection, [None])
        answers: list[Glance | None] = [None] * len(asked)
        remembered = [(place, seen) for place, one in enumerate(asked) if (seen := self._find(one))]
        if remembered:
            codes = [asked[place].code if seen.glance.is_item else None for place, seen in remembered]
            for (place, seen), new in zip(remembered, self._ask(connection, codes), strict=True):
                if self._still_holds(seen):
                    answers[place] = seen.glance._replace(
                        first_scan_at=new.first_at, scans=new.scans, places=new.places
                    )
        missing = [place for place, answer in enumerate(answers) if answer is None]
        if missing:
            found = self._anew(connection, [asked[place] for place in missing])
            for place, one in zip(missing, found, strict=True):
                answers[place] = one
        return answers

    def _anew(self, connection: Any, asked: Sequence[Asked]) -> list[Glance | None]:
        """By a full look, after a question: what changes from now on is told by the next one."""
        found = glances(connection, asked)
        for one, seen in zip(asked, found, strict=True):
            if seen is not None and seen.kept is not None:
                key = (one.code, one.language, one.build)
                kept = seen.kept._replace(content=None)
                self._seen[key] = _Seen(seen._replace(kept=kept), kept, self._number)
                self._seen.move_to_end(key)
        while len(self._seen) > self._most_codes:
            self._seen.popitem(last=False)
        return found

    def _find(self, one: Asked) -> _Seen | None:
        """What is remembered, if its page is the one that the asker has at hand, and its day is not over."""
        key = (one.code, one.language, one.build)
        seen = self._seen.get(key)
        if seen is None or seen.kept.name != one.held or seen.kept.valid_until <= one.now:
            return None
        self._seen.move_to_end(key)
        return seen

    def _ask(self, connection: Any, codes: Sequence[str | None]) -> list[_News]:
        """What is new of the items with these codes, at least one or None, in their order; and notes what changed."""
        # Not visible then: whatever began later, and what was under way (PostgreSQL, "pg_snapshot Components").
        _first_open, began_later, under_way = (self._snapshot or b"::").split(b":")
        values = [began_later or None, b"{" + under_way + b"}", text_array(codes)]
        rows = sorted(prepared.rows(connection, _NAME, values))
        self._number += 1
        self._asked_at = self._clock()
        self._snapshot, changed = rows[0][-2:]
        for subject in uuids(changed):
            if len(self._changes) == self._changes.maxlen:
                self._dropped_at = self._changes[0][0]
            self._changes.append((self._number, subject))
        return [
            _News(
                moment(first_at) if first_at is not None else None,
                int.from_bytes(scans),
                int.from_bytes(places),
            )
            for _number, first_at, scans, places, *_same in rows
        ]

    def _still_holds(self, seen: _Seen) -> bool:
        if seen.checked_at < self._dropped_at:
            return False
        for number, subject in reversed(self._changes):
            if number <= seen.checked_at:
                break
            if subject in seen.kept.subjects:
                return False
        seen.checked_at = self._number
        return True

    def _forget(self) -> None:
        """Of all that was asked; questions go on being numbered."""
        self._seen.clear()
        self._changes.clear()
        self._snapshot = None
