import copy
import json
from typing import Any

import pytest

from trace.ledger import leaves, tiles
from trace.ledger.crosscheck import CORE_FIELDS, Fault, Finding, check_openings

ORIGIN = "log.example.vn/nguon-goc"
FIRST = 512


def opened_leaf(number: int) -> tuple[bytes, dict[str, Any]]:
    values = {
        "event_id": f"urn:uuid:{number}",
        "verb": "ship",
        "marks": [],
        "lots": ["a", "b"],
        "notice": {"kind": "recall"},
    }
    salts = leaves.new_salts()
    fields = {
        field: {"value": values.get(field), "salt": salts[field].hex()} for field in leaves.PUBLIC_FIELDS
    }
    return leaves.encode_leaf(ORIGIN, values, salts), {"index": FIRST + number, "fields": fields}


MADE = [opened_leaf(number) for number in range(3)]
BUNDLE = tiles.encode_bundle([leaf for leaf, _ in MADE])


@pytest.fixture
def openings() -> list[dict[str, Any]]:
    # Through JSON, as an auditor gets them.
    parsed: list[dict[str, Any]] = json.loads(json.dumps([opening for _, opening in MADE]))
    return parsed


def check(openings: object, bundle: bytes = BUNDLE) -> list[Finding]:
    return check_openings(bundle, openings, first_index=FIRST, origin=ORIGIN)


def test_what_was_published_has_no_findings(openings: list[dict[str, Any]]) -> None:
    assert check(openings) == []


@pytest.mark.parametrize("field", leaves.PUBLIC_FIELDS)
def test_a_changed_value_is_found_with_index_and_field(openings: list[dict[str, Any]], field: str) -> None:
    openings[1]["fields"][field]["value"] = "changed"
    assert check(openings) == [Finding(FIRST + 1, Fault.FIELD_DIFFERENT, field)]


@pytest.mark.parametrize("field", CORE_FIELDS)
def test_a_core_field_cannot_be_left_out(openings: list[dict[str, Any]], field: str) -> None:
    del openings[2]["fields"][field]
    assert check(openings) == [Finding(FIRST + 2, Fault.FIELD_MISSING, field)]


def test_an_erased_field_is_no_fault(openings: list[dict[str, Any]]) -> None:
    for field in set(leaves.PUBLIC_FIELDS) - set(CORE_FIELDS):
        del openings[0]["fields"][field]
    assert check(openings) == []


def test_a_private_field_must_not_be_opened(openings: list[dict[str, Any]]) -> None:
    openings[0]["fields"]["note"] = {"value": None, "salt": "11" * 16}
    assert check(openings) == [Finding(FIRST, Fault.FIELD_UNKNOWN, "note")]


def test_two_swapped_openings_are_found(openings: list[dict[str, Any]]) -> None:
    openings[0]["index"], openings[1]["index"] = openings[1]["index"], openings[0]["index"]
    found = check(openings)
    assert {finding.index for finding in found} == {FIRST, FIRST + 1}
    assert {finding.fault for finding in found} == {Fault.FIELD_DIFFERENT}


def test_an_event_that_is_gone_is_found(openings: list[dict[str, Any]]) -> None:
    assert check(openings[:1] + openings[2:]) == [Finding(FIRST + 1, Fault.OPENING_MISSING)]


def test_openings_said_twice_or_for_no_leaf_are_found(openings: list[dict[str, Any]]) -> None:
    stray = copy.deepcopy(openings[0]) | {"index": FIRST + 3}
    assert check([*openings, openings[0], stray]) == [
        Finding(FIRST, Fault.OPENING_TWICE),
        Finding(FIRST + 3, Fault.OPENING_OF_NO_LEAF),
    ]


def test_a_leaf_the_database_has_lost_is_found(openings: list[dict[str, Any]]) -> None:
    bundle = tiles.encode_bundle([MADE[0][0], b"", MADE[2][0]])
    assert check(openings, bundle) == [Finding(FIRST + 1, Fault.LEAF_MALFORMED)]


def test_a_leaf_of_another_log_is_found(openings: list[dict[str, Any]]) -> None:
    found = check_openings(BUNDLE, openings, first_index=FIRST, origin="log.example.vn/other")
    assert [finding.fault for finding in found] == [Fault.LEAF_OF_ANOTHER_LOG] * 3


@pytest.mark.parametrize(
    "opened",
    [
        None, 1, "x", [], {}, {"value": None}, {"salt": "00" * 16}, {"value": None, "salt": 5},
        {"value": None, "salt": "zz" * 16}, {"value": None, "salt": "0 " * 16}, {"value": 1.5, "salt": "01" * 16},
        {"value": None, "salt": ""},
    ],
    ids=repr,
)  # fmt: skip
def test_a_malformed_opening_is_a_finding(openings: list[dict[str, Any]], opened: object) -> None:
    openings[0]["fields"]["verb"] = opened
    assert check(openings) == [Finding(FIRST, Fault.FIELD_DIFFERENT, "verb")]


@pytest.mark.parametrize("malformed", [None, {}, "x", 7])
def test_openings_that_are_no_list_are_a_finding(malformed: object) -> None:
    assert check(malformed) == [Finding(FIRST, Fault.OPENINGS_MALFORMED)]


@pytest.mark.parametrize("item", [None, 1, {"fields": {}}, {"index": "512"}, {"index": True}], ids=repr)
def test_an_opening_without_an_index_is_a_finding(openings: list[dict[str, Any]], item: object) -> None:
    assert check([*openings, item]) == [Finding(FIRST, Fault.OPENINGS_MALFORMED)]


def test_bytes_that_are_no_bundle_are_a_finding(openings: list[dict[str, Any]]) -> None:
    assert check(openings, BUNDLE[:-1]) == [Finding(FIRST, Fault.BUNDLE_MALFORMED)]
