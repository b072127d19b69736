"""Instants are UTC inside, Hanoi time outside. The one place that knows the difference."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")

_ahead = timedelta()


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC) + _ahead


def shift(by: timedelta) -> None:
    """Let this process, and those it starts by forking, live so much later: to rehearse a day that has not come."""
    global _ahead
    _ahead = by


def today() -> date:
    """The date in Hanoi: expiry is counted in local days."""
    return now().astimezone(HANOI).date()


def local(instant: datetime) -> datetime:
    """The same instant on a Hanoi wall clock."""
    return instant.astimezone(HANOI)


def from_local(wall: datetime) -> datetime:
    """A naive Hanoi wall-clock time as an instant in UTC."""
    return wall.replace(tzinfo=HANOI).astimezone(UTC)
