"""Codes that are not there, asked for by the thousand: the guesser is slowed, memory stays, others notice nothing."""

import http.client
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.conftest import LiveServer
from tests.factories import ActiveBatchFactory, actor_of_kind
from trace.core.database import make_engine, new_session
from trace.core.short_codes import SERIAL_LENGTH, new_codes

pytestmark = pytest.mark.soak
ASKED = 100_000 if os.environ.get("SOAK") else 500
# Until then threads, connections and Python's own heaps have grown to what they need.
WARM = 20_000 if os.environ.get("SOAK") else 200
SLOWED = 200
AT_ONCE = 4
MOST_GROWTH_KB = 8 * 1024  # 80 bytes for each of 100,000: less than a code alone takes
GUESSER, OTHER = "127.0.0.2", "127.0.0.3"


def _ask(url: str, source: str, paths: Sequence[str]) -> Counter[int]:
    """Ask for pages over one connection from an address of this machine; how often each status came."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    told: Counter[int] = Counter()
    connection = http.client.HTTPConnection(
        parts.hostname, parts.port, timeout=60, source_address=(source, 0)
    )
    for path in paths:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        told[answer.status] += 1
    connection.close()
    return told


def _ask_at_once(url: str, paths: Sequence[str]) -> Counter[int]:
    """The same over several connections."""
    parts = [paths[start::AT_ONCE] for start in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = pool.map(_ask, [url] * AT_ONCE, [GUESSER] * AT_ONCE, parts)
        return sum(told, start=Counter[int]())


def _unknown(count: int) -> list[str]:
    """Well-formed codes of both lengths that nobody issued."""
    return [f"/T/{code}" for length in (10, SERIAL_LENGTH) for code in new_codes((count + 1) // 2, length)][
        :count
    ]


def _malformed(count: int) -> list[str]:
    """Codes that are none, no two alike: a slip, far too long, letters beyond ASCII, bytes that are no text."""
    forms: tuple[Callable[[str], str], ...] = (
        lambda code: code[:-1] + "0",
        lambda code: code * 60,
        lambda code: quote(f"Cà chua {code}"),
        lambda code: "%C3%28%FF" + code,
        lambda code: f"{code[:6]}%00%0A{code[6:]}",
    )
    return [f"/T/{forms[at % len(forms)](code)}" for at, code in enumerate(new_codes(count))]


def _memory_kb(leader: int) -> int:
    """What the web server and its worker hold, of memory that is theirs alone."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            group = int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[2])
            lines = (folder / "smaps_rollup").read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if group == leader:
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return total


def test_who_asks_for_codes_that_are_not_there_is_slowed_and_nobody_else(
    live_server: Callable[..., LiveServer],
) -> None:
    service = live_server(worker=False)
    engine = make_engine(service.database_url)
    with new_session(engine) as session:
        code = ActiveBatchFactory.create(session=session, actor=actor_of_kind(session)).code
        session.commit()
    engine.dispose()
    mixed = [path for pair in zip(_unknown(SLOWED), _malformed(SLOWED), strict=True) for path in pair]
    told = _ask(service.url, GUESSER, mixed)
    assert set(told) <= {400, 404, 429}
    assert told[404] < told[429]
    # Somebody else, and who scans what is there.
    assert _ask(service.url, OTHER, [f"/T/{code}"] * 50) == {200: 50}
    assert _ask(service.url, OTHER, _unknown(5)) == {404: 5}


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read as Linux tells it")
def test_codes_that_are_not_there_leave_memory_where_it_was(live_server: Callable[..., LiveServer]) -> None:
    # Without a limit every one of them is looked up and answered by its page.
    service = live_server(worker=False, TRACE_UNKNOWN_CODES_FREE="0")
    leader = service.web.process.pid
    for make, status in ((_unknown, 404), (_malformed, 400)):
        assert _ask_at_once(service.url, make(WARM)) == {status: WARM}
        before = _memory_kb(leader)
        assert _ask_at_once(service.url, make(ASKED)) == {status: ASKED}
        grown = _memory_kb(leader) - before
        assert grown < MOST_GROWTH_KB, f"{grown} kB more after {ASKED} codes answered {status}"
