"""A city's record for ``trace_graph``: a recalled lot with 1,000 descendants among small chains, written by COPY.

Nothing is measured here. The underscore keeps it out of ``make bench``, which runs every script of this folder.
"""

import itertools
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO
from uuid import UUID

import psycopg
from psycopg import sql

from producers.models import Product
from trace.accounts.models import Approval, Location, Organisation
from trace.batches.models import Batch
from trace.core.addresses import libpq_url
from trace.core.database import Base, make_engine, new_session
from trace.events.documents import KINDS, party_uri
from trace.events.handover_models import Shipment
from trace.events.models import Event, EventGoods, Verb

# How many lots lie how many hops from the recalled one: 1,000 in all.
LEVELS = (1, 4, 12, 40, 90, 170, 230, 250, 203)
ORGANISATIONS = 240
KINDS_OF = ("producer", "processor", "shop", "kitchen")
COMMUNE = "00004"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NULL = r"\N"


@dataclass(frozen=True)
class Act:
    """One event to be: what was done, by whom, with which lots."""

    verb: Verb
    by: int
    objects: Sequence[int] = ()
    inputs: Sequence[int] = ()
    outputs: Sequence[int] = ()
    to: int | None = None
    shipment: int | None = None


@dataclass
class City:
    """Makes acts and numbers lots and shipments; the same seed tells the same story."""

    chance: random.Random
    lots: Iterator[int] = field(default_factory=itertools.count)
    shipments: Iterator[int] = field(default_factory=itertools.count)

    def hand_over(self, lot: int, giver: int, taker: int) -> Iterator[Act]:
        shipment = next(self.shipments)
        yield Act(Verb.SHIP, giver, objects=[lot], to=taker, shipment=shipment)
        yield Act(Verb.RECEIVE, taker, objects=[lot], to=giver, shipment=shipment)

    def somebody(self) -> int:
        return self.chance.randrange(ORGANISATIONS)

    def made(self, parents: Sequence[int], most: int) -> tuple[Act, list[int]]:
        """A split into a few lots, a merge or a transformation into one."""
        if self.chance.random() < 0.5:
            lots = [next(self.lots) for _ in range(min(most, self.chance.randint(2, 3)))]
            return Act(Verb.SPLIT, self.somebody(), inputs=[self.chance.choice(parents)], outputs=lots), lots
        verb = Verb.MERGE if self.chance.random() < 0.4 else Verb.TRANSFORM
        some = self.chance.sample(parents, min(len(parents), self.chance.randint(1, 3)))
        lot = next(self.lots)
        return Act(verb, self.somebody(), inputs=some, outputs=[lot]), [lot]

    def recalled(self) -> Iterator[Act]:
        """The lot that is recalled (number 0) and everything that came of it, level by level."""
        above = [next(self.lots)]
        yield Act(Verb.ACTIVATE, 0, objects=above)
        for size in LEVELS[1:]:
            level: list[int] = []
            while len(level) < size:
                act, lots = self.made(above, size - len(level))
                yield act
                level += lots
                for lot in lots:
                    yield from self.afterwards(lot, act.by)
            above = level

    def afterwards(self, lot: int, maker: int) -> Iterator[Act]:
        """It is handed on, and some of it is sold."""
        holder = (maker + 1 + self.chance.randrange(ORGANISATIONS - 1)) % ORGANISATIONS
        yield from self.hand_over(lot, maker, holder)
        for _ in range(self.chance.randint(0, 2)):
            yield Act(Verb.SELL, holder, objects=[lot])

    def background(self) -> Iterator[Act]:
        """Small chains without end: harvest, a few makings, handovers, sales."""
        while True:
            mine = [next(self.lots)]
            farm = self.somebody()
            yield Act(Verb.ACTIVATE, farm, objects=mine)
            yield from self.afterwards(mine[0], farm)
            for _ in range(self.chance.randint(0, 4)):
                act, lots = self.made(mine, 3)
                yield act
                for lot in lots:
                    yield from self.afterwards(lot, act.by)
                mine += lots


