"""What each parameter means, on events as the standard writes them; nothing of a database."""

from decimal import Decimal
from typing import Any

import pytest

from trace.epcis.matching import matches, order_value
from trace.epcis.query import read_parameters

NS = "https://ns.example/"
PREFIXES = {"ex": NS}
OBJECT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventID": "urn:uuid:1",
    "eventTime": "2026-11-21T07:32:00.000Z",
    "recordTime": "2026-11-21T08:00:00.000Z",
    "eventTimeZoneOffset": "+07:00",
    "action": "ADD",
    "bizStep": "commissioning",
    "disposition": "active",
    "persistentDisposition": {"set": ["completeness_verified"], "unset": ["recalled"]},
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
    "quantityList": [
        {"epcClass": "urn:epc:class:lgtin:4054739.099914.A1", "quantity": Decimal("12.5"), "uom": "KGM"},
        {"epcClass": "https://id.gs1.org/01/04054739999148/10/B2", "quantity": Decimal(200)},
    ],
    "readPoint": {"id": "urn:epc:id:sgln:0614141.07346.1234", f"{NS}gate": "3"},
    "bizLocation": {"id": "https://id.gs1.org/414/0614141073467"},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:po:1"}, {"bizTransaction": "urn:x:2"}],
    "sourceList": [{"type": "possessing_party", "source": "urn:x:farm"}],
    "destinationList": [{"type": f"{NS}truck", "destination": "urn:x:truck"}],
    "ilmd": {f"{NS}sugar": Decimal("12.5"), f"{NS}field": {f"{NS}soil": "clay", f"{NS}ph": 6}},
    "sensorElementList": [
        {
            "sensorMetadata": {
                "time": "2026-11-21T07:00:00Z",
                "deviceID": "urn:x:device:1",
                f"{NS}mount": "roof",
            },
            "sensorReport": [
                {"type": "Temperature", "value": 4.5, "uom": "CEL", "stringValue": "cold", f"{NS}quality": 2},
                {
                    "type": "RelativeHumidity",
                    "minValue": 60,
                    "maxValue": 80,
                    "uom": "A93",
                    "booleanValue": True,
                },
            ],
            f"{NS}run": "r1",
        }
    ],
    f"{NS}colour": ["red", "green"],
    f"{NS}picked": "2026-11-20T00:00:00Z",
    f"{NS}weight": "7.25",
    f"{NS}person": {f"{NS}team": "north", "id": "urn:x:team"},
}
DECLARATION: dict[str, Any] = {
    **OBJECT,
    "errorDeclaration": {
        "declarationTime": "2026-11-22T00:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:2"],
        f"{NS}clerk": "An",
    },
}
AGGREGATION: dict[str, Any] = {
    "type": "AggregationEvent",
    "parentID": "urn:epc:id:sscc:0614141.1234567890",
    "childEPCs": ["urn:x:child"],
    "childQuantityList": [{"epcClass": "urn:x:class", "quantity": 5}],
}
TRANSFORMATION: dict[str, Any] = {
    "type": "TransformationEvent",
    "transformationID": "urn:x:run",
    "inputEPCList": ["urn:x:in"],
    "inputQuantityList": [{"epcClass": "urn:x:in-class", "quantity": 5}],
    "outputEPCList": ["urn:x:out"],
    "outputQuantityList": [{"epcClass": "urn:x:out-class", "quantity": 4}],
}

