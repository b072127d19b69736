"""What this installation is, kept in the database itself: whether it shows demo data, which address it printed."""

from sqlalchemy.orm import Mapped, Session, mapped_column

from trace.core.database import Base

DEMO_FILLED = "demo_filled_at"


class InstallationFact(Base):
    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


def find_fact(session: Session, name: str) -> str | None:
    """The stored value, or None."""
    fact = session.get(InstallationFact, name)
    return fact.value if fact else None


def set_fact(session: Session, name: str, value: str) -> None:
    """Store a value; a later one replaces it."""
    session.merge(InstallationFact(name=name, value=value))


def is_demo(session: Session) -> bool:
    """Whether this database was filled with the demo: then every page and label says so."""
    return find_fact(session, DEMO_FILLED) is not None
