"""Looking at goods on a real database: inspected, sampled, measured."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ProductFactory, ShipmentFactory, a_key, give
from tests.trace.events.conftest import Chain
from trace.accounts.permissions import Actor
from trace.batches import queries as batches
from trace.batches.models import Batch, Holding
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.events import queries_stock, rules, rules_stock
from trace.events import services_observation as services
from trace.events.desk import Around
from trace.events.leaf_values import public_values
from trace.events.models import Event
from trace.events.rules_stock import InspectionResult
from trace.events.temperatures import Reading, ReadingImplausible, readings_of
from trace.recalls import holds
from trace.recalls.hold_rules import HoldReason


def _inspect(session: Session, actor: Actor, batch: Batch, result: InspectionResult) -> Event:
    return services.inspect(session, actor, batch.id, result, key=a_key())


def test_a_holder_notes_an_inspection_for_itself(session: Session, chain: Chain) -> None:
    event = _inspect(session, chain.producer, chain.batch, InspectionResult.PASSED)
    assert (event.biz_step, event.disposition) == ("inspecting", "conformant")
    assert event.marks == []
    assert "notice" not in public_values(event)


def test_an_officers_inspection_is_official_and_public(session: Session, chain: Chain) -> None:
    event = _inspect(session, chain.officer, chain.batch, InspectionResult.PASSED)
    assert event.marks == ["official"]
    assert public_values(event)["notice"] == {"result": "passed"}


def test_an_officers_failure_of_goods_on_sale_wants_a_decision_first(session: Session, chain: Chain) -> None:
    with pytest.raises(rules_stock.ResultNeedsDecision):
        _inspect(session, chain.officer, chain.batch, InspectionResult.FAILED)
    holds.pause_sale(
        session,
        chain.officer,
        chain.batch.id,
        HoldReason.INSPECTION,
        typed_lot_number=chain.batch.lot_number,
    )
    event = _inspect(session, chain.officer, chain.batch, InspectionResult.FAILED)
    assert event.disposition == "non_conformant"


def test_a_producer_does_not_inspect_goods_that_left_its_hands(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "100")
    with pytest.raises(rules_stock.NotAtHand):
        _inspect(session, chain.producer, chain.batch, InspectionResult.FAILED)


def test_a_receiver_inspects_what_is_on_its_way_to_it(session: Session, chain: Chain) -> None:
    ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    event = _inspect(session, chain.shop, chain.batch, InspectionResult.PENDING)
    assert event.organisation_id == chain.shop.organisation_id


def test_somebody_elses_goods_are_not_there_to_inspect(session: Session, chain: Chain) -> None:
    with pytest.raises(NotFound):
        _inspect(session, chain.shop, chain.batch, InspectionResult.FAILED)


def test_an_inspection_sent_twice_is_one(session: Session, chain: Chain) -> None:
    sent = [
        services.inspect(session, chain.producer, chain.batch.id, InspectionResult.PASSED, key="same")
        for _ in range(2)
    ]
    assert sent[0].id == sent[1].id


def test_a_holders_sample_comes_out_of_its_goods(session: Session, chain: Chain) -> None:
    services.sample(session, chain.producer, chain.batch.id, Decimal("0.5"), key=a_key())
    balance = batches.find_balance(session, chain.batch.id)
    assert balance is not None
    assert (balance.held, balance.used) == (Decimal("99.5"), Decimal("0.5"))


def test_a_holder_says_how_much_it_took(session: Session, chain: Chain) -> None:
    with pytest.raises(BadInput):
        services.sample(session, chain.producer, chain.batch.id, None, key=a_key())


def test_an_officers_sample_comes_out_of_the_holders_goods(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "10")
    event = services.sample(
        session,
        chain.officer,
        chain.batch.id,
        Decimal(1),
        key=a_key(),
        holder_id=chain.shop.organisation_id,
    )
    assert event.counterpart_id == chain.shop.organisation_id
    assert public_values(event).get("notice") is None
    holding = session.get_one(Holding, (chain.batch.id, chain.shop.organisation_id))
    assert holding.quantity == 9


def test_an_officer_need_not_say_how_much(session: Session, chain: Chain) -> None:
    event = services.sample(session, chain.officer, chain.batch.id, None, key=a_key())
    assert event.marks == ["official"]
    assert batches.held_quantity(session, chain.batch.id, chain.producer.organisation_id) == 100


def test_an_officer_takes_no_more_than_the_holder_has(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "10")
    with pytest.raises(rules.QuantityExceedsHolding):
        services.sample(
            session,
            chain.officer,
            chain.batch.id,
            Decimal(11),
            key=a_key(),
            holder_id=chain.shop.organisation_id,
        )
    with pytest.raises(BadInput):
        services.sample(session, chain.officer, chain.batch.id, Decimal(1), key=a_key())


@pytest.fixture
def cooled(session: Session, chain: Chain) -> Batch:
    product = ProductFactory.create(
        session=session, actor=chain.producer, min_temperature=Decimal(2), max_temperature=Decimal(8)
    )
    batch: Batch = ActiveBatchFactory.create(session=session, actor=chain.producer, product=product)
    return batch


def _measure(session: Session, actor: Actor, batch: Batch, *values: str, uom: str = "CEL") -> Event:
    now = clock.now()
    readings = [Reading(time=now, value=Decimal(value), uom=uom) for value in values]
    return services.measure(session, actor, [batch.id], readings, key=a_key(), device="Nhiệt kế 1")


def test_limits_are_sealed_with_the_batch(session: Session, cooled: Batch) -> None:
    assert cooled.seal is not None
    assert (cooled.seal["min_temperature"], cooled.seal["max_temperature"]) == ("2", "8")


def test_a_reading_within_the_limits_is_no_breach(session: Session, chain: Chain, cooled: Batch) -> None:
    event = _measure(session, chain.producer, cooled, "2", "5.5", "8")
    assert event.marks == []
    assert [r.value for r in readings_of(event.sensor_element_list, event.event_time)] == [
        Decimal(2),
        Decimal("5.5"),
        Decimal(8),
    ]


def test_a_reading_above_the_limit_is_a_breach(session: Session, chain: Chain, cooled: Batch) -> None:
    assert _measure(session, chain.producer, cooled, "5", "9.5").marks == ["breach"]


def test_fahrenheit_is_held_against_celsius(session: Session, chain: Chain, cooled: Batch) -> None:
    assert _measure(session, chain.producer, cooled, "46.4", uom="FAH").marks == []
    assert _measure(session, chain.producer, cooled, "48", uom="FAH").marks == ["breach"]


def test_goods_without_limits_have_no_breach(session: Session, chain: Chain) -> None:
    assert _measure(session, chain.producer, chain.batch, "40").marks == []


def test_what_no_thermometer_shows_is_refused(session: Session, chain: Chain, cooled: Batch) -> None:
    for value in ("-61", "101"):
        with pytest.raises(ReadingImplausible):
            _measure(session, chain.producer, cooled, value)


def test_a_reading_from_tomorrow_is_refused(session: Session, chain: Chain, cooled: Batch) -> None:
    tomorrow = Reading(time=clock.now() + timedelta(days=1), value=Decimal(5))
    with pytest.raises(rules.TimeOutOfRange):
        services.measure(session, chain.producer, [cooled.id], [tomorrow], key=a_key())


def test_readings_of_a_clock_that_is_off_are_set_right(session: Session, chain: Chain, cooled: Batch) -> None:
    wrong = clock.now() - timedelta(days=2500)
    event = services.measure(
        session,
        chain.producer,
        [cooled.id],
        [Reading(time=wrong, value=Decimal(5))],
        key=a_key(),
        around=Around(device_now=wrong),
    )
    (reading,) = readings_of(event.sensor_element_list, event.event_time)
    assert abs(reading.time - clock.now()) < timedelta(hours=1)
    assert event.device_time is not None


def test_readings_sent_twice_are_kept_once(session: Session, chain: Chain, cooled: Batch) -> None:
    reading = [Reading(time=clock.now(), value=Decimal(5))]
    sent = [
        services.measure(session, chain.producer, [cooled.id], reading, key="same") for _attempt in range(2)
    ]
    assert sent[0].id == sent[1].id
    assert len(queries_stock.list_measurements(session, cooled.id)) == 1
