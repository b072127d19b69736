"""Structured logs: one JSON object a line on standard error, each with its request's id."""

import logging
import sys
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from trace.core.background import Repeating

WRITE_EVERY_S = 0.5
MOST_WAITING = 50_000
WAIT_FOR_LAST_S = 1.0


def configure_logs(level: str) -> None:
    """Our events and the libraries' records in one shape; ours are written straight, without a record for each.

    Every request is one, and the page behind a code takes no longer than a few of them.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    written: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        processors=[*shared, *written],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
    )
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [output]
    root.setLevel(level)


class RequestLines:
    """The lines of answered requests on their way to standard error.

    Each is written at once until ``begin``; from then on twice a second, together. A line written by itself lets other
    threads run meanwhile, and under load the answer then waits its turn. What a crash loses is half a second of lines
    of requests that were answered; warnings and errors never wait.
    """

    def __init__(self) -> None:
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)
        self._together = Repeating(self.write, "request-lines", WRITE_EVERY_S)

    def add(self, line: str) -> None:
        """Have a line written, which ends with its line feed."""
        self._waiting.append(line)
        if not self._together.is_under_way:
            self.write()

    def begin(self) -> None:
        """Write together from now on, in a thread of this process."""
        self._together.begin()

    def end(self) -> None:
        """Write what is left, and each line at once from now on."""
        self._together.end(WAIT_FOR_LAST_S)
        self.write()

    def write(self) -> None:
        """Write what waits."""
        lines = []
        with suppress(IndexError):  # another thread may take the last one
            while True:
                lines.append(self._waiting.popleft())
        if lines:
            sys.stderr.write("".join(lines))
            sys.stderr.flush()


request_lines = RequestLines()


def note_request(method: str, route: str, status: int, seconds: float, request_id: str) -> None:
    """The line of one answered request, as ``log.info("request", …)`` writes it and in a tenth of the time.

    Nothing here may hold what a request said: no path, no header.
    """
    if logging.getLogger().isEnabledFor(logging.INFO):
        moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        request_lines.add(
            f'{{"method": "{method}", "route": "{route}", "status": {status}, "ms": {seconds * 1000:.1f}, '
            f'"event": "request", "request_id": "{request_id}", "level": "info", "timestamp": "{moment}"}}\n'
        )