def fill(url: str, size: int) -> None:
    """Write ``size`` events with everything they refer to, by COPY, and let the planner know."""
    city = City(random.Random(20_260_101))
    target = list(city.recalled())
    if len(target) > size:
        raise SystemExit(f"The recall alone has {len(target):,} events: take a larger size.")
    background = city.background()
    every = size / len(target)
    strewn = {int(place * every): act for place, act in enumerate(target)}
    acts = (strewn.get(place) or next(background) for place in range(size))
    _fill_organisations(url)
    with psycopg.connect(libpq_url(url)) as connection:
        # Foreign keys hold by construction; checking a million rows one by one would measure nothing.
        connection.execute("set session_replication_role = replica")
        with tempfile.TemporaryFile("w+") as goods, tempfile.TemporaryFile("w+") as shipments:
            with connection.cursor().copy(EVENTS.statement) as copy:
                for number, act in enumerate(acts):
                    when = BEGAN + timedelta(seconds=number * 20)
                    event_id = _id(number, kind=1, when=when)
                    copy.write(_event_line(event_id, act, when))
                    goods.writelines(_goods_lines(event_id, act))
                    if act.verb is Verb.SHIP:
                        shipments.write(_shipment_line(act, when))
            _copy_file(connection, GOODS.statement, goods)
            _copy_file(connection, SHIPMENTS.statement, shipments)
        with connection.cursor().copy(BATCHES.statement) as copy:
            for lot in range(next(city.lots)):
                copy.write(_batch_line(lot))
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("vacuum analyze")


def lot_id(lot: int) -> UUID:
    """The id of a batch by its number: far apart from the next one's, as ids of different days are."""
    return _id(lot, kind=2, when=BEGAN + timedelta(seconds=lot * 60))


def _id(number: int, *, kind: int, when: datetime) -> UUID:
    """A version 7 UUID of that moment, the same at every run."""
    value = int(when.timestamp() * 1000) << 80 | (number * 0x9E3779B97F4A7C15 % 2**62) | kind << 70
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def _organisation_id(number: int) -> UUID:
    return _id(number, kind=3, when=BEGAN)


def _location_id(number: int) -> UUID:
    return _id(number, kind=4, when=BEGAN)


def _product_id(number: int) -> UUID:
    return _id(number, kind=5, when=BEGAN)


def _fill_organisations(url: str) -> None:
    engine = make_engine(url)
    with new_session(engine) as session:
        for number in range(ORGANISATIONS):
            mine, name = _organisation_id(number), f"Đơn vị {number}"
            session.add(
                Organisation(
                    id=mine, kind=KINDS_OF[number % 4], name=name, name_folded=name.lower(),
                    phone=f"+84100{number:06d}", approval=Approval.APPROVED,
                )
            )  # fmt: skip
            session.add(
                Location(
                    id=_location_id(number), organisation_id=mine, code=f"L{number:09d}", name=name,
                    commune_code=COMMUNE, address_as_written="",
                )
            )  # fmt: skip
            session.add(
                Product(
                    id=_product_id(number), organisation_id=mine, name="Rau", name_folded="rau", ocop_set=1,
                    uom="KGM", expiry_kind="none", standards=[],
                )
            )  # fmt: skip
        session.commit()
    engine.dispose()


class _Columns:
    """What COPY is told: the columns given here, and those the model fills with a constant of its own."""

    def __init__(self, model: type[Base], names: str) -> None:
        self.names = names.split()
        self.constants: list[str] = []
        for column in model.__table__.columns:
            default = getattr(column.default, "arg", None)
            if column.name not in self.names and not callable(default) and default is not None:
                self.names.append(column.name)
                self.constants.append(str(default))
        self.statement = sql.SQL("copy {} ({}) from stdin").format(
            sql.Identifier(model.__tablename__), sql.SQL(", ").join(map(sql.Identifier, self.names))
        )

    def line(self, *values: object) -> str:
        given = [NULL if value is None else str(value) for value in values]
        return "\t".join(given + self.constants) + "\n"


