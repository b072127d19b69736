"""Finding a Chromium for the browser tests, or installing one. The tests never do this themselves."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from trace.cli.progress import step
from trace.core.local_state import DEFAULT_STATE_FOLDER, open_state

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_PATHS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
NOTE = "chromium"  # the file in the state folder that tells make


class NoBrowser(Exception):
    """There is no Chromium and none could be installed; the message is one sentence that says what to do."""


def provide_browser() -> Path:
    """The path of a Chromium that runs, installed if need be, and noted for make.

    Raises ``NoBrowser``.
    """
    found = find_browser()
    if found is None:
        failures = [failure for install in _ways() if (failure := install()) is not None]
        found = find_browser()
        if found is None:
            raise NoBrowser(
                "The browser tests need Chromium and it could not be installed "
                f"({'; '.join(failures) or 'no way is known for this system'}): install it, or name one in CHROMIUM."
            )
    (open_state(DEFAULT_STATE_FOLDER) / NOTE).write_text(str(found), encoding="utf-8")
    return found


def find_browser() -> Path | None:
    """A Chromium that runs on this machine: the one named in CHROMIUM, the system's, or Playwright's."""
    named = os.environ.get("CHROMIUM", "").strip()
    if named:
        if _runs(Path(named)):
            return Path(named)
        raise NoBrowser(f"CHROMIUM names {named}, which does not run: correct or unset it.")
    candidates = [Path(path) for name in NAMES if (path := shutil.which(name))]
    candidates += [Path(path) for path in MAC_PATHS if Path(path).exists()]
    candidates += _of_playwright()
    return next((path for path in candidates if _runs(path)), None)


def _of_playwright() -> list[Path]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return [path] if path.exists() else []


def _runs(path: Path) -> bool:
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _ways() -> list[Callable[[], str | None]]:
    """How a Chromium can be installed here, best first; each answers with its failure or None."""
    as_root_on_debian = os.geteuid() == 0 and shutil.which("apt-get") is not None
    return [*([_by_apt] if as_root_on_debian else []), _by_playwright]


def _by_apt() -> str | None:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step("Installing the chromium package"):
        for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "chromium"]):
            done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                return f"{' '.join(command)}: {_last_line(done.stderr)}"
    return None


def _by_playwright() -> str | None:
    with step("Installing Playwright's Chromium"):
        done = subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            capture_output=True,
            text=True,
            check=False,
        )
    return f"playwright install chromium: {_last_line(done.stderr)}" if done.returncode != 0 else None


def _last_line(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[-1].rstrip(".")[:160] if lines else "no reason given"
