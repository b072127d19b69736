"""All verbs, eight parties, any order: what may never break is held after each step.

The services may refuse whatever they like; they may not fail otherwise, and what they did must add up. Which answer is
right for the core verbs is predicted exactly by ``machine``; here every verb meets every other.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine, select, text

from producers.models import Product
from tests.factories import (
    ActiveBatchFactory,
    BatchFactory,
    PartyFactory,
    ProductFactory,
    a_key,
    actor_of_kind,
    officer_of,
)
from tests.trace.events.replay import PLACES, replay
from trace.accounts import services as accounts
from trace.accounts.models import Organisation, OrganisationKind, Role
from trace.accounts.permissions import Actor
from trace.batches.models import Batch, Holding
from trace.batches.unit_models import LogisticUnit, UnitKind
from trace.core.database import new_session
from trace.core.errors import Refusal
from trace.events import (
    services,
    services_claims,
    services_correction,
    services_handover,
    services_holds,
    services_making,
    services_observation,
    services_packing,
    services_settlement,
    services_stock,
)
from trace.events.corrective import Replacement
from trace.events.handover_models import Claim, Outcome, Settlement, Shipment, ShipmentLine
from trace.events.leaf_values import leaf_values, lots_of
from trace.events.models import Event, EventGoods, EventPrivate
from trace.events.rules import DisposalReason
from trace.events.rules_correction import CorrectionReason
from trace.events.rules_handover import RefusalReason, ReturnReason
from trace.events.rules_stock import InspectionResult, SetAsideReason
from trace.ledger import leaves
from trace.ledger.models import Leaf
from trace.recalls import services as recalls
from trace.recalls.models import Recall
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason

DATA = st.data()
PART = st.sampled_from(["0.1", "0.25", "0.5", "1"]).map(Decimal)
SHARE = st.sampled_from(["1", "1", "0.98", "0.9", "0.5"]).map(Decimal)
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
            place = accounts.Place(actor.organisation.seat.commune_code, "Số 2", "Kho hai")
            accounts.add_location(session, actor.organisation, place)
        parties = {a.organisation_id: PartyFactory.create(session=session, actor=a).id for a in actors}
        people = [(a.user_id, a.organisation_id) for a in (*actors, officer_of(session)) if a.user_id]
        session.commit()
        return Town(engine, people, weighed.id, counted.id, soup.id, parties)


class TradeMachine(RuleBasedStateMachine):
    """Each run in one transaction that is rolled back; ``done`` counts what was not refused, over all runs."""

    town: Town
    done: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.session = new_session(self.town.engine)
        *self.actors, self.officer = [
            Actor(user_id, self.session.get_one(Organisation, organisation_id), Role.OWNER)
            for user_id, organisation_id in self.town.people
        ]

    @initialize()
    def begin_in_mid_trade(self) -> None:
        session, producer, shops = self.session, self.actors[0], self.actors[3:]
        for known in (self.town.weighed, self.town.counted):
            product = session.get_one(Product, known)
            for _ in range(2):
                batch = ActiveBatchFactory.create(session=session, actor=producer, product=product)
                for receiver in (self.actors[1], *shops):
                    to = services.Receiver(organisation_id=receiver.organisation_id)
                    shipment = services.ship(session, producer, batch.id, Decimal(10), to, key=a_key())
                    # The last one waits; the first shop got less than was sent.
                    if receiver is not shops[-1]:
                        got = Decimal(6 if receiver is shops[0] else 10)
                        services.receive(session, receiver, shipment.id, {batch.id: got})
                for packer in (producer, shops[1]):
                    services_packing.pack(
                        session, packer, services_packing.Into(), {batch.id: Decimal(5)}, key=a_key()
                    )

    def teardown(self) -> None:
        self.every_leaf_opens_to_its_event()
        self.session.rollback()
        self.session.close()

    # ------------------------------------------------------------------------------------------ leaving, arriving

    @rule(data=DATA, to=st.integers(-1, 6))
    def ship(self, data: st.DataObject, to: int) -> None:
        actor, batch, quantity = self._some(data)
        receiver = (
            services.Receiver(organisation_id=self.actors[to].organisation_id)
            if to >= 0
            else services.Receiver(party_id=self.town.parties[actor.organisation_id])
        )
        self._try("ship", lambda: services.ship(self.session, actor, batch, quantity, receiver, key=a_key()))

    @rule(data=DATA, share=SHARE)
    def receive(self, data: st.DataObject, share: Decimal) -> None:
        shipment = self._shipment(data)
        if shipment is None:
            return
        loose = {
            line.batch_id: (line.quantity * share).quantize(Decimal(1 if line.batch.uom is None else "0.01"))
            for line in shipment.lines
            if line.unit_id is None
        }
        actor = self._of(shipment.receiver_id)
        self._try("receive", lambda: services.receive(self.session, actor, shipment.id, loose or None))

    @rule(data=DATA)
    def cancel(self, data: st.DataObject) -> None:
        shipment = self._shipment(data)
        if shipment is not None:
            actor = self._of(shipment.sender_id)
            self._try("cancel", lambda: services_handover.cancel(self.session, actor, shipment.id))

    @rule(data=DATA)
    def refuse(self, data: st.DataObject) -> None:
        shipment = self._shipment(data)
        if shipment is not None:
            actor = self._of(shipment.receiver_id)
            self._try(
                "refuse",
                lambda: services_handover.refuse(self.session, actor, shipment.id, RefusalReason.WRONG_GOODS),
            )

    @rule(data=DATA)
    def return_goods(self, data: st.DataObject) -> None:
        actor, batch, quantity = self._some(data)
        self._try(
            "return",
            lambda: services_handover.return_goods(
                self.session, actor, batch, quantity, ReturnReason.UNSOLD, key=a_key()
            ),
        )

    @rule(data=DATA, who=st.integers(0, 6))
    def claim(self, data: st.DataObject, who: int) -> None:
        sender, batch, quantity = self._some(data)
        actor = self.actors[who]
        self._try(
            "claim",
            lambda: services_claims.claim(
                self.session, actor, batch, sender.organisation_id, quantity, key=a_key()
            ),
        )

    @rule(data=DATA, answer=st.sampled_from(["confirm", "refuse", "withdraw"]))
    def answer_claim(self, data: st.DataObject, answer: str) -> None:
        claim = self._one_of(data, select(Claim))
        if claim is None:
            return
        sender, claimant = self._of(claim.sender_id), self._of(claim.claimant_id)
        if answer == "confirm":
            self._try("confirm_claim", lambda: services_claims.confirm_claim(self.session, sender, claim.id))
        elif answer == "refuse":
            self._try("refuse_claim", lambda: services_claims.refuse_claim(self.session, sender, claim.id))
        else:
            self._try(
                "withdraw_claim", lambda: services_claims.withdraw_claim(self.session, claimant, claim.id)
            )

    @rule(data=DATA, outcome=st.sampled_from(Outcome), part=PART)
    def settle(self, data: st.DataObject, outcome: Outcome, part: Decimal) -> None:
        line = self._one_of(data, select(ShipmentLine).where(ShipmentLine.open_quantity > 0))
        if line is None:
            return
        waiting = self.session.scalars(
            select(Settlement).where(
                Settlement.line_id == line.id,
                Settlement.agreed_at.is_(None),
                Settlement.declined_at.is_(None),
            )
        ).one_or_none()
        sides = [self._of(line.shipment.sender_id), self._of(line.shipment.receiver_id)]
        if waiting is None:
            quantity = (line.open_quantity * part).quantize(Decimal(1 if line.batch.uom is None else "0.01"))
            side = data.draw(st.sampled_from(sides))
            self._try(
                "propose",
                lambda: services_settlement.propose_settlement(
                    self.session, side, line.id, outcome, quantity
                ),
            )
        else:
            other = next(side for side in sides if side.organisation_id != waiting.proposed_by)
            self._try(
                "settle",
                lambda: services_settlement.agree_settlement(self.session, other, waiting.id),
            )

    @rule(data=DATA, verb=st.sampled_from(["sell", "destroy", "use_up", "sample"]))
    def let_go(self, data: st.DataObject, verb: str) -> None:
        actor, batch, quantity = self._some(data)
        verbs: dict[str, Callable[[], Any]] = {
            "sell": lambda: services.sell(self.session, actor, batch, quantity, key=a_key()),
            "destroy": lambda: services.destroy(
                self.session, actor, batch, quantity, DisposalReason.SPOILED, key=a_key()
            ),
            "use_up": lambda: services_stock.use_up(self.session, actor, batch, quantity, key=a_key()),
            "sample": lambda: services_observation.sample(self.session, actor, batch, quantity, key=a_key()),
        }
        self._try(verb, verbs[verb])

    # ------------------------------------------------------------------------------------------------- making

    @rule(data=DATA, parts=st.integers(2, 3))
    def split(self, data: st.DataObject, parts: int) -> None:
        actor, batch, quantity = self._some(data)
        unit = Decimal(1 if self.session.get_one(Batch, batch).uom is None else "0.01")
        each = (quantity / parts).quantize(unit, "ROUND_FLOOR")
        self._try(
            "split",
            lambda: services_making.split(self.session, actor, batch, [each] * parts, key=a_key()),
        )

    @rule(data=DATA)
    def merge(self, data: st.DataObject) -> None:
        actor, batch, quantity = self._some(data)
        held = [
            holding.batch_id
            for holding in self._holdings()
            if holding.organisation_id == actor.organisation_id and holding.batch_id != batch
        ]
        if held:
            other = data.draw(st.sampled_from(held))
            inputs = {batch: quantity, other: Decimal(1)}
            self._try("merge", lambda: services_making.merge(self.session, actor, inputs, key=a_key()))

    @rule(data=DATA)
    def transform(self, data: st.DataObject) -> None:
        actor, batch, quantity = self._some(data, self.actors[1])
        product = self.session.get_one(Product, self.town.soup)
        made = (quantity * Decimal("0.8")).quantize(Decimal("0.01"))
        if made <= 0:
            return

        def act() -> Any:
            draft = BatchFactory.create(
                session=self.session, actor=self.actors[1], product=product, quantity=made
            )
            return services_making.transform(
                self.session, actor, {batch: quantity}, [draft.id], key=a_key(), loss=quantity - made
            )

        self._try("transform", act)

    # ------------------------------------------------------------------------------------------------- cartons

    @rule(data=DATA, is_again=st.booleans())
    def pack(self, data: st.DataObject, is_again: bool) -> None:
        actor, batch, quantity = self._some(data)
        unit = self._unit(data, actor) if is_again else None
        into = services_packing.Into(unit_id=unit.id) if unit else services_packing.Into()
        self._try(
            "pack",
            lambda: services_packing.pack(self.session, actor, into, {batch: quantity}, key=a_key()),
        )

    @rule(data=DATA, who=st.integers(0, 6))
    def stack(self, data: st.DataObject, who: int) -> None:
        actor = self.actors[who]
        unit = self._unit(data, actor)
        if unit is not None:
            into = services_packing.Into(kind=UnitKind.PALLET)
            self._try(
                "stack",
                lambda: services_packing.pack(self.session, actor, into, {}, [unit.id], key=a_key()),
            )

    @rule(data=DATA, who=st.integers(0, 6))
    def unpack(self, data: st.DataObject, who: int) -> None:
        actor = self.actors[who]
        unit = self._unit(data, actor)
        if unit is not None:
            self._try("unpack", lambda: services_packing.unpack(self.session, actor, unit.id, key=a_key()))

    @rule(data=DATA, who=st.integers(0, 6), to=st.integers(0, 6))
    def ship_units(self, data: st.DataObject, who: int, to: int) -> None:
        actor = self.actors[who]
        unit = self._unit(data, actor)
        if unit is not None:
            receiver = services.Receiver(organisation_id=self.actors[to].organisation_id)
            self._try(
                "ship_units",
                lambda: services_packing.ship_units(self.session, actor, [unit.id], receiver, key=a_key()),
            )

    # ------------------------------------------------------------------------------------------------- stock

    @rule(
        data=DATA,
        who=st.sampled_from([0, 3]),
        place=st.integers(0, 1),
        verb=st.sampled_from(["move", "store"]),
    )
    def move(self, data: st.DataObject, who: int, place: int, verb: str) -> None:
        actor, batch, quantity = self._some(data, self.actors[who])
        to = actor.organisation.locations[min(place, len(actor.organisation.locations) - 1)].id
        act = services_stock.move if verb == "move" else services_stock.store
        self._try(verb, lambda: act(self.session, actor, {batch: quantity}, to, key=a_key()))

    @rule(data=DATA, share=st.sampled_from(["1", "0.97", "0.8", "1.05"]).map(Decimal))
    def count(self, data: st.DataObject, share: Decimal) -> None:
        holding = data.draw(st.sampled_from(self._holdings()))
        unit = Decimal(1 if holding.batch.uom is None else "0.01")
        counted = (holding.quantity * share).quantize(unit)
        actor = self._of(holding.organisation_id)
        self._try(
            "count",
            lambda: services_stock.count_stock(
                self.session, actor, {holding.batch_id: counted}, key=a_key(), is_sure=True
            ),
        )

    @rule(data=DATA, is_start=st.booleans())
    def hold(self, data: st.DataObject, is_start: bool) -> None:
        actor, batch, _quantity = self._some(data)
        actor = data.draw(st.sampled_from([actor, actor, self.officer]))
        reason = next(iter(SetAsideReason))
        if is_start:
            self._try("hold", lambda: services_holds.hold(self.session, actor, batch, reason))
        else:
            self._try("release", lambda: services_holds.release(self.session, actor, batch))

    @rule(data=DATA)
    def inspect(self, data: st.DataObject) -> None:
        actor, batch, _quantity = self._some(data)
        result = next(iter(InspectionResult))
        self._try(
            "inspect",
            lambda: services_observation.inspect(self.session, actor, batch, result, key=a_key()),
        )

    @rule(data=DATA, share=st.sampled_from(["0", "0.5", "0.9", "1.2"]).map(Decimal))
    def correct(self, data: st.DataObject, share: Decimal) -> None:
        """An entry was wrong: so much less or more, or nothing of it was so."""
        usual = ("sell", "destroy", "ship", "receive", "use_up", "count", "sample", "activate")
        event = self._one_of(data, select(Event).where(~Event.is_declaration, Event.verb.in_(usual)))
        quantities = {
            one.batch_id: (one.quantity * share).quantize(Decimal(1 if one.uom is None else "0.01"))
            for one in event.goods
            if one.batch_id is not None and one.quantity is not None
        }
        replacement = Replacement(quantities=quantities) if share else None
        reason = CorrectionReason.INCORRECT_DATA if share else CorrectionReason.DID_NOT_OCCUR
        actor = self._of(event.organisation_id)
        self._try(
            "correct",
            lambda: services_correction.correct(
                self.session, actor, event.id, reason, replacement, key=a_key()
            ),
        )

    @rule(data=DATA, is_withdrawn=st.booleans())
    def recall(self, data: st.DataObject, is_withdrawn: bool) -> None:
        """Rare, and mostly withdrawn soon: goods under recall hardly move."""
        open_recalls = list(
            self.session.scalars(
                select(Recall).where(Recall.ended_at.is_(None), Recall.withdrawn_at.is_(None))
            )
        )
        if open_recalls:
            found = open_recalls[0]
            number = found.batch.lot_number
            self._try(
                "withdraw_recall",
                lambda: recalls.withdraw_recall(
                    self.session,
                    self.officer,
                    found.id,
                    WithdrawalReason.RETEST_PASSED,
                    typed_lot_number=number,
                ),
            )
        elif is_withdrawn:
            _actor, batch_id, _quantity = self._some(data)
            batch = self.session.get_one(Batch, batch_id)
            self._try(
                "recall",
                lambda: recalls.recall(
                    self.session,
                    self.officer,
                    batch.id,
                    RecallClass.QUALITY,
                    RecallReason.SPOILED,
                    None,
                    typed_lot_number=batch.lot_number,
                ),
            )

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

    def _try(self, verb: str, act: Callable[[], Any]) -> None:
        """Do it as a view would: a refusal takes back everything it had begun."""
        try:
            with self.session.begin_nested():
                act()
                self.session.flush()
        except Refusal:
            self.done[f"{verb} refused"] += 1
            return
        self.done[verb] += 1

    def _holdings(self) -> list[Holding]:
        wanted = (
            select(Holding).where(Holding.quantity > 0).order_by(Holding.batch_id, Holding.organisation_id)
        )
        return list(self.session.scalars(wanted))

    def _some(self, data: st.DataObject, actor: Actor | None = None) -> tuple[Actor, UUID, Decimal]:
        """Somebody who holds something, and a part of it; now and then somebody else, or too much."""
        holdings = self._holdings()
        if actor is not None:
            holdings = [one for one in holdings if one.organisation_id == actor.organisation_id] or holdings
        holding = data.draw(st.sampled_from(holdings), "holding")
        part = data.draw(PART, "part")
        unit = Decimal(1 if holding.batch.uom is None else "0.01")
        quantity = (holding.quantity * part).quantize(unit, "ROUND_CEILING")
        if data.draw(st.integers(0, 9), "is it meant") == 0:
            return data.draw(st.sampled_from(self.actors), "anybody"), holding.batch_id, quantity + 1
        return actor or self._of(holding.organisation_id), holding.batch_id, quantity

    def _of(self, organisation_id: UUID | None) -> Actor:
        return next(one for one in [*self.actors, self.officer] if one.organisation_id == organisation_id)

    def _one_of(self, data: st.DataObject, wanted: Any) -> Any:
        column = wanted.column_descriptions[0]["entity"].id
        rows = list(self.session.scalars(wanted.order_by(column.desc()).limit(6)).unique())
        return data.draw(st.sampled_from(rows)) if rows else None

    def _shipment(self, data: st.DataObject) -> Shipment | None:
        """A shipment between organisations, mostly one that still waits."""
        wanted = select(Shipment).where(Shipment.receiver_id.is_not(None))
        if data.draw(st.integers(0, 4), "is it open"):
            wanted = wanted.where(
                Shipment.received_at.is_(None), Shipment.cancelled_at.is_(None), Shipment.refused_at.is_(None)
            )
        found: Shipment | None = self._one_of(data, wanted)
        return found

    def _unit(self, data: st.DataObject, actor: Actor) -> LogisticUnit | None:
        found: LogisticUnit | None = self._one_of(
            data, select(LogisticUnit).where(LogisticUnit.holder_id == actor.organisation_id)
        )
        return found
