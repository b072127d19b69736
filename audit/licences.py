"""Licences of everything installed: all of them free, none that would bind who runs the service (AGPL)."""

import json
import re
from collections import Counter
from email.message import Message
from importlib import metadata
from typing import cast

from packaging.markers import Marker

from audit.findings import Finding
from audit.tools import HERE
from trace.core.local_state import CHECKOUT

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-installer.txt")
# Free licences that this service may be built with; by the words packages use for them.
FREE = (
    "mit", "bsd", "apache", "isc", "psf", "python software foundation", "mozilla", "mpl-2.0", "lgpl", "lesser general",
    "zlib", "unlicense", "hpnd", "mit-cmu", "postgresql", "0bsd", "cc0-1.0", "blueoak-1.0.0", "cc-by-4.0", "python-2.0",
    "ofl-1.1", "zpl", "bsl-1.0", "cnri-python",
)  # fmt: skip
NEVER = ("agpl", "affero", "proprietary", "commercial", "sspl", "busl", "non-commercial", "unlicensed")
# Packages whose own words are too few or too many; their licence files were read.
READ = {
    "qrcode": "BSD-3-Clause",  # its second classifier is about the trade mark "QR Code"
    "pypdfium2": "BSD-3-Clause",  # or Apache-2.0; PDFium itself is BSD, what it links to is listed with it
    "node_modules/parse-cache-control": "BSD-3-Clause",
}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+))?")


def check() -> Finding:
    """Read what each locked package says of itself."""
    counted: Counter[tuple[str, str]] = Counter()
    faults: list[str] = []
    for name, told in {
        **_python_packages(faults),
        **_node_packages(),
    }.items():
        stated = READ.get(name, told)
        kind = "Node (audit only)" if name.startswith("node_modules/") else "Python"
        if not is_free(stated):
            faults.append(f"{name}: {stated or 'says nothing about its licence'}")
        counted[kind, _short(stated)] += 1
    rows = [
        (kind, licence, str(count))
        for (kind, licence), count in sorted(counted.items(), key=lambda one: (one[0][0], -one[1]))
    ]
    return Finding("Licences of dependencies", ("kind", "licence", "packages"), rows, faults)


def is_free(stated: str) -> bool:
    """Whether a licence is one of the free ones. Of alternatives ("or") one is enough, of several ("and") all count."""
    text = stated.lower().strip("() ")
    if not text:
        return False
    alternatives = re.split(r"\s+or\s+(?!later)", text)
    return any(
        all(_is_free_alone(part) for part in re.split(r"\s+and\s+|\s*,\s*", one)) for one in alternatives
    )


def _is_free_alone(stated: str) -> bool:
    return any(word in stated for word in FREE) and not any(word in stated for word in NEVER)


def _python_packages(faults: list[str]) -> dict[str, str]:
    found = {}
    for lock in LOCKS:
        for line in (CHECKOUT / lock).read_text(encoding="utf-8").splitlines():
            pin = _PIN.match(line)
            if pin is None or (pin[3] and not Marker(pin[3].strip()).evaluate()):
                continue
            try:
                found[pin[1]] = _stated(cast("Message", metadata.metadata(pin[1])))
            except metadata.PackageNotFoundError:
                faults.append(f"{pin[1]} is locked in {lock} and not installed: run `make check` once.")
    return found


def _stated(about: Message) -> str:
    """The licence a package states: its SPDX expression, else its classifiers, else the first line of free text."""
    expression = about.get("License-Expression")
    if expression:
        return str(expression)
    classes = [
        line.split(" :: ")[-1] for line in about.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    named = [one for one in classes if one != "OSI Approved"]
    if named:
        return " and ".join(named)
    return (str(about.get("License") or "").strip().splitlines() or [""])[0]


def _node_packages() -> dict[str, str]:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    return {name: str(about.get("license", "")) for name, about in lock["packages"].items() if name}


def _short(stated: str) -> str:
    return stated if len(stated) <= 60 else f"{stated[:57]}…"
