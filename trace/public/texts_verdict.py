"""What the verdict page says of a lot in whole sentences: what is so, what else is so, what is over.

Titles, looks, steps and buttons are in ``texts``. Every function needs the locale already forced.
"""

from trace.copies.rules import CopyFacts
from trace.copies.rules import Decision as CopyDecision
from trace.public.speech import _, day, moment
from trace.public.told import Told, given, told, words
from trace.recalls.hold_rules import HoldFacts, ReleaseReason
from trace.recalls.hold_texts import AWAITED, RELEASES
from trace.recalls.rules import RecallFacts, WithdrawalReason
from trace.recalls.texts import REASONS, WITHDRAWALS
from trace.scans.clones import Finding, Reason
from trace.verdict.rules import Decision, Facts, Verdict


def sentence(decision: Decision, facts: Facts, code: str) -> str:
    """What is so, in one or two sentences; ``code`` is as printed or typed."""
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
        case Verdict.COPIED | Verdict.COPY_SUSPECTED:
            return _copy_sentence(facts.copy)
        case Verdict.NOT_ACTIVATED | Verdict.VOID | Verdict.SOLD:
            return _label_sentence(decision.verdict, facts)
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
    itself = _recall_itself(recall)
    if recall.through_lot is None:
        return itself
    return told(
        _("%(recall)s The goods of this lot are of lot %(lot)s."),
        recall=itself,
        lot=words(recall.through_lot),
    )


def _recall_itself(recall: RecallFacts) -> Told:
    values = {
        "reason": words(str(REASONS[recall.reason])),
        "since": words(moment(recall.started_at)),
        "decision": given(recall.decision_number or ""),
    }
    if recall.ended_on is not None:
        values |= {"since": words(day(recall.started_at.date())), "ended": words(day(recall.ended_on))}
        if recall.is_voluntary:
            return told(_("%(reason)s The producer recalled it from %(since)s to %(ended)s."), **values)
        return told(_("%(reason)s Recalled from %(since)s to %(ended)s, decision %(decision)s."), **values)
    if recall.is_voluntary:
        return told(_("%(reason)s Recalled by the producer since %(since)s."), **values)
    return told(_("%(reason)s Recalled since %(since)s, decision %(decision)s."), **values)


def _held_sentence(hold: HoldFacts | None) -> str:
    if hold is None:
        raise ValueError("a verdict of a paused sale without its pause")
    return _(
        "%(awaited)s Nothing has been decided. Already bought: keep it apart and do not use it for now.",
        awaited=str(AWAITED[hold.reason]),
    )


def _label_sentence(verdict: Verdict, facts: Facts) -> str:
    """What is so of the label itself, whatever its lot says."""
    if verdict is Verdict.NOT_ACTIVATED:
        return _not_activated_sentence(facts)
    return _void_sentence(facts) if verdict is Verdict.VOID else _sold_sentence(facts)


def _not_activated_sentence(facts: Facts) -> str:
    if facts.producer_name is None:
        return _("It stands for no lot yet. If it is on goods being sold, tap Report.")
    return told(
        _("A label of %(producer)s that stands for no lot yet. If it is on goods being sold, tap Report."),
        producer=facts.producer_name,
    )


def _void_sentence(facts: Facts) -> str:
    """A label that was voided, whether it ever stood for a lot or not; who may have stuck it on is not said."""
    return told(
        _(
            "%(producer)s took this label out of use on %(date)s. It should be on no goods. If it is on goods being"
            " sold, tap Report."
        ),
        producer=facts.producer_name or "",
        date=words(day(facts.voided_on or facts.today)),
    )


def _sold_sentence(facts: Facts) -> str:
    """One item, sold once: read by its buyer that is nothing unusual, beside goods on a shelf it is."""
    if facts.sold_at is None:
        raise ValueError("a verdict of an item that was sold without its moment")
    return _(
        "Noted as sold at %(sold)s. Bought then: nothing unusual. Still on sale: somebody scanned the wrong one, or the"
        " label was copied. Tap Report.",
        sold=moment(facts.sold_at),
    )


def _copy_sentence(copy: CopyFacts | None) -> str:
    """What somebody answerable decided, and the figures it rests on; never that goods are not what they seem."""
    if copy is None:
        raise ValueError("a verdict of a copy without its decision")
    if copy.decision is CopyDecision.CONFIRMED_COPY:
        if copy.authority is None:
            return _(
                "The producer found at %(decided)s that this label was copied: its code is on more than one pack.",
                decided=moment(copy.decided_at),
            )
        return told(
            _(
                "%(authority)s found at %(decided)s that this label was copied: its code is on more than one pack."
            ),
            authority=copy.authority,
            decided=words(moment(copy.decided_at)),
        )
    return _suspected_sentence(copy.finding)


def _suspected_sentence(finding: Finding | None) -> str:
    if finding is None:
        return _(
            "This code belongs on one pack only. The label may have been copied; somebody is looking into it."
        )
    hours = round(finding.within.total_seconds() / 3600)
    match finding.reason:
        case Reason.MANY_PLACES if hours % 24:
            return _(
                "This code belongs on one pack only, but was scanned in %(places)d communes within %(hours)d hours."
                " The label may have been copied.",
                places=finding.places,
                hours=hours,
            )
        case Reason.MANY_PLACES:
            return _(
                "This code belongs on one pack only, but was scanned in %(places)d communes within %(days)d days."
                " The label may have been copied.",
                places=finding.places,
                days=hours // 24,
            )
        case Reason.IMPOSSIBLE_TRAVEL:
            return _(
                "This code belongs on one pack only, but was scanned twice within %(minutes)d minutes,"
                " %(kilometres)d km apart. The label may have been copied.",
                minutes=max(1, int(finding.within.total_seconds() // 60)),
                kilometres=finding.kilometres,
            )
        case _:
            return _(
                "This code belongs on one pack only, but after its sale was scanned in %(places)d communes."
                " The label may have been copied.",
                places=finding.places,
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


def second_lines(decision: Decision, facts: Facts) -> tuple[str, ...]:
    """What is so beside the verdict, a sentence each."""
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
        elif verdict is Verdict.VOID:
            lines.append(_("Also: the producer voided this label."))
        elif verdict is Verdict.COPIED:
            lines.append(_("Also: this label was found to be copied."))
        elif verdict is Verdict.COPY_SUSPECTED:
            lines.append(_("Also: this label needs a check, it may have been copied."))
        elif verdict is Verdict.SOLD and facts.sold_at is not None:
            lines.append(_("Also: this item was noted as sold at %(sold)s.", sold=moment(facts.sold_at)))
        elif verdict is Verdict.NOT_ACTIVATED:
            lines.append(_("Also: the label is not in use yet."))
    return tuple(lines)


def taken_back(decision: Decision) -> str | None:
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