EVENTS = _Columns(
    Event,
    "id epcis_id is_declaration is_foreign verb event_type action biz_step disposition event_time"
    " event_time_zone_offset record_time organisation_id location_id counterpart_id shipment_id organisation_kind"
    " commune counterpart_kind counterpart_commune marks read_point biz_location quantity_list input_quantity_list"
    " output_quantity_list source_list destination_list biz_transaction_list extensions event_hash",
)
GOODS = _Columns(EventGoods, "event_id position role epc lot batch_id quantity uom")
SHIPMENTS = _Columns(Shipment, "id number sender_id receiver_id shipped_at created_at received_at")
BATCHES = _Columns(
    Batch,
    "id organisation_id product_id location_id code lot_number date_kind produced_on expiry_kind quantity uom seal"
    " activated_at created_at",
)


def _event_line(event_id: UUID, act: Act, when: datetime) -> str:
    kind = KINDS[act.verb]
    mine = _organisation_id(act.by)
    other = None if act.to is None else _organisation_id(act.to)
    shipment = None if act.shipment is None else _shipment_id(act.shipment)
    source, destination = (other, mine) if act.verb is Verb.RECEIVE else (mine, other)
    place = party_uri(_location_id(act.by))
    return EVENTS.line(
        event_id, party_uri(event_id), "f", "f", act.verb, kind.event_type, kind.action, kind.biz_step,
        kind.disposition, when, "+07:00", when, mine, _location_id(act.by), other, shipment, KINDS_OF[act.by % 4],
        COMMUNE, None if act.to is None else KINDS_OF[act.to % 4], None if act.to is None else COMMUNE, "[]",
        place, place, _quantities(act.objects), _quantities(act.inputs), _quantities(act.outputs),
        _party("source", source) if act.objects else None, _party("destination", destination) if other else None,
        json.dumps([{"bizTransaction": party_uri(shipment or event_id)}]), "{}", f"ni:///sha-256;{event_id.hex * 2}",
    )  # fmt: skip


def _quantities(lots: Sequence[int]) -> str | None:
    if not lots:
        return None
    return json.dumps(
        [{"epcClass": party_uri(lot_id(lot)), "quantity": "12.5", "uom": "KGM"} for lot in lots]
    )


def _party(name: str, organisation_id: UUID | None) -> str | None:
    if organisation_id is None:
        return None
    return json.dumps([{"type": "possessing_party", name: party_uri(organisation_id)}])


def _goods_lines(event_id: UUID, act: Act) -> Iterator[str]:
    named = [("object", lot) for lot in act.objects]
    named += [("input", lot) for lot in act.inputs] + [("output", lot) for lot in act.outputs]
    for position, (role, lot) in enumerate(named):
        batch_id = lot_id(lot)
        yield GOODS.line(
            event_id, position, role, party_uri(batch_id), f"C{lot:09d}", batch_id, "12.5", "KGM"
        )


def _shipment_id(shipment: int) -> UUID:
    return _id(shipment, kind=6, when=BEGAN + timedelta(seconds=shipment * 60))


def _shipment_line(act: Act, when: datetime) -> str:
    sender, receiver = _organisation_id(act.by), _organisation_id(act.to or 0)
    number = act.shipment or 0
    return SHIPMENTS.line(_shipment_id(number), number + 1001, sender, receiver, when, when, when)


def _batch_line(lot: int) -> str:
    when = BEGAN + timedelta(seconds=lot * 60)
    of = lot % ORGANISATIONS
    seal = json.dumps({"ocop_set": 1, "name": "Rau", "lot_number": f"L{lot}"})
    return BATCHES.line(
        lot_id(lot), _organisation_id(of), _product_id(of), _location_id(of), f"C{lot:09d}", f"L{lot}", "harvest",
        when.date(), "none", "12.5", "KGM", seal, when, when,
    )  # fmt: skip


def _copy_file(connection: psycopg.Connection, statement: sql.Composed, rows: IO[str]) -> None:
    rows.seek(0)
    with connection.cursor().copy(statement) as copy:
        while part := rows.read(1 << 20):
            copy.write(part)
