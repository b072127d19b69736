"""A trace as people and programs get it: named lots, the hands they went through, a picture, what does not fit.

An officer gets the whole; any other organisation its own step and the handovers it is a side of (``viewer_id``).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.models import Organisation
from trace.batches.models import Batch
from trace.core.ids import parse_uuid
from trace.recalls import drawing, graph_texts, picture
from trace.recalls.graph import Direction, Nearness, Trace, TracedLot
from trace.recalls.graph_hands import Handover
from trace.recalls.graph_queries import trace_lot

_URN = "urn:uuid:"


@dataclass(frozen=True, slots=True)
class LotRow:
    """One lot of the trace. ``batch_id`` None for goods of others and cartons."""

    epc: str
    hops: int
    nearness: Nearness
    relation: str
    product: str
    lot_number: str
    unit: str
    tone: str
    batch_id: UUID | None
    made_by: str
    hands: Sequence["HandRow"]


@dataclass(frozen=True, slots=True)
class HandRow:
    """One handover of a lot: who to whom; ``received_at`` None while, or because, nobody confirmed it."""

    giver: str
    taker: str
    shipped_at: datetime
    received_at: datetime | None
    shipped: Decimal | None
    received: Decimal | None
    is_void: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What does not fit, and about which lots."""

    text: str
    lots: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    batch: Batch
    found: Trace
    as_of: datetime | None
    is_whole: bool
    rows: Sequence[LotRow]
    problems: Sequence[Told]
    parties: int
    drawing: Markup


def make_report(
    session: Session,
    batch: Batch,
    direction: Direction,
    *,
    as_of: datetime | None = None,
    viewer_id: UUID | None = None,
    link_to: Callable[[UUID], str] | None = None,
) -> Report:
    """Trace a batch and name everything found; ``link_to`` is where a lot's own page is. Needs the catalogues."""
    found = trace_lot(session, batch.epc_class, direction, as_of=as_of, viewer_id=viewer_id)
    batches = _batches(session, found.nearness)
    parties = _Parties(session, found)
    hands: defaultdict[str, list[HandRow]] = defaultdict(list)
    for hand in found.handovers:
        hands[hand.epc].append(_hand(hand, parties))
    rows = [_row(lot, found, batches.get(lot.epc), parties, hands[lot.epc]) for lot in found.lots]
    names = {row.epc: picture.LotName(row.product, row.lot_number, row.tone) for row in rows}
    links = {row.epc: link_to(row.batch_id) for row in rows if link_to is not None and row.batch_id}
    held_by = {epc: [parties.name(uri) for uri in reversed(found.holders.get(epc, ()))] for epc in names}
    folded = {count: graph_texts.more_lots(count) for count in picture.folded_counts(found)}
    told = {uri for holders in found.holders.values() for uri in holders}
    return Report(
        batch=batch,
        found=found,
        as_of=as_of,
        is_whole=viewer_id is None,
        rows=rows,
        problems=list(_problems(found, names)),
        parties=len(told),
        drawing=drawing.draw(
            picture.compose(found, names, held_by, folded, links),
            graph_texts.picture_title(direction, batch.lot_number),
            graph_texts.picture_description(len(rows), len(told)),
        ),
    )


class _Parties:
    """Names of holders: organisations by name, others by their kind."""

    def __init__(self, session: Session, found: Trace) -> None:
        uris = {uri for holders in found.holders.values() for uri in holders}
        uris |= {uri for hand in found.handovers for uri in (hand.giver, hand.taker) if uri}
        ids = _ids(uris)
        rows = session.execute(
            select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids.values()))
        )
        self._names = {f"{_URN}{row.id}": row.name for row in rows}
        self._kinds: dict[str, str | None] = {}
        for hand in found.handovers:
            for uri in (hand.giver, hand.taker):
                if uri is not None and uri not in self._names:
                    self._kinds[uri] = hand.other_kind

    def name(self, uri: str | None) -> str:
        if uri is None:
            return graph_texts.without_account(None)
        return self._names.get(uri) or graph_texts.without_account(self._kinds.get(uri))


def _ids(uris: Collection[str]) -> dict[str, UUID]:
    found = {uri: parse_uuid(uri.removeprefix(_URN)) for uri in uris if uri.startswith(_URN)}
    return {uri: one for uri, one in found.items() if one is not None}


def _batches(session: Session, epcs: Collection[str]) -> dict[str, Batch]:
    ids = _ids(epcs)
    found = session.scalars(select(Batch).where(Batch.id.in_(ids.values()))).unique()
    return {batch.epc_class: batch for batch in found}


def _row(
    lot: TracedLot, found: Trace, batch: Batch | None, parties: _Parties, hands: Sequence[HandRow]
) -> LotRow:
    words = graph_texts.NEARNESS_BACK if found.direction is Direction.BACK else graph_texts.NEARNESS
    epc, nearness = lot.epc, lot.nearness
    holders = found.holders.get(epc, ())
    tone = picture.tone_of(
        nearness,
        is_recalled=batch is not None and batch.is_recalled,
        is_under_review=batch is not None and batch.is_under_review,
    )
    return LotRow(
        epc=epc,
        hops=lot.hops,
        nearness=nearness,
        relation=str(words[nearness]),
        product=batch.product.name if batch else epc.removeprefix(_URN),
        lot_number=batch.lot_number if batch else "",
        unit=batch.unit_word if batch else "",
        tone=tone,
        batch_id=batch.id if batch else None,
        made_by=parties.name(holders[0]) if holders else "",
        hands=hands,
    )


def _hand(hand: Handover, parties: _Parties) -> HandRow:
    return HandRow(
        giver=parties.name(hand.giver),
        taker=parties.name(hand.taker),
        shipped_at=hand.at,
        received_at=hand.received_at,
        shipped=hand.shipped,
        received=hand.received,
        is_void=hand.is_void,
    )


def _problems(found: Trace, names: Mapping[str, picture.LotName]) -> Iterator[Told]:
    for problem in found.problems:
        lots = [names[epc].lot_number or names[epc].title if epc in names else epc for epc in problem.epcs]
        yield Told(str(graph_texts.FAULTS[problem.fault]), lots)
