#!/usr/bin/env python3
"""Kiểm tra một tệp bằng chứng (.tlog-proof) mà không cần mạng và không cần tin nơi đã đưa tệp.

Checks a proof file (.tlog-proof) of the public log, offline, trusting nobody but the keys that are given.

    python verify_proof.py PROOF_FILE --key LOG_KEY [--witness KEY ... --quorum N] [--leaf FILE]

Needs Python 3.9 or newer and the package "cryptography"; nothing else of the service, which is the point: whoever
doubts the service need not run its code. It stays one file, however long: it is handed out beside a proof, read through
by whoever wants to know what it does, and started as it is. Formats: C2SP tlog-proof, tlog-checkpoint, signed-note,
tlog-cosignature; RFC 6962 2.1; the leaf as in docs/log.md.

Exit code 0: proven. 1: the file can be read and proves nothing. 2: it cannot be read, or the command is wrong.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import struct
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.exit(
        "Cần gói “cryptography” / The package “cryptography” is needed: python3 -m pip install cryptography"
    )

PROVEN, NOT_PROVEN, MALFORMED = 0, 1, 2

HEADER = "c2sp.org/tlog-proof@v1"
LARGEST_FILE = 1_000_000
MOST_SIGNATURES = 100
MOST_HASHES = 63
LARGEST_NUMBER = 2**64 - 1
LARGEST_TIME = 2**63 - 1
HASH_LENGTH = 32

ED25519, COSIGNATURE, ML_DSA_44 = 0x01, 0x04, 0x06  # C2SP signed-note, "Signature types"
KEY_LENGTHS = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
TIMESTAMP_LENGTH = 8

# docs/log.md: the leaf of version 1 is a commitment to each of these fields, in this order.
COMMITMENT_PREFIX = b"\x02nguon-goc:leaf:v1:commitment\x00"
LOT_TAG_PREFIX = b"\x04nguon-goc:leaf:v1:lot-tag\x00"
_FIELD_NAMES = (
    "event_id event_type action biz_step disposition verb event_date record_date commune organisation_kind "
    "counterpart_kind counterpart_commune marks lots persistent_disposition error_declaration notice sealed_items "
    "event_time event_time_zone_offset record_time device_time read_point biz_location parent_id epc_list child_epcs "
    "input_epc_list output_epc_list quantity_list child_quantity_list input_quantity_list output_quantity_list "
    "transformation_id biz_transaction_list source_list destination_list sensor_element_list ilmd "
    "certification_info extensions event_hash recorded_by on_behalf_of person note attachments lot_key"
)
FIELDS = tuple(_FIELD_NAMES.split())
NAMES_VI = {
    "event_id": "mã sự kiện",
    "event_type": "loại sự kiện",
    "action": "hành động",
    "biz_step": "công đoạn",
    "disposition": "tình trạng",
    "verb": "việc đã làm",
    "event_date": "ngày diễn ra",
    "record_date": "ngày ghi",
    "commune": "mã xã, phường",
    "organisation_kind": "loại cơ sở ghi",
    "counterpart_kind": "loại bên kia",
    "counterpart_commune": "mã xã, phường của bên kia",
    "marks": "dấu hiệu",
    "lots": "dấu của các lô",
    "persistent_disposition": "tình trạng kéo dài",
    "error_declaration": "đính chính",
    "notice": "thông báo công khai",
    "sealed_items": "nội dung nhãn khi kích hoạt",
}


class Malformed(Exception):
    """The input is no proof, no key, no leaf; two sentences, Vietnamese and English."""


class NotProven(Exception):
    """The input can be read, and does not prove what it claims; two sentences."""


@dataclass(frozen=True)
class Key:
    """A verifier key ("vkey"): name, key id, type and public key."""

    name: str
    key_id: bytes
    kind: int
    public: bytes


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Note:
    """A signed note: its text with the final newline, and (key name, key id, signature) of each line."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


