"""Statements that PostgreSQL's own library prepares and runs, for the few reads that every scan waits for.

The driver's cursors, which adapt any value to any type, take longer over such a read than the database. Values go as
text, answers come in PostgreSQL's binary form.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format

TRUE = b"\x01"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
# An array with one dimension: dimensions, flags, type of elements, length and lower bound, 4 bytes each.
_ARRAY_HEADER = 20
_LENGTH, _UUID = 4, 16


def prepare(connection: Any, name: bytes, statement: str) -> None:
    """Have a connection know a statement; ``connection`` is the driver's own. Raises ``psycopg.Error``."""
    _check(connection.pgconn.prepare(name, statement.encode()), ExecStatus.COMMAND_OK)


def rows(connection: Any, name: bytes, values: Sequence[bytes | None]) -> Iterator[list[Any]]:
    """The rows that a prepared statement finds, each a list of bytes or None. Raises ``psycopg.Error``."""
    found = connection.pgconn.exec_prepared(name, values, result_format=Format.BINARY)
    _check(found, ExecStatus.TUPLES_OK)
    columns = range(found.nfields)
    for row in range(found.ntuples):
        yield [found.get_value(row, column) for column in columns]


def text_array(values: Sequence[str | None]) -> bytes:
    """An array of texts as PostgreSQL reads it."""
    return ("{" + ",".join(_quoted(value) for value in values) + "}").encode()


def moment(microseconds: bytes) -> datetime:
    """PostgreSQL counts from the year 2000."""
    return _EPOCH + timedelta(microseconds=int.from_bytes(microseconds, signed=True))


def uuids(array: bytes) -> list[bytes]:
    """The 16 bytes of each element of an array of uuids, none of them null."""
    return [array[at : at + _UUID] for at in range(_ARRAY_HEADER + _LENGTH, len(array), _LENGTH + _UUID)]


def _quoted(value: str | None) -> str:
    if value is None:
        return "NULL"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _check(found: Any, expected: ExecStatus) -> None:
    if found.status != expected:
        raise error_from_result(found)
