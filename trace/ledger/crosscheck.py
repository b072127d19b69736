"""Leaves against the opened fields of their events: does what the service shows still match what it published?

Pure: bytes and parsed JSON in, findings out. Openings come from the service under audit, so nothing about their shape
is believed, and whatever is wrong with them is a finding, never an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from trace.ledger import leaves, tiles
from trace.ledger.tiles import MalformedTile

# Without these nobody can tell what a leaf is about, and they name no person: they are never erased.
CORE_FIELDS = (
    "event_id",
    "event_type",
    "action",
    "biz_step",
    "disposition",
    "verb",
    "event_date",
    "record_date",
    "lots",
    "marks",
)
_OFFSETS = {field: leaves.COMMITMENT_LENGTH * leaves.FIELDS.index(field) for field in leaves.PUBLIC_FIELDS}
_CORE = frozenset(CORE_FIELDS)
_HEX_SALT = 2 * leaves.SALT_LENGTH


class Fault(StrEnum):
    """What can be wrong between a bundle and its openings."""

    BUNDLE_MALFORMED = "bundle-malformed"  # the bytes are no bundle; nothing in it was looked at
    OPENINGS_MALFORMED = "openings-malformed"  # not a list of one object a leaf
    LEAF_MALFORMED = "leaf-malformed"
    LEAF_OF_ANOTHER_LOG = "leaf-of-another-log"
    OPENING_MISSING = "opening-missing"  # a leaf nothing is shown for: its event is gone
    OPENING_TWICE = "opening-twice"
    OPENING_OF_NO_LEAF = "opening-of-no-leaf"
    FIELD_MISSING = "field-missing"  # a core field is not opened
    FIELD_UNKNOWN = "field-unknown"  # a private field, or none at all, is opened
    FIELD_DIFFERENT = "field-different"  # the value shown is not the one committed to


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong with the leaf at ``index``; ``field`` where it is about one."""

    index: int
    fault: Fault
    field: str | None = None

    def __str__(self) -> str:
        return f"leaf {self.index}: {self.fault}" + (f" ({self.field})" if self.field else "")


def check_openings(
    bundle: bytes, openings: object, *, first_index: int = 0, origin: str | None = None
) -> list[Finding]:
    """What is wrong between a bundle of leaves and the opened fields the service shows for them; best an empty list.

    ``openings`` is the parsed ``openings`` list of ``/log/openings/<N>``: ``{"index": …, "fields": {name: {"value": …,
    "salt": hex}}}``. ``first_index`` is the log index of the bundle's first leaf, ``origin`` the log's name. A field
    that is not opened was erased, which is no fault unless it is one of ``CORE_FIELDS``. That the bundle is the
    published one is not looked at here: its leaf hashes are held against the tiles.
    """
    try:
        encoded = tiles.decode_bundle(bundle)
    except MalformedTile:
        return [Finding(first_index, Fault.BUNDLE_MALFORMED)]
    if not isinstance(openings, list):
        return [Finding(first_index, Fault.OPENINGS_MALFORMED)]
    findings = []
    shown: dict[int, Any] = {}
    for opening in openings:
        index = opening.get("index") if isinstance(opening, Mapping) else None
        if not isinstance(index, int) or isinstance(index, bool):
            findings.append(Finding(first_index, Fault.OPENINGS_MALFORMED))
        elif not first_index <= index < first_index + len(encoded):
            findings.append(Finding(index, Fault.OPENING_OF_NO_LEAF))
        elif index in shown:
            findings.append(Finding(index, Fault.OPENING_TWICE))
        else:
            shown[index] = opening.get("fields")
    for index, data in enumerate(encoded, start=first_index):
        findings += _check_leaf(index, data, shown.get(index), origin)
    return sorted(findings, key=lambda finding: (finding.index, finding.fault, finding.field or ""))


def _check_leaf(index: int, data: bytes, fields: object, origin: str | None) -> list[Finding]:
    try:
        found_origin, body = leaves.open_leaf(data)
    except leaves.MalformedLeaf:
        return [Finding(index, Fault.LEAF_MALFORMED)]
    findings = []
    if origin is not None and found_origin != origin:
        findings.append(Finding(index, Fault.LEAF_OF_ANOTHER_LOG))
    if not isinstance(fields, Mapping):
        findings.append(Finding(index, Fault.OPENING_MISSING))
        return findings
    if not fields.keys() >= _CORE:
        findings += [Finding(index, Fault.FIELD_MISSING, field) for field in _CORE - fields.keys()]
    for field, opened in fields.items():
        offset = _OFFSETS.get(field)
        if offset is None:
            findings.append(Finding(index, Fault.FIELD_UNKNOWN, str(field)[:80]))
            continue
        begin = body + offset
        if _commitment(field, opened) != data[begin : begin + leaves.COMMITMENT_LENGTH]:
            findings.append(Finding(index, Fault.FIELD_DIFFERENT, field))
    return findings


def _commitment(field: str, opened: Any) -> bytes | None:
    """What an opening, of whatever shape, commits to; None for one that cannot be right."""
    try:
        text = opened["salt"]
        # With 32 letters for 16 bytes there is no room for the spaces fromhex would pass over.
        return leaves.commit(field, opened["value"], bytes.fromhex(text)) if len(text) == _HEX_SALT else None
    except (KeyError, TypeError, ValueError):
        return None
