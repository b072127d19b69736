"""The leaves of the log: salted commitments to the fields of one event, version 1 (docs/log.md).

Pure: bytes in, bytes out. The order of leaves, their tree and its signatures do not live here, nor does the choice
which event says what: callers hand over values by field name.

Version 1 is for ever: ``FIELDS``, their order, the canonical form and the prefixes below are never changed. What
more must be committed to is a version 2 beside it.
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from trace.core.errors import BadInput

VERSION = 1
SALT_LENGTH = 16
COMMITMENT_LENGTH = 32
LONGEST_ORIGIN = 255
DEEPEST_VALUE = 32
# Stands in packed salts where a salt was erased; no random salt is this.
ERASED_SALT = bytes(SALT_LENGTH)

# A text as JSON, as RFC 8785 3.2.2.2 has it: nothing is escaped that need not be.
_encode_text = json.encoder.encode_basestring

# RFC 9162 2.1.1. The tree hashes leaves behind 0x00 and nodes behind 0x01; our own hashes start with neither, so that
# none of them can pass for a leaf or a node.
LEAF_PREFIX = b"\x00"
COMMITMENT_PREFIX = b"\x02nguon-goc:leaf:v1:commitment\x00"
LOT_SALT_PREFIX = b"\x03nguon-goc:leaf:v1:lot-salt\x00"
LOT_TAG_PREFIX = b"\x04nguon-goc:leaf:v1:lot-tag\x00"

# Opened beside the leaf for everybody: kinds, communes, dates, marks (design section 4, "Visibility").
PUBLIC_FIELDS: tuple[str, ...] = (
    "event_id",
    "event_type",
    "action",
    "biz_step",
    "disposition",
    "verb",  # ours: "ship", "receive"; finer than event_type and biz_step
    "event_date",  # the local date; the exact time is private
    "record_date",
    "commune",  # where, as the commune's code on that date
    "organisation_kind",  # who says so, as a kind: "producer", "shop"
    "counterpart_kind",  # to or from whom, as a kind
    "counterpart_commune",
    "marks",  # codes: one-sided, late entry, on behalf, breach of a limit, foreign
    "lots",  # sorted lot tags; each opens alone, see lot_tag
    "persistent_disposition",
    "error_declaration",
    "notice",  # a public act: recall, its class, decision and end; hold; voided label; checked certificate
    "sealed_items",  # the ten items of the label, as activated
)
# Opened to the parties of the event only, or to nobody: quantities, buyers, places, exact times, free text, persons.
PRIVATE_FIELDS: tuple[str, ...] = (
    "event_time",
    "event_time_zone_offset",
    "record_time",
    "device_time",  # what a wrong clock said, beside the corrected event_time
    "read_point",
    "biz_location",
    "parent_id",
    "epc_list",
    "child_epcs",
    "input_epc_list",
    "output_epc_list",
    "quantity_list",
    "child_quantity_list",
    "input_quantity_list",
    "output_quantity_list",
    "transformation_id",
    "biz_transaction_list",
    "source_list",
    "destination_list",
    "sensor_element_list",
    "ilmd",
    "certification_info",
    "extensions",  # ours beside the standard's: loss, reason codes, plots and households
    "event_hash",
    "recorded_by",  # the organisation
    "on_behalf_of",  # ghi hộ: for whom
    "person",
    "note",
    "attachments",  # SHA-256 of papers and photos
    "lot_key",  # always null: its salt is the key of the lots' salts and is opened to nobody
)
FIELDS: tuple[str, ...] = PUBLIC_FIELDS + PRIVATE_FIELDS
_INDEX: Mapping[str, int] = {field: index for index, field in enumerate(FIELDS)}
_SALT_AT = tuple((field, index * SALT_LENGTH) for index, field in enumerate(FIELDS))
_PREFIX = {field: COMMITMENT_PREFIX + field.encode() + b"\x00" for field in FIELDS}
_LOT_KEY = slice(_INDEX["lot_key"] * SALT_LENGTH, (_INDEX["lot_key"] + 1) * SALT_LENGTH)
_STEPS = tuple((field, _PREFIX[field], at, at + SALT_LENGTH) for field, at in _SALT_AT)


class MalformedLeaf(BadInput):
    """The bytes are no leaf of a version known here."""

    code = "malformed-leaf"


class UncanonicalValue(ValueError):
    """A value has no canonical form: a number, a foreign type, half a character, or too deep."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as read from its bytes; ``commitments`` stand in the order of ``FIELDS``."""

    origin: str
    commitments: tuple[bytes, ...]
    version: int = VERSION

    def commitment_of(self, field: str) -> bytes:
        """The 32 bytes that ``field`` is committed to with. KeyError for a field version 1 has not."""
        return self.commitments[_INDEX[field]]


