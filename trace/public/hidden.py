"""The second code of a stamp, under a scratch layer: when somebody first typed it, which is all that can be known.

Nothing but a form that is sent opens it. Wrong ones are counted on the stamp in the database, under a keyed hash, and
on who types them in the memory of this process; both are counted before the code is looked at.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from flask import current_app, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from trace.accounts import tries
from trace.batches import services_secrets, stamp_queries
from trace.batches.hidden_codes import SECRET_LENGTH, CodesKeyMissing, HiddenCodeKey, load_key
from trace.batches.services_secrets import SecretAnswer
from trace.core import clock
from trace.core.config import Settings
from trace.core.errors import NotFound, TooManyTries
from trace.core.language import public_url
from trace.core.short_codes import ALPHABET, normalise, pretty
from trace.core.strangers import Meter, Rate, source_of
from trace.public import build, guessing
from trace.public.pages import CompareCard, PublicFrame
from trace.verdict.queries import look_up
from trace.verdict.rules import CodeState

EXTENSION = "hidden_code_tries"
LONGEST_TYPED = 40
_TIMES_A_STAMP = 3
_DRAINED_S = 600.0  # after so long without a wrong one all tries are free again

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenCodePage:
    """The form, or what is known of the code that was typed.

    ``state``: open, malformed, wrong, slowed, unreachable; opened_now, opened_before with ``opened_at`` on a Hanoi wall
    clock. ``wait`` is in seconds.
    """

    frame: PublicFrame
    state: str
    code: str
    code_url: str
    report_url: str
    card: CompareCard | None
    opened_at: datetime | None = None
    wait: int = 0
    longest: int = LONGEST_TYPED


STATUS = {"malformed": 422, "wrong": 422, "slowed": 429, "unreachable": 503}


def new_tries(settings: Settings) -> Meter:
    """The counts of this process, by the operator's limit."""
    tries_at_once = settings.hidden_code_tries
    return Meter(Rate(tries_at_once, tries_at_once / _DRAINED_S))


def form_page(session: Session, typed: str) -> HiddenCodePage:
    """The form for the hidden code of a stamp in use. Raises ``NotFound`` where there is none to be opened."""
    return _page(session, typed, "open")


def take_try(session: Session, typed_code: str, typed: str) -> HiddenCodePage:
    """Compare what was typed, note the first right one, and commit. Raises ``NotFound`` as ``form_page`` does."""
    page = _page(session, typed_code, "open")
    code = normalise(typed_code)
    secret = normalise(typed[: LONGEST_TYPED * 2])
    if len(secret) != SECRET_LENGTH or any(letter not in ALPHABET for letter in secret):
        return _again(page, "malformed")
    settings = current_app.config["SETTINGS"]
    key = _key(session, settings, code)
    if key is None:
        return _again(page, "unreachable")
    meter: Meter = current_app.extensions[EXTENSION]
    source = source_of(request.remote_addr or "")
    wait = meter.wait(source)
    if wait:
        return _again(page, "slowed", wait)
    meter.count(source)
    session.rollback()  # nothing was written; the count stands on its own
    subject = tries.keyed(settings.secret_key.encode(), "hidden code", code)
    try:
        counted = tries.count_ahead(session, {subject: settings.hidden_code_tries * _TIMES_A_STAMP}, None)
    except TooManyTries as refusal:
        session.rollback()  # nothing of a stranger is written down
        return _again(page, "slowed", refusal.retry_after)
    opened = services_secrets.open_secret(session, key, code, secret)
    if opened.answer not in (SecretAnswer.OPENED_NOW, SecretAnswer.OPENED_BEFORE):
        session.rollback()
        return _again(page, "wrong")
    session.commit()
    tries.take_back(session, counted)
    meter.give_back(source)
    moment = clock.local(opened.first_opened_at) if opened.first_opened_at else None
    return _again(page, str(opened.answer), moment=moment)


def _page(session: Session, typed: str, state: str) -> HiddenCodePage:
    known = look_up(session, typed)
    if known.facts.code_state is CodeState.UNKNOWN:
        guessing.note_unknown()
    if not known.has_hidden_code or known.batch is None or known.batch.seal is None:
        raise NotFound(_("This code has no hidden code that can be checked."), code="no-hidden-code")
    return HiddenCodePage(
        frame=build.frame(session),
        state=state,
        code=pretty(known.code),
        code_url=public_url("public.show_code", code=known.code),
        report_url=public_url("public.report_code", code=known.code),
        card=build.compare_card(known.batch, known.batch.seal),
    )


def _again(page: HiddenCodePage, state: str, wait: int = 0, moment: datetime | None = None) -> HiddenCodePage:
    return replace(page, state=state, opened_at=moment, wait=wait)


def _key(session: Session, settings: Settings, code: str) -> HiddenCodeKey | None:
    """The key under which this stamp's code is kept; None where it is not here."""
    stamp = stamp_queries.find_stamp(session, code)
    try:
        key = load_key(settings.key_folder)
    except CodesKeyMissing as missing:
        log.exception("hidden-codes-key", reason=str(missing))
        return None
    if stamp is None or stamp.run.secret_key_id != key.key_id:
        log.error(
            "hidden-codes-key", reason="The key of this run's hidden codes is another: put codes.key back."
        )
        return None
    return key