@dataclass(frozen=True)
class Proof:
    """A tlog-proof file, not yet judged. ``extra`` is None where the file has none."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes | None


@dataclass(frozen=True)
class Opened:
    """What our proofs carry beside the path: the leaf, opened fields, and lots with their salts."""

    leaf: bytes
    fields: dict[str, tuple[Any, bytes]]
    lots: tuple[tuple[str, bytes], ...]


def malformed(vi: str, en: str) -> NoReturn:
    raise Malformed(vi, en)


def not_proven(vi: str, en: str) -> NoReturn:
    raise NotProven(vi, en)


# --------------------------------------------------------------------------------------------------------- reading


def decode_base64(text: str) -> bytes:
    """Standard base64, padded, one way of writing only. ValueError for anything else."""
    data = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


def parse_number(text: str) -> int:
    """ASCII decimal without leading zeroes, up to 2^64 - 1. ValueError for anything else."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,19}", text, re.ASCII) or int(text) > LARGEST_NUMBER:
        raise ValueError("not a number")
    return int(text)


def parse_key(text: str) -> Key:
    """``<name>+<hex of key id>+<base64 of type and public key>`` (C2SP signed-note, "Verifier keys")."""
    try:
        name, key_id, encoded = text.split("+", 2)
        material = decode_base64(encoded)
        if not is_key_name(name) or not re.fullmatch("[0-9a-f]{8}", key_id) or not material:
            raise ValueError("malformed")
        if len(material) - 1 != KEY_LENGTHS.get(material[0]):
            raise ValueError("unknown type or wrong length")
        if hashlib.sha256(name.encode() + b"\n" + material).digest()[:4].hex() != key_id:
            raise ValueError("key id does not fit")
    except ValueError:
        malformed(f"Khóa không đúng dạng: {text[:80]}", f"Not a verifier key: {text[:80]}")
    return Key(name, bytes.fromhex(key_id), material[0], material[1:])


def is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def parse_proof(data: bytes) -> Proof:
    """Take a tlog-proof@v1 apart. Malformed for any line that is not as the specification says."""
    if len(data) > LARGEST_FILE:
        malformed("Tệp quá lớn.", "The file is too large.")
    try:
        head, separator, note = data.decode("utf-8").partition("\n\n")
        lines = head.split("\n")
        if not separator or lines.pop(0) != HEADER:
            raise ValueError("no proof")
        extra = (
            decode_base64(lines.pop(0)[len("extra ") :]) if lines and lines[0].startswith("extra ") else None
        )
        if not lines or not lines[0].startswith("index "):
            raise ValueError("no index")
        index = parse_number(lines.pop(0)[len("index ") :])
        hashes = tuple(decode_base64(line) for line in lines)
        if len(hashes) > MOST_HASHES or any(len(one) != HASH_LENGTH for one in hashes):
            raise ValueError("no hashes")
    except ValueError as error:
        malformed(
            f"Đây không phải tệp bằng chứng tlog-proof ({error}).", f"This is no tlog-proof file ({error})."
        )
    return Proof(index, hashes, note, extra)


def parse_note(text: str) -> Note:
    """Take a signed note apart (C2SP signed-note). Nothing is verified here."""
    body, separator, tail = text.rpartition("\n\n")
    lines = tail.split("\n")
    try:
        if not separator or lines.pop() != "" or not 1 <= len(lines) <= MOST_SIGNATURES:
            raise ValueError("no signatures")
        if any(ord(c) < 0x20 and c != "\n" for c in text):
            raise ValueError("control characters")
        signatures = []
        for line in lines:
            dash, name, encoded = line.split(" ")
            signature = decode_base64(encoded)
            if dash != "—" or not is_key_name(name) or len(signature) < 5:
                raise ValueError("no signature line")
            signatures.append((name, signature[:4], signature[4:]))
    except ValueError as error:
        malformed(
            f"Mốc sổ trong tệp không phải một bản có chữ ký đúng dạng ({error}).",
            f"The checkpoint in the file is no well-formed signed note ({error}).",
        )
    return Note(body + "\n", tuple(signatures))


def parse_checkpoint(text: str) -> Checkpoint:
    """Origin, size and root (C2SP tlog-checkpoint); lines that follow are not looked at."""
    try:
        origin, size, root, *_rest = text.split("\n")
        checkpoint = Checkpoint(origin, parse_number(size), decode_base64(root))
        if not origin or not checkpoint.root or not _rest:
            raise ValueError("no checkpoint")
    except ValueError as error:
        malformed(f"Mốc sổ không đúng dạng ({error}).", f"The checkpoint is malformed ({error}).")
    return checkpoint


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_number(text: str) -> NoReturn:
    raise ValueError("a number")