def new_salts() -> dict[str, bytes]:
    """A fresh random salt of 16 bytes for every field."""
    return unpack_salts(new_packed_salts())


def new_packed_salts() -> bytes:
    """The same as they are stored."""
    # One call for all: 48 calls of 16 bytes take five times as long and give no better salts.
    return secrets.token_bytes(SALT_LENGTH * len(FIELDS))


def pack_salts(salts: Mapping[str, bytes]) -> bytes:
    """All salts in the order of ``FIELDS``, as stored; a missing one as ``ERASED_SALT``."""
    return b"".join(salts.get(field, ERASED_SALT) for field in FIELDS)


def unpack_salts(packed: bytes) -> dict[str, bytes]:
    """The salts by field, without those erased. ValueError when the length is not that of version 1."""
    if len(packed) != SALT_LENGTH * len(FIELDS):
        raise ValueError("not the salts of a leaf of version 1")
    found = {field: packed[at : at + SALT_LENGTH] for field, at in _SALT_AT}
    if ERASED_SALT in packed:
        return {field: salt for field, salt in found.items() if salt != ERASED_SALT}
    return found


def lot_key_in(packed: bytes) -> bytes:
    """The salt of ``lot_key`` among packed ones."""
    return packed[_LOT_KEY]


def canonical(value: Any) -> bytes:
    """RFC 8785 (JCS) of ``value``: null, booleans, strings, lists, and objects with string keys.

    UncanonicalValue for anything else. Numbers are carried as strings: how a number is written is where
    canonical JSON implementations disagree, and a quantity must not depend on binary fractions.
    """
    try:
        return _written(value, 0).encode()
    except UnicodeEncodeError as cause:
        raise UncanonicalValue("a text holds half a character") from cause


def _written(value: Any, depth: int) -> str:
    """``value`` as text, object keys in RFC 8785 3.2.3 order (UTF-16 code units)."""
    if isinstance(value, str):
        return _encode_text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if depth >= DEEPEST_VALUE:
        raise UncanonicalValue("nested too deeply")
    if isinstance(value, list | tuple):
        return f"[{','.join([_written(item, depth + 1) for item in value])}]"
    # Asking for an abstract class takes ten times as long, and nearly every object is a dictionary.
    if type(value) is dict or isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise UncanonicalValue("an object's keys are texts")
        # The orders of code points and of UTF-16 code units differ only above U+D7FF.
        keys = sorted(value, key=None if all(map(str.isascii, value)) else _utf16)
        members = [f"{_encode_text(key)}:{_written(value[key], depth + 1)}" for key in keys]
        return f"{{{','.join(members)}}}"
    raise UncanonicalValue(f"{type(value).__name__} has no canonical form; carry numbers and dates as texts")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def commit(field: str, value: Any, salt: bytes) -> bytes:
    """SHA-256(prefix || field || 0x00 || salt || canonical value): 32 bytes that hide and bind the value.

    KeyError for an unknown field, ValueError for a salt that is not 16 random bytes, UncanonicalValue as
    ``canonical``.
    """
    if len(salt) != SALT_LENGTH or salt == ERASED_SALT:
        raise ValueError("a salt is 16 random bytes")
    return sha256(_PREFIX[field] + salt + canonical(value)).digest()


def encode_leaf(origin: str, values: Mapping[str, Any], salts: Mapping[str, bytes]) -> bytes:
    """The bytes of a leaf: version, length and name of the log, one commitment per field of ``FIELDS``.

    A field not in ``values`` is committed to as null, so every leaf of one log has the same length and its shape
    tells nothing about the event. ValueError for an unknown field, a missing salt or an unusable origin.
    """
    missing = _INDEX.keys() - salts.keys()
    if missing:
        raise ValueError(f"no salt for {sorted(missing)}")
    if any(len(salt) != SALT_LENGTH for salt in salts.values()):
        raise ValueError("a salt is 16 random bytes")
    return encode_packed(origin, values, pack_salts(salts))


