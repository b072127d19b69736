"""Makes ``.venv`` with the locked packages. Run by a bare Python before anything is installed: standard library only.

    python3 -I trace/cli/install.py run      what the service needs
    python3 -I trace/cli/install.py dev      that, and what checks it

uv installs when it can (seconds instead of half a minute), pip when it cannot; both check every hash of the lock
file, and both use the package index this machine's pip is set up for. A start that was broken off is found by the
note it left and begun again in an empty folder.

What only an installation needs is imported there: every `make` runs this first, mostly to find nothing to do.
"""

import fcntl
import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
INSTALLER = "requirements-installer.txt"
LOCKS = {"run": ("requirements.txt",), "dev": ("requirements.txt", "requirements-dev.txt")}
# Not ".lock": that one is uv's, which would wait for ours.
LOCK = ".install-lock"
# Written before packages are touched, removed after: while it is there nobody knows what is installed.
UNFINISHED = ".unfinished"
DISK_FAULTS = ("No space left on device", "Read-only file system", "Disk quota exceeded")


class InstallProblem(Exception):
    """The packages cannot be installed; the message is one sentence that says what to do."""


def main(arguments: list[str]) -> int:
    """Install what is asked for unless it is there already; returns the exit code."""
    kind = arguments[0] if arguments else "run"
    if "--is-ready" in arguments:
        return 0 if is_ready(kind) else 1
    try:
        VENV.mkdir(exist_ok=True)
        if is_ready(kind):
            return 0
        # The lock is beside the folder's contents, which may be emptied meanwhile.
        with (VENV / LOCK).open("w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_ready(kind):
                install(kind)
    except InstallProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"Cannot write to {error.filename or VENV} ({(error.strerror or 'unknown cause').lower()}): free some "
            "space there or make it writable, then start again.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nBroken off; the next start begins the installation again.", file=sys.stderr)
        return 130
    return 0


def is_ready(kind: str) -> bool:
    """Whether exactly the locked packages of ``kind`` are installed for this Python."""
    if (VENV / UNFINISHED).exists() or not PYTHON.exists():
        return False
    return any(
        stamp.exists() and stamp.read_text(encoding="ascii") == digest(fuller)
        for fuller in (("run", "dev") if kind == "run" else ("dev",))
        for stamp in [VENV / f".installed-{fuller}"]
    )


def digest(kind: str) -> str:
    """What the installed packages depend on: the lock files, this Python and where the checkout is."""
    hashed = hashlib.sha256(f"{sys.version}\n{VENV}\n".encode())
    for name in (*LOCKS[kind], INSTALLER):
        hashed.update((CHECKOUT / name).read_bytes())
    return hashed.hexdigest()


def install(kind: str) -> None:
    """Make the virtual environment if need be, and bring its packages to the lock files."""
    if not is_sound():
        empty()
        announce("Making .venv", make_venv)
    (VENV / UNFINISHED).touch()
    announce(f"Installing the locked packages ({kind})", lambda: bring_to_lock(kind))
    for stamp in VENV.glob(".installed-*"):
        stamp.unlink()
    (VENV / f".installed-{kind}").write_text(digest(kind), encoding="ascii")
    (VENV / UNFINISHED).unlink()


def is_sound() -> bool:
    """Whether there is a virtual environment of this Python that no broken-off installation left behind."""
    if (VENV / UNFINISHED).exists() or not (VENV / "pyvenv.cfg").exists():
        return False
    import subprocess

    asked = [str(PYTHON), "-c", "import sys, pip; print(sys.version); print(sys.prefix)"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return False
    if answer.stdout.strip() != f"{sys.version}\n{VENV}":
        return False
    # The scripts name their Python by its full path: in a folder that was moved they no longer work.
    pip = VENV / "bin" / "pip"
    return pip.exists() and str(VENV) in pip.read_text(encoding="utf-8", errors="replace")


def empty() -> None:
    """Remove what is in the folder, but not the lock that others wait for."""
    import shutil

    for path in VENV.iterdir():
        if path.name == LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def make_venv() -> None:
    import subprocess
    import venv

    (VENV / UNFINISHED).touch()
    try:
        venv.EnvBuilder(with_pip=True, symlinks=True).create(VENV)
    except subprocess.CalledProcessError as error:
        told = (
            error.output.decode("utf-8", "replace") if isinstance(error.output, bytes) else str(error.output)
        )
        raise InstallProblem(explain(told, without_pip())) from error
    except (ImportError, SystemExit) as error:
        raise InstallProblem(without_pip()) from error


def without_pip() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        "This Python cannot make virtual environments with pip: install its package for that (on Debian and Ubuntu "
        f"`apt-get install python{version}-venv`), then start again."
    )


