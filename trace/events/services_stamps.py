"""Verbs of stamps: ranges are bound to a lot, the binding undone, stamps voided or printed again; each is an event.

The same verb binds stamps of a roll at packing and activates the labels that were printed for a lot: from then on
they stand for it. Which stamps is private to their owner; that it happened is not. What stands for no lot is told of
its run, which nobody else can read anything into.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved, require_producer
from trace.batches import queries as batch_queries
from trace.batches import stamp_queries
from trace.batches.gate import check_may_be_labelled
from trace.batches.models import Batch
from trace.batches.services_runs import check_finished, note_reprint
from trace.batches.stamp_models import RangeKind, RunKind, StampRange, StampRun
from trace.batches.stamp_rules import (
    BindingFinal,
    Span,
    StampsBoundAlready,
    StampsForAnotherProduct,
    StampsVoid,
    Typed,
    VoidReason,
    check_order,
    left_of,
)
from trace.core import clock
from trace.core.errors import NotFound
from trace.events import desk, movements
from trace.events.documents import EXTENSION_NAMESPACE, Happening, Named, goods_of
from trace.events.models import Event, EventGoods, Verb

# By these, packs of a lot come into other hands.
_LEAVING = (Verb.SHIP, Verb.RETURN, Verb.CONFIRM_CLAIM, Verb.SELL, Verb.SELL_ITEM)


def bind_stamps(session: Session, actor: Actor, batch_id: UUID, first: Typed, last: Typed) -> StampRange:
    """Let stamps from ``first`` to ``last`` stand for a lot; done twice it is done once. Voided ones stay void.

    Raises ``LabelRefused`` where the lot may have no labels, ``StampUnknown``, ``StampsOfTwoRuns``, ``FirstAfterLast``,
    ``RunNotFinished``, ``StampsForAnotherProduct``, ``StampsBoundAlready``, ``StampsVoid``.
    """
    require_producer(actor)
    require_approved(actor)
    batch = batch_queries.get_batch(session, actor.organisation_id, batch_id)
    movements.lock_batch(session, batch)
    check_may_be_labelled(batch)
    run, span = stamp_queries.get_span(session, actor.organisation_id, first, last)
    check_order(span)
    _lock(session, run)
    check_finished(run)
    _check_fits(run, batch)
    standing = stamp_queries.list_overlapping(session, run.id, RangeKind.BOUND, span)
    for one in standing:
        if one.batch_id == batch.id and _span(one) == span:
            return one
        raise _bound_already(one)
    voided = stamp_queries.list_overlapping(session, run.id, RangeKind.VOIDED, span)
    if not left_of(span, map(_span, voided)):
        raise StampsVoid(_l("All of these stamps were voided."), field="first")
    binding = StampRange(
        run_id=run.id,
        kind=RangeKind.BOUND,
        first_number=span.first,
        last_number=span.last,
        batch_id=batch.id,
        made_at=clock.now(),
        made_by=actor.user_id,
    )
    session.add(binding)
    session.flush()
    _record(session, actor, Verb.BIND_STAMPS, batch, run, [span])
    return binding


def unbind_stamps(session: Session, actor: Actor, binding_id: UUID) -> StampRange:
    """Undo a binding: its stamps stand for no lot again. Done twice it is done once.

    Raises ``BindingFinal`` once goods of the lot were handed over or sold after the binding, ``NotFound``.
    """
    require_producer(actor)
    require_approved(actor)
    binding = stamp_queries.find_range(session, actor.organisation_id, binding_id)
    if binding is None or binding.batch is None:
        raise NotFound(_l("There is no such binding of stamps."), code="binding-not-found")
    batch = binding.batch
    movements.lock_batch(session, batch)
    _lock(session, binding.run)
    session.refresh(binding)
    if binding.undone_at is not None:
        return binding
    if not may_be_undone(session, binding):
        raise BindingFinal(
            _l(
                "Goods of this lot were handed over after the stamps were bound. Void the stamps that are wrong."
            )
        )
    binding.undone_at = clock.now()
    binding.undone_by = actor.user_id
    session.flush()
    _record(session, actor, Verb.UNBIND_STAMPS, batch, binding.run, [_span(binding)])
    return binding


def may_be_undone(session: Session, binding: StampRange) -> bool:
    """Whether no goods of its lot left anybody's hands since the binding."""
    left = (
        select(Event.id)
        .join(EventGoods)
        .where(
            EventGoods.batch_id == binding.batch_id,
            Event.verb.in_(_LEAVING),
            Event.record_time >= binding.made_at,
        )
    )
    return binding.undone_at is None and session.scalar(left.limit(1)) is None


