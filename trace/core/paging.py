"""One page of a long list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

Row = TypeVar("Row")
ROWS = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, the page's number from 1, and whether more follow."""

    rows: Sequence[Row]
    number: int
    has_more: bool


def fetch_page(session: Session, wanted: Select[Row], number: int, rows: int = ROWS) -> Page[Row]:
    """The ``number``-th page of a select in its order, ``rows`` to a page."""
    found = list(session.scalars(wanted.offset((number - 1) * rows).limit(rows + 1)))
    return Page(found[:rows], number, len(found) > rows)
