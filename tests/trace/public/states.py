"""Every state a code can be in, as a full page: what the tests of words, bytes and looks share."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, render_template
from flask_babel import Babel, force_locale

from trace.batches.texts import ITEM_LABELS
from trace.copies.rules import CopyFacts
from trace.copies.rules import Decision as CopyDecision
from trace.core.clock import HANOI
from trace.core.language import Tongue
from trace.public import texts, wording
from trace.public.pages import (
    CertificateLine,
    CodePage,
    CompareCard,
    HomePage,
    Item,
    JourneyStep,
    OcopLine,
    PublicFrame,
    Vouch,
)
from trace.public.told import given
from trace.recalls.hold_rules import HoldFacts, HoldReason, ReleaseReason
from trace.recalls.rules import (
    REASONS_OF,
    RecallClass,
    RecallFacts,
    RecallReason,
    WithdrawalReason,
)
from trace.scans.clones import Finding, Reason
from trace.verdict.rules import CodeState, Facts, decide

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 21)
YESTERDAY = TODAY - timedelta(days=1)
TELEPHONE = "0900 000 000"
SAYER = "HTX rau Ví Dụ"

RECALL = RecallFacts(
    recall_class=RecallClass.HEALTH,
    reason=RecallReason.PESTICIDE_RESIDUE,
    started_at=datetime(2026, 11, 21, 16, 40, tzinfo=HANOI),
    decision_number="123/QĐ-XYZ",
    decided_on=TODAY,
)
HOLD = HoldFacts(reason=HoldReason.TEST_RESULT, started_at=datetime(2026, 11, 21, 9, 5, tzinfo=HANOI))
RELEASED = replace(HOLD, released_on=TODAY, release_reason=ReleaseReason.TEST_PASSED)
PLAIN = Facts(today=TODAY, use_by_on=date(2026, 11, 24), producer_name="HTX rau Ví Dụ")
SOLD_AT = datetime(2026, 11, 21, 8, 15, tzinfo=HANOI)
PLACES = Finding(reason=Reason.MANY_PLACES, places=5, within=timedelta(days=2))
TRAVEL = Finding(reason=Reason.IMPOSSIBLE_TRAVEL, kilometres=1144, within=timedelta(minutes=40))
COPIED = CopyFacts(
    decision=CopyDecision.CONFIRMED_COPY, decided_at=SOLD_AT, authority="Chi cục Ví Dụ", finding=PLACES
)
SUSPECTED = replace(COPIED, decision=CopyDecision.NEEDS_CHECK)
CRAFT = replace(PLAIN, use_by_on=None, is_food=False)
VOLUNTARY = replace(RECALL, decision_number=None, decided_on=None)

STATES: dict[str, Facts] = {
    "malformed": replace(PLAIN, code_state=CodeState.MALFORMED),
    "unknown": replace(PLAIN, code_state=CodeState.UNKNOWN),
    "not_activated": replace(PLAIN, is_activated=False),
    "not_activated_nameless": replace(PLAIN, is_activated=False, producer_name=None),
    "void": replace(PLAIN, voided_on=YESTERDAY),
    "void_never_used": replace(PLAIN, voided_on=YESTERDAY, is_activated=False),
    "expired_and_void": replace(PLAIN, voided_on=YESTERDAY, use_by_on=YESTERDAY),
    "sold": replace(PLAIN, sold_at=SOLD_AT),
    "sold_and_best_before_passed": replace(PLAIN, use_by_on=None, best_before_on=YESTERDAY, sold_at=SOLD_AT),
    "expired_and_sold": replace(PLAIN, use_by_on=YESTERDAY, sold_at=SOLD_AT),
    "recalled_and_sold": replace(PLAIN, recalls=(RECALL,), sold_at=SOLD_AT),
    "copied": replace(PLAIN, copy=COPIED),
    "copied_by_its_producer": replace(PLAIN, copy=replace(COPIED, authority=None)),
    "copied_and_sold": replace(PLAIN, copy=COPIED, sold_at=SOLD_AT),
    "recalled_and_copied": replace(PLAIN, recalls=(RECALL,), copy=COPIED),
    "not_activated_and_copied": replace(PLAIN, is_activated=False, copy=COPIED),
    "copy_suspected": replace(PLAIN, copy=SUSPECTED),
    "copy_suspected_within_hours": replace(
        PLAIN, copy=replace(SUSPECTED, finding=replace(PLACES, within=timedelta(hours=30)))
    ),
    "copy_suspected_by_travel": replace(PLAIN, copy=replace(SUSPECTED, finding=TRAVEL)),
    "copy_suspected_after_sale": replace(
        PLAIN, copy=replace(SUSPECTED, finding=Finding(reason=Reason.AFTER_SALE, places=4)), sold_at=SOLD_AT
    ),
    "copy_suspected_without_figures": replace(PLAIN, copy=replace(SUSPECTED, finding=None)),
    "expired_and_copy_suspected": replace(PLAIN, copy=SUSPECTED, use_by_on=YESTERDAY),
    "expired": replace(PLAIN, use_by_on=YESTERDAY),
    "expired_long_ago": replace(PLAIN, use_by_on=TODAY - timedelta(days=40)),
    "expired_not_food": replace(CRAFT, use_by_on=YESTERDAY),
    "best_before_passed": replace(PLAIN, use_by_on=None, best_before_on=YESTERDAY),
    "held": replace(PLAIN, holds=(HOLD,)),
    "held_for_papers_and_expired": replace(
        PLAIN, holds=(replace(HOLD, reason=HoldReason.PAPERS),), use_by_on=YESTERDAY
    ),
    "recalled_and_held": replace(PLAIN, recalls=(RECALL,), holds=(HOLD,)),
    "under_review": replace(PLAIN, is_under_review=True),
    "released": replace(PLAIN, holds=(RELEASED,)),
    "best_before": replace(PLAIN, use_by_on=None, best_before_on=TODAY),
    "no_warning": PLAIN,
    "no_warning_not_food": CRAFT,
    "unconfirmed": replace(PLAIN, unconfirmed_handovers=1, oldest_unconfirmed_on=YESTERDAY),
    "unconfirmed_three": replace(PLAIN, unconfirmed_handovers=3, oldest_unconfirmed_on=YESTERDAY),
    "recalled_expired": replace(PLAIN, recalls=(RECALL,), use_by_on=YESTERDAY),
    "recalled_best_before": replace(PLAIN, recalls=(RECALL,), use_by_on=None, best_before_on=YESTERDAY),
    "recalled_not_activated": replace(PLAIN, recalls=(RECALL,), is_activated=False),
    "recalled_not_food": replace(CRAFT, recalls=(RECALL,)),
    "recalled_voluntarily": replace(PLAIN, recalls=(VOLUNTARY,)),
    "recall_ended": replace(PLAIN, recalls=(replace(RECALL, ended_on=TODAY),)),
    "recall_ended_voluntary": replace(PLAIN, recalls=(replace(VOLUNTARY, ended_on=TODAY),)),
}
for recall_class, reasons in REASONS_OF.items():
    for reason in reasons:
        STATES[f"recalled_{reason}"] = replace(
            PLAIN, recalls=(replace(RECALL, recall_class=recall_class, reason=reason),)
        )
for why in WithdrawalReason:
    STATES[f"withdrawn_{why}"] = replace(
        PLAIN, recalls=(replace(RECALL, withdrawn_on=TODAY, withdrawal_reason=why),)
    )


def small_app(translations: Path) -> Flask:
    """The templates and the catalogue as they stand, without database and sign-in."""
    catalogue = translations / "vi" / "LC_MESSAGES" / "messages.mo"
    catalogue.parent.mkdir(parents=True)
    with (ROOT / "translations/vi/public.po").open("rb") as source, catalogue.open("wb") as target:
        write_mo(target, read_po(source, locale="vi"))
    app = Flask("small", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(BABEL_TRANSLATION_DIRECTORIES=str(translations))
    # As the real application sets them: white space is part of what is tested.
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app, default_locale="vi")
    return app


def inline_css() -> str:
    return "".join((ROOT / "static/css" / name).read_text("utf-8") for name in ("tokens.css", "public.css"))


def frame(language: str, telephone: str | None = TELEPHONE) -> PublicFrame:
    return PublicFrame(
        language=language,
        tongues=(
            Tongue("en", "English", "/en/T/7K3QX9ZPAB")
            if language == "vi"
            else Tongue("vi", "Tiếng Việt", "/T/7K3QX9ZPAB"),
        ),
        origin="https://nguongoc.example",
        path="/T/7K3QX9ZPAB" if language == "vi" else "/en/T/7K3QX9ZPAB",
        home_url="/",
        recalls_url="/thu-hoi",
        lookup_url="/lookup",
        operator_name="Chi cục Ví Dụ",
        operator_telephone=telephone,
        site="nguongoc.example",
    )


def code_page(facts: Facts, language: str = "vi", telephone: str | None = TELEPHONE) -> CodePage:
    """A page with everything on it, as far as the state lets anything be shown. Needs an application context."""
    surround = frame(language, telephone)
    band = texts.verdict_band(
        decide(facts),
        facts,
        code="7K3Q-X9ZP-AB",
        telephone=telephone,
        language=language,
        other_language=surround.other_language,
        report_url="/report",
    )
    page = CodePage(
        frame=surround,
        band=band,
        code="7K3Q-X9ZP-AB",
        looked_up_at=datetime(2026, 11, 21, 14, 32, tzinfo=HANOI),
        report_url="/report",
    )
    if facts.code_state is not CodeState.KNOWN or not facts.is_activated:
        return page
    lasts_until = facts.use_by_on or facts.best_before_on
    return replace(
        page,
        compare=CompareCard(
            product_name="Rau cải ngọt" if facts.is_food else "Giỏ tre",
            net_quantity="500 g",
            lot_number="2111-A",
            producer_name="HTX rau Ví Dụ",
            commune="xã Ví Dụ",
            date_label=str(texts.DATE_LABELS["use_by"]) if lasts_until else None,
            date_on=lasts_until,
        ),
        who_vouches=texts.who_vouches(declared_items=6, confirmed_stages=2, checked_papers=1),
        ocop=OcopLine(
            stars=4,
            decision_number="858/QĐ-UBND",
            decided_on=date(2025, 3, 1),
            expires_on=date(2028, 3, 1),
            issuer="UBND thành phố",
            vouch=Vouch.CHECKED,
            who_says=given("Chi cục Ví Dụ"),
        ),
        journey=tuple(
            JourneyStep(
                title=title,
                place=given("Xã Ví Dụ"),
                happened_on=YESTERDAY,
                is_missing=missing,
                who_says=given(SAYER),
                vouch=Vouch.DECLARED,
            )
            for title, missing in (
                (wording.origin_title("harvest"), False),
                (wording.sale_title(), False),
                (wording.sale_title(), True),
            )
        ),
        items=tuple(
            Item(
                number=number,
                label=str(label),
                lines=() if number == 8 else ("…",),
                who_says=given(SAYER),
                vouch=Vouch.DECLARED,
            )
            for number, label in ITEM_LABELS.items()
        ),
        certificates=(
            CertificateLine(
                name="OCOP",
                number="858/QĐ-UBND",
                issuer="UBND",
                decided_on=date(2025, 3, 1),
                state="",
                is_lapsed=False,
                who_says=given(SAYER),
                vouch=Vouch.DECLARED,
            ),
        ),
        producer_words="Hái lúc 3 giờ sáng.",
        receive_url="/receive",
    )


def rendered(app: Flask, facts: Facts, language: str = "vi", telephone: str | None = TELEPHONE) -> str:
    """The whole page as a phone gets it."""
    with app.test_request_context("/"), force_locale(language):
        page = code_page(facts, language, telephone)
        return render_template("public/show_code.html", page=page, public_css=inline_css())


def rendered_home(app: Flask, language: str) -> str:
    with app.test_request_context("/"), force_locale(language):
        page = HomePage(
            frame=frame(language),
            scan_url="/scan",
            feed_url="/thu-hoi.atom",
            sign_in_url="/in",
            sign_up_url="/up",
        )
        return render_template("public/home.html", page=page, public_css=inline_css())
