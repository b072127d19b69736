"""The programs from outside: installed by exact versions and hashes into ``.cache/audit``, once for each lock file."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from audit.findings import CannotAudit
from trace.cli.install import last_line, pip_settings, uv_settings
from trace.core.local_state import CHECKOUT

HERE = CHECKOUT / "audit"
CACHE = CHECKOUT / ".cache" / "audit"
# Lighthouse 12.8 asks for this.
OLDEST_NODE = (18, 20)
INSTALL_WITHIN_S = 600


def python_tools() -> Path:
    """The ``bin`` folder of a virtual environment with what ``requirements.txt`` here locks."""
    return _environment("venv", HERE / "requirements.txt")


def node_packages() -> Path:
    """The ``node_modules`` folder with what ``package-lock.json`` here locks."""
    folder = CACHE / "npm"
    locks = [HERE / "package.json", HERE / "package-lock.json"]
    wanted = _digest(locks)
    if _stamp(folder) != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        for lock in locks:
            shutil.copy(lock, folder)
        npm = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run(npm, "the packages of audit/package-lock.json", cwd=folder, environ=_node_environ())
        _set_stamp(folder, wanted)
    return folder / "node_modules"


def node() -> list[str]:
    """The command that runs Node: this machine's if it is new enough, else one from a wheel."""
    own = shutil.which("node")
    if own and shutil.which("npm") and _node_version(own) >= OLDEST_NODE:
        return [own]
    return [str(_environment("node", HERE / "requirements-node.txt") / "node")]


def _npm() -> list[str]:
    command = node()
    return [shutil.which("npm") or "npm"] if command == [shutil.which("node")] else [
        str(Path(command[0]).with_name("npm"))
    ]  # fmt: skip


def _node_environ() -> dict[str, str]:
    """Where pip is told of a certificate, npm needs it too: both go through the same door."""
    certificate = pip_settings().get("cert")
    added = {"npm_config_cafile": certificate, "NODE_EXTRA_CA_CERTS": certificate} if certificate else {}
    folder = str(Path(node()[0]).parent)
    return {**added, **os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def _node_version(command: str) -> tuple[int, int]:
    try:
        told = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    found = re.match(r"v(\d+)\.(\d+)", told.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _environment(name: str, lock: Path) -> Path:
    folder = CACHE / name
    wanted = _digest([lock])
    if _stamp(folder) != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
        uv = CHECKOUT / ".venv" / "bin" / "uv"
        python = str(folder / "bin" / "python")
        if uv.exists():
            command = [
                str(uv),
                "pip",
                "install",
                "--quiet",
                "--python",
                python,
                "--require-hashes",
                "-r",
                str(lock),
            ]
            environ = {**uv_settings(pip_settings()), **os.environ}
        else:
            command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
                       "--require-hashes", "--no-deps", "-r", str(lock)]  # fmt: skip
            environ = dict(os.environ)
        _run(command, f"the packages of audit/{lock.name}", cwd=CACHE, environ=environ)
        _set_stamp(folder, wanted)
    return folder / "bin"


def _digest(locks: Sequence[Path]) -> str:
    hashed = hashlib.sha256(f"{sys.version}\n{CACHE}\n".encode())
    for lock in locks:
        hashed.update(lock.read_bytes())
    return hashed.hexdigest()


def _stamp(folder: Path) -> str | None:
    try:
        stored = json.loads((folder / "installed.json").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return stored if isinstance(stored, str) else None


def _set_stamp(folder: Path, digest: str) -> None:
    (folder / "installed.json").write_text(json.dumps(digest), encoding="ascii")


def _run(command: Sequence[str], what: str, *, cwd: Path, environ: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(
            list(command), cwd=cwd, env=dict(environ), capture_output=True, text=True, timeout=INSTALL_WITHIN_S,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotAudit(
            f"Cannot install {what} ({error}): see that this machine reaches a registry."
        ) from error
    if done.returncode != 0:
        raise CannotAudit(
            f"Cannot install {what} ({last_line(done.stderr or done.stdout)}): see that a registry is reached."
        )
