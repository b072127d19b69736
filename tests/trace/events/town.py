"""A town of eight parties: what a run of ``trade`` starts from, draws from, and may never break."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import Engine, select, text

from tests.factories import PartyFactory, ProductFactory, actor_of_kind, officer_of
from tests.trace.events.replay import PLACES, replay
from trace.accounts import services_organisations
from trace.accounts.models import Organisation, OrganisationKind, Role
from trace.accounts.permissions import Actor
from trace.batches.models import Holding
from trace.batches.unit_models import LogisticUnit
from trace.core.database import new_session
from trace.core.errors import Refusal
from trace.events.handover_models import Shipment
from trace.events.leaf_values import leaf_values, lots_of
from trace.events.models import Event, EventGoods, EventPrivate
from trace.ledger import leaves
from trace.ledger.models import Leaf

PART = st.sampled_from(["0.1", "0.25", "0.5", "1"]).map(Decimal)
KINDS = (
    OrganisationKind.PRODUCER,
    OrganisationKind.PROCESSOR,
    OrganisationKind.CARRIER,
    OrganisationKind.SHOP,
    OrganisationKind.SHOP,
    OrganisationKind.KITCHEN,
    OrganisationKind.SHOP,
)


@dataclass(frozen=True)
class Town:
    """What every run starts from, committed once; ids only. The officer is the eighth party."""

    engine: Engine
    people: list[tuple[UUID, UUID]]
    weighed: UUID
    counted: UUID
    soup: UUID
    parties: dict[UUID, UUID]


def build_town(engine: Engine) -> Town:
    with new_session(engine) as session:
        actors = [actor_of_kind(session, kind) for kind in KINDS]
        weighed = ProductFactory.create(session=session, actor=actors[0], natural_loss_percent=Decimal(3))
        counted = ProductFactory.create(
            session=session, actor=actors[0], uom=None, packaging_word="quả", natural_loss_percent=Decimal(10)
        )
        soup = ProductFactory.create(session=session, actor=actors[1])
        for actor in (actors[0], actors[3]):
            place = services_organisations.Place(actor.organisation.seat.commune_code, "Số 2", "Kho hai")
            services_organisations.add_location(session, actor.organisation, place)
        parties = {a.organisation_id: PartyFactory.create(session=session, actor=a).id for a in actors}
        people = [(a.user_id, a.organisation_id) for a in (*actors, officer_of(session)) if a.user_id]
        session.commit()
        return Town(engine, people, weighed.id, counted.id, soup.id, parties)


class TownMachine(RuleBasedStateMachine):
    """A run in one transaction that is rolled back, and what must hold after each step; ``TradeMachine`` has the steps.

    ``done`` counts what was not refused, over all runs.
    """

    town: Town
    done: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.session = new_session(self.town.engine)
        *self.actors, self.officer = [
            Actor(user_id, self.session.get_one(Organisation, organisation_id), Role.OWNER)
            for user_id, organisation_id in self.town.people
        ]

    def teardown(self) -> None:
        self.every_leaf_opens_to_its_event()
        self.session.rollback()
        self.session.close()

    # ------------------------------------------------------------------------------------ what must always hold

    @invariant()
    def replaying_the_events_alone_rebuilds_holdings_and_balances(self) -> None:
        books = replay(self.session.connection())
        rows = self.session.execute(text("select batch_id, organisation_id, quantity from holdings"))
        held = {(row.batch_id, row.organisation_id): row.quantity for row in rows if row.quantity}
        assert held == {key: amount for key, amount in books.held.items() if amount}
        assert all(amount >= 0 for amount in books.held.values())
        for row in self.session.execute(text("select * from balances")).mappings():
            assert {place: row[place] for place in PLACES} == dict(books.places[row["batch_id"]])
            assert row["created"] == sum(row[place] for place in PLACES if place != "created")

    @invariant()
    def cartons_and_places_hold_no_more_than_there_is(self) -> None:
        packed = self.session.execute(
            text(
                "select c.batch_id, u.holder_id, sum(c.quantity) as packed from unit_contents c"
                " join logistic_units u on u.id = c.unit_id where u.holder_id is not null and c.quantity > 0"
                " group by 1, 2"
            )
        )
        inside = {(row.batch_id, row.holder_id): row.packed for row in packed}
        placed = self.session.execute(
            text("select batch_id, organisation_id, sum(quantity) as q from placements group by 1, 2")
        )
        elsewhere = {(row.batch_id, row.organisation_id): row.q for row in placed if row.q}
        rows = self.session.execute(
            text("select batch_id, organisation_id, quantity, packed, elsewhere from holdings")
        )
        for row in rows:
            key = (row.batch_id, row.organisation_id)
            assert row.packed == inside.pop(key, 0), "what is packed is what lies in cartons"
            assert row.elsewhere == elsewhere.pop(key, 0)
            assert row.quantity >= row.packed
            assert row.quantity >= row.elsewhere
        assert not inside
        assert not elsewhere

    @invariant()
    def what_is_on_its_way_or_in_question_stands_in_shipments(self) -> None:
        rows = self.session.execute(
            text(
                "select b.batch_id, b.in_transit, b.in_question, coalesce(l.moving, 0) as moving,"
                " coalesce(l.open, 0) as open from balances b left join ("
                " select line.batch_id, sum(line.quantity) filter (where s.receiver_id is not null and"
                " s.received_at is null and s.cancelled_at is null and s.refused_at is null) as moving,"
                " sum(line.open_quantity) as open from shipment_lines line join shipments s"
                " on s.id = line.shipment_id group by 1) l on l.batch_id = b.batch_id"
            )
        )
        for row in rows:
            assert row.in_transit == row.moving
            assert row.in_question == row.open

    @invariant()
    def every_event_has_its_leaf_and_its_private_part(self) -> None:
        missing = self.session.scalar(
            text(
                "select count(*) from events e left join leaves l on l.event_id = e.id"
                " left join event_private p on p.event_id = e.id where l.id is null or p.event_id is null"
            )
        )
        assert missing == 0

    def every_leaf_opens_to_its_event(self) -> None:
        self.session.expire_all()
        events = self.session.execute(
            select(Event, EventPrivate, Leaf.leaf)
            .join(EventPrivate, EventPrivate.event_id == Event.id)
            .join(Leaf, Leaf.event_id == Event.id)
        ).all()
        lots: dict[UUID, list[str | None]] = {}
        for event_id, lot in self.session.execute(select(EventGoods.event_id, EventGoods.lot)):
            lots.setdefault(event_id, []).append(lot)
        for event, private, leaf in events:
            salts = leaves.unpack_salts(private.salts)
            values = leaf_values(event, private)
            values["lots"] = leaves.lot_tags(lots_of(lots.get(event.id, [])), salts)
            read = leaves.decode_leaf(leaf)
            for name in leaves.FIELDS:
                assert leaves.check_opening(read, name, values.get(name), salts[name]), (event.verb, name)

    # --------------------------------------------------------------------------------------------------- helpers

    def attempt(self, verb: str, act: Callable[[], Any]) -> None:
        """Do it as a view would: a refusal takes back everything it had begun."""
        try:
            with self.session.begin_nested():
                act()
                self.session.flush()
        except Refusal:
            self.done[f"{verb} refused"] += 1
            return
        self.done[verb] += 1

    def holdings(self) -> list[Holding]:
        wanted = (
            select(Holding).where(Holding.quantity > 0).order_by(Holding.batch_id, Holding.organisation_id)
        )
        return list(self.session.scalars(wanted))

    def some(self, data: st.DataObject, actor: Actor | None = None) -> tuple[Actor, UUID, Decimal]:
        """Somebody who holds something, and a part of it; now and then somebody else, or too much."""
        holdings = self.holdings()
        if actor is not None:
            holdings = [one for one in holdings if one.organisation_id == actor.organisation_id] or holdings
        holding = data.draw(st.sampled_from(holdings), "holding")
        part = data.draw(PART, "part")
        unit = Decimal(1 if holding.batch.uom is None else "0.01")
        quantity = (holding.quantity * part).quantize(unit, "ROUND_CEILING")
        if data.draw(st.integers(0, 9), "is it meant") == 0:
            return data.draw(st.sampled_from(self.actors), "anybody"), holding.batch_id, quantity + 1
        return actor or self.actor_of(holding.organisation_id), holding.batch_id, quantity

    def actor_of(self, organisation_id: UUID | None) -> Actor:
        return next(one for one in [*self.actors, self.officer] if one.organisation_id == organisation_id)

    def one_of(self, data: st.DataObject, wanted: Any) -> Any:
        column = wanted.column_descriptions[0]["entity"].id
        rows = list(self.session.scalars(wanted.order_by(column.desc()).limit(6)).unique())
        return data.draw(st.sampled_from(rows)) if rows else None

    def a_shipment(self, data: st.DataObject) -> Shipment | None:
        """A shipment between organisations, mostly one that still waits."""
        wanted = select(Shipment).where(Shipment.receiver_id.is_not(None))
        if data.draw(st.integers(0, 4), "is it open"):
            wanted = wanted.where(Shipment.is_open)
        found: Shipment | None = self.one_of(data, wanted)
        return found

    def a_unit(self, data: st.DataObject, actor: Actor) -> LogisticUnit | None:
        found: LogisticUnit | None = self.one_of(
            data, select(LogisticUnit).where(LogisticUnit.holder_id == actor.organisation_id)
        )
        return found
