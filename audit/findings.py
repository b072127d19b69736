"""What a check found: a short table, and whether it passes."""

from collections.abc import Sequence
from dataclasses import dataclass, field


class CannotAudit(Exception):
    """A check could not run; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Finding:
    """The result of one check: ``rows`` under ``columns``, what is wrong, and what did not run, one line each."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    faults: Sequence[str] = field(default=())
    not_run: Sequence[str] = field(default=())

    @property
    def passes(self) -> bool:
        return not self.faults


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows in aligned columns."""
    widths = [max(len(row[at]) for row in (columns, *rows)) for at in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in (columns, *rows)]  # fmt: skip
    return "\n".join(f"    {line}" for line in lines)
