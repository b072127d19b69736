"""What made a page, beside the record: code, texts and looks. Other files make other bytes."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

MADE_OF = (
    "trace/**/*.py",
    "producers/**/*.py",
    "templates/**/*.html",
    "translations/**/*.mo",
    "static/css/*.css",
    "static/img/*",
)
_DIGITS = 16


@cache
def files_name(root: Path) -> str:
    """A name for everything that pages are made with; it changes with any of it."""
    digest = hashlib.sha256()
    for pattern in MADE_OF:
        for path in sorted(root.glob(pattern)):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_DIGITS]


def build_name(root: Path, said: Iterable[object]) -> str:
    """A name for those files together with what the operator set and every page says."""
    settings = hashlib.sha256(repr(tuple(said)).encode()).hexdigest()[:_DIGITS]
    return f"{files_name(root)}-{settings}"
