"""The standalone verifier, run as people run it: a program of its own that imports nothing of the service."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.static.verify.bundles import WITNESS_KIND, Bundle, Signer, encoded
from trace.core.local_state import CHECKOUT
from trace.ledger import leaves

PROGRAM = CHECKOUT / "static" / "verify" / "verify_proof.py"
STANDARDS = Path(os.environ.get("TRACE_STANDARDS") or CHECKOUT.parent / "shared" / "standards")
FORMATS = STANDARDS / "tlog" / "formats"
PROVEN, NOT_PROVEN, MALFORMED = 0, 1, 2

needs_vectors = pytest.mark.skipif(
    not FORMATS.is_dir(),
    reason="the test data of C2SP are not on this machine (TRACE_STANDARDS names the folder)",
)


def vectors(name: str, part: str) -> list[Any]:
    path = FORMATS / name
    return list(json.loads(path.read_text(encoding="utf-8"))[part]) if path.is_file() else []


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Run the program in an empty folder on a proof's text; answers with exit code and everything it said."""

    def start(text: str | bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
        proof = tmp_path / "event.tlog-proof"
        proof.write_bytes(text if isinstance(text, bytes) else text.encode())
        return subprocess.run(
            [sys.executable, "-I", str(PROGRAM), str(proof), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    return start


def test_it_needs_only_the_standard_library_and_cryptography() -> None:
    names = set()
    for part in ast.walk(ast.parse(PROGRAM.read_text(encoding="utf-8"))):
        if isinstance(part, ast.Import):
            names |= {alias.name.split(".")[0] for alias in part.names}
        elif isinstance(part, ast.ImportFrom):
            names.add(str(part.module).split(".")[0])
    assert names <= set(sys.stdlib_module_names) | {"cryptography"}
    assert "trace" not in names


def test_it_knows_the_fields_of_a_leaf_in_their_order() -> None:
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    (stated,) = (
        ast.literal_eval(part.value)
        for part in tree.body
        if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "_FIELD_NAMES"
    )
    assert tuple(stated.split()) == leaves.FIELDS


def test_a_true_proof_is_proven(run: Any) -> None:
    bundle = Bundle()
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == PROVEN


def test_it_says_in_two_languages_what_is_proven_and_what_not(run: Any) -> None:
    bundle = Bundle()
    said = run(bundle.text, "--key", bundle.log.verifier).stdout
    assert "không bị sửa" in said
    assert "not altered since" in said
    assert "Điều này không cho thấy" in said
    assert "It does not prove" in said


def test_it_shows_what_was_recorded(run: Any) -> None:
    bundle = Bundle()
    said = run(bundle.text, "--key", bundle.log.verifier).stdout
    assert "ngày diễn ra / event_date: 2025-11-01" in said
    assert "7K3QX9ZPAB" in said


def test_a_terminal_without_vietnamese_letters_is_no_stack_trace(tmp_path: Path) -> None:
    bundle = Bundle()
    proof = tmp_path / "event.tlog-proof"
    proof.write_text(bundle.text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(proof), "--key", bundle.log.verifier],
        env={"PYTHONIOENCODING": "ascii", "PATH": os.environ["PATH"]},
        capture_output=True,
    )
    assert done.returncode == PROVEN


def test_a_changed_value_is_named(run: Any) -> None:
    bundle = Bundle()
    bundle.fields["event_date"]["value"] = "2025-10-01"
    done = run(bundle.text, "--key", bundle.log.verifier)
    assert done.returncode == NOT_PROVEN
    assert "event_date" in done.stderr


def test_a_field_that_was_hidden_does_not_break_the_proof(run: Any) -> None:
    bundle = Bundle()
    del bundle.fields["commune"]
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == PROVEN


def test_a_changed_leaf_is_not_proven(run: Any) -> None:
    bundle = Bundle()
    bundle.leaf = bundle.leaf[:-1] + bytes([bundle.leaf[-1] ^ 1])
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == NOT_PROVEN


def test_a_lot_of_another_event_is_not_proven(run: Any) -> None:
    bundle = Bundle()
    bundle.lots[0]["lot"] = "AAAAAAAAAA"
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == NOT_PROVEN


def test_a_leaf_of_another_log_is_not_proven(run: Any) -> None:
    bundle = Bundle(log=Signer("other.example/log"))
    bundle.origin = "other.example/log"
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == NOT_PROVEN


def test_a_checkpoint_of_another_origin_is_not_proven(run: Any) -> None:
    bundle = Bundle()
    bundle.origin = "other.example/log"
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == NOT_PROVEN


def test_another_key_proves_nothing(run: Any) -> None:
    assert run(Bundle().text, "--key", Bundle().log.verifier).returncode == NOT_PROVEN


def test_a_false_signature_under_the_keys_name_is_not_proven(run: Any) -> None:
    bundle = Bundle()
    text = bundle.text.rpartition("— ")[0]
    forged = bundle.log.line("something else\n")
    assert run(text + forged, "--key", bundle.log.verifier).returncode == NOT_PROVEN


@pytest.mark.parametrize(("index", "size"), [(1, 4), (3, 4), (2, 3), (4, 4), (2, 8), (0, 1)])
def test_another_place_in_the_log_is_not_proven(run: Any, index: int, size: int) -> None:
    bundle = Bundle(index=index, size=size)
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == NOT_PROVEN


def test_a_path_with_a_hash_too_many_is_not_proven(run: Any) -> None:
    bundle = Bundle()
    bundle.hashes.append(bundle.root)
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == NOT_PROVEN


def test_a_path_with_a_hash_too_few_is_not_proven(run: Any) -> None:
    bundle = Bundle()
    bundle.hashes.pop()
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == NOT_PROVEN


def test_a_witness_is_named(run: Any) -> None:
    witness = Signer("witness.example/w1", WITNESS_KIND)
    bundle = Bundle(witnesses=[witness])
    done = run(bundle.text, "--key", bundle.log.verifier, "--witness", witness.verifier)
    assert done.returncode == PROVEN
    assert "witness.example/w1" in done.stdout


def test_every_witness_asked_for_must_have_signed(run: Any) -> None:
    present, absent = Signer("witness.example/w1", WITNESS_KIND), Signer("witness.example/w2", WITNESS_KIND)
    bundle = Bundle(witnesses=[present])
    keys = ["--key", bundle.log.verifier, "--witness", present.verifier, absent.verifier]
    assert run(bundle.text, *keys).returncode == NOT_PROVEN


def test_a_quorum_of_witnesses_is_enough(run: Any) -> None:
    present, absent = Signer("witness.example/w1", WITNESS_KIND), Signer("witness.example/w2", WITNESS_KIND)
    bundle = Bundle(witnesses=[present])
    keys = ["--key", bundle.log.verifier, "--witness", present.verifier, absent.verifier, "--quorum", "1"]
    assert run(bundle.text, *keys).returncode == PROVEN


def test_one_key_under_two_names_is_one_witness(run: Any) -> None:
    first = Signer("witness.example/w1", WITNESS_KIND)
    second = Signer("witness.example/w2", WITNESS_KIND, first.private)
    bundle = Bundle(witnesses=[first, second])
    keys = ["--key", bundle.log.verifier, "--witness", first.verifier, second.verifier, "--quorum", "2"]
    assert run(bundle.text, *keys).returncode == NOT_PROVEN


def test_a_false_cosignature_of_a_known_witness_rejects_the_whole(run: Any) -> None:
    witness = Signer("witness.example/w1", WITNESS_KIND)
    bundle = Bundle()
    keys = ["--key", bundle.log.verifier, "--witness", witness.verifier, "--quorum", "0"]
    assert run(bundle.text + witness.line("other\n"), *keys).returncode == NOT_PROVEN


def test_unknown_signatures_are_passed_over(run: Any) -> None:
    bundle = Bundle(witnesses=[Signer("stranger.example", WITNESS_KIND), Signer("stranger.example")])
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == PROVEN


def test_a_log_key_is_no_witness_key(run: Any) -> None:
    bundle = Bundle()
    keys = ["--key", bundle.log.verifier, "--witness", bundle.log.verifier]
    assert run(bundle.text, *keys).returncode == MALFORMED


def test_a_post_quantum_witness_counts(run: Any) -> None:
    mldsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa")
    import hashlib
    import struct

    bundle = Bundle()
    private = mldsa.MLDSA44PrivateKey.generate()
    material = b"\x06" + private.public_key().public_bytes_raw()
    name, time = b"witness.example/pq", 1_760_000_000
    key_id = hashlib.sha256(name + b"\n" + material).digest()[:4]
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name + struct.pack(">Q", time)
    message += bytes([len(bundle.origin)]) + bundle.origin.encode() + struct.pack(">QQ", 0, 4) + bundle.root
    signature = encoded(key_id + struct.pack(">Q", time) + private.sign(message))
    key = f"{name.decode()}+{key_id.hex()}+{encoded(material)}"
    text = f"{bundle.text}— {name.decode()} {signature}\n"
    assert run(text, "--key", bundle.log.verifier, "--witness", key).returncode == PROVEN


@pytest.mark.parametrize(
    "spoilt",
    [
        {"value": 1, "salt": "04" * 16},
        {"value": 1.5, "salt": "04" * 16},
        {"value": "x", "salt": "00" * 16},
        {"value": "x", "salt": "04" * 15},
        {"value": "\ud800", "salt": "04" * 16},
        {"salt": "04" * 16},
        [],
        None,
    ],
)
def test_an_opening_that_is_none_is_malformed(run: Any, spoilt: Any) -> None:
    bundle = Bundle()
    bundle.fields["verb"] = spoilt
    assert run(bundle.text, "--key", bundle.log.verifier).returncode == MALFORMED


def test_a_name_that_stands_twice_is_malformed(run: Any) -> None:
    bundle = Bundle()
    twice = f'{{"leaf": "{encoded(bundle.leaf)}", "leaf": "{encoded(bundle.leaf)}"}}'
    text = bundle.text.replace(bundle.extra, f"extra {encoded(twice.encode())}\n")
    assert run(text, "--key", bundle.log.verifier).returncode == MALFORMED


def test_nesting_without_end_is_malformed(run: Any) -> None:
    bundle = Bundle()
    deep = f'{{"leaf": "{encoded(bundle.leaf)}", "fields": {"[" * 200_000}'
    text = bundle.text.replace(bundle.extra, f"extra {encoded(deep.encode())}\n")
    assert run(text, "--key", bundle.log.verifier).returncode == MALFORMED


def test_control_characters_never_reach_the_terminal(run: Any) -> None:
    bundle = Bundle()
    salts = leaves.new_salts()
    bundle = Bundle(index=0, size=1)
    bundle.leaf = leaves.encode_leaf(bundle.origin, {"verb": "ship\x1b[2J"}, salts)
    bundle.fields = {"verb": {"value": "ship\x1b[2J", "salt": salts["verb"].hex()}}
    bundle.lots, bundle.hashes, bundle.root = [], [], leaves.leaf_hash(bundle.leaf)
    done = run(bundle.text, "--key", bundle.log.verifier)
    assert done.returncode == PROVEN
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("spoilt", ["", "x", "\n\n", "\x00\xff", "c2sp.org/tlog-proof@v1\nindex 0\n\n"])
def test_a_file_that_is_no_proof_is_malformed(run: Any, spoilt: str) -> None:
    assert run(spoilt.encode("latin-1"), "--key", Bundle().log.verifier).returncode == MALFORMED


def test_every_cut_of_a_proof_is_refused(run: Any) -> None:
    bundle = Bundle()
    text = bundle.text.encode()
    kinds = {run(text[:end], "--key", bundle.log.verifier).returncode for end in range(0, len(text), 397)}
    assert PROVEN not in kinds


def test_a_file_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    arguments = [sys.executable, str(PROGRAM), str(tmp_path / "none"), "--key", Bundle().log.verifier]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == MALFORMED
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("key", ["", "x", "a+b+c", "name+00000000+AQ==", "a b+12345678+AA=="])
def test_a_key_that_is_none_is_malformed(run: Any, key: str) -> None:
    assert run(Bundle().text, "--key", key).returncode == MALFORMED


# ---------------------------------------------------------------------------------------------- vectors of C2SP


@needs_vectors
@pytest.mark.parametrize("case", vectors("tlog_proof.json", "reject"), ids=lambda case: case["name"])
def test_a_published_bad_proof_is_malformed(run: Any, case: dict[str, Any]) -> None:
    done = run(case["text"], "--key", Bundle().log.verifier)
    assert done.returncode == MALFORMED
    assert "tlog-proof" in done.stderr


@needs_vectors
@pytest.mark.parametrize("case", vectors("tlog_proof.json", "marshal"), ids=lambda case: case["name"])
def test_a_published_proof_is_read_up_to_its_checkpoint(run: Any, case: dict[str, Any]) -> None:
    """Their checkpoints are no signed notes, so nothing can be proven; the proof itself is well-formed."""
    done = run(case["text"], "--key", Bundle().log.verifier)
    assert done.returncode == MALFORMED
    assert "signed note" in done.stderr


@needs_vectors
@pytest.mark.parametrize("case", vectors("signed_note.json", "cases"), ids=lambda case: case["desc"])
def test_a_published_note_never_proves_anything_here(run: Any, case: dict[str, Any]) -> None:
    """Notes that are no checkpoints: read, refused with one of the two codes, never a stack trace."""
    note = case.get("note", "")
    done = run(f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}", "--key", Bundle().log.verifier)
    assert done.returncode == MALFORMED
    assert "Traceback" not in done.stderr