def bring_to_lock(kind: str) -> None:
    told = ""
    if run_pip(["--require-hashes", "--no-deps", "-r", INSTALLER]) == "" and (VENV / "bin" / "uv").exists():
        told = run_uv(LOCKS[kind])
        if told == "":
            return
    arguments = ["--require-hashes", "--no-deps"]
    for name in LOCKS[kind]:
        arguments += ["-r", name]
    told = run_pip(arguments)
    if told:
        raise InstallProblem(
            explain(
                told,
                f"The packages cannot be installed ({last_line(told)}): see that this machine reaches a package "
                "index (pip's settings say which), then start again.",
            )
        )


def run_pip(arguments: list[str]) -> str:
    """Install by pip; returns what it complained about, empty when all went well."""
    command = [
        str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *arguments
    ]  # fmt: skip
    return complaint(command, dict(os.environ))


def run_uv(locks: tuple[str, ...]) -> str:
    """Install by uv; returns what it complained about, empty when all went well."""
    command = [
        str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON), "--require-hashes"
    ]  # fmt: skip
    for name in locks:
        command += ["-r", name]
    return complaint(command, {**uv_settings(pip_settings()), **os.environ})


def complaint(command: list[str], environ: dict[str, str]) -> str:
    import subprocess

    done = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stderr or done.stdout or f"exit code {done.returncode}")


def pip_settings() -> dict[str, str]:
    """The settings of this machine's pip, by option name; the environment's win over the files', as in pip."""
    import subprocess

    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    settings: dict[str, str] = {}
    for line in listed.splitlines():
        name, separator, value = line.partition("=")
        option = name.rpartition(".")[2]
        if separator and (option not in settings or name.startswith(":env:")):
            settings[option] = value.strip().strip("'\"")
    return settings


def uv_settings(pip: dict[str, str]) -> dict[str, str]:
    """The same settings by uv's names: uv does not read pip's."""
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE", "default-timeout": "UV_HTTP_TIMEOUT",
             "timeout": "UV_HTTP_TIMEOUT", "proxy": "ALL_PROXY"}  # fmt: skip
    settings = {ours: pip[theirs] for theirs, ours in names.items() if theirs in pip}
    lists = {"extra-index-url": ("UV_INDEX", " "), "find-links": ("UV_FIND_LINKS", ","),
             "trusted-host": ("UV_INSECURE_HOST", " ")}  # fmt: skip
    for theirs, (ours, joint) in lists.items():
        if theirs in pip:
            settings[ours] = joint.join(pip[theirs].replace("\\n", " ").split())
    # As pip does, take whichever index has the locked file; its hash decides, not the index.
    settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    settings["UV_PYTHON_DOWNLOADS"] = "never"
    return settings


def explain(told: str, otherwise: str) -> str:
    """One sentence: about the disk when the disk is the cause."""
    for sign in DISK_FAULTS:
        if sign in told:
            return f"Cannot install the packages ({sign.lower()}): free some space or make {VENV} writable."
    return otherwise


def last_line(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[-1].rstrip(".")[:200] if lines else "no reason given"


def announce(title: str, do: Callable[[], None]) -> None:
    """Say what lasts, count the seconds on a terminal, and say how long it took."""
    import threading

    started = time.monotonic()
    done = threading.Event()
    live = sys.stdout.isatty()

    def count() -> None:
        while live and not done.wait(1.0):
            print(f"\r  {title} … {time.monotonic() - started:.0f} s", end="", flush=True)

    print(f"  {title} …", end="" if live else "\n", flush=True)
    counter = threading.Thread(target=count, daemon=True)
    counter.start()
    try:
        do()
    finally:
        done.set()
        counter.join()
    print(f"{chr(13) if live else ''}  {title}: {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
