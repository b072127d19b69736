"""gettext, typed, and how days and moments are written: the same on every public page."""

from datetime import date, datetime

import flask_babel


def _(message: str, **values: object) -> str:
    """``flask_babel.gettext``, typed."""
    return str(flask_babel.gettext(message, **values))


def ngettext(one: str, many: str, num: int) -> str:
    """``flask_babel.ngettext``, typed; under its own name, which the extractor knows."""
    return str(flask_babel.ngettext(one, many, num))


def day(on: date) -> str:
    """``21/11/2026``, in both languages: as on packs."""
    return f"{on:%d/%m/%Y}"


def moment(at: datetime) -> str:
    """``16:40, 21/11/2026``; the instant must already be on a Hanoi wall clock."""
    return f"{at:%H:%M, %d/%m/%Y}"
