"""Words of goods at rest that several faces use: places, counts, inspections, temperatures, goods set aside."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import flask_babel
from flask_babel import lazy_gettext as _l

from trace.core import clock
from trace.core.language import language
from trace.core.numbers import format_quantity
from trace.events.models import Event, Verb
from trace.events.rules_stock import InspectionResult, SetAsideReason
from trace.events.temperatures import Breach, Limits, readings_of

RESULTS: Final[Mapping[InspectionResult, Any]] = {
    InspectionResult.PASSED: _l("Passed"),
    InspectionResult.FAILED: _l("Did not pass"),
    InspectionResult.PENDING: _l("No result yet"),
}

SET_ASIDE_REASONS: Final[Mapping[SetAsideReason, Any]] = {
    SetAsideReason.TO_INSPECT: _l("To be inspected first"),
    SetAsideReason.QUALITY_IN_DOUBT: _l("Its quality is in doubt"),
    SetAsideReason.COMPLAINT: _l("A customer complained"),
    SetAsideReason.TEMPERATURE: _l("It was too warm or too cold"),
    SetAsideReason.OTHER: _l("Another reason"),
}


def _(message: str, **values: object) -> str:
    """``flask_babel.gettext``, typed."""
    return str(flask_babel.gettext(message, **values))


def title_at_rest(event: Event) -> str | None:
    """What was done with goods at rest, with what it came to; None for everything else."""
    said = event.extensions
    is_official = "official" in event.marks
    match event.verb:
        case Verb.HOLD if is_official:
            return _("Sale paused")
        case Verb.RELEASE if is_official:
            return _("May be sold again")
        case Verb.HOLD if said.get("reason") in set(SetAsideReason):
            why = str(SET_ASIDE_REASONS[SetAsideReason(said["reason"])]).lower()
            return _("Set aside: %(reason)s", reason=why)
        case Verb.INSPECT if said.get("result") in set(InspectionResult):
            result = str(RESULTS[InspectionResult(said["result"])]).lower()
            return _("Inspected: %(result)s", result=result)
        case Verb.COUNT:
            return _counted(said)
        case Verb.MEASURE:
            return _measured(event)
    return None


def _measured(event: Event) -> str | None:
    told = [reading.extremes for reading in readings_of(event.sensor_element_list, event.event_time)]
    figures = [celsius for extremes in told for celsius in extremes or ()]
    if not figures:
        return None
    lowest, highest = min(figures), max(figures)
    span = degrees(lowest) if lowest == highest else temperature_limits(lowest, highest)
    if "breach" in event.marks:
        return _("Temperature measured: %(degrees)s, outside the limits", degrees=span)
    return _("Temperature measured: %(degrees)s", degrees=span)


def _counted(said: Mapping[str, Any]) -> str:
    change: Mapping[str, str] = next(iter(said.get("difference", {}).values()), {})
    if "lost" in change:
        lost = format_quantity(Decimal(change["lost"]), language())
        return _("Stock counted: %(quantity)s lost", quantity=lost)
    if "found" in change:
        found = format_quantity(Decimal(change["found"]), language())
        return _("Stock counted: %(quantity)s found again", quantity=found)
    return _("Stock counted: as on record")


def degrees(celsius: Decimal) -> str:
    """``9,5 °C`` in the figures of the page's language, to two decimals, never broken over lines."""
    return f"{_figures(celsius)}\u00a0°C"


def temperature_limits(lowest: Decimal | None, highest: Decimal | None) -> str:
    """Both limits in words: ``2–8 °C``, ``-22 đến -18 °C``, ``không quá 8 °C``."""
    if lowest is None and highest is None:
        return _("None")
    if lowest is None:
        return _("at most %(highest)s", highest=degrees(highest or Decimal(0)))
    if highest is None:
        return _("at least %(lowest)s", lowest=degrees(lowest))
    if lowest >= 0:
        return f"{_figures(lowest)}–{degrees(highest)}"
    return _("%(lowest)s to %(highest)s", lowest=_figures(lowest), highest=degrees(highest))


def breach_sentence(breach: Breach, limits: Limits) -> str:
    """What everybody may read of a breach: the temperature that went farthest, when, and what was allowed."""
    return _(
        "Temperature outside the limits: %(degrees)s at %(when)s, limits %(limits)s",
        degrees=degrees(breach.celsius),
        when=f"{clock.local(breach.time):%H:%M %d/%m}",
        limits=temperature_limits(limits.lowest, limits.highest),
    )


def _figures(celsius: Decimal) -> str:
    return format_quantity(celsius.quantize(Decimal("0.01")), language())
