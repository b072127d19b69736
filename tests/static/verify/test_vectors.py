"""The parts of the standalone verifier against the published vectors of notes, checkpoints and inclusion proofs."""

import base64
import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trace.core.local_state import CHECKOUT

STANDARDS = Path(os.environ.get("TRACE_STANDARDS") or CHECKOUT.parent / "shared" / "standards") / "tlog"

pytestmark = pytest.mark.skipif(
    not STANDARDS.is_dir(),
    reason="the test data of C2SP are not on this machine (TRACE_STANDARDS names the folder)",
)


@pytest.fixture(scope="module")
def verifier() -> ModuleType:
    """The program as a module: it is a file for download, in no package."""
    path = CHECKOUT / "static" / "verify" / "verify_proof.py"
    spec = importlib.util.spec_from_file_location("verify_proof", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def read(name: str) -> Any:
    path = STANDARDS / "formats" / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"cases": []}


def inclusion_cases() -> list[Any]:
    found = sorted((STANDARDS / "proofs" / "inclusion").rglob("*.json"))
    return [pytest.param(path, id=str(path.relative_to(STANDARDS))) for path in found]


@pytest.mark.parametrize("path", inclusion_cases())
def test_an_inclusion_proof_is_judged_as_published(verifier: ModuleType, path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    root, leaf = (base64.b64decode(case[name] or "") for name in ("root", "leafHash"))
    hashes = tuple(base64.b64decode(one) for one in case["proof"] or [])
    try:
        is_proven = verifier.root_of(case["leafIdx"], case["treeSize"], leaf, hashes) == root
    except verifier.NotProven:
        is_proven = False
    assert is_proven is not case["wantErr"]


@pytest.mark.parametrize("case", read("checkpoint.json")["cases"], ids=lambda case: case["desc"])
def test_a_checkpoint_is_read_as_published(verifier: ModuleType, case: dict[str, Any]) -> None:
    if not case["ok"]:
        with pytest.raises(verifier.Malformed):
            verifier.parse_checkpoint(case["body"])
        return
    found = verifier.parse_checkpoint(case["body"])
    assert (found.origin, found.size, found.root) == (
        case["origin"],
        case["size"],
        case["hash_utf8"].encode(),
    )


@pytest.mark.parametrize("case", read("signed_note.json")["cases"], ids=lambda case: case["desc"])
def test_a_note_is_judged_as_published(verifier: ModuleType, case: dict[str, Any]) -> None:
    keys = read("signed_note.json")["verifier_keys"]
    try:
        text = case["note"] if "note" in case else base64.b64decode(case["note_b64"]).decode()
        note = verifier.parse_note(text)
        names = []
        for trusted in case["trusted"]:
            key = verifier.parse_key(keys[trusted])
            if verifier.find_signature(note, key) is not None:
                verifier.verify_log_signature(note, key)
                names.append(key.name)
    except (verifier.Malformed, verifier.NotProven, UnicodeDecodeError):
        names = []
    assert names == (case["verified"] if case["ok"] else [])


def test_a_spoilt_key_is_no_key(verifier: ModuleType) -> None:
    """Every proper part of a key, and the key with any one letter raised by one."""
    vectors = read("signed_note.json")
    key = vectors["verifier_keys"]["peter"]
    parts = {key[begin:end] for begin in range(len(key)) for end in range(begin, len(key) + 1)} - {key}
    raised = {key[:at] + chr(ord(key[at]) + 1) + key[at + 1 :] for at in range(len(key))}
    for spoilt in parts | raised | set(vectors["bad_verifier_keys"]):
        with pytest.raises(verifier.Malformed):
            verifier.parse_key(spoilt)