def parse_extra(extra: bytes) -> Opened:
    """The leaf and what is opened of it, as our proofs carry them (docs/log.md)."""
    try:
        stated = json.loads(
            extra.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_no_number,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
        leaf = decode_base64(stated["leaf"])
        fields = {
            name: (opening["value"], parse_salt(opening["salt"]))
            for name, opening in stated.get("fields", {}).items()
        }
        lots = tuple(
            (one["lot"].encode().decode(), parse_salt(one["salt"])) for one in stated.get("lots", [])
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        malformed(
            f"Phần kèm theo không đọc được ({type(error).__name__}).",
            f"What travels with the proof cannot be read ({type(error).__name__}).",
        )
    return Opened(leaf, fields, lots)


def parse_salt(text: str) -> bytes:
    if not re.fullmatch("[0-9a-f]{32}", text) or not int(text, 16):
        raise ValueError("no salt")
    return bytes.fromhex(text)


# -------------------------------------------------------------------------------------------------------- checking


def verify_log_signature(note: Note, key: Key) -> None:
    """The log's own signature. NotProven when there is none, or a false one under the name of the key."""
    if key.kind != ED25519:
        malformed(
            "--key phải là khóa Ed25519 của sổ (loại 0x01).",
            "--key must be the log's Ed25519 key (type 0x01).",
        )
    signature = find_signature(note, key)
    if signature is None:
        not_proven("Sổ này không ký mốc trong tệp.", "The checkpoint is not signed by this log's key.")
    if not is_signed(key.public, signature, note.text.encode()):
        not_proven("Chữ ký của sổ không đúng.", "The log's signature is false.")


def find_signature(note: Note, key: Key) -> bytes | None:
    """The first signature under the key's name and id; repetitions are dropped, as in golang.org/x/mod."""
    return next((s for name, key_id, s in note.signatures if (name, key_id) == (key.name, key.key_id)), None)


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_cosignatures(note: Note, checkpoint: Checkpoint, witnesses: list[Key]) -> list[tuple[str, int]]:
    """Name and time of each witness that signed. NotProven when one of them signed falsely.

    One public key counts once, whatever names it goes by.
    """
    signed: dict[bytes, tuple[str, int]] = {}
    for key in witnesses:
        if key.kind not in (COSIGNATURE, ML_DSA_44):
            malformed(
                f"Khóa của {key.name} không phải khóa nhân chứng (loại 0x04 hoặc 0x06).",
                f"The key of {key.name} is no witness key (type 0x04 or 0x06).",
            )
        signature = find_signature(note, key)
        if signature is None:
            continue
        if not is_cosigned(note, checkpoint, key, signature):
            not_proven(
                f"Chữ ký của nhân chứng {key.name} không đúng.", f"The signature of {key.name} is false."
            )
        signed.setdefault(key.public, (key.name, struct.unpack(">Q", signature[:TIMESTAMP_LENGTH])[0]))
    return list(signed.values())


def is_cosigned(note: Note, checkpoint: Checkpoint, key: Key, signature: bytes) -> bool:
    """C2SP tlog-cosignature: eight bytes of POSIX time, then the signature over the message of its kind."""
    if len(signature) <= TIMESTAMP_LENGTH:
        return False
    time = struct.unpack(">Q", signature[:TIMESTAMP_LENGTH])[0]
    rest = signature[TIMESTAMP_LENGTH:]
    if time > LARGEST_TIME:
        return False
    if key.kind == COSIGNATURE:
        return is_signed(key.public, rest, f"cosignature/v1\ntime {time}\n{note.text}".encode())
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
    except ImportError:
        malformed("Cần gói “cryptography” mới hơn cho ML-DSA-44.", "ML-DSA-44 needs a newer “cryptography”.")
    name, origin = key.name.encode(), checkpoint.origin.encode()
    if max(len(name), len(origin)) > 255:
        return False
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name + struct.pack(">Q", time)
    message += bytes([len(origin)]) + origin + struct.pack(">QQ", 0, checkpoint.size) + checkpoint.root
    try:
        MLDSA44PublicKey.from_public_bytes(key.public).verify(rest, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962 2.1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def root_of(index: int, size: int, hashed: bytes, hashes: tuple[bytes, ...]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 2.1.3.2). NotProven for a path of the wrong length."""
    if index >= size:
        not_proven(
            f"Dòng {index} chưa có trong sổ có {size} dòng.",
            f"Entry {index} is not in a log of {size} entries.",
        )
    position, last, found = index, size - 1, hashed
    for one in hashes:
        if last == 0:
            not_proven("Đường dẫn dài quá.", "The inclusion path is too long.")
        if position & 1 or position == last:
            found = hashlib.sha256(b"\x01" + one + found).digest()
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + one).digest()
        position, last = position >> 1, last >> 1
    if last != 0:
        not_proven("Đường dẫn ngắn quá.", "The inclusion path is too short.")
    return found


def commitments_of(leaf: bytes, origin: str) -> dict[str, bytes]:
    """The commitment of each field in a leaf of version 1 (docs/log.md)."""
    if len(leaf) < 2 or leaf[0] != 1 or len(leaf) != 2 + leaf[1] + HASH_LENGTH * len(FIELDS):
        malformed("Dòng sổ không đúng dạng phiên bản 1.", "The leaf is none of version 1.")
    body = 2 + leaf[1]
    if leaf[2:body] != origin.encode():
        not_proven("Dòng sổ thuộc sổ khác.", "The leaf names another log.")
    parts = (leaf[at : at + HASH_LENGTH] for at in range(body, len(leaf), HASH_LENGTH))
    return dict(zip(FIELDS, parts))  # noqa: B905 - Python 3.9 has no strict; the length was compared above


def canonical(value: Any) -> bytes:
    """RFC 8785 without numbers (docs/log.md)."""

    def ordered(part: Any) -> Any:
        if isinstance(part, list):
            return [ordered(one) for one in part]
        if isinstance(part, dict):
            names = sorted(part, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
            return {name: ordered(part[name]) for name in names}
        return part

    return json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def verify_openings(opened: Opened, origin: str) -> None:
    """Every opened field and lot against the leaf. NotProven names the first that does not fit."""
    commitments = commitments_of(opened.leaf, origin)
    for field, (value, salt) in opened.fields.items():
        try:
            made = hashlib.sha256(
                COMMITMENT_PREFIX + field.encode() + b"\x00" + salt + canonical(value)
            ).digest()
        except (UnicodeEncodeError, RecursionError):
            malformed(f"Giá trị của “{field}” không đúng dạng.", f"The value of “{field}” is malformed.")
        if not hmac.compare_digest(commitments.get(field, b""), made):
            not_proven(
                f"“{NAMES_VI.get(field, field)}” không phải điều đã ghi vào sổ.",
                f"The field “{field}” is not what was recorded.",
            )
    tags = opened.fields.get("lots", (None, b""))[0]
    tags = tags if isinstance(tags, list) else []
    for lot, salt in opened.lots:
        if hashlib.sha256(LOT_TAG_PREFIX + salt + lot.encode()).hexdigest() not in tags:
            not_proven(f"Sự kiện này không phải về lô {lot}.", f"This event is not about the lot {lot}.")


# ---------------------------------------------------------------------------------------------------------- telling


def shown(value: Any) -> str:
    """A value for a terminal: no control characters, which could rewrite what stands above."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else "�" for c in text)


def moment(seconds: int) -> str:
    try:
        local = datetime.fromtimestamp(seconds, timezone(timedelta(hours=7)))
    except (OverflowError, ValueError, OSError):
        return str(seconds)
    return local.strftime("%d/%m/%Y %H:%M:%S +07:00")


def tell(proof: Proof, checkpoint: Checkpoint, opened: Opened, cosigned: list[tuple[str, int]]) -> None:
    print("ĐÚNG. Bằng chứng hợp lệ. / PROVEN. The proof is valid.\n")
    print(f"Sổ / log:              {shown(checkpoint.origin)}")
    print(f"Dòng số / entry:       {proof.index} trong / of {checkpoint.size}")
    for name, time in cosigned:
        print(f"Nhân chứng / witness:  {shown(name)}, {moment(time)}")
    if opened.fields:
        print("\nĐiều đã ghi / what was recorded:")
        for field, (value, _salt) in opened.fields.items():
            if value is not None:
                print(f"  {NAMES_VI.get(field, field)} / {field}: {shown(value)}")
    for lot, _salt in opened.lots:
        print(f"  lô / lot: {shown(lot)}")
    print(
        "\nĐiều này cho thấy: những điều trên đã được ghi vào sổ công khai của bên giữ khóa và từ đó không bị sửa."
        "\nThis proves: that this was recorded in the public log of the key's holder and not altered since."
        "\nĐiều này không cho thấy: điều được ghi lúc đầu có đúng sự thật hay không, hàng có an toàn hay không, và còn"
        "\nsự kiện nào khác về lô hàng này hay không."
        "\nIt does not prove: that the first entry was true, that the goods are safe, or that there is no other event"
        "\nabout this lot."
    )
    if cosigned:
        print(
            "Các nhân chứng nêu trên đã thấy cùng một sổ chỉ được ghi thêm, không bị viết lại."
            "\nThe witnesses above saw the same log, only ever appended to."
        )
    else:
        print(
            "Không có nhân chứng nào được kiểm tra: bên giữ khóa có thể đã cho người khác xem một sổ khác."
            "\nNo witness was checked: the key's holder could have shown somebody else another log."
        )


def verify(data: bytes, key: Key, witnesses: list[Key], quorum: int, leaf: bytes | None = None) -> None:
    """Judge one proof and print what it proves. Malformed or NotProven otherwise."""
    proof = parse_proof(data)
    note = parse_note(proof.note)
    checkpoint = parse_checkpoint(note.text)
    if leaf is None and proof.extra is None:
        malformed("Tệp không kèm dòng sổ: dùng --leaf.", "The file carries no leaf: give it by --leaf.")
    opened = parse_extra(proof.extra or b"") if leaf is None else Opened(leaf, {}, ())
    if checkpoint.origin != key.name:
        not_proven(
            f"Mốc này thuộc sổ “{shown(checkpoint.origin)}”, khóa là của sổ “{key.name}”.",
            f"The checkpoint is of the log “{shown(checkpoint.origin)}”, the key of “{key.name}”.",
        )
    verify_log_signature(note, key)
    cosigned = verify_cosignatures(note, checkpoint, witnesses)
    if len(cosigned) < quorum:
        not_proven(
            f"Chỉ có {len(cosigned)} nhân chứng ký, cần {quorum}.",
            f"Only {len(cosigned)} witnesses signed, {quorum} are needed.",
        )
    if root_of(proof.index, checkpoint.size, leaf_hash(opened.leaf), proof.hashes) != checkpoint.root:
        not_proven(
            "Dòng này không có trong sổ tại mốc đó.", "This entry is not in the log at that checkpoint."
        )
    if leaf is None:
        verify_openings(opened, checkpoint.origin)
    tell(proof, checkpoint, opened, cosigned)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Kiểm tra tệp bằng chứng / checks a proof file, offline.")
    parser.add_argument("proof", type=Path, help="tệp bằng chứng / the .tlog-proof file")
    parser.add_argument("--key", required=True, help="khóa của sổ / the log's verifier key")
    parser.add_argument(
        "--witness",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY",
        help="khóa nhân chứng / witness keys",
    )
    parser.add_argument(
        "--quorum",
        type=int,
        help="số nhân chứng cần có, mặc định là tất cả / witnesses needed, by default all",
    )
    parser.add_argument(
        "--leaf", type=Path, help="dòng sổ, nếu tệp không kèm / the leaf, where the file carries none"
    )
    given = parser.parse_args(arguments)
    # A terminal that cannot show Vietnamese must not turn a valid proof into a stack trace.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        witnesses = [parse_key(one) for one in given.witness]
        quorum = len({key.public for key in witnesses}) if given.quorum is None else given.quorum
        if not 0 <= quorum <= len(witnesses):
            malformed(
                "--quorum không hợp với --witness.", "--quorum does not fit the number of --witness keys."
            )
        leaf = given.leaf.read_bytes() if given.leaf else None
        verify(given.proof.read_bytes(), parse_key(given.key), witnesses, quorum, leaf)
    except NotProven as error:
        print(f"KHÔNG CHỨNG MINH ĐƯỢC. {error.args[0]}\nNOT PROVEN. {error.args[1]}", file=sys.stderr)
        return NOT_PROVEN
    except Malformed as error:
        print(f"KHÔNG ĐỌC ĐƯỢC. {error.args[0]}\nMALFORMED. {error.args[1]}", file=sys.stderr)
        return MALFORMED
    except OSError as error:
        print(
            f"KHÔNG ĐỌC ĐƯỢC. {error.filename}: {error.strerror}\nMALFORMED. Cannot read the file.",
            file=sys.stderr,
        )
        return MALFORMED
    return PROVEN


if __name__ == "__main__":
    sys.exit(main())
