"""Static files are kept by browsers for a year: their address carries a digest of what they hold."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

DIGEST_LENGTH = 10


def static_version(folder: Path) -> Callable[[str, dict[str, Any]], None]:
    """A ``url_defaults`` function that adds ``?v=`` to addresses of static files; a changed file has a new one."""

    @cache
    def digest(name: str) -> str | None:
        path = folder / name
        return hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST_LENGTH] if path.is_file() else None

    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        name = values.get("filename")
        if endpoint == "static" and name and "v" not in values:
            found = digest(str(name))
            if found:
                values["v"] = found

    return add_version
