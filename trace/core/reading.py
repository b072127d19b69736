"""Whole rows read by the driver itself, for the few reads that every write waits for.

A statement that the ORM builds takes ten times as long to build and to unpack as PostgreSQL takes to answer it. What is
read here becomes the session's objects all the same, as fresh as ``populate_existing`` makes them. For whatever is read
once a page, the ORM is the way.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value
from sqlalchemy.orm.util import identity_key

from trace.core.database import Base, driver_of

Rows = list[tuple[Any, ...]]


def fetch(session: Session, text: str, parameters: Sequence[Any], *, binary: bool = False) -> Rows:
    """Run one statement by the driver; its rows as plain values. Raises what SQLAlchemy would.

    ``binary`` is for rows of bytes: as text each byte is sent as two letters and read back.
    """
    with driver_of(session, text) as driver, driver.cursor(binary=binary) as cursor:
        rows: Rows = cursor.execute(text, parameters).fetchall()
    return rows


class Reading:
    """A SELECT of rows of mapped classes: ``Reading("select {b} from batches b where b.id = %s", b=Batch)``.

    Each name stands for an alias in the text and, in braces, for all its columns; the objects come in the order of
    the names. Other tables' columns are not selected, and relations are left as they are.
    """

    def __init__(self, text: str, **mapped: type[Base]) -> None:
        self._shapes = [_Shape(one) for one in mapped.values()]
        columns = {
            alias: ", ".join(f"{alias}.{name}" for name in shape.columns)
            for alias, shape in zip(mapped, self._shapes, strict=True)
        }
        self._text = text.format(**columns)

    def all(self, session: Session, *parameters: Any) -> Rows:
        """The objects of each row; None for one that a left join did not find. What is pending is written first."""
        session.flush()
        found = []
        for values in fetch(session, self._text, parameters):
            row, at = [], 0
            for shape in self._shapes:
                row.append(shape.put(session, values[at : at + len(shape.columns)]))
                at += len(shape.columns)
            found.append(tuple(row))
        return found

    def first(self, session: Session, *parameters: Any) -> tuple[Any, ...] | None:
        """The objects of the first row; None where there is none."""
        rows = self.all(session, *parameters)
        return rows[0] if rows else None


class _Shape:
    """The columns of one mapped class in the order they are read, and how an object is made of them."""

    def __init__(self, mapped: type[Base]) -> None:
        pairs = [(attribute.key, attribute.columns[0].name) for attribute in mapped.__mapper__.column_attrs]
        self.names = tuple(key for key, _column in pairs)
        self.columns = tuple(column for _key, column in pairs)
        self._mapped = mapped
        keys = [column.name for column in mapped.__mapper__.primary_key]
        self._key_at = [self.columns.index(name) for name in keys]

    def put(self, session: Session, values: Sequence[Any]) -> Base | None:
        """The session's object of this row, as it now stands in the database."""
        key = tuple(values[at] for at in self._key_at)
        if None in key:
            return None
        found: Base | None = session.identity_map.get(identity_key(self._mapped, key))
        if found is not None:
            for name, value in zip(self.names, values, strict=True):
                set_committed_value(found, name, value)
            return found
        made: Base = self._mapped.__mapper__.class_manager.new_instance()
        instance_dict(made).update(zip(self.names, values, strict=True))
        make_transient_to_detached(made)
        session.add(made)
        return made
