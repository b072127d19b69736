"""A machine that does the same to a model of custody (``custody_model``) and to the real services.

The model predicts every answer, refusals included; after each step the database must hold what the model holds.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from producers.models import Product
from tests.factories import ActiveBatchFactory, a_key
from tests.trace.events.custody_model import NOTHING, PLACES, Keyed, Lot, Sent, World, replay
from trace.accounts.models import Organisation, Role
from trace.accounts.permissions import Actor
from trace.batches.models import Balance, Batch, Holding
from trace.core.database import new_session
from trace.core.errors import BadInput, NotFound, Refusal
from trace.core.idempotency import IdempotencyKeyReused
from trace.events import rules, services_leaving, services_receiving, services_shipping
from trace.events.models import Event, EventGoods
from trace.ledger.models import Leaf
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason

WHO = st.integers(0, 3)
WHICH = st.integers(0, 1)
DATA = st.data()
# Mostly a part of what is held, so that goods do move; sometimes anything.
PART = st.sampled_from(["0.05", "0.1", "0.2", "0.3", "0.5", "1"]).map(Decimal)
ANYTHING = st.one_of(st.integers(0, 200).map(Decimal), st.decimals("0.000001", "60", places=6))
# Around the tolerances of 3 and 10 percent, on both sides.
SHARE = st.sampled_from(["1", "0.98", "0.97", "0.95", "0.9", "0.85", "0.5", "0", "1.1"]).map(Decimal)
ONE_IN_FOUR = st.sampled_from([False, False, False, True])


class CustodyMachine(RuleBasedStateMachine):
    """Verbs by anybody, in any order, with any quantity; made for one world, each run in a transaction that is rolled back."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.session = new_session(self.world.engine)
        *self.actors, self.officer = [
            Actor(user_id, self.session.get_one(Organisation, organisation_id), Role.OWNER)
            for user_id, organisation_id in self.world.people
        ]
        self.lots = [self._new_lot(self.session.get_one(Product, known)) for known in self.world.products]
        self.sent: list[Sent] = []
        self.keyed: list[Keyed] = []
        self.acts = len(self.lots)
        for lot in self.lots:
            self._spread(lot)

    def _new_lot(self, product: Product) -> Lot:
        maker = self.actors[0]
        batch = ActiveBatchFactory.create(session=self.session, actor=maker, product=product)
        lot = Lot(
            batch, product.natural_loss_percent, product.uom is None, {maker.organisation_id: batch.quantity}
        )
        self._move(lot, "nowhere", "held", batch.quantity)
        return lot

    def _spread(self, lot: Lot) -> None:
        """A little to the carrier, and something on its way to a shop: most runs should begin in mid-trade."""
        maker, carrier, shop = (actor.organisation_id for actor in self.actors[:3])
        amount = Decimal(20)
        for receiver in (carrier, shop):
            to = services_shipping.Receiver(organisation_id=receiver)
            shipment = services_shipping.ship(
                self.session, self.actors[0], lot.batch.id, amount, to, key=a_key()
            )
            self.sent.append(Sent(shipment.id, lot, maker, receiver, amount))
            lot.held[maker] -= amount
            self._move(lot, "held", "in_transit", amount)
        services_receiving.receive(self.session, self.actors[1], self.sent[-2].id)
        self.sent[-2].received = lot.held[carrier] = amount
        self._move(lot, "in_transit", "held", amount)
        self.acts += 3

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    # What people do.

    @rule(data=DATA, which=WHICH, to=st.one_of(WHO, st.none()))
    def ship(self, data: st.DataObject, which: int, to: int | None) -> None:
        lot = self.lots[which]
        actor, quantity = self._somebody_and_some(data, lot)
        me = actor.organisation_id
        target = None if to is None else self.actors[to].organisation_id
        party = self.world.parties[me] if target is None else None
        receiver = services_shipping.Receiver(organisation_id=target, party_id=party)
        expected = self._refusal_of_taking(lot, me, quantity)
        if expected is None and lot.is_recalled and target != lot.batch.organisation_id:
            expected = rules.BatchRecalled
        if expected is None and target == me:
            expected = BadInput

        def act(key: str, amount: Decimal) -> Any:
            return services_shipping.ship(self.session, actor, lot.batch.id, amount, receiver, key=key)

        shipment = self._act_once(expected, act, quantity)
        if shipment is None:
            return
        lot.held[me] -= quantity
        self._move(lot, "held", "in_transit" if target else "outside", quantity)
        if target is not None:
            self.sent.append(Sent(shipment.id, lot, me, target, quantity))

    @precondition(lambda self: self.sent)
    @rule(data=DATA, who=WHO, share=SHARE, is_anybody=ONE_IN_FOUR)
    def receive(self, data: st.DataObject, who: int, share: Decimal, is_anybody: bool) -> None:
        # The open ones twice, so that more is received than refused.
        sent = data.draw(st.sampled_from(self.sent + [one for one in self.sent if one.received is None]))
        by_id = {actor.organisation_id: actor for actor in self.actors}
        actor = self.actors[who] if is_anybody else by_id[sent.receiver]
        lot = sent.lot
        quantity = (sent.quantity * share).quantize(Decimal(1) if lot.is_count else Decimal("0.000001"))
        expected: type[Refusal] | None = None
        if actor.organisation_id != sent.receiver:
            expected = NotFound
        elif sent.received is not None:
            expected = None if quantity == sent.received else services_receiving.AlreadyReceived
        elif quantity <= 0:
            expected = BadInput
        elif quantity > sent.quantity:
            expected = rules.ReceivedExceedsShipped
        is_repeat = sent.received is not None
        done = self._act(
            expected,
            lambda: services_receiving.receive(self.session, actor, sent.id, {lot.batch.id: quantity}),
        )
        if done is None or is_repeat:
            return
        self.acts += 1
        sent.received = quantity
        lot.held[sent.receiver] = lot.held.get(sent.receiver, NOTHING) + quantity
        missing = sent.quantity - quantity
        is_natural = missing <= (sent.quantity * lot.tolerance / 100).quantize(
            Decimal("0.000001"), "ROUND_HALF_UP"
        )
        self._move(lot, "in_transit", "held", quantity)
        self._move(lot, "in_transit", "lost" if is_natural else "in_question", missing)

    @rule(data=DATA, which=WHICH)
    def sell(self, data: st.DataObject, which: int) -> None:
        lot = self.lots[which]
        actor, quantity = self._somebody_and_some(data, lot)
        expected = self._refusal_of_taking(lot, actor.organisation_id, quantity)
        if expected is None and lot.is_recalled:
            expected = rules.BatchRecalled

        def act(key: str, amount: Decimal) -> Any:
            return services_leaving.sell(self.session, actor, lot.batch.id, amount, key=key)

        if self._act_once(expected, act, quantity) is not None:
            lot.held[actor.organisation_id] -= quantity
            self._move(lot, "held", "sold", quantity)

    @rule(data=DATA, which=WHICH, reason=st.sampled_from(rules.DisposalReason))
    def destroy(self, data: st.DataObject, which: int, reason: rules.DisposalReason) -> None:
        lot = self.lots[which]
        actor, quantity = self._somebody_and_some(data, lot)
        expected = self._refusal_of_taking(lot, actor.organisation_id, quantity)

        def act(key: str, amount: Decimal) -> Any:
            return services_leaving.destroy(self.session, actor, lot.batch.id, amount, reason, key=key)

        if self._act_once(expected, act, quantity) is not None:
            lot.held[actor.organisation_id] -= quantity
            self._move(lot, "held", "destroyed", quantity)

    @precondition(lambda self: self.keyed)
    @rule(data=DATA)
    def send_again(self, data: st.DataObject) -> None:
        earlier = data.draw(st.sampled_from(self.keyed))
        answer = earlier.again(earlier.key, earlier.quantity)
        assert answer.id == earlier.answer

    @precondition(lambda self: self.keyed)
    @rule(data=DATA)
    def send_something_else_under_the_same_key(self, data: st.DataObject) -> None:
        earlier = data.draw(st.sampled_from(self.keyed))
        self._act(IdempotencyKeyReused, lambda: earlier.again(earlier.key, earlier.quantity + 1))

    @rule(which=WHICH, what=st.sampled_from(["start", "end", "withdraw"]), is_meant=ONE_IN_FOUR)
    def decide(self, which: int, what: str, is_meant: bool) -> None:
        """The authority is rare: goods under recall hardly move."""
        lot = self.lots[which]
        session, officer, lot_number = self.session, self.officer, lot.batch.lot_number
        if what == "start":
            is_twice = lot.recall_id is not None
            started = self._act(
                recalls.AlreadyRecalled if is_twice else None,
                lambda: recalls.recall(
                    session,
                    officer,
                    lot.batch.id,
                    RecallClass.QUALITY,
                    RecallReason.SPOILED,
                    None,
                    typed_lot_number=lot_number,
                ),
            )
            if started is None:
                return
            lot.recall_id, lot.is_recalled = started.id, True
        elif what == "end" and is_meant and lot.recall_id is not None:
            recalls.end_recall(session, officer, lot.recall_id, typed_lot_number=lot_number)
            lot.recall_id, lot.had_ended_recall = None, True
        elif what == "withdraw" and lot.recall_id is not None:
            reason = WithdrawalReason.RETEST_PASSED
            recalls.withdraw_recall(session, officer, lot.recall_id, reason, typed_lot_number=lot_number)
            lot.recall_id, lot.is_recalled = None, lot.had_ended_recall
        else:
            return
        self.acts += 1

    @precondition(lambda self: any(lot.is_recalled for lot in self.lots))
    @rule(data=DATA, is_shipped=st.booleans())
    def pass_on_what_is_recalled(self, data: st.DataObject, is_shipped: bool) -> None:
        """Holders try to be rid of recalled goods: never to buyers, never to anybody but the producer."""
        lot = data.draw(st.sampled_from([lot for lot in self.lots if lot.is_recalled]))
        holders = [actor for actor in self.actors if lot.held.get(actor.organisation_id, NOTHING) >= 1]
        if not holders:
            return
        actor = data.draw(st.sampled_from(holders))
        to = services_shipping.Receiver(party_id=self.world.parties[actor.organisation_id])
        batch_id, one = lot.batch.id, Decimal(1)
        if is_shipped:
            self._act(
                rules.BatchRecalled,
                lambda: services_shipping.ship(self.session, actor, batch_id, one, to, key=a_key()),
            )
        else:
            self._act(
                rules.BatchRecalled,
                lambda: services_leaving.sell(self.session, actor, batch_id, one, key=a_key()),
            )

    # What must hold after every step.

    @invariant()
    def balances_are_as_the_model_says(self) -> None:
        # Raw columns: what the session remembers is not what is asked about.
        columns = [Balance.batch_id, Balance.created, *(getattr(Balance, place) for place in PLACES)]
        rows = self.session.execute(
            select(*columns, Batch.is_recalled).join(Batch, Batch.id == Balance.batch_id)
        )
        balances = {row.batch_id: row for row in rows}
        for lot in self.lots:
            found = balances[lot.batch.id]
            assert {place: getattr(found, place) for place in PLACES} == {p: lot.places[p] for p in PLACES}
            assert found.created == lot.created == sum(lot.places[place] for place in PLACES)
            assert found.is_recalled == lot.is_recalled

    @invariant()
    def holdings_are_as_the_model_says_and_never_negative(self) -> None:
        rows = self.session.execute(select(Holding.batch_id, Holding.organisation_id, Holding.quantity))
        found = {(row.batch_id, row.organisation_id): row.quantity for row in rows}
        assert found == self._model_holdings()
        assert min(found.values()) >= 0
        for lot in self.lots:
            assert sum(lot.held.values()) == lot.places["held"]

    @invariant()
    def replaying_the_events_rebuilds_every_holding_and_nothing_happened_twice(self) -> None:
        rows = self.session.execute(
            select(Event.verb, EventGoods.batch_id, Event.organisation_id, EventGoods.quantity, Leaf.event_id)
            .join(EventGoods, EventGoods.event_id == Event.id)
            .outerjoin(Leaf, Leaf.event_id == Event.id)
            .order_by(Event.record_time, Event.id)
        ).all()
        assert len(rows) == self.acts
        assert all(row.event_id for row in rows), "an event without its leaf"
        assert replay(rows) == self._model_holdings()

    def _model_holdings(self) -> dict[tuple[UUID, UUID], Decimal]:
        return {(lot.batch.id, who): held for lot in self.lots for who, held in lot.held.items()}

    def _somebody_and_some(self, data: st.DataObject, lot: Lot) -> tuple[Actor, Decimal]:
        holders = [actor for actor in self.actors if lot.held.get(actor.organisation_id)]
        actor = data.draw(st.sampled_from(holders * 8 + self.actors), "who")
        held = lot.held.get(actor.organisation_id, NOTHING)
        if not held or data.draw(ONE_IN_FOUR, "anything"):
            return actor, data.draw(ANYTHING, "quantity")
        part = held * data.draw(PART, "part")
        return actor, part.quantize(Decimal(1) if lot.is_count else Decimal("0.01"), "ROUND_CEILING").min(
            held
        )

    def _refusal_of_taking(self, lot: Lot, who: UUID, quantity: Decimal) -> type[Refusal] | None:
        if who not in lot.held:
            return NotFound
        if quantity <= 0:
            return BadInput
        if lot.is_count and quantity != quantity.to_integral_value():
            return rules.WholeUnitsOnly
        if lot.held[who] <= 0:
            return rules.NotTheHolder
        return rules.QuantityExceedsHolding if quantity > lot.held[who] else None

    def _act_once(
        self, expected: type[Refusal] | None, act: Callable[[str, Decimal], Any], quantity: Decimal
    ) -> Any:
        key = a_key()
        answer = self._act(expected, lambda: act(key, quantity))
        if answer is not None:
            self.acts += 1
            self.keyed.append(Keyed(key, quantity, answer.id, act))
        return answer

    def _act(self, expected: type[Refusal] | None, act: Callable[[], Any]) -> Any:
        """Do it as a view would: a refusal takes back everything. Returns None for the refusal that was expected."""
        if expected is None:
            with self.session.begin_nested():
                return act()
        with pytest.raises(Refusal) as refused, self.session.begin_nested():
            act()
        assert refused.type is expected
        return None

    def _move(self, lot: Lot, source: str, target: str, quantity: Decimal) -> None:
        lot.places[source] -= quantity
        lot.places[target] += quantity
