"""A city's record for ``lookup``: lots made by the services people use, and written again under other names by COPY.

Every lot is a copy of one that was registered, activated, shipped, received and sold like any other: its rows, as COPY
tells them, with other ids, codes and lot numbers. Of the log each event has its leaf and its place; the leaves say what
those of the first lots say. Nothing is measured here. The underscore keeps it out of ``make bench``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

from producers.models import ExpiryKind
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch, Code
from trace.batches.stamp_models import StampRange, StampRun
from trace.core import clock
from trace.core.addresses import libpq_url
from trace.core.database import Base, make_engine, new_session
from trace.core.ids import uuid7
from trace.core.short_codes import ALPHABET, BATCH_LENGTH, SERIAL_LENGTH, check_character
from trace.demo.factories import ActiveBatchFactory, ActorFactory, ProductFactory, ShipmentFactory
from trace.events import services_leaving, services_receiving

PRODUCERS, PRODUCTS, BUYERS = 50, 4, 40
FIRST_LOTS = PRODUCERS * PRODUCTS
STAMPS = 5  # that stand for each lot
# Handovers and sales of a lot, in turn: 3, 5, 7 and 5 events with its activation, 5 on average.
WAYS = ((1, 0), (1, 2), (2, 2), (2, 0))
KEEPS_DAYS = 300
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=120)
A_WRITE = 500
# The rows of one lot: each table, and which of its rows are the lot's.
ROWS: Mapping[str, LiteralString] = {
    "batches": "id = {lot}",
    "codes": "batch_id = {lot}",
    "balances": "batch_id = {lot}",
    "holdings": "batch_id = {lot}",
    "shipments": "id in (select shipment_id from shipment_lines where batch_id = {lot})",
    "shipment_lines": "batch_id = {lot}",
    "events": "id in (select event_id from event_goods where batch_id = {lot})",
    "event_goods": "batch_id = {lot}",
    "event_private": "event_id in (select event_id from event_goods where batch_id = {lot})",
    "leaves": "event_id in (select event_id from event_goods where batch_id = {lot})",
}
# What the log knows of them, after the sequencer.
_LOG = """
    insert into log_entries (log_index, leaf_id) select row_number() over (order by id) - 1, id from leaves;
    insert into log_checkpoints (tree_size, root_hash, note, published_at)
        select count(*), sha256('bench'), 'bench', now() from leaves;
