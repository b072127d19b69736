"""Codes that are not there, asked for by the thousand: the guesser is slowed, memory stays, others notice nothing."""

import http.client
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import LiveServer
from tests.factories import ActiveBatchFactory, actor_of_kind
from trace.core.database import make_engine, new_session
from trace.core.short_codes import new_codes

pytestmark = pytest.mark.soak
ASKED = 100_000 if os.environ.get("SOAK") else 1_000
WARM = 300
MOST_GROWTH_KB = 8 * 1024
GUESSER, OTHER = "127.0.0.2", "127.0.0.3"


def _ask(url: str, source: str, paths: list[str]) -> Counter[int]:
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


def _paths(count: int) -> list[str]:
    """Random codes, well formed and not."""
    codes = new_codes(count)
    return [f"/T/{code[:-1] + '2' if number % 2 else code}" for number, code in enumerate(codes)]


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


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read as Linux tells it")
def test_codes_that_are_not_there_leave_memory_where_it_was_and_slow_who_asks(
    live_server: Callable[..., LiveServer],
) -> None:
    service = live_server(worker=False)
    engine = make_engine(service.database_url)
    with new_session(engine) as session:
        code = ActiveBatchFactory.create(session=session, actor=actor_of_kind(session)).code
        session.commit()
    engine.dispose()
    leader = service.web.process.pid
    _ask(service.url, GUESSER, [*_paths(WARM), *[f"/T/{code}"] * 50])
    before = _memory_kb(leader)
    told = _ask(service.url, GUESSER, _paths(ASKED))
    grown = _memory_kb(leader) - before
    assert grown < MOST_GROWTH_KB, f"{grown} kB more after {ASKED} codes: {dict(told)}"
    assert set(told) <= {400, 404, 429}
    assert told[404] < told[429]
    # Somebody else, and who scans what is there.
    assert _ask(service.url, OTHER, [f"/T/{code}"] * 200) == {200: 200}
    assert _ask(service.url, OTHER, ["/T/" + one for one in new_codes(5)]) == {404: 5}
