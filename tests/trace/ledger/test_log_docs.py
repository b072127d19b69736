"""docs/log.md is what others build their verifiers from: its examples and its list of fields are recomputed."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from trace.ledger import leaves

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "log.md").read_text()
EXAMPLES: dict[str, Any] = {
    example["example"]: example
    for example in map(json.loads, re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
}
SALTS = {field: bytes([number]) * 16 for number, field in enumerate(leaves.FIELDS, start=1)}


def test_the_table_lists_every_field_in_order_with_its_audience() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (public|private) \|", PAGE, re.MULTILINE)
    assert rows == [
        (str(number), field, "public" if field in leaves.PUBLIC_FIELDS else "private")
        for number, field in enumerate(leaves.FIELDS, start=1)
    ]


@pytest.mark.parametrize("example", EXAMPLES["commitments"]["commitments"], ids=lambda each: each["field"])
def test_the_commitments_on_the_page_are_right(example: dict[str, Any]) -> None:
    salt = bytes.fromhex(example["salt"])
    assert salt == SALTS[example["field"]]
    # Spelled out as the page spells it, not through the code under test.
    written = (
        b"\x02nguon-goc:leaf:v1:commitment\x00"
        + example["field"].encode()
        + b"\x00"
        + salt
        + example["canonical"].encode()
    )
    assert hashlib.sha256(written).hexdigest() == example["commitment"]
    assert leaves.commit(example["field"], example["value"], salt).hex() == example["commitment"]


def test_the_leaf_on_the_page_is_right() -> None:
    example = EXAMPLES["leaf"]
    leaf = leaves.encode_leaf(example["origin"], example["values"], SALTS)
    assert len(leaf) == example["leaf_length"]
    assert leaf.hex().startswith(example["leaf_begins"])
    assert leaf.hex().endswith(example["leaf_ends"])
    assert hashlib.sha256(leaf).hexdigest() == example["leaf_sha256"]
    assert hashlib.sha256(b"\x00" + leaf).hexdigest() == example["leaf_hash"] == leaves.leaf_hash(leaf).hex()


def test_the_lot_on_the_page_is_right() -> None:
    example = EXAMPLES["lot"]
    salt = leaves.lot_salt(bytes.fromhex(example["lot_key_salt"]), example["lot"])
    assert salt.hex() == example["lot_salt"]
    assert leaves.lot_tag(example["lot"], salt) == example["lot_tag"]
    assert EXAMPLES["leaf"]["values"]["lots"] == [example["lot_tag"]]
