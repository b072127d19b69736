"""The public list of recalls, built from rows: what is called back now, what was, and what was taken back lately.

A recall is told in the words of the verdict page and nothing else: product, lots, producer, commune, the reason by its
class, the decision, the days, what to do. Drills have no rows here, and nobody's free text or name is ever read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from trace.batches.models import Batch
from trace.core import clock
from trace.core.language import public_url
from trace.core.paging import Page
from trace.public import build, texts
from trace.public.pages import PublicFrame, Shape, Tone
from trace.public.speech import _
from trace.public.texts_verdict import taken_back
from trace.recalls.models import Recall
from trace.recalls.published import Standing, changed_at, list_published, list_recalled_lots
from trace.recalls.queries import facts_of
from trace.recalls.rules import RecallFacts
from trace.verdict.queries import is_food
from trace.verdict.rules import Decision, Facts, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalledLot:
    """One lot number a recall names, and the page of its code."""

    lot_number: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallEntry:
    """One recall in words. ``caution`` and ``steps`` are empty where nothing is recalled any more.

    ``standing`` is "current", "ended" or "withdrawn". The instants are aware; ``decided_on`` is None where the
    producer recalls of its own will.
    """

    id: UUID
    recall_class: str
    standing: str
    tone: Tone
    shape: Shape
    title: str
    product_name: str
    producer_name: str
    commune: str
    lots: Sequence[RecalledLot]
    sentence: str
    started_at: datetime
    changed_at: datetime
    decided_on: date | None = None
    steps: Sequence[str] = ()
    caution: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallListPage:
    """One page of the list. ``standings`` are the parts one may ask for: label, address, whether this is it."""

    frame: PublicFrame
    entries: Sequence[RecallEntry]
    looked_up_at: datetime
    list_url: str
    feed_url: str
    number: int
    newer_url: str | None
    older_url: str | None
    search: str
    standing: str
    standings: Sequence[tuple[str, str, bool]]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.standing)


def recall_list_page(
    session: Session, number: int, standing: Standing | None, search: str, words: Sequence[tuple[str, str]]
) -> RecallListPage | None:
    """One page of the list, None past its end. ``words`` are (standing or "", label) of what may be asked for."""
    around = build.frame(session)
    found = list_published(session, number, standing=standing, search=search)
    if number > 1 and not found.rows:
        return None

    def address(page: int, part: str) -> str:
        return public_url(
            "public.list_recalls", q=search or None, state=part or None, page=page if page > 1 else None
        )

    chosen = str(standing or "")
    return RecallListPage(
        frame=around,
        entries=entries_of(session, found, around),
        looked_up_at=clock.local(clock.now()),
        list_url=public_url("public.list_recalls"),
        feed_url=around.origin + public_url("public.feed_recalls"),
        number=number,
        newer_url=address(number - 1, chosen) if number > 1 else None,
        older_url=address(number + 1, chosen) if found.has_more else None,
        search=search,
        standing=chosen,
        standings=[(label, address(1, part), part == chosen) for part, label in words],
    )


def entries_of(session: Session, found: Page[Recall], around: PublicFrame) -> list[RecallEntry]:
    """Recalls in words, in the language of the answer; addresses are whole, so that they hold in a feed too."""
    lots = list_recalled_lots(session, found.rows)
    return [_entry(recall, lots.get(recall.id, [recall.batch]), around) for recall in found.rows]


def _entry(recall: Recall, lots: Sequence[Batch], around: PublicFrame) -> RecallEntry:
    card = build.compare_card(recall.batch, recall.batch.seal or {})
    facts = facts_of(recall, recall.batch_id)
    told = _withdrawn(facts) if facts.is_withdrawn else _recalled(facts, recall.batch, around)
    standing, tone, shape, title, sentence, steps, caution = told
    return RecallEntry(
        id=recall.id,
        recall_class=recall.recall_class,
        standing=standing,
        tone=tone,
        shape=shape,
        title=title,
        product_name=card.product_name,
        producer_name=card.producer_name,
        commune=card.commune,
        lots=[
            RecalledLot(
                lot_number=lot.lot_number,
                href=around.origin + public_url("public.show_code", code=lot.code),
            )
            for lot in lots
        ],
        sentence=sentence,
        started_at=clock.local(recall.started_at),
        changed_at=changed_at(recall),
        decided_on=recall.decided_on,
        steps=steps,
        caution=caution,
    )


_Told = tuple[str, Tone, Shape, str, str, Sequence[str], str | None]


def _recalled(facts: RecallFacts, batch: Batch, around: PublicFrame) -> _Told:
    """Word for word what the page of the lot says of this recall."""
    band = texts.verdict_band(
        Decision(verdict=Verdict.RECALLED if facts.is_in_force else Verdict.RECALL_ENDED, recall=facts),
        Facts(today=clock.today(), recalls=(facts,), is_food=is_food(batch)),
        code="",
        telephone=around.operator_telephone,
        language=around.language,
        other_language=around.other_language,
    )
    standing = "current" if facts.is_in_force else "ended"
    return standing, band.tone, band.shape, band.title, band.sentence, band.steps, band.caution


def _withdrawn(facts: RecallFacts) -> _Told:
    """The sentence that stands under a lot's verdict for 30 days, and no step: nothing is recalled."""
    title = _("No longer recalled")
    sentence = taken_back(Decision(verdict=Verdict.NO_WARNING, withdrawn=facts)) or title
    return "withdrawn", Tone.NOTE, Shape.I_CIRCLE, title, sentence, (), None
