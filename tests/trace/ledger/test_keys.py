from pathlib import Path

import pytest

from trace.ledger import keys, notes
from trace.ledger.keys import LastCheckpoint, LogRefused

ORIGIN = "log.example.vn/nguon-goc"


def test_a_made_key_is_loaded_again(tmp_path: Path) -> None:
    made = keys.make_signer(tmp_path / "keys" / "log.key", ORIGIN)
    assert keys.load_signer(tmp_path / "keys" / "log.key", ORIGIN) == made


def test_a_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    keys.make_signer(tmp_path / "log.key", ORIGIN)
    assert (tmp_path / "log.key").stat().st_mode & 0o777 == 0o600


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    keys.make_signer(tmp_path / "log.key", ORIGIN)
    with pytest.raises(LogRefused, match="already"):
        keys.make_signer(tmp_path / "log.key", ORIGIN)


def test_without_a_key_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LogRefused, match="make-log-key"):
        keys.load_signer(tmp_path / "log.key", ORIGIN)


def test_the_key_of_another_log_is_refused(tmp_path: Path) -> None:
    keys.make_signer(tmp_path / "log.key", "log.example.vn/other")
    with pytest.raises(LogRefused, match="TRACE_LOG_KEY_FILE"):
        keys.load_signer(tmp_path / "log.key", ORIGIN)


@pytest.mark.parametrize("content", ["", "nonsense", "PRIVATE+KEY+a+b+c", "ké"])
def test_a_damaged_key_is_refused_without_repeating_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "log.key").write_text(content, encoding="utf-8")
    with pytest.raises(LogRefused) as refused:
        keys.load_signer(tmp_path / "log.key", ORIGIN)
    assert "holds no signing key" in str(refused.value)


def test_no_checkpoint_was_kept_yet(tmp_path: Path) -> None:
    signer = keys.make_signer(tmp_path / "log.key", ORIGIN)
    assert LastCheckpoint.beside(tmp_path / "log.key").find(signer.verifier, ORIGIN) is None


def test_a_kept_checkpoint_is_found(tmp_path: Path) -> None:
    signer = keys.make_signer(tmp_path / "log.key", ORIGIN)
    checkpoint = notes.Checkpoint(ORIGIN, 7, bytes(32))
    last = LastCheckpoint.beside(tmp_path / "log.key")
    last.keep(notes.sign_note(checkpoint.text, signer))
    assert last.find(signer.verifier, ORIGIN) == checkpoint
    assert list(tmp_path.iterdir()).count(tmp_path / "log.key.checkpoint") == 1
