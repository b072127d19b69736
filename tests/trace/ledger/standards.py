"""The transparency log's own test data (C2SP, transparency-dev, golang), read where they are on this machine."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = (
    Path(os.environ.get("TRACE_STANDARDS") or Path(__file__).resolve().parents[4] / "shared" / "standards")
    / "tlog"
)
needs_standards = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the test data of the standards are not on this machine (TRACE_STANDARDS names the folder)",
)


def load(name: str) -> Any:
    """A JSON file of the folder; empty where the folder is not there, so that tests are collected and skipped."""
    path = FOLDER / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def unbase64(text: str | None) -> bytes:
    return base64.b64decode(text or "")