YES = [
    "eventType=ObjectEvent", "eventType=AggregationEvent|ObjectEvent", "GE_eventTime=2026-11-21T14:32:00+07:00",
    "LT_eventTime=2026-11-21T14:32:00.001+07:00", "GE_recordTime=2026-11-21T08:00:00Z", "EQ_action=OBSERVE|ADD",
    "EQ_bizStep=commissioning", "EQ_disposition=active", "EQ_persistentDisposition_set=completeness_verified",
    "EQ_persistentDisposition_unset=recalled", "EQ_readPoint=urn:epc:id:sgln:0614141.07346.1234",
    "EQ_readPoint=https://example.com/414/0614141073467/254/1234", "WD_readPoint=https://id.gs1.org/414/0614141073467",
    "EQ_bizLocation=urn:epc:id:sgln:0614141.07346.0", "MATCH_epc=https://id.gs1.org/01/10614141073464/21/2017",
    "MATCH_anyEPC=urn:epc:idpat:sgtin:0614141.*.*", "MATCH_epcClass=https://x.example/01/04054739999148/10/A1",
    "MATCH_anyEPCClass=urn:epc:idpat:lgtin:4054739.099914.*", "EQ_quantity=12.5", "EQ_quantity=12.50", "GT_quantity=100",
    "GE_quantity_KGM=12.5", "LT_quantity_KGM=13", "LE_quantity=12.5", "EQ_eventID=urn:uuid:1", "EQ_bizTransaction_po=urn:x:po:1",
    "EQ_source_possessing_party=urn:x:farm|urn:x:other", "EQ_destination_ex:truck=urn:x:truck", "EXISTS_sensorElementList=true",
    "EQ_type=Temperature", "EQ_type=gs1:RelativeHumidity", "EQ_deviceID=urn:x:device:1", "EQ_stringValue=cold", "EQ_booleanValue=true",
    "GE_value_CEL=4.5", "LT_value_CEL=5", "EQ_value_CEL=4.5", "GT_minValue_A93=59", "LE_maxValue_A93=80",
    "GE_time=2026-11-21T07:00:00Z", "EQ_ex:colour=green", "EQ_ex:weight=7.250", "GT_ex:weight=7", "LE_ex:weight=7.25",
    "GE_ex:picked=2026-11-20T07:00:00%2B07:00".replace("%2B", "+"), "EXISTS_ex:colour=", "EQ_ILMD_ex:sugar=12.5", "GT_ILMD_ex:sugar=12",
    "EXISTS_ILMD_ex:field=", "EQ_INNER_ILMD_ex:soil=clay", "GE_INNER_ILMD_ex:ph=6", "EXISTS_INNER_ILMD_ex:soil=", "EQ_INNER_ex:team=north",
    "EXISTS_INNER_ex:team=", "EQ_ex:person=urn:x:team", "HASATTR_ex:person=id", "EQATTR_ex:person_id=urn:x:team", "EQ_readPoint_ex:gate=3",
    "EQ_SENSORELEMENT_ex:run=r1", "EQ_SENSORMETADATA_ex:mount=roof", "GE_SENSORREPORT_ex:quality=2", "EXISTS_SENSORREPORT_ex:quality=",
    "EXISTS_errorDeclaration=false",
]  # fmt: skip
NO = [
    "eventType=AggregationEvent", "GE_eventTime=2026-11-21T14:32:00.001+07:00", "LT_eventTime=2026-11-21T14:32:00+07:00",
    "LT_recordTime=2026-11-21T08:00:00Z", "EQ_action=OBSERVE|DELETE", "EQ_bizStep=shipping", "EQ_disposition=destroyed",
    "EQ_persistentDisposition_set=recalled", "EQ_persistentDisposition_unset=completeness_verified", "EQ_readPoint=urn:epc:id:sgln:0614141.07346.0",
    "WD_readPoint=https://id.gs1.org/414/0614141073467/254/1", "WD_bizLocation=urn:epc:id:sgln:0614141.07346.1234",
    "EQ_transformationID=urn:x:run", "MATCH_epc=urn:epc:id:sgtin:0614141.107346.2018", "MATCH_parentID=urn:epc:id:sgtin:0614141.107346.2017",
    "MATCH_inputEPC=urn:epc:id:sgtin:0614141.107346.2017", "MATCH_epc=urn:epc:class:lgtin:4054739.099914.A1",
    "MATCH_epcClass=urn:epc:id:sgtin:0614141.107346.2017", "MATCH_outputEPCClass=urn:epc:class:lgtin:4054739.099914.A1",
    "EQ_quantity=12.6", "GT_quantity=200", "GT_quantity_KGM=12.5", "EQ_quantity_KGM=200", "EQ_quantity_GRM=12.5", "LT_quantity=12.5",
    "EQ_eventID=urn:uuid:2", "EXISTS_errorDeclaration=true", "GE_errorDeclarationTime=2020-01-01T00:00:00Z", "EQ_errorReason=incorrect_data",
    "EQ_correctiveEventID=urn:uuid:2", "EQ_bizTransaction_po=urn:x:2", "EQ_bizTransaction_inv=urn:x:po:1",
    "EQ_source_owning_party=urn:x:farm", "EQ_destination_possessing_party=urn:x:farm", "EQ_type=Pressure", "EQ_deviceID=urn:x:device:2",
    "GT_value_CEL=4.5", "EQ_value_FAH=4.5", "GE_value_A93=1", "EQ_booleanValue=false", "EQ_hexBinaryValue=f0", "LT_time=2026-11-21T07:00:00Z",
    "EQ_ex:colour=blue", "EQ_colour:ex=red", "GT_ex:weight=7.25", "EQ_ILMD_ex:colour=red", "EQ_ex:sugar=12.5", "EQ_ILMD_ex:soil=clay",
    "EQ_INNER_ILMD_ex:sugar=12.5", "EQ_INNER_ex:colour=red", "EXISTS_ex:nothing=", "EXISTS_INNER_ex:soil=", "HASATTR_ex:person=name",
    "HASATTR_ex:colour=id", "EQATTR_ex:person_id=urn:x:other", "EQ_bizLocation_ex:gate=3", "EQ_SENSORREPORT_ex:mount=roof", "EQ_ex:colour=RED",
    "GT_ex:colour=5", "EQ_ERROR_DECLARATION_ex:clerk=An",
]  # fmt: skip


