"""Where the standards' own test data lie; tests that need them are skipped, with the reason, where they do not."""

import os
from pathlib import Path

import pytest

FOLDER = Path(
    os.environ.get("TRACE_STANDARDS") or Path(__file__).resolve().parents[4] / "shared" / "standards"
)


def need(name: str) -> Path:
    """The folder ``name`` of the standards' data, or skip the test."""
    folder = FOLDER / name
    if not folder.is_dir():
        pytest.skip(
            f"the test data of the standard are not on this machine: {name} (TRACE_STANDARDS names the folder)"
        )
    return folder
