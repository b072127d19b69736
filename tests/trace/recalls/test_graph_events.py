"""What one event says to the graph, from documents of the standard."""

from decimal import Decimal
from typing import Any

import pytest

from trace.recalls.graph_events import Named, Step, event_of, step_of

DOCUMENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventID": "urn:uuid:1",
    "eventTime": "2026-11-21T03:00:00.000Z",
    "action": "OBSERVE",
    "bizStep": "shipping",
    "epcList": ["https://id.gs1.org/00/189300000000000015"],
    "quantityList": [{"epcClass": "urn:uuid:lot", "quantity": 40, "uom": "KGM"}],
    "sourceList": [
        {"type": "owning_party", "source": "urn:uuid:owner"},
        {"type": "possessing_party", "source": "urn:uuid:farm"},
    ],
    "destinationList": [{"type": "possessing_party", "destination": "urn:uuid:shop"}],
    "bizTransactionList": [{"bizTransaction": "urn:uuid:shipment"}],
}


@pytest.mark.parametrize(
    ("event_type", "action", "biz_step", "step"),
    [
        ("ObjectEvent", "ADD", "commissioning", Step.BEGIN),
        ("ObjectEvent", "ADD", "creating_class_instance", Step.BEGIN),
        ("ObjectEvent", "OBSERVE", "receiving", Step.RECEIVE),
        ("ObjectEvent", "OBSERVE", "void_shipping", Step.VOID),
        ("ObjectEvent", "OBSERVE", "urn:epcglobal:cbv:bizstep:shipping", Step.SHIP),
        ("ObjectEvent", "OBSERVE", "https://ref.gs1.org/cbv/BizStep-shipping", Step.SHIP),
        ("ObjectEvent", "OBSERVE", "urn:nguongoc:epcis:bizstep-claiming", Step.OTHER),
        ("ObjectEvent", "DELETE", "destroying", Step.OTHER),
        ("TransactionEvent", "ADD", None, Step.OTHER),
        ("TransformationEvent", None, "commissioning", Step.TRANSFORM),
        ("TransformationEvent", None, "urn:nguongoc:epcis:bizstep-splitting", Step.SPLIT),
        ("TransformationEvent", None, "urn:nguongoc:epcis:bizstep-merging", Step.MERGE),
        ("AggregationEvent", "OBSERVE", None, Step.PACK),
        ("AggregationEvent", "DELETE", "unpacking", Step.UNPACK),
        ("AssociationEvent", "ADD", None, Step.OTHER),
    ],
)
def test_a_step_follows_from_the_standards_own_words(
    event_type: str, action: str | None, biz_step: str | None, step: Step
) -> None:
    assert step_of(event_type, action, biz_step) is step


def test_hands_are_the_possessing_parties_whoever_recorded_it() -> None:
    event = event_of(DOCUMENT, by="urn:uuid:importer")
    assert (event.giver, event.taker, event.by) == ("urn:uuid:farm", "urn:uuid:shop", "urn:uuid:importer")


def test_goods_come_with_their_role_and_quantity() -> None:
    carton, lot = event_of(DOCUMENT, by="farm").goods
    assert carton == Named("object", "https://id.gs1.org/00/189300000000000015", None, is_lot=False)
    assert lot == Named("object", "urn:uuid:lot", Decimal(40), is_lot=True)


def test_who_receives_is_who_recorded_it_where_the_lists_are_silent() -> None:
    bare = {
        name: value for name, value in DOCUMENT.items() if not name.endswith(("sourceList", "nationList"))
    }
    event = event_of({**bare, "bizStep": "receiving"}, by="shop")
    assert (event.giver, event.taker) == (None, "shop")
