"""A machine that does the same to a model of stamps and to the real services.

The model knows of each number where it stands; it predicts every answer, refusals included.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Engine, func, select

from tests.factories import ActiveBatchFactory, a_key, actor_of_kind, give
from trace.accounts.models import Organisation, OrganisationKind, Role
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.models import Batch
from trace.batches.queries import held_quantity
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_models import RangeKind, StampRange
from trace.batches.stamp_rules import (
    BindingFinal,
    FirstAfterLast,
    ItemSold,
    Span,
    StampNotActive,
    StampsBoundAlready,
    StampState,
    StampsVoid,
    StampUnknown,
    Typed,
    VoidReason,
)
from trace.core.database import new_session
from trace.core.errors import NotFound, Refusal
from trace.events import services_items, services_leaving, services_stamps
from trace.events.models import Event
from trace.ledger.models import Leaf

STAMPS = 12
# Now and then a number that is not there.
NUMBER = st.integers(1, STAMPS + 1)
WHICH = st.integers(0, 1)
WHO = st.integers(0, 2)  # the producer, then two shops
ONE = Decimal(1)


@dataclass(frozen=True)
class StampWorld:
    """What every run starts from, committed once; only ids."""

    engine: Engine
    people: list[tuple[UUID, UUID]]


def build_stamp_world(engine: Engine) -> StampWorld:
    kinds = (OrganisationKind.PRODUCER, OrganisationKind.SHOP, OrganisationKind.SHOP)
    with new_session(engine) as session:
        people = [
            (a.user_id, a.organisation_id)
            for a in (actor_of_kind(session, kind) for kind in kinds)
            if a.user_id
        ]
        session.commit()
    return StampWorld(engine, people)


@dataclass
class Bound:
    """The model of one binding; ``left_before`` is how often goods of its lot had left anybody when it was made."""

    id: UUID
    span: Span
    lot: int
    left_before: int
    is_undone: bool = False


@dataclass
class Model:
    """Where each number stands, and what was noted."""

    lot: dict[int, int] = field(default_factory=dict)
    void: set[int] = field(default_factory=set)
    sold: dict[int, tuple[int, UUID]] = field(default_factory=dict)  # by whom, under which sale
    bound: list[Bound] = field(default_factory=list)
    left: list[int] = field(default_factory=lambda: [0, 0])
    has_goods: set[tuple[int, int]] = field(
        default_factory=lambda: {(0, 0), (0, 1)}
    )  # who has goods of which lot
    sales: list[tuple[int, int, UUID]] = field(default_factory=list)
    reprints: int = 0

    def state(self, number: int) -> StampState:
        if number in self.void:
            return StampState.VOID
        if number in self.sold:
            return StampState.SOLD
        return StampState.ACTIVE if number in self.lot else StampState.PRINTED

    def records(self, numbers: set[int]) -> int:
        """How many records something about these numbers is told in: one a lot, one for those of none."""
        return len({self.lot.get(number) for number in numbers})


class StampMachine(RuleBasedStateMachine):
    """Verbs of stamps by anybody in any order; each run in a transaction that is rolled back."""

    world: StampWorld

    def __init__(self) -> None:
        super().__init__()
        self.session = new_session(self.world.engine)
        self.actors = [
            Actor(user_id, self.session.get_one(Organisation, organisation_id), Role.OWNER)
            for user_id, organisation_id in self.world.people
        ]
        maker = self.actors[0]
        self.lots: list[Batch] = [
            ActiveBatchFactory.create(session=self.session, actor=maker) for _ in range(2)
        ]
        run = services_runs.issue_roll(self.session, maker, Order(STAMPS, "https://check.example"))
        make_part(self.session, run.id)
        self.run_id, self.first = run.id, run.first_number
        self.codes = dict(stamp_queries.codes_of(self.session, run, Span(run.first_number, run.last_number)))
        self.model = Model()
        self.acts = len(self.lots)

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    @rule(which=WHICH, first=NUMBER, last=NUMBER)
    def bind(self, which: int, first: int, last: int) -> None:
        span, model = Span(first, last), self.model
        expected = self._refusal_of_span(span)
        met = sorted(
            (one.span, one) for one in model.bound if not one.is_undone and one.span.overlap(span) is not None
        ) if expected is None else []  # fmt: skip
        is_repeat = bool(met) and (met[0][1].lot, met[0][0]) == (which, span)
        if expected is None and not is_repeat:
            if met:
                expected = StampsBoundAlready
            elif set(range(first, last + 1)) <= model.void:
                expected = StampsVoid
        made = self._act(
            expected,
            lambda: services_stamps.bind_stamps(
                self.session, self.actors[0], self.lots[which].id, self._typed(first), self._typed(last)
            ),
        )
        if made is None:
            return
        if is_repeat:
            assert made.id == met[0][1].id
            return
        self.acts += 1
        model.bound.append(Bound(made.id, span, which, model.left[which]))
        model.lot |= dict.fromkeys(range(first, last + 1), which)

    @precondition(lambda self: self.model.bound)
    @rule(data=st.data(), who=WHO)
    def undo(self, data: st.DataObject, who: int) -> None:
        one = data.draw(st.sampled_from(self.model.bound))
        # Shops have no stamps; a producer undoes until goods of the lot left.
        expected: type[Refusal] | None = Refusal if who else None
        if expected is None and not one.is_undone and self.model.left[one.lot] > one.left_before:
            expected = BindingFinal
        done = self._act(
            expected, lambda: services_stamps.unbind_stamps(self.session, self.actors[who], one.id)
        )
        if done is None or one.is_undone:
            return
        self.acts += 1
        one.is_undone = True
        for number in range(one.span.first, one.span.last + 1):
            del self.model.lot[number]

    @rule(first=NUMBER, last=NUMBER, reason=st.sampled_from(VoidReason))
    def void(self, first: int, last: int, reason: VoidReason) -> None:
        # Short ranges: a machine whose stamps are all void has nothing left to do.
        span = Span(first, min(last, first + 1)) if last >= first else Span(first, last)
        expected = self._refusal_of_span(span)
        made = self._act(
            expected,
            lambda: services_stamps.void_stamps(
                self.session, self.actors[0], self._typed(span.first), self._typed(span.last), reason
            ),
        )
        if made is None:
            return
        new = set(range(span.first, span.last + 1)) - self.model.void
        assert sum(one.size for one in made) == len(new)
        self.acts += self.model.records(new)
        self.model.void |= new

    @rule(first=NUMBER, last=NUMBER)
    def reprint(self, first: int, last: int) -> None:
        span = Span(first, last)
        noted = self._act(
            self._refusal_of_span(span),
            lambda: services_stamps.reprint_stamps(
                self.session, self.actors[0], self._typed(first), self._typed(last)
            ),
        )
        if noted is not None:
            self.model.reprints += 1
            self.acts += self.model.records(set(range(first, last + 1)))

    @rule(who=WHO, number=st.integers(1, STAMPS))
    def sell_item(self, who: int, number: int) -> None:
        model = self.model
        lot, sold = model.lot.get(number), model.sold.get(number)
        expected: type[Refusal] | None = None
        if lot is None:
            expected = StampUnknown if who else StampNotActive
        elif (who, lot) not in model.has_goods:
            expected = StampUnknown
        elif number in model.void:
            expected = StampsVoid
        elif sold is not None and sold[0] != who:
            expected = ItemSold
        code = Typed(code=self.codes[self.first + number - 1])
        sale = self._act(expected, lambda: services_items.sell_item(self.session, self.actors[who], code))
        if sale is None or lot is None:
            return
        if sold is not None:
            assert sale.id == sold[1]
            return
        self.acts += 1
        model.left[lot] += 1
        model.sold[number] = (who, sale.id)
        model.sales.append((who, number, sale.id))

    @precondition(lambda self: self.model.sales)
    @rule(data=st.data(), who=WHO)
    def unsell_item(self, data: st.DataObject, who: int) -> None:
        seller, number, sale_id = data.draw(st.sampled_from(self.model.sales))
        stands = self.model.sold.get(number) == (seller, sale_id)
        done = self._act(
            None if who == seller else NotFound,
            lambda: services_items.unsell_item(self.session, self.actors[who], sale_id),
        )
        if done is not None and stands:
            self.acts += 1
            del self.model.sold[number]

    @rule(which=WHICH, to=st.integers(1, 2))
    def hand_over(self, which: int, to: int) -> None:
        give(self.session, self.lots[which], self.actors[0], self.actors[to], "1")
        self.acts += 2
        self.model.left[which] += 1
        self.model.has_goods.add((to, which))

    @precondition(lambda self: any(who for who, _lot in self.model.has_goods))
    @rule(data=st.data())
    def sell_by_quantity(self, data: st.DataObject) -> None:
        """Who sold all it had may still note which items they were."""
        who, lot = data.draw(st.sampled_from(sorted(one for one in self.model.has_goods if one[0])))
        actor, batch = self.actors[who], self.lots[lot]
        held = held_quantity(self.session, batch.id, actor.organisation_id)
        if held < ONE:
            return
        services_leaving.sell(self.session, actor, batch.id, ONE, key=a_key())
        self.acts += 1
        self.model.left[lot] += 1

    @invariant()
    def every_stamp_stands_where_the_model_says(self) -> None:
        self.session.expire_all()
        for number in range(1, STAMPS + 1):
            found = stamp_queries.find_stamp(self.session, self.codes[self.first + number - 1])
            assert found is not None
            assert found.state is self.model.state(number)
            lot = self.model.lot.get(number)
            assert found.batch == (self.lots[lot] if lot is not None else None)

    @invariant()
    def ranges_are_as_many_as_the_model_noted(self) -> None:
        kinds = select(StampRange.kind, func.count()).where(StampRange.run_id == self.run_id)
        found = dict(self.session.execute(kinds.group_by(StampRange.kind)).all())
        assert found.get(RangeKind.BOUND, 0) == len(self.model.bound)
        assert found.get(RangeKind.REPRINTED, 0) == self.model.reprints
        assert found.get(RangeKind.SOLD, 0) == len(self.model.sales)

    @invariant()
    def each_act_is_one_event_with_its_leaf(self) -> None:
        events = select(func.count(Event.id), func.count(Leaf.event_id)).outerjoin(
            Leaf, Leaf.event_id == Event.id
        )
        assert self.session.execute(events).one() == (self.acts, self.acts)

    def _typed(self, number: int) -> Typed:
        return Typed(number=self.first + number - 1)

    def _refusal_of_span(self, span: Span) -> type[Refusal] | None:
        if max(span.first, span.last) > STAMPS:
            return StampUnknown
        return FirstAfterLast if span.first > span.last else None

    def _act(self, expected: type[Refusal] | None, act: Callable[[], Any]) -> Any:
        """Do it as a view would: a refusal takes back everything. None for the refusal that was expected."""
        if expected is None:
            with self.session.begin_nested():
                return act()
        with pytest.raises(expected), self.session.begin_nested():
            act()
        return None
