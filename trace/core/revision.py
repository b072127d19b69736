"""Which schema this code needs and which the database has. Alembic, which loads for a second, is not asked."""

import re
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

VERSIONS = Path(__file__).parent.parent.parent / "migrations" / "versions"


def newest_revision(folder: Path = VERSIONS) -> str:
    """The one revision no other builds on, read from the files. Raises ``ValueError`` where there are several."""
    known = known_revisions(folder)
    heads = set(known) - set(known.values())
    if len(heads) != 1:
        raise ValueError(f"The migrations have {len(heads)} ends ({', '.join(sorted(heads))}): join them.")
    return heads.pop()


def known_revisions(folder: Path = VERSIONS) -> dict[str, str | None]:
    """Each revision with the one it builds on."""
    known: dict[str, str | None] = {}
    for path in sorted(folder.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        revision = re.search(r'^revision(?:: \w+)? = "([^"]+)"', source, re.MULTILINE)
        below = re.search(r'^down_revision(?:: [^=]+)? = "([^"]+)"', source, re.MULTILINE)
        if revision:
            known[revision[1]] = below[1] if below else None
    return known


def stored_revision(session: Session) -> str | None:
    """The revision the database is at."""
    found: str | None = session.scalar(text("select version_num from alembic_version"))
    return found
