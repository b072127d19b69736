"""The words of the diary and of test results. Numbers as they were declared; no sentence here judges them."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from producers.diary.models import WorkKind
from producers.diary.rules import Wait
from trace.batches.models import DateKind
from trace.public.speech import _, day
from trace.public.told import Told, told, words

WORKS: Final[Mapping[WorkKind, Any]] = {
    WorkKind.SPRAY: _l("Sprayed a plant protection product"),
    WorkKind.FERTILISE: _l("Fertilised"),
    WorkKind.OTHER: _l("Other work"),
}


def last_spray(wait: Wait, date_kind: str) -> str:
    """When it was last sprayed, when it was harvested, the days between, and the days that the label says."""
    is_noted, is_harvest = wait.label_days is not None, date_kind == DateKind.HARVEST
    message = {
        (True, True): _l(
            "Last sprayed %(done)s, harvested %(made)s. Days waited: %(days)s; days on the label: %(label)s."
        ),
        (True, False): _l(
            "Last sprayed %(done)s, harvested %(made)s. Days waited: %(days)s; days on the label not noted."
        ),
        (False, True): _l(
            "Last sprayed %(done)s, made %(made)s. Days waited: %(days)s; days on the label: %(label)s."
        ),
        (False, False): _l(
            "Last sprayed %(done)s, made %(made)s. Days waited: %(days)s; days on the label not noted."
        ),
    }[is_harvest, is_noted]
    return str(message) % _numbers(wait)


def also_waited(wait: Wait) -> str:
    """Something else that was done, whose days were longer."""
    return _("Done on %(done)s: days waited %(days)s; days on the label: %(label)s.", **_numbers(wait))


def no_spray() -> str:
    """Nothing was noted of spraying, which is not to say that nothing was sprayed."""
    return _("The producer has noted no spraying.")


def waited(wait: Wait) -> str:
    """Days from one thing done to the harvest."""
    if wait.label_days is None:
        return _("Days until the harvest: %(days)s; days on the label not noted.", **_numbers(wait))
    return _("Days until the harvest: %(days)s; days on the label: %(label)s.", **_numbers(wait))


def _numbers(wait: Wait) -> dict[str, str]:
    label = "" if wait.label_days is None else str(wait.label_days)
    return {"done": day(wait.done_on), "made": day(wait.produced_on), "days": str(wait.days), "label": label}


def recorded(when: date) -> str:
    """When the producer wrote it down."""
    return _("Noted on %(date)s", date=day(when))


def done_by(kind: str) -> str:
    """Whoever did the work, by kind alone."""
    if kind == "household":
        return _("Noted on behalf of a household")
    return _("Noted on behalf of somebody without an account")


def corrected(when: date, before: Told) -> Told:
    """A correction made after the lot was sealed, with what had been noted."""
    return told(_("Corrected on %(date)s; noted before: %(before)s"), date=words(day(when)), before=before)


def corrected_plainly(when: date) -> str:
    """A correction of what was itself added after the lot was sealed."""
    return _("Corrected on %(date)s", date=day(when))


def label_days(days: int) -> str:
    """The days on the label alone."""
    return _("label: %(days)d days", days=days)


def taken_back(when: date) -> str:
    """An entry that was made by mistake."""
    return _("Noted by mistake; taken back on %(date)s", date=day(when))


def stated(*, meets: bool | None) -> str | None:
    """What the laboratory said of a limit."""
    if meets is None:
        return None
    return _("Meets the limit") if meets else _("Does not meet the limit")


def officially_sampled() -> str:
    """The authority took a sample."""
    return _("Sample taken")


def officially_inspected() -> str:
    """The authority inspected the lot."""
    return _("Inspected")


def officially_released() -> str:
    """The authority let the lot be sold again after a test."""
    return _("Test of a paused lot")
