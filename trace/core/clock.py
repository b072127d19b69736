"""Instants are UTC inside, Hanoi time outside. The one place that knows the difference."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The date in Hanoi: expiry is counted in local days."""
    return now().astimezone(HANOI).date()


def local(instant: datetime) -> datetime:
    """The same instant on a Hanoi wall clock."""
    return instant.astimezone(HANOI)


def from_local(wall: datetime) -> datetime:
    """A naive Hanoi wall-clock time as an instant in UTC."""
    return wall.replace(tzinfo=HANOI).astimezone(UTC)
