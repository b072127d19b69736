"""Words of stamps for producers: reasons, states, numbers as they are printed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trace.batches.stamp_models import RunKind, StampRun
from trace.batches.stamp_rules import VoidReason
from trace.core.language import language
from trace.core.numbers import format_quantity

VOID_REASONS: Final[Mapping[VoidReason, Any]] = {
    VoidReason.SPOILED: _l("Misprinted or torn"),
    VoidReason.LOST: _l("Lost"),
    VoidReason.WRONG_GOODS: _l("Stuck on the wrong goods"),
    VoidReason.NOT_USED: _l("Left over, not used"),
    VoidReason.OTHER: _l("Another reason"),
}


def run_title(run: StampRun) -> str:
    """What a run is called in lists."""
    count = figures(run.size)
    if run.kind == RunKind.ROLL:
        return str(_("Roll of %(count)s stamps", count=count))
    return str(_("%(count)s labels, each with its own code", count=count))


def run_state(run: StampRun) -> tuple[str, str]:
    """Tone and word of a run's state."""
    if run.finished_at is not None:
        return "ok", _("Ready")
    if run.cancelled_at is not None:
        return "unknown", _("Cancelled")
    return "note", _("Making codes")


def numbers(first: int, last: int) -> str:
    """``12.001–12.400``, or one number."""
    return figures(first) if first == last else f"{figures(first)}–{figures(last)}"


def figures(number: int) -> str:
    """A number in the page's language: ``12.001``; both are understood where one is typed."""
    return format_quantity(Decimal(number), language())
