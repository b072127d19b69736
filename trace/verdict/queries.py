"""The reads a verdict needs: one code, its batch, the recalls and the handovers, as ``Facts``.

Everything here is public by nature; who holds how much is never asked.
"""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from producers.models import ExpiryKind
from trace.batches import queries as batch_queries
from trace.batches import stamp_queries
from trace.batches.models import Batch
from trace.copies.queries import find_decided
from trace.core import clock
from trace.core.short_codes import is_well_formed, normalise
from trace.events import queries as event_queries
from trace.events import queries_making as making_queries
from trace.events import units
from trace.events.handover_models import Shipment
from trace.events.rules import CONFIRMATION_GRACE
from trace.recalls import holds
from trace.recalls import queries as recall_queries
from trace.verdict.rules import CodeState, Facts, Verdict, decide

# Sets 1 to 18 are eaten or drunk (QĐ 26/2026/QĐ-TTg), as ``producers.models.Product.is_food`` has it.
LAST_FOOD_SET = 18


@dataclass(frozen=True)
class Known:
    """What a code leads to: ``code`` normalised, and what the verdict rests on. ``batch`` None for no batch."""

    code: str
    facts: Facts
    batch: Batch | None
    shipments: tuple[Shipment, ...] = ()
    packed_with: tuple[Batch, ...] = ()  # the lots of a carton whose code was read, this one among them
    has_hidden_code: bool = False  # a stamp in use with a second code under a scratch layer
    is_item: bool = False  # the code stands on one item alone


def look_up(session: Session, typed: str) -> Known:
    """Everything a verdict about a scanned or typed code rests on, read in the caller's transaction."""
    code = normalise(typed)
    today = clock.today()
    if not is_well_formed(code):
        return Known(code, Facts(today=today, code_state=CodeState.MALFORMED), None)
    issued = batch_queries.find_code(session, code)
    if issued is None:
        return Known(code, Facts(today=today, code_state=CodeState.UNKNOWN), None)
    if issued.unit_id is not None:
        return _look_up_unit(session, code, issued.unit_id, today)
    if issued.run_id is not None:
        return _look_up_stamp(session, code, today)
    batch = batch_queries.find_batch_by_code(session, code)
    if batch is None:
        return Known(code, Facts(today=today, is_activated=False), None)
    return _known(session, code, batch, today)


def look_up_lot(session: Session, batch: Batch) -> Known:
    """The same of a lot by its own code."""
    return _known(session, batch.code, batch, clock.today())


def _look_up_stamp(session: Session, code: str, today: date) -> Known:
    """A stamp says what the lot it stands for says; unbound, only whose stamp it is."""
    stamp = stamp_queries.find_stamp(session, code)
    if stamp is None:
        raise LookupError(f"the run of stamp {code} is gone")
    voided_on = clock.local(stamp.voided.made_at).date() if stamp.voided else None
    copy = find_decided(session, code)
    if stamp.batch is None:
        facts = Facts(
            today=today,
            is_activated=False,
            voided_on=voided_on,
            copy=copy,
            producer_name=stamp.run.organisation.name,
        )
        return Known(code, facts, None, is_item=True)
    known = _known(session, code, stamp.batch, today)
    return replace(
        known,
        facts=replace(
            known.facts,
            voided_on=voided_on,
            copy=copy,
            sold_at=clock.local(stamp.sold.made_at) if stamp.sold else None,
        ),
        has_hidden_code=stamp.code.secret_hash is not None and voided_on is None and stamp.batch.is_activated,
        is_item=True,
    )


def _look_up_unit(session: Session, code: str, unit_id: UUID, today: date) -> Known:
    """A carton says what the lot in it says; of several lots, what the one with the gravest verdict does."""
    lots = making_queries.list_lots_in(session, units.list_within(session, [unit_id]))
    if not lots:
        return Known(code, Facts(today=today, is_activated=False), None)
    found = [_known(session, lot.code, lot, today) for lot in lots]
    order = list(Verdict)
    gravest = min(found, key=lambda known: order.index(decide(known.facts).verdict))
    return replace(gravest, packed_with=tuple(lots) if len(lots) > 1 else ())


def _known(session: Session, code: str, batch: Batch, today: date) -> Known:
    shipments = event_queries.list_batch_shipments(session, batch.id)
    overdue, oldest = event_queries.count_unconfirmed(shipments, clock.now() - CONFIRMATION_GRACE)
    facts = Facts(
        today=today,
        is_activated=batch.is_activated,
        recalls=recall_queries.list_recall_facts(session, batch.id),
        holds=holds.hold_facts(session, batch.id),
        is_under_review=batch.is_under_review,
        use_by_on=batch.expires_on if batch.expiry_kind == ExpiryKind.USE_BY else None,
        best_before_on=batch.expires_on if batch.expiry_kind == ExpiryKind.BEST_BEFORE else None,
        unconfirmed_handovers=overdue,
        oldest_unconfirmed_on=clock.local(oldest).date() if oldest else None,
        is_food=is_food(batch),
        producer_name=batch.maker_name,
        is_from_outside="from_outside" in (batch.seal or {}),
    )
    return Known(code, facts, batch, tuple(shipments))


def is_food(batch: Batch) -> bool:
    """By the product set that was sealed: a product changed later must not change what a label says."""
    if batch.seal is None:
        return batch.product.is_food
    return int(batch.seal["ocop_set"]) <= LAST_FOOD_SET
