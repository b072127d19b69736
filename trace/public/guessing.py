"""Looking up codes for strangers: who tries one unknown code after another is slowed. Known codes cost nothing."""

from flask import current_app, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.core.config import Settings
from trace.core.errors import TooManyTries
from trace.core.strangers import Guesses
from trace.public import build
from trace.public.pages import CodePage
from trace.verdict.rules import Verdict

EXTENSION = "guesses"


class TooManyUnknownCodes(TooManyTries):
    """From this network too many codes were looked up that are not there."""

    code = "too-many-unknown-codes"


def new_guesses(settings: Settings) -> Guesses:
    """The counts of this process, by the operator's limits."""
    return Guesses(settings.unknown_codes_free, settings.unknown_codes_per_minute)


def code_page(session: Session, typed: str) -> CodePage:
    """The page of a code (``build.code_page``). Raises ``TooManyUnknownCodes``."""
    admit()
    page = build.code_page(session, typed)
    if page.band.verdict is Verdict.UNKNOWN:
        note_unknown()
    return page


def admit() -> None:
    """Raise ``TooManyUnknownCodes`` for a source that has gone on and on, before anything is looked up."""
    _refuse(_guesses().wait_before(request.remote_addr or ""))


def note_unknown(*, is_refused: bool = True) -> None:
    """Count what was looked up and is not there on who asked; raises ``TooManyUnknownCodes`` over the limit.

    What is no code at all tells nobody anything, and is not counted. Not ``is_refused`` only counts.
    """
    wait = _guesses().wait_after_unknown(request.remote_addr or "")
    if is_refused:
        _refuse(wait)


def _refuse(wait: int) -> None:
    if wait:
        raise TooManyUnknownCodes(
            _l("Too many codes that are not there were looked up from this network."), retry_after=wait
        )


def _guesses() -> Guesses:
    found: Guesses = current_app.extensions[EXTENSION]
    return found