def void_stamps(
    session: Session, actor: Actor, first: Typed, last: Typed, reason: VoidReason
) -> list[StampRange]:
    """Void stamps for ever, bound or not; those that were voided before stay as they are.

    Returns the ranges that are new, none where all were void. Raises ``StampUnknown``, ``StampsOfTwoRuns``,
    ``FirstAfterLast``, ``RunNotFinished``.
    """
    require_producer(actor)
    require_approved(actor)
    run, span = stamp_queries.get_span(session, actor.organisation_id, first, last)
    check_order(span)
    _lock(session, run)
    check_finished(run)
    voided = stamp_queries.list_overlapping(session, run.id, RangeKind.VOIDED, span)
    now = clock.now()
    made = [
        StampRange(
            run_id=run.id,
            kind=RangeKind.VOIDED,
            first_number=part.first,
            last_number=part.last,
            reason=str(reason),
            made_at=now,
            made_by=actor.user_id,
        )
        for part in left_of(span, map(_span, voided))
    ]
    session.add_all(made)
    session.flush()
    _record_each(session, actor, Verb.VOID_STAMPS, run, list(map(_span, made)), {"reason": str(reason)})
    return made


def reprint_stamps(session: Session, actor: Actor, first: Typed, last: Typed) -> StampRange:
    """Note that stamps are printed again with the same codes, each time anew.

    Raises ``StampUnknown``, ``StampsOfTwoRuns``, ``FirstAfterLast``, ``RunNotFinished``.
    """
    run, span = stamp_queries.get_span(session, actor.organisation_id, first, last)
    check_order(span)
    noted = note_reprint(session, actor, run.id, span)
    _record_each(session, actor, Verb.REPRINT_STAMPS, run, [span])
    return noted


def _record_each(
    session: Session,
    actor: Actor,
    verb: Verb,
    run: StampRun,
    spans: Sequence[Span],
    more: Mapping[str, str] | None = None,
) -> None:
    """One event for each lot these stamps stand for, and one for those that stand for none."""
    if not spans:
        return
    whole = Span(min(span.first for span in spans), max(span.last for span in spans))
    bindings = stamp_queries.list_overlapping(session, run.id, RangeKind.BOUND, whole)
    by_batch: dict[Batch, list[Span]] = {}
    for binding in bindings:
        for span in spans:
            part = span.overlap(_span(binding))
            if part is not None and binding.batch is not None:
                by_batch.setdefault(binding.batch, []).append(part)
    for batch, parts in by_batch.items():
        _record(session, actor, verb, batch, run, parts, more)
    unbound = [part for span in spans for part in left_of(span, map(_span, bindings))]
    if unbound:
        _record(session, actor, verb, None, run, unbound, more)


def _lock(session: Session, run: StampRun) -> None:
    """Whoever binds or voids stamps of a run does so one at a time."""
    session.refresh(run, with_for_update={"of": StampRun})


def _check_fits(run: StampRun, batch: Batch) -> None:
    if run.kind == RunKind.SERIAL and run.batch_id != batch.id:
        raise StampsForAnotherProduct(
            _l("These labels were printed for another lot and say its number."), field="first"
        )
    if run.product_id is not None and run.product_id != batch.product_id:
        raise StampsForAnotherProduct(_l("This roll was issued for another product."), field="first")


def _bound_already(binding: StampRange) -> StampsBoundAlready:
    lot_number = binding.batch.lot_number if binding.batch else ""
    return StampsBoundAlready(
        _l(
            "Stamps %(first)d to %(last)d already stand for lot %(lot)s.",
            first=binding.first_number,
            last=binding.last_number,
            lot=lot_number,
        ),
        field="first",
        first=binding.first_number,
        last=binding.last_number,
        lot_number=lot_number,
    )


def _span(one: StampRange) -> Span:
    return Span(one.first_number, one.last_number)


def _record(
    session: Session,
    actor: Actor,
    verb: Verb,
    batch: Batch | None,
    run: StampRun,
    spans: Sequence[Span],
    more: Mapping[str, str] | None = None,
) -> Event:
    """Tell the log. The numbers are in the event, for its owner; its leaf only commits to them.

    Without a lot the event is about stamps of the run, so many of them: no page of goods has it.
    """
    stamps = Named(
        f"{EXTENSION_NAMESPACE}stamp-run-{run.id}", quantity=Decimal(sum(span.size for span in spans))
    )
    happening = Happening(
        verb=verb,
        event_time=clock.now(),
        goods=goods_of({batch: None}) if batch is not None else [stamps],
        location_uri=actor.organisation.seat.uri,
        extensions={
            "stamp_run": str(run.id),
            "stamps": [f"{span.first}-{span.last}" for span in sorted(spans)],
            **(more or {}),
        },
    )
    return desk.carry_out(session, actor, happening, location=actor.organisation.seat)
