"""The words of the verdict page: one table per verdict, recall class and reason, in both languages at once.

Only wording lives here; what is true is decided in ``trace.verdict.rules``. No sentence speaks of safety or
genuineness: the page speaks of the record of this lot at this minute (a test greps every rendered state).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from trace.public.pages import Link, Shape, Tone, VerdictBand, telephone_href
from trace.public.speech import _, day, moment, ngettext
from trace.public.texts_verdict import second_lines, sentence, taken_back
from trace.recalls.hold_rules import HoldFacts
from trace.recalls.rules import RecallClass, RecallFacts
from trace.recalls.texts import first_step, title_in_force
from trace.verdict.rules import Decision, Facts, Verdict

JOURNEY_ANCHOR: Final = "#hanh-trinh"
MISSING_ANCHOR: Final = "#chang-cho-xac-nhan"
REPORT_ANCHOR: Final = "#phan-anh"

TITLES: Final[Mapping[Verdict, Any]] = {
    Verdict.MALFORMED: _l("That code has a typing slip"),
    Verdict.UNKNOWN: _l("We have no record of this code"),
    Verdict.RECALL_ENDED: _l("Recall completed"),
    Verdict.HELD: _l("Sale paused, test result awaited"),
    Verdict.UNDER_REVIEW: _l("Under review"),
    Verdict.NOT_ACTIVATED: _l("This label is not in use yet"),
    Verdict.EXPIRED: _l("Past its use-by date"),
    Verdict.VOID: _l("The producer voided this label"),
    Verdict.COPIED: _l("This label has been copied"),
    Verdict.COPY_SUSPECTED: _l("This label needs a check"),
    Verdict.SOLD: _l("This item is noted as sold"),
    Verdict.BEST_BEFORE_PASSED: _l("Past its best-before date"),
    Verdict.NO_WARNING: _l("No warnings"),
    Verdict.NO_WARNING_UNCONFIRMED: _l("No warnings"),
}

LOOKS: Final[Mapping[Verdict, tuple[Tone, Shape]]] = {
    Verdict.MALFORMED: (Tone.UNKNOWN, Shape.QUESTION_CIRCLE),
    Verdict.UNKNOWN: (Tone.UNKNOWN, Shape.QUESTION_CIRCLE),
    Verdict.RECALLED: (Tone.RECALL, Shape.CROSS_OCTAGON),
    Verdict.RECALL_ENDED: (Tone.RECALL, Shape.CROSS_OCTAGON),
    Verdict.HELD: (Tone.HELD, Shape.PAUSE_SQUARE),
    Verdict.UNDER_REVIEW: (Tone.HELD, Shape.PAUSE_SQUARE),
    Verdict.NOT_ACTIVATED: (Tone.UNKNOWN, Shape.PAUSE_SQUARE),
    Verdict.EXPIRED: (Tone.EXPIRED, Shape.EXCLAMATION_CIRCLE),
    Verdict.VOID: (Tone.COPY, Shape.EXCLAMATION_TRIANGLE),
    Verdict.COPIED: (Tone.EXPIRED, Shape.EXCLAMATION_TRIANGLE),
    Verdict.COPY_SUSPECTED: (Tone.COPY, Shape.EXCLAMATION_TRIANGLE),
    # Nearly always the buyer at home reads it: a note, not an alarm.
    Verdict.SOLD: (Tone.NOTE, Shape.I_CIRCLE),
    Verdict.BEST_BEFORE_PASSED: (Tone.COPY, Shape.EXCLAMATION_CIRCLE),
    Verdict.NO_WARNING: (Tone.OK, Shape.TICK_CIRCLE),
    Verdict.NO_WARNING_UNCONFIRMED: (Tone.NOTE, Shape.I_CIRCLE),
}

# The date of the compare card, by ``expiry_kind`` and, where there is none, by ``date_kind`` of the batch.
DATE_LABELS: Final[Mapping[str, Any]] = {
    "use_by": _l("Use by"),
    "best_before": _l("Best before"),
    "harvest": _l("Harvested on"),
    "production": _l("Made on"),
}


def verdict_band(
    decision: Decision,
    facts: Facts,
    *,
    code: str,
    telephone: str | None,
    language: str,
    other_language: str,
    hidden_code_url: str | None = None,
    report_url: str = REPORT_ANCHOR,
) -> VerdictBand:
    """The verdict in words, in ``language``, with the title in ``other_language`` beside it.

    ``code`` is as printed, or as typed where it is malformed. Without a ``telephone`` nobody is told to call.
    ``report_url`` is where a problem is reported. Needs an application context (the catalogues).
    """
    with force_locale(other_language):
        subtitle_there = _subtitle(decision.verdict, facts)
        title_there = _title(decision, facts)
    with force_locale(language):
        tone, shape = _look(decision)
        caution, caution_link = _caution(
            decision.verdict,
            has_date=bool(facts.use_by_on or facts.best_before_on),
            hold=decision.hold,
            report_url=report_url,
        )
        return VerdictBand(
            verdict=decision.verdict,
            tone=tone,
            shape=shape,
            title=_title(decision, facts),
            subtitle=_subtitle(decision.verdict, facts),
            title_other_language=f"{title_there}. {subtitle_there}" if subtitle_there else title_there,
            sentence=sentence(decision, facts, code),
            second_lines=second_lines(decision, facts),
            withdrawal=taken_back(decision),
            steps=_steps(decision, facts, telephone),
            caution=caution,
            caution_link=caution_link,
            button=_button(decision.verdict, telephone, hidden_code_url, report_url),
            retype=code if decision.verdict in (Verdict.MALFORMED, Verdict.UNKNOWN) else None,
        )


def who_vouches(
    *, declared_items: int, confirmed_stages: int, checked_papers: int, inspected_on: date | None = None
) -> str:
    """The one line that says who stands behind the page; parties with nothing to say are left out."""
    parts = [
        ngettext("producer %(num)d item", "producer %(num)d items", declared_items),
        ngettext(
            "both sides confirmed %(num)d stage", "both sides confirmed %(num)d stages", confirmed_stages
        )
        if confirmed_stages
        else "",
        ngettext("authority checked %(num)d paper", "authority checked %(num)d papers", checked_papers)
        if checked_papers
        else "",
        _("authority inspected it on %(date)s", date=day(inspected_on)) if inspected_on else "",
    ]
    return _("Who says so: %(parts)s", parts=" · ".join(part for part in parts if part))


def _is_about_health(recall: RecallFacts | None) -> bool:
    return recall is not None and recall.recall_class is RecallClass.HEALTH


def _look(decision: Decision) -> tuple[Tone, Shape]:
    tone, shape = LOOKS[decision.verdict]
    # Red is kept for health: a wrong date on a label must not look like poison.
    if tone is Tone.RECALL and not _is_about_health(decision.recall):
        tone = Tone.EXPIRED
    return tone, shape


def _title(decision: Decision, facts: Facts) -> str:
    if decision.verdict is not Verdict.RECALLED or decision.recall is None:
        return str(TITLES[decision.verdict])
    return str(title_in_force(decision.recall.recall_class, is_food=facts.is_food))


def _subtitle(verdict: Verdict, facts: Facts) -> str | None:
    if verdict is not Verdict.NO_WARNING_UNCONFIRMED:
        return None
    return ngettext(
        "One handover not confirmed yet",
        "%(num)d handovers not confirmed yet",
        facts.unconfirmed_handovers,
    )


def _steps(decision: Decision, facts: Facts, telephone: str | None) -> tuple[str, ...]:
    if decision.verdict is Verdict.UNKNOWN:
        return (
            _("a label of another service,"),
            _("a misprint,"),
            _("printed by someone not registered here."),
        )
    if decision.verdict not in (Verdict.RECALLED, Verdict.RECALL_ENDED) or decision.recall is None:
        return ()
    first = str(first_step(decision.recall.recall_class, is_food=facts.is_food))
    if telephone is None:
        return (first, _("Keep the packaging."), _("Take it back to the shop."))
    return (
        first,
        _("Keep the packaging."),
        # No-break spaces: a number cut in two lines is misdialled.
        _("Take it back to the shop, or call %(telephone)s.", telephone=telephone.replace(" ", "\u00a0")),
    )


def _caution(
    verdict: Verdict, *, has_date: bool, hold: HoldFacts | None, report_url: str
) -> tuple[str | None, Link | None]:
    report = Link(label=_("Tap Report."), href=report_url)
    match verdict:
        case Verdict.NO_WARNING:
            if has_date:
                return _("Name, lot or date different on the pack?"), report
            return _("Name or lot different on the pack?"), report
        case Verdict.RECALLED | Verdict.RECALL_ENDED:
            return _("Only the lot number shown here is recalled."), None
        case Verdict.UNKNOWN:
            return _("This page concludes nothing about the pack in your hand."), None
        case Verdict.EXPIRED | Verdict.BEST_BEFORE_PASSED:
            return _("A different date on the pack?"), report
        case Verdict.NO_WARNING_UNCONFIRMED:
            return _("Usually someone recorded late. It says nothing about quality."), None
        case Verdict.HELD if hold is not None:
            return _(
                "Paused since %(since)s. Only the lot number shown here is concerned.",
                since=moment(hold.started_at),
            ), None
        case Verdict.HELD | Verdict.UNDER_REVIEW:
            return _("Only the lot number shown here is concerned."), None
        case Verdict.COPY_SUSPECTED:
            return _("Nothing has been concluded about the pack in your hand."), None
        case Verdict.VOID | Verdict.COPIED | Verdict.SOLD:
            return _("This page concludes nothing about the pack in your hand."), None
        case Verdict.MALFORMED | Verdict.NOT_ACTIVATED:
            return None, None


def _button(
    verdict: Verdict, telephone: str | None, hidden_code_url: str | None, report_url: str
) -> Link | None:
    match verdict:
        case Verdict.COPY_SUSPECTED if hidden_code_url is not None:
            return Link(label=_("Scratch and check"), href=hidden_code_url)
        case Verdict.COPIED | Verdict.COPY_SUSPECTED:
            return Link(label=_("Report"), href=report_url)
        case Verdict.MALFORMED | Verdict.UNKNOWN:
            return None  # the button of the field is the one button
        case Verdict.RECALLED | Verdict.RECALL_ENDED:
            if telephone is None:
                return Link(label=_("See its journey"), href=JOURNEY_ANCHOR)
            return Link(label=_("Call the support line"), href=telephone_href(telephone))
        case Verdict.HELD | Verdict.UNDER_REVIEW if telephone is not None:
            return Link(label=_("Call the support line"), href=telephone_href(telephone))
        case Verdict.NOT_ACTIVATED | Verdict.EXPIRED | Verdict.VOID | Verdict.SOLD:
            return Link(label=_("Report"), href=report_url)
        case Verdict.NO_WARNING_UNCONFIRMED:
            return Link(label=_("See the missing step"), href=MISSING_ANCHOR)
        case Verdict.HELD | Verdict.UNDER_REVIEW | Verdict.BEST_BEFORE_PASSED | Verdict.NO_WARNING:
            return Link(label=_("See its journey"), href=JOURNEY_ANCHOR)
