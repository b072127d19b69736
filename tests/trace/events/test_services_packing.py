"""Cartons and pallets on a real database, one behaviour each."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, PartyFactory, a_key, actor_of_kind, give
from tests.trace.events.conftest import Chain
from trace.batches import queries as batches
from trace.batches.models import Batch, Code, Holding
from trace.batches.unit_models import LogisticUnit, UnitKind
from trace.core.errors import BadInput, NotFound
from trace.events import rules, rules_packing, services_leaving, services_packing, services_receiving
from trace.events.handover_models import Shipment
from trace.events.models import Event
from trace.events.services_packing import Into
from trace.events.services_shipping import Receiver
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason

SSCC = "106141412345678908"
PALLET = Into(kind=UnitKind.PALLET)


@dataclass(frozen=True)
class Loaded:
    """A pallet of two cartons: 10 kg of the batch in each, and 5 kg of another lot in the second."""

    pallet: LogisticUnit
    first: LogisticUnit
    second: LogisticUnit
    other: Batch


@pytest.fixture
def loaded(session: Session, chain: Chain) -> Loaded:
    other = ActiveBatchFactory.create(session=session, actor=chain.producer)
    first = _pack(session, chain, {chain.batch.id: "10"})
    second = _pack(session, chain, {chain.batch.id: "10", other.id: "5"})
    pallet = services_packing.pack(
        session, chain.producer, PALLET, {}, [first.id, second.id], key=a_key()
    ).unit
    return Loaded(pallet, first, second, other)


def _pack(session: Session, chain: Chain, goods: dict[object, str], into: Into = Into()) -> LogisticUnit:  # noqa: B008 - frozen
    amounts = {batch_id: Decimal(quantity) for batch_id, quantity in goods.items()}
    return services_packing.pack(session, chain.producer, into, amounts, key=a_key()).unit  # type: ignore[arg-type]  # ids of batches


def _to(chain: Chain) -> Receiver:
    return Receiver(organisation_id=chain.shop.organisation_id)


def _holding(session: Session, batch: Batch, who: object) -> Any:
    found = session.get_one(Holding, (batch.id, who), populate_existing=True)
    return found.quantity, found.packed


def test_packed_goods_stay_in_hand_and_are_not_loose(session: Session, chain: Chain) -> None:
    _pack(session, chain, {chain.batch.id: "60"})
    assert _holding(session, chain.batch, chain.producer.organisation_id) == (100, 60)
    with pytest.raises(rules.GoodsPacked):
        services_leaving.sell(session, chain.producer, chain.batch.id, Decimal(41), key=a_key())


def test_no_more_is_packed_than_lies_loose(session: Session, chain: Chain) -> None:
    _pack(session, chain, {chain.batch.id: "60"})
    with pytest.raises(rules.GoodsPacked):
        _pack(session, chain, {chain.batch.id: "41"})


def test_packing_is_an_aggregation_event(session: Session, chain: Chain, loaded: Loaded) -> None:
    found = list(session.scalars(select(Event).where(Event.parent_id == loaded.pallet.epc)))
    (event,) = found
    assert (event.event_type, event.action, event.biz_step) == ("AggregationEvent", "ADD", "packing")
    assert set(event.child_epcs or ()) == {loaded.first.epc, loaded.second.epc}
    (carton,) = session.scalars(select(Event).where(Event.parent_id == loaded.first.epc))
    assert carton.child_quantity_list == [{"epcClass": chain.batch.epc_class, "quantity": "10", "uom": "KGM"}]


def test_a_carton_has_a_code_of_ours(session: Session, loaded: Loaded) -> None:
    code = session.get_one(Code, loaded.first.code)
    assert (code.kind, code.unit_id, code.batch_id) == ("unit", loaded.first.id, None)


def test_a_carton_may_bear_an_sscc(session: Session, chain: Chain) -> None:
    unit = _pack(session, chain, {chain.batch.id: "1"}, Into(sscc=f"(00) {SSCC}"))
    assert unit.epc == f"https://id.gs1.org/00/{SSCC}"
    again = _pack(session, chain, {chain.batch.id: "2"}, Into(sscc=SSCC))
    assert again.id == unit.id


def test_a_wrong_check_digit_is_refused(session: Session, chain: Chain) -> None:
    with pytest.raises(BadInput) as refused:
        _pack(session, chain, {chain.batch.id: "1"}, Into(sscc=f"{SSCC[:-1]}7"))
    assert refused.value.code == "sscc-malformed"


def test_the_sscc_of_somebody_elses_carton_is_refused(session: Session, chain: Chain) -> None:
    _pack(session, chain, {chain.batch.id: "1"}, Into(sscc=SSCC))
    give(session, chain.batch, chain.producer, chain.shop, "5")
    with pytest.raises(rules_packing.SsccTaken):
        services_packing.pack(session, chain.shop, Into(sscc=SSCC), {chain.batch.id: Decimal(1)}, key=a_key())


def test_a_carton_lies_in_one_other(session: Session, chain: Chain, loaded: Loaded) -> None:
    with pytest.raises(rules_packing.UnitInUnit):
        services_packing.pack(session, chain.producer, PALLET, {}, [loaded.first.id], key=a_key())


def test_nothing_lies_in_itself_or_in_what_lies_in_it(session: Session, chain: Chain, loaded: Loaded) -> None:
    for inner in (loaded.pallet.id, loaded.first.id):
        with pytest.raises(rules_packing.PackingCircle):
            services_packing.pack(
                session, chain.producer, Into(unit_id=inner), {}, [loaded.pallet.id], key=a_key()
            )


def test_only_who_holds_a_carton_packs_it(session: Session, chain: Chain, loaded: Loaded) -> None:
    with pytest.raises(NotFound):
        services_packing.unpack(session, chain.shop, loaded.first.id, key=a_key())
    services_packing.ship_units(session, chain.producer, [loaded.pallet.id], _to(chain), key=a_key())
    with pytest.raises(rules_packing.UnitNotHeld):
        services_packing.unpack(session, chain.producer, loaded.first.id, key=a_key())


def test_packing_twice_under_one_key_is_packing_once(session: Session, chain: Chain) -> None:
    key = a_key()
    units = {
        services_packing.pack(session, chain.producer, Into(), {chain.batch.id: Decimal(7)}, key=key).unit.id
        for _each in range(2)
    }
    assert len(units) == 1
    assert _holding(session, chain.batch, chain.producer.organisation_id) == (100, 7)


def test_unpacking_all_empties_a_carton(session: Session, chain: Chain, loaded: Loaded) -> None:
    event = services_packing.unpack(session, chain.producer, loaded.second.id, key=a_key())
    assert (event.action, event.biz_step, event.parent_id) == ("DELETE", "unpacking", loaded.second.epc)
    assert _holding(session, chain.batch, chain.producer.organisation_id) == (100, 10)
    assert _holding(session, loaded.other, chain.producer.organisation_id) == (100, 0)
    with pytest.raises(rules_packing.UnitEmpty):
        services_packing.unpack(session, chain.producer, loaded.second.id, key=a_key())


def test_some_of_it_is_unpacked(session: Session, chain: Chain, loaded: Loaded) -> None:
    goods = {chain.batch.id: Decimal(4)}
    services_packing.unpack(session, chain.producer, loaded.second.id, goods, key=a_key())
    assert _holding(session, chain.batch, chain.producer.organisation_id) == (100, 16)
    with pytest.raises(rules_packing.NotInUnit):
        services_packing.unpack(
            session, chain.producer, loaded.second.id, {chain.batch.id: Decimal("6.1")}, key=a_key()
        )


def test_a_carton_comes_off_the_pallet(session: Session, chain: Chain, loaded: Loaded) -> None:
    services_packing.unpack(session, chain.producer, loaded.pallet.id, {}, [loaded.first.id], key=a_key())
    session.expire_all()
    assert (loaded.first.parent_id, loaded.second.parent_id) == (None, loaded.pallet.id)


def _send(session: Session, chain: Chain, unit: LogisticUnit) -> Shipment:
    return services_packing.ship_units(session, chain.producer, [unit.id], _to(chain), key=a_key())


def test_shipping_a_pallet_ships_what_is_in_it(session: Session, chain: Chain, loaded: Loaded) -> None:
    shipment = _send(session, chain, loaded.pallet)
    lines = {(line.unit_id, line.batch_id): line.quantity for line in shipment.lines}
    assert lines == {
        (loaded.first.id, chain.batch.id): 10,
        (loaded.second.id, chain.batch.id): 10,
        (loaded.second.id, loaded.other.id): 5,
    }
    assert _holding(session, chain.batch, chain.producer.organisation_id) == (80, 0)
    balance = batches.find_balance(session, chain.batch.id)
    assert balance is not None
    assert balance.in_transit == 20
    assert {unit.holder_id for unit in (loaded.pallet, loaded.first, loaded.second)} == {None}


def test_the_event_names_the_units_and_the_lots(session: Session, chain: Chain, loaded: Loaded) -> None:
    shipment = _send(session, chain, loaded.pallet)
    (event,) = session.scalars(select(Event).where(Event.shipment_id == shipment.id))
    assert set(event.epc_list or ()) == {loaded.pallet.epc, loaded.first.epc, loaded.second.epc}
    assert {one["epcClass"]: one["quantity"] for one in event.quantity_list or ()} == {
        chain.batch.epc_class: "20",
        loaded.other.epc_class: "5",
    }


def test_receiving_a_pallet_receives_each(session: Session, chain: Chain, loaded: Loaded) -> None:
    shipment = _send(session, chain, loaded.pallet)
    services_receiving.receive(session, chain.shop, shipment.id)
    assert services_receiving.receive(session, chain.shop, shipment.id) is shipment
    mine = chain.shop.organisation_id
    assert (_holding(session, chain.batch, mine), _holding(session, loaded.other, mine)) == (
        (20, 20),
        (5, 5),
    )
    session.expire_all()
    assert {unit.holder_id for unit in (loaded.pallet, loaded.first, loaded.second)} == {mine}
    assert loaded.first.parent_id == loaded.pallet.id
    assert all(row.has_arrived for row in shipment.units)


def test_a_missing_carton_is_a_difference_on_that_carton(
    session: Session, chain: Chain, loaded: Loaded
) -> None:
    shipment = _send(session, chain, loaded.pallet)
    services_receiving.receive(session, chain.shop, shipment.id, missing_units=[loaded.second.id])
    open_lines = {(line.unit_id, line.batch_id): line.open_quantity for line in shipment.lines}
    assert open_lines == {
        (loaded.first.id, chain.batch.id): 0,
        (loaded.second.id, chain.batch.id): 10,
        (loaded.second.id, loaded.other.id): 5,
    }
    assert _holding(session, chain.batch, chain.shop.organisation_id) == (10, 10)
    balance = batches.find_balance(session, loaded.other.id)
    assert balance is not None
    assert balance.in_question == 5
    assert balance.in_transit == 0
    session.expire_all()
    assert (loaded.second.holder_id, loaded.second.parent_id) == (None, None)
    assert {row.unit_id: row.has_arrived for row in shipment.units} == {
        loaded.pallet.id: True,
        loaded.first.id: True,
        loaded.second.id: False,
    }
    with pytest.raises(services_receiving.AlreadyReceived):
        services_receiving.receive(session, chain.shop, shipment.id)


def test_where_nothing_arrived_the_shipment_is_refused_instead(
    session: Session, chain: Chain, loaded: Loaded
) -> None:
    shipment = _send(session, chain, loaded.pallet)
    with pytest.raises(BadInput) as refused:
        services_receiving.receive(session, chain.shop, shipment.id, missing_units=[loaded.pallet.id])
    assert refused.value.code == "nothing-arrived"


def test_a_pallet_with_recalled_goods_stays(session: Session, chain: Chain, loaded: Loaded) -> None:
    recalls.recall(
        session,
        chain.officer,
        loaded.other.id,
        RecallClass.QUALITY,
        RecallReason.SPOILED,
        None,
        typed_lot_number=loaded.other.lot_number,
    )
    with pytest.raises(rules.BatchRecalled):
        services_packing.ship_units(session, chain.producer, [loaded.pallet.id], _to(chain), key=a_key())


def test_a_carton_on_a_pallet_is_shipped_after_it_came_off(
    session: Session, chain: Chain, loaded: Loaded
) -> None:
    with pytest.raises(rules_packing.UnitInUnit):
        services_packing.ship_units(session, chain.producer, [loaded.first.id], _to(chain), key=a_key())


def test_an_empty_pallet_is_not_shipped(session: Session, chain: Chain) -> None:
    unit = _pack(session, chain, {chain.batch.id: "1"})
    services_packing.unpack(session, chain.producer, unit.id, key=a_key())
    with pytest.raises(rules_packing.UnitEmpty):
        services_packing.ship_units(session, chain.producer, [unit.id], _to(chain), key=a_key())


def test_a_carton_goes_to_somebody_without_an_account(session: Session, chain: Chain, loaded: Loaded) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    services_packing.ship_units(
        session, chain.producer, [loaded.pallet.id], Receiver(party_id=party.id), key=a_key()
    )
    balance = batches.find_balance(session, chain.batch.id)
    assert balance is not None
    assert balance.outside == 20
    assert loaded.pallet.holder_id is None


def test_a_carton_that_came_back_empty_is_packed_again(
    session: Session, chain: Chain, loaded: Loaded
) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    services_packing.ship_units(
        session, chain.producer, [loaded.pallet.id], Receiver(party_id=party.id), key=a_key()
    )
    unit = _pack(session, chain, {chain.batch.id: "3"}, Into(unit_id=loaded.first.id))
    assert [content.quantity for content in unit.contents if content.quantity] == [3]
    assert (unit.holder_id, unit.parent_id) == (chain.producer.organisation_id, None)
    assert _holding(session, chain.batch, chain.producer.organisation_id) == (80, 3)


def test_the_next_hand_ships_the_pallet_on(session: Session, chain: Chain, loaded: Loaded) -> None:
    first = services_packing.ship_units(session, chain.producer, [loaded.pallet.id], _to(chain), key=a_key())
    services_receiving.receive(session, chain.shop, first.id)
    onward = Receiver(organisation_id=chain.other_shop.organisation_id)
    second = services_packing.ship_units(session, chain.shop, [loaded.pallet.id], onward, key=a_key())
    services_receiving.receive(session, chain.other_shop, second.id)
    assert _holding(session, chain.batch, chain.other_shop.organisation_id) == (20, 20)
    assert _holding(session, chain.batch, chain.shop.organisation_id) == (0, 0)


def test_somebody_elses_carton_is_not_there(session: Session, chain: Chain, loaded: Loaded) -> None:
    stranger = actor_of_kind(session)
    with pytest.raises(NotFound):
        services_packing.ship_units(session, stranger, [loaded.pallet.id], _to(chain), key=a_key())
