"""Public look-up for programs: exactly what the page of a code shows, built by the same builder."""

from typing import Any

import marshmallow as ma

from trace.core.api import Answer, ApiBlueprint
from trace.core.errors import BadInput, NotFound
from trace.core.http import Audience, audience, db
from trace.public import guessing
from trace.public.api_growing import VOUCHES, DiaryAnswer, OfficialCheckAnswer, TestReportAnswer
from trace.public.pages import CodePage
from trace.verdict.rules import Verdict

blueprint = ApiBlueprint("codes", __name__, description="What may be said of a code now; no key needed.")

VERDICTS = [str(verdict) for verdict in Verdict if verdict not in (Verdict.MALFORMED, Verdict.UNKNOWN)]


class CodeMalformed(BadInput):
    """What was asked for cannot be a code: a character is wrong."""

    code = "code-malformed"
    http_status = 400


class CodeUnknown(NotFound):
    """The code was not issued by this service."""

    code = "code-unknown"


class TitleAnswer(Answer):
    """The verdict's title in both languages."""

    vi = ma.fields.String()
    en = ma.fields.String()


class CompareAnswer(Answer):
    """What to hold against the pack: as sealed when the batch was activated."""

    product_name = ma.fields.String()
    net_quantity = ma.fields.String()
    lot_number = ma.fields.String()
    producer_name = ma.fields.String()
    commune = ma.fields.String()
    date_label = ma.fields.String(allow_none=True)
    date_on = ma.fields.Date(allow_none=True)
    picture_url = ma.fields.String(allow_none=True)


class OcopAnswer(Answer):
    """The OCOP certificate in force."""

    stars = ma.fields.Integer()
    decision_number = ma.fields.String()
    decided_on = ma.fields.Date()
    expires_on = ma.fields.Date()
    issuer = ma.fields.String()
    vouch = ma.fields.String(metadata=VOUCHES)
    who_says = ma.fields.String()
    mark = ma.fields.String(allow_none=True, metadata={"description": "When it was removed, if it was."})


class ItemAnswer(Answer):
    """One of the ten items; ``lines`` is empty where an "if any" item was answered with none."""

    number = ma.fields.Integer(metadata={"minimum": 1, "maximum": 10})
    label = ma.fields.String()
    lines = ma.fields.List(ma.fields.String())
    vouch = ma.fields.String(metadata=VOUCHES)
    who_says = ma.fields.String()
    changed = ma.fields.String(allow_none=True)


class StepAnswer(Answer):
    """One stage of the journey; ``is_missing`` is a handover its receiver has not confirmed in time.

    ``days_since`` the stage before it; ``kilometres`` from the sender's commune, as the crow flies, null where either
    is not told; ``is_breach`` a temperature outside the limits.
    """

    title = ma.fields.String()
    place = ma.fields.String()
    happened_on = ma.fields.Date()
    vouch = ma.fields.String(metadata=VOUCHES)
    who_says = ma.fields.String()
    product_code = ma.fields.String(allow_none=True)
    place_code = ma.fields.String(allow_none=True)
    marks = ma.fields.List(ma.fields.String())
    note = ma.fields.String(allow_none=True)
    is_missing = ma.fields.Boolean()
    is_breach = ma.fields.Boolean()
    days_since = ma.fields.Integer()
    kilometres = ma.fields.Integer(allow_none=True)


class PaperAnswer(Answer):
    """A certificate, lapsed ones too."""

    name = ma.fields.String()
    number = ma.fields.String()
    issuer = ma.fields.String()
    decided_on = ma.fields.Date()
    state = ma.fields.String()
    is_lapsed = ma.fields.Boolean()
    vouch = ma.fields.String(metadata=VOUCHES)
    who_says = ma.fields.String()
    mark = ma.fields.String(
        allow_none=True,
        metadata={"description": "What happened after the lot was sealed: added later, removed."},
    )


class CodeAnswer(Answer):
    """What the page of a code shows. It speaks of the record at ``looked_up_at``, never of the pack in the hand.

    ``compare`` and what follows are empty for a label that is not in use yet.
    """

    code = ma.fields.String()
    verdict = ma.fields.String(metadata={"enum": VERDICTS})
    title = ma.fields.Nested(TitleAnswer)
    sentence = ma.fields.String()
    second_lines = ma.fields.List(ma.fields.String())
    withdrawal = ma.fields.String(allow_none=True)
    steps = ma.fields.List(ma.fields.String(), metadata={"description": "What to do now."})
    caution = ma.fields.String(allow_none=True)
    language = ma.fields.String(metadata={"enum": ["vi", "en"]})
    looked_up_at = ma.fields.AwareDateTime()
    is_demo = ma.fields.Boolean()
    compare = ma.fields.Nested(CompareAnswer, allow_none=True)
    who_vouches = ma.fields.String(allow_none=True)
    ocop = ma.fields.Nested(OcopAnswer, allow_none=True)
    items = ma.fields.List(ma.fields.Nested(ItemAnswer))
    journey = ma.fields.List(ma.fields.Nested(StepAnswer))
    certificates = ma.fields.List(ma.fields.Nested(PaperAnswer))
    test_results = ma.fields.List(ma.fields.Nested(TestReportAnswer))
    official_checks = ma.fields.List(ma.fields.Nested(OfficialCheckAnswer))
    diary = ma.fields.Nested(DiaryAnswer, allow_none=True)
    producer_words = ma.fields.String(allow_none=True)


@blueprint.route("/codes/<code>")
@audience(Audience.PUBLIC)
@blueprint.response(200, CodeAnswer, description="What may be said of the code now")
def show_code(code: str) -> dict[str, Any]:
    """Look up a code.

    A code with a slip is 400 `code-malformed`; one that was not issued here is 404 `code-unknown`, and 429
    `too-many-unknown-codes` for who asks for one after another.
    """
    page = guessing.code_page(db(), code)
    titles = _titles(page)
    if page.band.verdict is Verdict.MALFORMED:
        raise CodeMalformed(page.band.sentence, title_vi=titles.get("vi"), title_en=titles.get("en"))
    if page.band.verdict is Verdict.UNKNOWN:
        raise CodeUnknown(page.band.sentence, title_vi=titles.get("vi"), title_en=titles.get("en"))
    return _answer(page)


def _answer(page: CodePage) -> dict[str, Any]:
    band = page.band
    return {
        "code": page.code,
        "verdict": band.verdict,
        "title": _titles(page),
        "sentence": band.sentence,
        "second_lines": band.second_lines,
        "withdrawal": band.withdrawal,
        "steps": band.steps,
        "caution": band.caution,
        "language": page.language,
        "looked_up_at": page.looked_up_at,
        "is_demo": page.frame.is_demo,
        "compare": page.compare,
        "who_vouches": page.who_vouches,
        "ocop": page.ocop,
        "items": page.items,
        "journey": page.journey,
        "certificates": page.certificates,
        "test_results": page.test_results,
        "official_checks": page.official_checks,
        "diary": page.diary,
        "producer_words": page.producer_words,
    }


def _titles(page: CodePage) -> dict[str, str]:
    band, frame = page.band, page.frame
    here = f"{band.title}. {band.subtitle}" if band.subtitle else band.title
    return {frame.language: here, frame.other_language: band.title_other_language}
