from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tests.trace.ledger.standards import FOLDER, load, needs_standards, unbase64
from trace.core.errors import BadInput
from trace.ledger import notes
from trace.ledger.merkle import EMPTY_ROOT
from trace.ledger.notes import Checkpoint, InvalidSignature, MalformedNote, NotSigned, Signer, Verifier

FORMATS = load("formats/signed_note.json")
KEYS = FORMATS.get("verifier_keys", {})
EXAMPLE_LOG = "example.com/log/testdata"
EXAMPLE_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
TEXT = Checkpoint("log.example.vn/nguon-goc", 0, EMPTY_ROOT).text


@needs_standards
@pytest.mark.parametrize("case", FORMATS.get("cases", []), ids=lambda case: case["desc"])
def test_notes_of_the_standard_are_opened_or_refused(case: dict[str, Any]) -> None:
    note = case["note"] if "note" in case else unbase64(case["note_b64"])
    trusted = [Verifier.from_text(KEYS[name]) for name in case["trusted"]]
    if case["ok"]:
        opened = notes.open_note(note, trusted)
        assert [each.name for each in opened.verified] == case["verified"]
        assert [each.name for each in opened.unverified] == case["unverified"]
    else:
        refusal = {"malformed note": MalformedNote, "note has no verifiable signatures": NotSigned}
        with pytest.raises(refusal.get(case["error"], InvalidSignature)):
            notes.open_note(note, trusted)


@needs_standards
def test_every_wrong_verifier_key_of_the_standard_is_refused() -> None:
    good = KEYS["peter"]
    cut = {good[begin:end] for begin in range(len(good)) for end in range(begin, len(good) + 1)} - {good}
    slipped = {good[:at] + chr(ord(good[at]) + 1) + good[at + 1 :] for at in range(len(good))}
    for text in cut | slipped | set(FORMATS["bad_verifier_keys"]):
        with pytest.raises(MalformedNote):
            Verifier.from_text(text)


@needs_standards
@pytest.mark.parametrize("name", ["peter", "enoch"])
def test_a_verifier_key_is_written_as_it_was_read(name: str) -> None:
    assert Verifier.from_text(KEYS[name]).text == KEYS[name]


@needs_standards
@pytest.mark.parametrize(
    "case", load("formats/checkpoint.json").get("cases", []), ids=lambda case: case["desc"]
)
def test_checkpoints_of_the_standard_are_read_or_refused(case: dict[str, Any]) -> None:
    if not case["ok"]:
        with pytest.raises(MalformedNote):
            Checkpoint.parse(case["body"])
        return
    read = Checkpoint.parse(case["body"])
    assert read == Checkpoint(case["origin"], case["size"], case["hash_utf8"].encode(), case["rest"])
    assert read.text == case["body"]


@needs_standards
@pytest.mark.parametrize("size", range(16))
def test_the_checkpoints_of_another_implementation_open(size: int) -> None:
    note = (FOLDER / "example-log" / "testdata" / "log" / f"checkpoint.{size}").read_bytes()
    assert notes.open_checkpoint(note, [Verifier.from_text(EXAMPLE_KEY)], EXAMPLE_LOG).size == size


@pytest.mark.parametrize("size", ["007", "+7", "-7", " 7", "7 ", "٧", "18446744073709551616", ""])
def test_a_size_has_one_spelling(size: str) -> None:
    with pytest.raises(MalformedNote):
        Checkpoint.parse(f"Log\n{size}\nYmFuYW5hcw==\n")


def test_base64_has_one_spelling() -> None:
    with pytest.raises(MalformedNote):
        Checkpoint.parse("Log\n7\nYmFuYW5hct==\n")


def test_a_checkpoint_of_another_log_is_refused() -> None:
    signer = Signer.generate("log.example.vn/other")
    note = notes.sign_note(TEXT, signer)
    with pytest.raises(MalformedNote):
        notes.open_checkpoint(note, [signer.verifier], "log.example.vn/other")


def test_a_checkpoint_whose_root_is_no_hash_is_refused() -> None:
    signer = Signer.generate("log.example.vn/nguon-goc")
    note = notes.sign_note(Checkpoint(signer.name, 1, b"short").text, signer)
    with pytest.raises(MalformedNote):
        notes.open_checkpoint(note, [signer.verifier], signer.name)