"""


@dataclass(frozen=True)
class City:
    """How much there is, and the codes of it."""

    lots: int

    @property
    def codes(self) -> int:
        """Codes of lots and of stamps."""
        return self.lots * (1 + STAMPS)

    def lot_of(self, number: int) -> int:
        """The lot that one of ``codes`` leads to."""
        return number if number < self.lots else (number - self.lots) // STAMPS

    def code(self, number: int) -> str:
        """One of ``codes``: those of the lots first."""
        if number < self.lots:
            return _code(number, BATCH_LENGTH)
        return _code(number - self.lots, SERIAL_LENGTH)


def fill(url: str, lots: int) -> City:
    """Write at least so many lots, each with five stamps and on average five events, and let the planner know."""
    rounds = -(-lots // FIRST_LOTS)
    city = City(rounds * FIRST_LOTS)
    engine = make_engine(url)
    with new_session(engine) as session:
        owners, first_lots = _first_lots(session)
        session.commit()
    engine.dispose()
    with psycopg.connect(libpq_url(url)) as connection:
        # What the constraints ask holds by construction, and no page is kept yet that a trigger would note changes of.
        connection.execute("set session_replication_role = replica")
        patterns = [_Pattern.of(connection, batch_id) for batch_id in first_lots]
        for table in ROWS:
            _copy(connection, table, _columns(table), _written_again(patterns, table, city.lots))
        _write_stamps(connection, owners, patterns, rounds)
        connection.execute(_LOG)
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
    return city


def _first_lots(session: Session) -> tuple[list[UUID], list[UUID]]:
    """Producers, and of each a lot of each of its products that went its way."""
    kinds = (OrganisationKind.SHOP, OrganisationKind.KITCHEN, OrganisationKind.CARRIER)
    buyers = [ActorFactory.create(session=session, stated__kind=kinds[n % len(kinds)]) for n in range(BUYERS)]
    owners, lots = [], []
    for number in range(PRODUCERS):
        producer = ActorFactory.create(session=session)
        owners.append(producer.organisation_id)
        for place in range(PRODUCTS):
            turn = number * PRODUCTS + place
            batch = ActiveBatchFactory.create(
                session=session,
                actor=producer,
                product=ProductFactory.create(
                    session=session,
                    actor=producer,
                    expiry_kind=ExpiryKind.BEST_BEFORE,
                    shelf_life_days=KEEPS_DAYS,
                ),
                lot_number=f"FIRST-{turn:04d}",
                quantity=Decimal(1000),
            )
            _go_its_way(session, batch, producer, [buyers[(turn + n) % BUYERS] for n in range(2)], turn)
            lots.append(batch.id)
    return owners, lots


def _go_its_way(session: Session, batch: Batch, producer: Actor, buyers: Sequence[Actor], turn: int) -> None:
    handovers, sales = WAYS[turn % len(WAYS)]
    for buyer in buyers[:handovers]:
        shipment = ShipmentFactory.create(
            session=session, actor=producer, batch=batch, to=buyer.organisation, quantity=Decimal(100)
        )
        services_receiving.receive(session, buyer, shipment.id)
    for _ in range(sales):
        services_leaving.sell(session, buyers[0], batch.id, Decimal(10), key=str(uuid7()))


@dataclass(frozen=True)
class _Pattern:
    """The rows of a lot by table, cut where a name of its own stands: text, which name, text, which name, … text."""

    names: int
    parts: dict[str, tuple[list[str], list[int]]]

    @classmethod
    def of(cls, connection: psycopg.Connection, batch_id: UUID) -> "_Pattern":
        rows = {table: _rows(connection, table, batch_id) for table in ROWS}
        found = connection.execute("select code, lot_number from batches where id = %s", [batch_id])
        code, lot_number = found.fetchone() or ("", "")
        ids: dict[str, None] = {}
        for table in ("batches", "shipments", "shipment_lines", "events"):
            ids |= dict.fromkeys(row.split("\t", 1)[0] for row in rows[table].splitlines())
        names = {name: number for number, name in enumerate([code, lot_number, *ids])}
        cut = re.compile("(" + "|".join(map(re.escape, names)) + ")")
        parts = {}
        for table, text in rows.items():
            pieces = cut.split(text)
            parts[table] = pieces, [names[name] for name in pieces[1::2]]
        return cls(len(names), parts)

    def of_lot(self, table: str, lot: int) -> str:
        """The same rows of another lot."""
        pieces, places = self.parts[table]
        names = [_code(lot, BATCH_LENGTH), f"L{lot:06d}"]
        names += [_id(lot, number) for number in range(self.names - len(names))]
        written = list(pieces)
        written[1::2] = [names[place] for place in places]
        return "".join(written)


def _rows(connection: psycopg.Connection, table: str, batch_id: UUID) -> str:
    """The rows of a lot as COPY writes them, its own id first."""
    those = sql.SQL(ROWS[table]).format(lot=sql.Literal(batch_id))
    query = sql.SQL("copy (select {} from {} where {}) to stdout").format(
        _columns(table), sql.Identifier(table), those
    )
    with connection.cursor().copy(query) as copy:
        return b"".join(bytes(part) for part in copy).decode()


def _columns(table: str) -> sql.Composed:
    """All columns but those that the database numbers."""
    names = [column.name for column in Base.metadata.tables[table].columns if column.identity is None]
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _written_again(patterns: Sequence[_Pattern], table: str, lots: int) -> Iterator[str]:
    for lot in range(lots):
        yield patterns[lot % FIRST_LOTS].of_lot(table, lot)


def _write_stamps(
    connection: psycopg.Connection, owners: Sequence[UUID], patterns: Sequence[_Pattern], rounds: int
) -> None:
    """A roll of each producer, bound to its lots in turn, five stamps to each."""
    each = rounds * PRODUCTS * STAMPS
    now = clock.now()
    runs = (
        _line(number + 1, owner, "roll", 1, each, "http://localhost/T/", "f", each, now, now)
        for number, owner in enumerate(owners)
    )
    _copy_rows(
        connection, StampRun,
        "id organisation_id kind first_number last_number address has_secrets made created_at finished_at", runs,
    )  # fmt: skip
    lots = range(rounds * FIRST_LOTS)
    ranges = (
        _line(
            _id(lot, patterns[lot % FIRST_LOTS].names), _run(lot), "bound", _first_stamp(lot),
            _first_stamp(lot) + STAMPS - 1, _id(lot, 0), now,
        )
        for lot in lots
    )  # fmt: skip
    _copy_rows(connection, StampRange, "id run_id kind first_number last_number batch_id made_at", ranges)
    stamps = (
        _line(
            _code(lot * STAMPS + at, SERIAL_LENGTH), "roll", owners[_run(lot) - 1], _run(lot),
            _first_stamp(lot) + at, now,
        )
        for lot in lots
        for at in range(STAMPS)
    )  # fmt: skip
    _copy_rows(connection, Code, "code kind organisation_id run_id number created_at", stamps)


def _run(lot: int) -> int:
    return lot % FIRST_LOTS // PRODUCTS + 1


def _first_stamp(lot: int) -> int:
    return (lot // FIRST_LOTS * PRODUCTS + lot % PRODUCTS) * STAMPS + 1


def _copy_rows(connection: psycopg.Connection, model: type[Base], columns: str, rows: Iterator[str]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    _copy(connection, model.__tablename__, names, rows)


def _line(*values: object) -> str:
    return "\t".join(map(str, values)) + "\n"


def _copy(connection: psycopg.Connection, table: str, columns: sql.Composed, rows: Iterator[str]) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), columns)
    with connection.cursor().copy(statement) as copy:
        waiting: list[str] = []
        for row in rows:
            waiting.append(row)
            if len(waiting) == A_WRITE:
                copy.write("".join(waiting))
                waiting.clear()
        copy.write("".join(waiting))


def _id(lot: int, number: int) -> str:
    """A version 7 UUID of the lot's moment: lots of different days lie apart, as they do in a record of years."""
    at = int((BEGAN + lot * APART).timestamp() * 1000)
    strewn = (lot * 64 + number + 1) * 0x9E3779B97F4A7C15 % 2**62
    written = f"{at << 80 | 0x7 << 76 | 0x2 << 62 | strewn:032x}"
    return f"{written[:8]}-{written[8:12]}-{written[12:16]}-{written[16:20]}-{written[20:]}"


def _code(number: int, length: int) -> str:
    """A code of this length, another for each number, as strewn as random ones."""
    value = (number + 1) * 0x9E3779B97F4A7C15 % len(ALPHABET) ** (length - 1)
    body = ""
    for _ in range(length - 1):
        value, symbol = divmod(value, len(ALPHABET))
        body += ALPHABET[symbol]
    return body + check_character(body)
