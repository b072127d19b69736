"""Rows written by the driver itself: a few in one exchange of messages, many by COPY.

The ORM waits for the answer to every statement of a flush; whoever records custody has a dozen rows to write and needs
the answer to none of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

from trace.core.database import Base, driver_of

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no annotations
# From here on COPY is quicker than a statement for each row.
_WORTH_COPYING = 20


class Writes:
    """Rows that wait to be written together: updates first, then each table's rows in the order tables were named."""

    def __init__(self, *tables: Table) -> None:
        self._rows: dict[Table, list[Mapping[str, Any]]] = {table: [] for table in tables}
        self._new: list[Base] = []
        self._changed: list[tuple[Base, tuple[str, ...]]] = []

    def insert(self, table: Table, row: Mapping[str, Any]) -> None:
        """Add a row; what it does not name is null, or numbered by the database."""
        self._rows.setdefault(table, []).append(row)

    def insert_new(self, *objects: Base) -> None:
        """Add new objects of mapped classes, each behind those it refers to.

        Once sent they belong to the session as if it had written them. They hold their keys themselves: what is only
        said by a relation is not seen here.
        """
        self._new += objects

    def update(self, changed: Base, names: Iterable[str]) -> None:
        """Add the columns of a row that were changed on its object by ``set_committed_value``."""
        self._changed.append((changed, tuple(names)))

    def send(self, session: Session) -> None:
        """Write all of it. Raises what SQLAlchemy would."""
        few: list[tuple[str, list[Any]]] = []
        with driver_of(session, "insert") as driver:
            for changed, names in self._changed:
                few.append(_update(changed, names))
            if self._new:
                _insert_new(driver, self._new)
            for table, rows in self._rows.items():
                if len(rows) >= _WORTH_COPYING:
                    _send(driver, few)
                    few = []
                    _copy(driver, table, rows)
                else:
                    few += [_insert(table, row) for row in rows]
            _send(driver, few)
        for one in self._new:
            make_transient_to_detached(one)
        session.add_all(self._new)


def _send(driver: Any, statements: Sequence[tuple[str, list[Any]]]) -> None:
    """Run statements without waiting for the answer to each."""
    if not statements:
        return
    with driver.pipeline(), driver.cursor() as cursor:
        for text, values in statements:
            cursor.execute(text, values)


def _insert_new(driver: Any, objects: Sequence[Base]) -> None:
    answers = []
    with driver.pipeline():
        for one in objects:
            table, values = one.__mapper__.local_table, instance_dict(one)
            for column in one.__mapper__.columns:
                if column.identity is None:
                    values.setdefault(column.key, _default(column))
            text, columns = _insert_text(table)
            numbered = [column.name for column in table.columns if column.identity is not None]
            if numbered:
                text += f" returning {', '.join(numbered)}"
            cursor = driver.execute(text, [_adapted(values[name], is_json) for name, is_json in columns])
            if numbered:
                answers.append((one, numbered, cursor))
    for one, numbered, cursor in answers:
        for name, value in zip(numbered, cursor.fetchone(), strict=True):
            set_committed_value(one, name, value)


def _default(column: Any) -> Any:
    """What a column holds unless said: its own default, made anew where it is a function."""
    if column.default is None:
        return None
    return column.default.arg(None) if column.default.is_callable else column.default.arg


def _insert(table: Table, row: Mapping[str, Any]) -> tuple[str, list[Any]]:
    text, columns = _insert_text(table)
    return text, [_adapted(row.get(name), is_json) for name, is_json in columns]


def _update(changed: Base, names: tuple[str, ...]) -> tuple[str, list[Any]]:
    table: Any = changed.__mapper__.local_table
    text, columns = _update_text(table, names)
    return text, [getattr(changed, name) for name in columns]


@cache
def _insert_text(table: Table) -> tuple[str, tuple[tuple[str, bool], ...]]:
    """The INSERT of a row, and which of its columns are JSON; what the database numbers itself is left out."""
    columns = tuple(
        (column.name, isinstance(column.type, JSONB)) for column in table.columns if column.identity is None
    )
    names = [name for name, _is_json in columns]
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(", ").join([sql.Placeholder()] * len(names)),
    )
    return statement.as_string(), columns


@cache
def _update_text(table: Table, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The UPDATE of columns of one row by its primary key, and the columns its values come from."""
    keys = tuple(column.name for column in table.primary_key)
    statement = sql.SQL("update {} set {} where {}").format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in names),
        sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in keys),
    )
    return statement.as_string(), names + keys


def _copy(driver: Any, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """COPY rows that all have the same columns into ``table``; columns that are null in all are left out."""
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    as_json = {column.name for column in table.columns if isinstance(column.type, JSONB)}
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([_type_name(table.columns[name]) for name in names])
        for row in rows:
            copy.write_row([_adapted(row[name], name in as_json) for name in names])


def _type_name(column: Any) -> str:
    """The type of a column by the name the driver knows it under: binary rows carry no types of their own."""
    named: str = column.type.compile(_DIALECT)
    return {"TIMESTAMP WITH TIME ZONE": "timestamptz", "VARCHAR": "text"}.get(
        named, named.partition("(")[0].lower()
    )


def _adapted(value: Any, is_json: bool) -> Any:
    return Jsonb(value) if is_json and value is not None else value
