"""What a numbered stamp says: before it stands for a lot, while it does, and once it was voided."""

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, actor_of_kind, officer_of
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.models import Batch
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_models import StampRange
from trace.batches.stamp_rules import Span, Typed, VoidReason
from trace.events.services_items import sell_item, unsell_item
from trace.events.services_stamps import bind_stamps, void_stamps
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason
from trace.verdict.queries import Known, look_up
from trace.verdict.rules import Verdict, decide


class Roll:
    """Twenty stamps of a producer with one lot; the first ten stand for it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.producer: Actor = actor_of_kind(session)
        self.batch: Batch = ActiveBatchFactory.create(session=session, actor=self.producer)
        self.run = services_runs.issue_roll(session, self.producer, Order(20, "https://check.example"))
        make_part(session, self.run.id)
        bind_stamps(session, self.producer, self.batch.id, Typed(number=1), Typed(number=10))

    def scan(self, number: int) -> Known:
        ((_number, code),) = stamp_queries.codes_of(self.session, self.run, Span(number, number))
        return look_up(self.session, code)

    def void(self, number: int) -> None:
        one = Typed(number=number)
        void_stamps(self.session, self.producer, one, one, VoidReason.SPOILED)

    def sell(self, number: int) -> StampRange:
        ((_number, code),) = stamp_queries.codes_of(self.session, self.run, Span(number, number))
        return sell_item(self.session, self.producer, Typed(code=code))


@pytest.fixture
def roll(session: Session) -> Roll:
    return Roll(session)


def test_an_unbound_stamp_is_not_in_use_and_names_its_producer(roll: Roll) -> None:
    known = roll.scan(11)
    assert decide(known.facts).verdict is Verdict.NOT_ACTIVATED
    assert known.batch is None
    assert known.facts.producer_name == roll.producer.organisation.name


def test_a_bound_stamp_says_what_its_lot_says(roll: Roll) -> None:
    known = roll.scan(10)
    assert known.batch == roll.batch
    assert known.facts == look_up(roll.session, roll.batch.code).facts


def test_a_recall_of_the_lot_is_told_by_its_stamps(roll: Roll) -> None:
    officer = officer_of(roll.session)
    recalls.recall(
        roll.session,
        officer,
        roll.batch.id,
        RecallClass.QUALITY,
        RecallReason.SPOILED,
        None,
        typed_lot_number=roll.batch.lot_number,
    )
    assert decide(roll.scan(1).facts).verdict is Verdict.RECALLED
    assert decide(roll.scan(11).facts).verdict is Verdict.NOT_ACTIVATED


def test_a_voided_stamp_is_void_bound_or_not_and_its_neighbours_are_not(roll: Roll) -> None:
    roll.void(5)
    roll.void(15)
    verdicts = [decide(roll.scan(number).facts).verdict for number in (5, 6, 15, 16)]
    assert verdicts == [Verdict.VOID, decide(roll.scan(1).facts).verdict, Verdict.VOID, Verdict.NOT_ACTIVATED]
    assert roll.scan(15).batch is None


def test_an_item_that_was_sold_says_so_and_its_neighbour_does_not(roll: Roll) -> None:
    sale = roll.sell(3)
    known = roll.scan(3)
    assert decide(known.facts).verdict is Verdict.SOLD
    assert known.facts.sold_at is not None
    assert known.batch == roll.batch
    assert decide(roll.scan(4).facts).verdict is decide(look_up(roll.session, roll.batch.code).facts).verdict
    unsell_item(roll.session, roll.producer, sale.id)
    assert decide(roll.scan(3).facts).verdict is not Verdict.SOLD


def test_a_recall_is_graver_than_a_sale(roll: Roll) -> None:
    roll.sell(3)
    recalls.recall(
        roll.session,
        officer_of(roll.session),
        roll.batch.id,
        RecallClass.QUALITY,
        RecallReason.SPOILED,
        None,
        typed_lot_number=roll.batch.lot_number,
    )
    decision = decide(roll.scan(3).facts)
    assert decision.verdict is Verdict.RECALLED
    assert Verdict.SOLD in decision.also


def test_a_void_label_is_void_whether_its_item_was_sold_or_not(roll: Roll) -> None:
    roll.sell(3)
    roll.void(3)
    decision = decide(roll.scan(3).facts)
    assert decision.verdict is Verdict.VOID
    assert Verdict.SOLD in decision.also
