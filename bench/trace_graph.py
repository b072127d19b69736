"""How long a recall's trace takes: 1,000 lots over 8 hops, in databases of 10,000 to 1,000,000 events.

Each size gets a database of its own on a temporary server (a unix socket, removed afterwards), filled by COPY. What is
timed is what a recall asks (which lots it reaches, and how: ``ms_1000_lots``), and beside it the whole trace that a
page draws (lots, links, hands, holders, what does not fit: ``whole_trace_ms``). The
recalled lot's 1,000 descendants, with their handovers and sales, lie strewn among the events of small chains that have
nothing to do with it, as they would in the record of a city. Leaves and private values are left out: a trace does not
read them. Prints a table, then one JSON line.

    python bench/trace_graph.py --sizes 10000 100000      # smaller and quicker
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench._city import LEVELS, fill, lot_id
from trace.cli.database import migrate
from trace.core.database import make_engine, new_session
from trace.core.embedded import EmbeddedPostgres, create_database, with_database
from trace.events.documents import party_uri
from trace.models import load_all
from trace.recalls.graph import Direction, Trace
from trace.recalls.graph_queries import reached_batches, trace_lot

SIZES = (10_000, 100_000, 1_000_000)
RUNS = 31
# The first statements of a connection are planned anew each; a web server has long done that.
WARM_UP = 6
ROOM = 4 * 1024**3  # for the largest size


def main() -> None:
    """Fill, measure, print the table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="events in the database")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each figure is measured")
    asked = parser.parse_args()
    sizes = sorted(asked.sizes)
    load_all()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nguon-goc-bench-")))
        room = sum(sizes) * ROOM // max(SIZES)
        server = EmbeddedPostgres(folder / "server", durable=False, room_for_data=room)
        stack.callback(server.discard)
        url = stack.enter_context(server.running())
        databases = [_Database(stack, url, size) for size in sizes]
        # In turns, so that whatever else the machine does meets each of them alike.
        for _ in range(asked.runs):
            for database in databases:
                database.measure()
        print(
            f"{'events':>10} {'fill s':>8} {'trace ms':>9} {'slowest':>9} {'recall ms':>10} {'lots':>6} {'hops':>5}"
        )
        for database in databases:
            print(database.row())
    smallest, largest = databases[0], databases[-1]
    figures = {
        "ms_1000_lots": round(largest.recall_median, 1),
        "growth_ratio": round(largest.recall_median / smallest.recall_median, 2),
        "whole_trace_ms": round(largest.median, 1),
        "whole_trace_growth_ratio": round(largest.median / smallest.median, 2),
    }
    print(json.dumps(figures))


class _Database:
    """One filled database, and how long each trace in it took, in milliseconds."""

    def __init__(self, stack: ExitStack, url: str, size: int) -> None:
        name = f"events_{size}"
        create_database(url, name)
        url = with_database(url, name)
        migrate(url)
        began = time.perf_counter()
        fill(url, size)
        self.filled_s = time.perf_counter() - began
        self.size = size
        self.traces: list[float] = []
        self.recalls: list[float] = []
        engine = make_engine(url)
        stack.callback(engine.dispose)
        self.session = stack.enter_context(new_session(engine))
        for _ in range(WARM_UP):
            self.found = self._trace()
            self._recall()
        _check(self.found)

    @property
    def median(self) -> float:
        """Milliseconds of the whole trace: lots, links, hands and holders."""
        return statistics.median(self.traces)

    @property
    def recall_median(self) -> float:
        """Milliseconds of what a recall asks: which lots it reaches, and how."""
        return statistics.median(self.recalls)

    def measure(self) -> None:
        """Time one trace, and one answer to what a recall reaches and who has it."""
        self.traces.append(_ms(self._trace))
        self.recalls.append(_ms(self._recall))

    def _trace(self) -> Trace:
        return trace_lot(self.session, party_uri(lot_id(0)), Direction.FORWARD)

    def _recall(self) -> None:
        reached_batches(self.session, lot_id(0))

    def row(self) -> str:
        """One line of the table."""
        return (
            f"{self.size:>10,} {self.filled_s:>8.1f} {self.median:>9.1f} {max(self.traces):>9.1f}"
            f" {self.recall_median:>10.1f} {len(self.found.lots):>6,} {self.found.lots[-1].hops:>5}"
        )


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _check(found: Trace) -> None:
    """What is measured is what is asked for."""
    if len(found.lots) != sum(LEVELS) or found.lots[-1].hops != len(LEVELS) - 1 or found.problems:
        raise SystemExit(f"The trace found {len(found.lots)} lots over {found.lots[-1].hops} hops.")
    if any(epc not in found.holders for epc in found.nearness):
        raise SystemExit("The trace found lots without a holder.")


if __name__ == "__main__":
    main()