def test_a_private_key_is_read_back_and_never_shown() -> None:
    signer = Signer.generate("log.example.vn/nguon-goc")
    assert Signer.from_text(signer.text) == signer
    assert repr(signer.seed)[2:-1] not in repr(signer)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u00a0b", "a\nb"])
def test_a_key_has_a_name_without_spaces_and_plus(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Signer.generate(name)


def test_a_changed_text_is_not_what_was_signed() -> None:
    signer = Signer.generate("log.example.vn/nguon-goc")
    note = notes.sign_note(TEXT, signer).replace("\n0\n", "\n1\n", 1)
    with pytest.raises(InvalidSignature):
        notes.open_note(note, [signer.verifier])


def test_a_cosignature_says_when() -> None:
    log, witness = Signer.generate("log.example.vn"), Signer.generate("w.example.vn/1", notes.COSIGNATURE)
    note = notes.parse_note(notes.sign_note(TEXT, log)).with_signatures(
        [witness.sign(TEXT, at=1_760_000_000)]
    )
    opened = notes.open_note(str(note), [log.verifier, witness.verifier])
    assert [each.name for each in opened.verified] == [log.name, witness.name]
    assert opened.verified[1].timestamp == 1_760_000_000


def test_a_cosignature_by_ml_dsa_verifies() -> None:
    key = MLDSA44PrivateKey.generate()
    verifier = Verifier("w.example.vn/2", notes.ML_DSA_COSIGNATURE, key.public_key().public_bytes_raw())
    assert Verifier.from_text(verifier.text) == verifier
    checkpoint = Checkpoint("log.example.vn/nguon-goc", 7, EMPTY_ROOT)
    # Spelled out as the standard spells it.
    message = (
        b"subtree/v1\n\0\x0ew.example.vn/2"
        + (1_760_000_000).to_bytes(8, "big")
        + b"\x18log.example.vn/nguon-goc"
        + bytes(8)
        + (7).to_bytes(8, "big")
        + EMPTY_ROOT
    )
    data = (1_760_000_000).to_bytes(8, "big") + key.sign(message)
    signature = notes.Signature(verifier.name, verifier.key_id, data)
    verifier.verify(checkpoint.text, signature)
    assert signature.timestamp == 1_760_000_000
    with pytest.raises(InvalidSignature):
        verifier.verify(Checkpoint("log.example.vn/nguon-goc", 8, EMPTY_ROOT).text, signature)
    with pytest.raises(InvalidSignature):
        verifier.verify("no checkpoint\n", signature)


def test_a_cosignature_with_another_time_is_refused() -> None:
    witness = Signer.generate("w.example.vn/1", notes.COSIGNATURE)
    signature = witness.sign(TEXT, at=1_760_000_000)
    later = notes.Signature(
        signature.name, signature.key_id, signature.data[:7] + b"\xff" + signature.data[8:]
    )
    with pytest.raises(InvalidSignature):
        witness.verifier.verify(TEXT, later)


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    # The same seed as a log's key and as a witness's: what one says the other has not said.
    log = Signer.generate("log.example.vn/nguon-goc")
    cosigner = Signer(log.name, notes.COSIGNATURE, log.seed)
    assert cosigner.verifier.key_id != log.verifier.key_id
    signature = cosigner.sign(TEXT)
    with pytest.raises(InvalidSignature):
        log.verifier.verify(TEXT, notes.Signature(log.name, log.verifier.key_id, signature.data[8:]))


def test_the_example_of_the_cosignature_standard_is_read() -> None:
    line = (
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ"
        "qhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    (signature,) = notes.parse_signatures(line)
    assert signature.timestamp == 1679315147
    assert signature.line == line


def test_the_example_of_the_note_standard_verifies() -> None:
    note = (
        "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ER"
        "YNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    )
    verifier = Verifier.from_text("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    assert notes.open_note(note, [verifier]).text == "This is an example message.\n"


@pytest.mark.parametrize(
    "text", ["no newline", "tab\there\n", "", "half a character \ud800\n", "bell \x07\n", "return\r\n"]
)
def test_a_text_that_is_no_note_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - UnicodeEncodeError is one too, with words of its own
        notes.sign_note(text, Signer.generate("log.example.vn"))


@pytest.mark.parametrize("name", ["", "a b", "a+b"])
def test_a_signature_line_names_a_key(name: str) -> None:
    with pytest.raises(BadInput):
        notes.parse_signatures(f"— {name} AAAAAAA=\n")
