"""The words of the verdict page: one table per verdict, recall class and reason, in both languages at once.

Only wording lives here; what is true is decided in ``trace.verdict.rules``. No sentence speaks of safety or
genuineness: the page speaks of the record of this lot at this minute (a test greps every rendered state).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import flask_babel
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from trace.public.pages import Link, Shape, Tone, VerdictBand, telephone_href
from trace.recalls.hold_rules import HoldFacts, ReleaseReason
from trace.recalls.hold_texts import AWAITED, RELEASES
from trace.recalls.rules import RecallClass, RecallFacts, WithdrawalReason
from trace.recalls.texts import REASONS, WITHDRAWALS, first_step, title_in_force
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


def verdict_band(
    decision: Decision, facts: Facts, *, code: str, telephone: str | None, language: str, other_language: str
) -> VerdictBand:
    """The verdict in words, in ``language``, with the title in ``other_language`` beside it.

    ``code`` is as printed, or as typed where it is malformed. Without a ``telephone`` nobody is told to call.
    Needs an application context (the catalogues).
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
        )
        return VerdictBand(
            verdict=decision.verdict,
            tone=tone,
            shape=shape,
            title=_title(decision, facts),
            subtitle=_subtitle(decision.verdict, facts),
            title_other_language=f"{title_there}. {subtitle_there}" if subtitle_there else title_there,
            sentence=_sentence(decision, facts, code),
            second_lines=_second_lines(decision, facts),
            withdrawal=_taken_back(decision),
            steps=_steps(decision, facts, telephone),
            caution=caution,
            caution_link=caution_link,
            button=_button(decision.verdict, telephone),
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


def _sentence(decision: Decision, facts: Facts, code: str) -> str:
    match decision.verdict:
        case Verdict.MALFORMED:
            return _(
                "One character is wrong. The code under the QR has 10 or 13 characters and never the letters"
                " I, L, O or the digits 0 and 1."
            )
        case Verdict.UNKNOWN:
            return _("Code %(code)s was not issued by this service. It may be:", code=code)
        case Verdict.RECALLED | Verdict.RECALL_ENDED:
            return _recall_sentence(decision.recall)
        case Verdict.HELD:
            return _held_sentence(decision.hold)
        case Verdict.UNDER_REVIEW:
            return _(
                "It was made from goods of a recalled lot. Nothing has been decided. Already bought: keep it apart"
                " and do not use it for now."
            )
        case Verdict.NOT_ACTIVATED:
            return _not_activated_sentence(facts)
        case Verdict.EXPIRED:
            return _expired_sentence(facts)
        case Verdict.BEST_BEFORE_PASSED:
            return _(
                "The best-before date of this lot was %(date)s. It may still be good to use; quality may be lower.",
                date=day(facts.best_before_on or facts.today),
            )
        case Verdict.NO_WARNING_UNCONFIRMED:
            return _unconfirmed_sentence(facts)
        case Verdict.NO_WARNING:
            return _no_warning_sentence(facts)


def _recall_sentence(recall: RecallFacts | None) -> str:
    if recall is None:
        raise ValueError("a recall verdict without its recall")
    told = _recall_itself(recall)
    if recall.through_lot is None:
        return told
    return _("%(recall)s The goods of this lot are of lot %(lot)s.", recall=told, lot=recall.through_lot)


def _recall_itself(recall: RecallFacts) -> str:
    values = {
        "reason": str(REASONS[recall.reason]),
        "since": moment(recall.started_at),
        "decision": recall.decision_number or "",
    }
    if recall.ended_on is not None:
        values |= {"since": day(recall.started_at.date()), "ended": day(recall.ended_on)}
        if recall.is_voluntary:
            return _("%(reason)s The producer recalled it from %(since)s to %(ended)s.", **values)
        return _("%(reason)s Recalled from %(since)s to %(ended)s, decision %(decision)s.", **values)
    if recall.is_voluntary:
        return _("%(reason)s Recalled by the producer since %(since)s.", **values)
    return _("%(reason)s Recalled since %(since)s, decision %(decision)s.", **values)


def _held_sentence(hold: HoldFacts | None) -> str:
    if hold is None:
        raise ValueError("a verdict of a paused sale without its pause")
    return _(
        "%(awaited)s Nothing has been decided. Already bought: keep it apart and do not use it for now.",
        awaited=str(AWAITED[hold.reason]),
    )


def _not_activated_sentence(facts: Facts) -> str:
    if facts.producer_name is None:
        return _("It stands for no lot yet. If it is on goods being sold, tap Report.")
    return _(
        "A label of %(producer)s that stands for no lot yet. If it is on goods being sold, tap Report.",
        producer=facts.producer_name,
    )


def _expired_sentence(facts: Facts) -> str:
    ended_on = facts.use_by_on or facts.today
    days = (facts.today - ended_on).days
    ago = _("yesterday") if days == 1 else _("%(days)d days ago", days=days)
    if facts.is_food:
        return _(
            "The use-by date of this lot was %(date)s (%(ago)s). Do not buy or eat it.",
            date=day(ended_on),
            ago=ago,
        )
    return _(
        "The use-by date of this lot was %(date)s (%(ago)s). Do not buy or use it.",
        date=day(ended_on),
        ago=ago,
    )


def _unconfirmed_sentence(facts: Facts) -> str:
    handed_over_on = facts.oldest_unconfirmed_on or facts.today
    if facts.unconfirmed_handovers == 1:
        return _(
            "The producer is known. The handover of %(date)s has not been confirmed by the receiver.",
            date=f"{handed_over_on:%d/%m}",
        )
    return _(
        "The producer is known. %(count)d handovers, the first of %(date)s, have not been confirmed by their"
        " receivers.",
        count=facts.unconfirmed_handovers,
        date=f"{handed_over_on:%d/%m}",
    )


def _no_warning_sentence(facts: Facts) -> str:
    if facts.is_from_outside:
        return _outside_sentence(facts)
    if facts.use_by_on is not None:
        return _(
            "This lot's origin is on record. It is not recalled and is in date until the end of %(date)s.",
            date=day(facts.use_by_on),
        )
    if facts.best_before_on is not None:
        return _(
            "This lot's origin is on record. It is not recalled and is best before the end of %(date)s.",
            date=day(facts.best_before_on),
        )
    return _("This lot's origin is on record. It is not recalled.")


def _outside_sentence(facts: Facts) -> str:
    """Goods from outside have no origin on record: only a statement of who took them in."""
    if facts.use_by_on is not None:
        return _(
            "Only who took these goods in has said where they come from. They are not recalled and are in date until"
            " the end of %(date)s.",
            date=day(facts.use_by_on),
        )
    return _("Only who took these goods in has said where they come from. They are not recalled.")


def _second_lines(decision: Decision, facts: Facts) -> tuple[str, ...]:
    lines = []
    for verdict in decision.also:
        if verdict is Verdict.HELD and decision.hold is not None:
            lines.append(_("Also: the sale is paused, nothing has been decided."))
        elif verdict is Verdict.UNDER_REVIEW:
            lines.append(_("Also: under review, made from goods of a recalled lot."))
        elif verdict is Verdict.EXPIRED and facts.use_by_on is not None:
            lines.append(_("Also: past its use-by date, %(date)s.", date=day(facts.use_by_on)))
        elif verdict is Verdict.BEST_BEFORE_PASSED and facts.best_before_on is not None:
            lines.append(_("Also: past its best-before date, %(date)s.", date=day(facts.best_before_on)))
        elif verdict is Verdict.NOT_ACTIVATED:
            lines.append(_("Also: the label is not in use yet."))
    return tuple(lines)


def _taken_back(decision: Decision) -> str | None:
    """What was announced and is over without a finding against the lot."""
    told = [line for line in (_withdrawal(decision.withdrawn), _release(decision.released)) if line]
    return " ".join(told) or None


def _release(hold: HoldFacts | None) -> str | None:
    if hold is None or hold.released_on is None:
        return None
    why = RELEASES[hold.release_reason or ReleaseReason.CHECKED]
    return _(
        "Its sale was paused on %(paused)s. It may be sold again since %(released)s: %(why)s.",
        paused=day(hold.started_at.date()),
        released=day(hold.released_on),
        why=str(why),
    )


def _withdrawal(recall: RecallFacts | None) -> str | None:
    if recall is None or recall.withdrawn_on is None:
        return None
    why = WITHDRAWALS[recall.withdrawal_reason or WithdrawalReason.ENTERED_BY_MISTAKE]
    return _(
        "A recall announced on %(announced)s was withdrawn on %(withdrawn)s: %(why)s.",
        announced=day(recall.started_at.date()),
        withdrawn=day(recall.withdrawn_on),
        why=str(why),
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


def _caution(verdict: Verdict, *, has_date: bool, hold: HoldFacts | None) -> tuple[str | None, Link | None]:
    report = Link(label=_("Tap Report."), href=REPORT_ANCHOR)
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
        case Verdict.MALFORMED | Verdict.NOT_ACTIVATED:
            return None, None


def _button(verdict: Verdict, telephone: str | None) -> Link | None:
    match verdict:
        case Verdict.MALFORMED | Verdict.UNKNOWN:
            return None  # the button of the field is the one button
        case Verdict.RECALLED | Verdict.RECALL_ENDED:
            if telephone is None:
                return Link(label=_("See its journey"), href=JOURNEY_ANCHOR)
            return Link(label=_("Call the support line"), href=telephone_href(telephone))
        case Verdict.HELD | Verdict.UNDER_REVIEW if telephone is not None:
            return Link(label=_("Call the support line"), href=telephone_href(telephone))
        case Verdict.NOT_ACTIVATED | Verdict.EXPIRED:
            return Link(label=_("Report"), href=REPORT_ANCHOR)
        case Verdict.NO_WARNING_UNCONFIRMED:
            return Link(label=_("See the missing step"), href=MISSING_ANCHOR)
        case Verdict.HELD | Verdict.UNDER_REVIEW | Verdict.BEST_BEFORE_PASSED | Verdict.NO_WARNING:
            return Link(label=_("See its journey"), href=JOURNEY_ANCHOR)