def encode_packed(origin: str, values: Mapping[str, Any], salts: bytes) -> bytes:
    """``encode_leaf`` with its salts as they are stored, as ``new_packed_salts`` makes them."""
    unknown = values.keys() - _INDEX.keys()
    if unknown:
        raise ValueError(f"no fields of a leaf: {sorted(unknown)}")
    if values.get("lot_key") is not None:
        raise ValueError("lot_key has no value, only a salt")
    if ERASED_SALT in salts and len(unpack_salts(salts)) < len(FIELDS):
        raise ValueError("a salt is 16 random bytes")
    # ``commit`` for each field, without the call: most of them are null.
    commitments = [
        sha256(
            prefix + salts[at:end] + (b"null" if (value := values.get(field)) is None else canonical(value))
        ).digest()
        for field, prefix, at, end in _STEPS
    ]
    return _head(origin) + b"".join(commitments)


@cache
def _head(origin: str) -> bytes:
    """What every leaf of a log begins with."""
    name = origin.encode()
    if not _is_usable_origin(origin, name):
        raise ValueError(
            "the origin of a log is a name of 1 to 255 bytes without spaces and control characters"
        )
    return bytes((VERSION, len(name))) + name


def decode_leaf(data: bytes) -> Leaf:
    """The leaf in ``data``. MalformedLeaf for every byte too many or too few, and for any other version."""
    origin, body = open_leaf(data)
    commitments = tuple(data[at : at + COMMITMENT_LENGTH] for at in range(body, len(data), COMMITMENT_LENGTH))
    return Leaf(origin, commitments)


def open_leaf(data: bytes) -> tuple[str, int]:
    """The origin of the leaf in ``data`` and where its commitments begin; MalformedLeaf as ``decode_leaf``."""
    if len(data) < 2 or data[0] != VERSION:
        raise MalformedLeaf("not a leaf of version 1")
    body = 2 + data[1]
    if len(data) != body + COMMITMENT_LENGTH * len(FIELDS):
        raise MalformedLeaf("a leaf of version 1 has another length")
    try:
        origin = data[2:body].decode()
    except UnicodeDecodeError as cause:
        raise MalformedLeaf("the origin is no UTF-8") from cause
    if not _is_usable_origin(origin, data[2:body]):
        raise MalformedLeaf("the origin is no name of a log")
    return origin, body


def _is_usable_origin(origin: str, name: bytes) -> bool:
    """C2SP signed-note: a key name is not empty and holds no white space and no plus."""
    return 0 < len(name) <= LONGEST_ORIGIN and origin.isprintable() and not set(origin) & {" ", "+"}


def check_opening(leaf: Leaf, field: str, value: Any, salt: bytes) -> bool:
    """Whether ``leaf`` is committed to ``value`` for ``field``. False, never an error, for any other input."""
    try:
        return hmac.compare_digest(commit(field, value, salt), leaf.commitment_of(field))
    except (KeyError, ValueError):
        return False


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf), the hash the tree is built from (RFC 9162 2.1.1)."""
    return sha256(LEAF_PREFIX + leaf).digest()


# ---------------------------------------------------------------------------------------------------------- lots
# An event may concern lots of several customers. ``lots`` is opened to everybody as a list of tags; what one tag
# stands for is shown with that lot only, so that nobody learns from his lot's proof which others went with it.


def lot_salt(lot_key_salt: bytes, lot: str) -> bytes:
    """The salt of one lot of an event, from the salt of its ``lot_key``: the first 16 bytes of an HMAC-SHA-256."""
    return hmac.digest(lot_key_salt, LOT_SALT_PREFIX + lot.encode(), "sha256")[:SALT_LENGTH]


def lot_tag(lot: str, salt: bytes) -> str:
    """What stands for ``lot`` in the field ``lots``: hex of SHA-256(prefix || salt || lot)."""
    return sha256(LOT_TAG_PREFIX + salt + lot.encode()).hexdigest()


def lot_tags(lots: set[str], salts: Mapping[str, bytes]) -> list[str]:
    """The value of the field ``lots``: one tag a lot, sorted, so that their order tells nothing."""
    return tags_of(lots, salts["lot_key"])


def tags_of(lots: set[str], lot_key_salt: bytes) -> list[str]:
    """``lot_tags`` by the one salt they need."""
    return sorted(lot_tag(lot, lot_salt(lot_key_salt, lot)) for lot in lots)
