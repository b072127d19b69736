"""All verbs, eight parties, any order: what may never break is held after each step.

The services may refuse whatever they like; they may not fail otherwise, and what they did must add up. Which answer is
right for the core verbs is predicted exactly by ``machine``; here every verb meets every other.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlalchemy import select

from producers.models import Product
from tests.factories import ActiveBatchFactory, BatchFactory, a_key
from tests.trace.events.town import PART, TownMachine
from trace.batches.models import Batch
from trace.batches.unit_models import UnitKind
from trace.events import (
    services_claims,
    services_correction,
    services_handover,
    services_holds,
    services_leaving,
    services_making,
    services_observation,
    services_packing,
    services_receiving,
    services_settlement,
    services_shipping,
    services_stock,
)
from trace.events.corrective import Replacement
from trace.events.handover_models import Claim, Outcome, Settlement, ShipmentLine
from trace.events.models import Event
from trace.events.rules import DisposalReason
from trace.events.rules_correction import CorrectionReason
from trace.events.rules_handover import RefusalReason, ReturnReason
from trace.events.rules_stock import InspectionResult, SetAsideReason
from trace.recalls import services as recalls
from trace.recalls.models import Recall
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason

DATA = st.data()
SHARE = st.sampled_from(["1", "1", "0.98", "0.9", "0.5"]).map(Decimal)


class TradeMachine(TownMachine):
    """Every verb, by anybody, of anything."""

    @initialize()
    def begin_in_mid_trade(self) -> None:
        session, producer, shops = self.session, self.actors[0], self.actors[3:]
        for known in (self.town.weighed, self.town.counted):
            product = session.get_one(Product, known)
            for _ in range(2):
                batch = ActiveBatchFactory.create(session=session, actor=producer, product=product)
                for receiver in (self.actors[1], *shops):
                    to = services_shipping.Receiver(organisation_id=receiver.organisation_id)
                    shipment = services_shipping.ship(
                        session, producer, batch.id, Decimal(10), to, key=a_key()
                    )
                    # The last one waits; the first shop got less than was sent.
                    if receiver is not shops[-1]:
                        got = Decimal(6 if receiver is shops[0] else 10)
                        services_receiving.receive(session, receiver, shipment.id, {batch.id: got})
                for packer in (producer, shops[1]):
                    services_packing.pack(
                        session, packer, services_packing.Into(), {batch.id: Decimal(5)}, key=a_key()
                    )

    # ------------------------------------------------------------------------------------------ leaving, arriving

    @rule(data=DATA, to=st.integers(-1, 6))
    def ship(self, data: st.DataObject, to: int) -> None:
        actor, batch, quantity = self.some(data)
        receiver = (
            services_shipping.Receiver(organisation_id=self.actors[to].organisation_id)
            if to >= 0
            else services_shipping.Receiver(party_id=self.town.parties[actor.organisation_id])
        )
        self.attempt(
            "ship",
            lambda: services_shipping.ship(self.session, actor, batch, quantity, receiver, key=a_key()),
        )

    @rule(data=DATA, share=SHARE)
    def receive(self, data: st.DataObject, share: Decimal) -> None:
        shipment = self.a_shipment(data)
        if shipment is None:
            return
        loose = {
            line.batch_id: (line.quantity * share).quantize(Decimal(1 if line.batch.uom is None else "0.01"))
            for line in shipment.lines
            if line.unit_id is None
        }
        actor = self.actor_of(shipment.receiver_id)
        self.attempt(
            "receive", lambda: services_receiving.receive(self.session, actor, shipment.id, loose or None)
        )

    @rule(data=DATA)
    def cancel(self, data: st.DataObject) -> None:
        shipment = self.a_shipment(data)
        if shipment is not None:
            actor = self.actor_of(shipment.sender_id)
            self.attempt("cancel", lambda: services_handover.cancel(self.session, actor, shipment.id))

    @rule(data=DATA)
    def refuse(self, data: st.DataObject) -> None:
        shipment = self.a_shipment(data)
        if shipment is not None:
            actor = self.actor_of(shipment.receiver_id)
            self.attempt(
                "refuse",
                lambda: services_handover.refuse(self.session, actor, shipment.id, RefusalReason.WRONG_GOODS),
            )

    @rule(data=DATA)
    def return_goods(self, data: st.DataObject) -> None:
        actor, batch, quantity = self.some(data)
        self.attempt(
            "return",
            lambda: services_handover.return_goods(
                self.session, actor, batch, quantity, ReturnReason.UNSOLD, key=a_key()
            ),
        )

    @rule(data=DATA, who=st.integers(0, 6))
    def claim(self, data: st.DataObject, who: int) -> None:
        sender, batch, quantity = self.some(data)
        actor = self.actors[who]
        self.attempt(
            "claim",
            lambda: services_claims.claim(
                self.session, actor, batch, sender.organisation_id, quantity, key=a_key()
            ),
        )

    @rule(data=DATA, answer=st.sampled_from(["confirm", "refuse", "withdraw"]))
    def answer_claim(self, data: st.DataObject, answer: str) -> None:
        claim = self.one_of(data, select(Claim))
        if claim is None:
            return
        sender, claimant = self.actor_of(claim.sender_id), self.actor_of(claim.claimant_id)
        if answer == "confirm":
            self.attempt(
                "confirm_claim", lambda: services_claims.confirm_claim(self.session, sender, claim.id)
            )
        elif answer == "refuse":
            self.attempt("refuse_claim", lambda: services_claims.refuse_claim(self.session, sender, claim.id))
        else:
            self.attempt(
                "withdraw_claim", lambda: services_claims.withdraw_claim(self.session, claimant, claim.id)
            )

    @rule(data=DATA, outcome=st.sampled_from(Outcome), part=PART)
    def settle(self, data: st.DataObject, outcome: Outcome, part: Decimal) -> None:
        line = self.one_of(data, select(ShipmentLine).where(ShipmentLine.open_quantity > 0))
        if line is None:
            return
        waiting = self.session.scalars(
            select(Settlement).where(
                Settlement.line_id == line.id,
                Settlement.agreed_at.is_(None),
                Settlement.declined_at.is_(None),
            )
        ).one_or_none()
        sides = [self.actor_of(line.shipment.sender_id), self.actor_of(line.shipment.receiver_id)]
        if waiting is None:
            quantity = (line.open_quantity * part).quantize(Decimal(1 if line.batch.uom is None else "0.01"))
            side = data.draw(st.sampled_from(sides))
            self.attempt(
                "propose",
                lambda: services_settlement.propose_settlement(
                    self.session, side, line.id, outcome, quantity
                ),
            )
        else:
            other = next(side for side in sides if side.organisation_id != waiting.proposed_by)
            self.attempt(
                "settle",
                lambda: services_settlement.agree_settlement(self.session, other, waiting.id),
            )

    @rule(data=DATA, verb=st.sampled_from(["sell", "destroy", "use_up", "sample"]))
    def let_go(self, data: st.DataObject, verb: str) -> None:
        actor, batch, quantity = self.some(data)
        verbs: dict[str, Callable[[], Any]] = {
            "sell": lambda: services_leaving.sell(self.session, actor, batch, quantity, key=a_key()),
            "destroy": lambda: services_leaving.destroy(
                self.session, actor, batch, quantity, DisposalReason.SPOILED, key=a_key()
            ),
            "use_up": lambda: services_stock.use_up(self.session, actor, batch, quantity, key=a_key()),
            "sample": lambda: services_observation.sample(self.session, actor, batch, quantity, key=a_key()),
        }
        self.attempt(verb, verbs[verb])

    # ------------------------------------------------------------------------------------------------- making

    @rule(data=DATA, parts=st.integers(2, 3))
    def split(self, data: st.DataObject, parts: int) -> None:
        actor, batch, quantity = self.some(data)
        unit = Decimal(1 if self.session.get_one(Batch, batch).uom is None else "0.01")
        each = (quantity / parts).quantize(unit, "ROUND_FLOOR")
        self.attempt(
            "split",
            lambda: services_making.split(self.session, actor, batch, [each] * parts, key=a_key()),
        )

    @rule(data=DATA)
    def merge(self, data: st.DataObject) -> None:
        actor, batch, quantity = self.some(data)
        held = [
            holding.batch_id
            for holding in self.holdings()
            if holding.organisation_id == actor.organisation_id and holding.batch_id != batch
        ]
        if held:
            other = data.draw(st.sampled_from(held))
            inputs = {batch: quantity, other: Decimal(1)}
            self.attempt("merge", lambda: services_making.merge(self.session, actor, inputs, key=a_key()))

    @rule(data=DATA)
    def transform(self, data: st.DataObject) -> None:
        actor, batch, quantity = self.some(data, self.actors[1])
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

        self.attempt("transform", act)

    # ------------------------------------------------------------------------------------------------- cartons

    @rule(data=DATA, is_again=st.booleans())
    def pack(self, data: st.DataObject, is_again: bool) -> None:
        actor, batch, quantity = self.some(data)
        unit = self.a_unit(data, actor) if is_again else None
        into = services_packing.Into(unit_id=unit.id) if unit else services_packing.Into()
        self.attempt(
            "pack",
            lambda: services_packing.pack(self.session, actor, into, {batch: quantity}, key=a_key()),
        )

    @rule(data=DATA, who=st.integers(0, 6))
    def stack(self, data: st.DataObject, who: int) -> None:
        actor = self.actors[who]
        unit = self.a_unit(data, actor)
        if unit is not None:
            into = services_packing.Into(kind=UnitKind.PALLET)
            self.attempt(
                "stack",
                lambda: services_packing.pack(self.session, actor, into, {}, [unit.id], key=a_key()),
            )

    @rule(data=DATA, who=st.integers(0, 6))
    def unpack(self, data: st.DataObject, who: int) -> None:
        actor = self.actors[who]
        unit = self.a_unit(data, actor)
        if unit is not None:
            self.attempt("unpack", lambda: services_packing.unpack(self.session, actor, unit.id, key=a_key()))

    @rule(data=DATA, who=st.integers(0, 6), to=st.integers(0, 6))
    def ship_units(self, data: st.DataObject, who: int, to: int) -> None:
        actor = self.actors[who]
        unit = self.a_unit(data, actor)
        if unit is not None:
            receiver = services_shipping.Receiver(organisation_id=self.actors[to].organisation_id)
            self.attempt(
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
        actor, batch, quantity = self.some(data, self.actors[who])
        to = actor.organisation.locations[min(place, len(actor.organisation.locations) - 1)].id
        act = services_stock.move if verb == "move" else services_stock.store
        self.attempt(verb, lambda: act(self.session, actor, {batch: quantity}, to, key=a_key()))

    @rule(data=DATA, share=st.sampled_from(["1", "0.97", "0.8", "1.05"]).map(Decimal))
    def count(self, data: st.DataObject, share: Decimal) -> None:
        holding = data.draw(st.sampled_from(self.holdings()))
        unit = Decimal(1 if holding.batch.uom is None else "0.01")
        counted = (holding.quantity * share).quantize(unit)
        actor = self.actor_of(holding.organisation_id)
        self.attempt(
            "count",
            lambda: services_stock.count_stock(
                self.session, actor, {holding.batch_id: counted}, key=a_key(), is_sure=True
            ),
        )

    @rule(data=DATA, is_start=st.booleans())
    def hold(self, data: st.DataObject, is_start: bool) -> None:
        actor, batch, _quantity = self.some(data)
        actor = data.draw(st.sampled_from([actor, actor, self.officer]))
        reason = next(iter(SetAsideReason))
        if is_start:
            self.attempt("hold", lambda: services_holds.hold(self.session, actor, batch, reason))
        else:
            self.attempt("release", lambda: services_holds.release(self.session, actor, batch))

    @rule(data=DATA)
    def inspect(self, data: st.DataObject) -> None:
        actor, batch, _quantity = self.some(data)
        result = next(iter(InspectionResult))
        self.attempt(
            "inspect",
            lambda: services_observation.inspect(self.session, actor, batch, result, key=a_key()),
        )

    @rule(data=DATA, share=st.sampled_from(["0", "0.5", "0.9", "1.2"]).map(Decimal))
    def correct(self, data: st.DataObject, share: Decimal) -> None:
        """An entry was wrong: so much less or more, or nothing of it was so."""
        usual = ("sell", "destroy", "ship", "receive", "use_up", "count", "sample", "activate")
        event = self.one_of(data, select(Event).where(~Event.is_declaration, Event.verb.in_(usual)))
        quantities = {
            one.batch_id: (one.quantity * share).quantize(Decimal(1 if one.uom is None else "0.01"))
            for one in event.goods
            if one.batch_id is not None and one.quantity is not None
        }
        replacement = Replacement(quantities=quantities) if share else None
        reason = CorrectionReason.INCORRECT_DATA if share else CorrectionReason.DID_NOT_OCCUR
        actor = self.actor_of(event.organisation_id)
        self.attempt(
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
            self.attempt(
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
            _actor, batch_id, _quantity = self.some(data)
            batch = self.session.get_one(Batch, batch_id)
            self.attempt(
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
