"""Filling an empty database with the demo, and remembering the sign-ins it gave. What the demo is, it knows itself.

The passwords are random for each installation and kept, readable by the owner only, beside the embedded database's;
in the database there are only their hashes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from trace.cli.database import DatabaseProblem, explain
from trace.core.addresses import libpq_url
from trace.core.config import Settings
from trace.core.local_state import open_state, write_private

if TYPE_CHECKING:
    from trace.demo.fill import DemoSummary

FILE = "demo.json"
# The name in trace.core.installation, which would load SQLAlchemy at every start (a test compares them).
DEMO_FILLED = "demo_filled_at"


class DemoRefused(Exception):
    """The demo cannot be shown here; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One ready account: what the person is, the telephone number and the password."""

    role: str
    phone: str
    password: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ScanAddress:
    """One code to try and what it shows; ``path`` follows the public address."""

    path: str
    shows: str


@dataclass(frozen=True, slots=True)
class DemoCard:
    """What a person needs to try the demo. ``filled_at`` tells which database it belongs to."""

    filled_at: str
    sign_ins: tuple[SignIn, ...]
    scan_addresses: tuple[ScanAddress, ...]


def find_filled_at(settings: Settings) -> str | None:
    """When this database was filled with the demo, None if it was not."""
    with psycopg.connect(libpq_url(settings.database_url)) as connection:
        row = connection.execute("select value from installation where name = %s", [DEMO_FILLED]).fetchone()
    return str(row[0]) if row else None


def is_empty(settings: Settings) -> bool:
    """Whether nobody has an account yet: the first thing anybody makes."""
    with psycopg.connect(libpq_url(settings.database_url)) as connection:
        row = connection.execute("select not exists (select from users)").fetchone()
    return row is not None and bool(row[0])


def refuse_on_public_address(settings: Settings, *, filled: bool, asked: bool) -> None:
    """Sample data never stand behind an address that strangers reach.

    Raises ``DemoRefused``.
    """
    if not settings.is_public:
        return
    if filled:
        raise DemoRefused(
            f"This database holds the demo, and {settings.public_url} is a public address: use another database, or "
            "unset TRACE_PUBLIC_URL."
        )
    if asked:
        raise DemoRefused(
            f"The demo is never filled behind a public address ({settings.public_url}): start with DEMO=0, or unset "
            "TRACE_PUBLIC_URL."
        )


def fill(settings: Settings) -> None:
    """Fill the database by the services people use, and keep the sign-ins."""
    # Loaded only here: the factories are heavy and needed once in an installation's life.
    from sqlalchemy.exc import DBAPIError

    from trace.core import clock
    from trace.core.blobs import BlobStore
    from trace.core.database import make_engine, new_session
    from trace.core.installation import find_fact
    from trace.demo import fill as the_demo

    engine = make_engine(settings.database_url)
    try:
        with new_session(engine) as session:
            summary = the_demo.fill(
                session,
                BlobStore(settings.blob_folder),
                today=clock.today(),
                is_public=settings.is_public,
            )
            # Before the commit: a start broken off between the two must not leave accounts nobody can enter.
            keep(settings, find_fact(session, DEMO_FILLED) or "", summary)
            session.commit()
    except the_demo.DemoRefused as error:
        raise DemoRefused(str(error)) from error
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.Error):
            raise DatabaseProblem(explain(error.orig)) from error
        raise
    finally:
        engine.dispose()


def keep(settings: Settings, filled_at: str, summary: "DemoSummary") -> None:
    """Write the card of the demo that the database remembers as filled at ``filled_at``."""
    card = DemoCard(
        filled_at=filled_at,
        sign_ins=tuple(SignIn(one.role, one.phone, one.password, one.name) for one in summary.sign_ins),
        scan_addresses=tuple(ScanAddress(one.path, one.shows) for one in summary.scan_addresses),
    )
    write_private(
        open_state(settings.state_folder) / FILE, json.dumps(asdict(card), ensure_ascii=False, indent=2)
    )


def find_card(settings: Settings, filled_at: str) -> DemoCard | None:
    """The card of exactly the database that was filled at ``filled_at``; None when this checkout has it not."""
    path = settings.state_folder / FILE
    try:
        stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        card = DemoCard(
            stored["filled_at"],
            tuple(SignIn(**one) for one in stored["sign_ins"]),
            tuple(ScanAddress(**one) for one in stored["scan_addresses"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return card if card.filled_at == filled_at else None