def asked(text: str) -> Any:
    name, _, value = text.partition("=")
    return read_parameters([(name, value)], PREFIXES)


@pytest.mark.parametrize("text", YES)
def test_the_event_satisfies(text: str) -> None:
    assert matches(asked(text), OBJECT)


@pytest.mark.parametrize("text", NO)
def test_the_event_does_not_satisfy(text: str) -> None:
    assert not matches(asked(text), OBJECT)


@pytest.mark.parametrize(
    "text",
    ["EXISTS_errorDeclaration=true", "GE_errorDeclarationTime=2026-11-22T00:00:00Z", "LT_errorDeclarationTime=2026-11-23T00:00:00Z",
     "EQ_errorReason=incorrect_data", "EQ_errorReason=urn:epcglobal:cbv:er:incorrect_data", "EQ_correctiveEventID=urn:uuid:2",
     "EQ_ERROR_DECLARATION_ex:clerk=An", "EXISTS_ERROR_DECLARATION_ex:clerk="],
)  # fmt: skip
def test_a_declaration_is_found_by_what_it_declares(text: str) -> None:
    assert matches(asked(text), DECLARATION)


@pytest.mark.parametrize(
    ("text", "event"),
    [("MATCH_parentID=urn:epc:id:sscc:0614141.1234567890", AGGREGATION), ("MATCH_parentID=urn:epc:idpat:sscc:0614141.*", AGGREGATION),
     ("MATCH_epc=urn:x:child", AGGREGATION), ("MATCH_anyEPC=https://id.gs1.org/00/106141412345678908", AGGREGATION),
     ("MATCH_epcClass=urn:x:class", AGGREGATION), ("EQ_quantity=5", AGGREGATION), ("MATCH_inputEPC=urn:x:in", TRANSFORMATION),
     ("MATCH_outputEPC=urn:x:out", TRANSFORMATION), ("MATCH_anyEPC=urn:x:out", TRANSFORMATION), ("MATCH_inputEPCClass=urn:x:in-class", TRANSFORMATION),
     ("MATCH_outputEPCClass=urn:x:out-class", TRANSFORMATION), ("MATCH_anyEPCClass=urn:x:in-class", TRANSFORMATION),
     ("EQ_transformationID=urn:x:run", TRANSFORMATION), ("LT_quantity=5", TRANSFORMATION)],
)  # fmt: skip
def test_goods_are_found_in_the_lists_of_their_kind(text: str, event: dict[str, Any]) -> None:
    assert matches(asked(text), event)


def test_every_parameter_must_hold() -> None:
    both = read_parameters([("EQ_action", "ADD"), ("EQ_bizStep", "shipping")])
    assert not matches(both, OBJECT)


def test_events_are_ordered_by_numbers_times_and_texts() -> None:
    weight, picked, colour = (order_value(f"{NS}{name}", OBJECT) for name in ("weight", "picked", "colour"))
    assert weight == (2, "7.25")
    assert picked[0] == 1
    assert colour == (2, "red")
    assert order_value(f"{NS}nothing", OBJECT)[0] == 9
