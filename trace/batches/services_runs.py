"""Use cases of runs of stamps: ordering one, making its codes part by part, cancelling it.

Binding and voiding are events (``trace.events.services_stamps``). A part and what says that it is made are written in
one transaction: whenever a process dies, the next one goes on exactly where the database stands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from producers import queries as producer_queries
from trace.accounts.models import Organisation
from trace.accounts.permissions import Actor, require_approved, require_producer
from trace.batches import queries, stamp_queries
from trace.batches.gate import check_may_be_labelled
from trace.batches.hidden_codes import SECRET_LENGTH, CodesKeyMissing, HiddenCodeKey
from trace.batches.models import Code, CodeKind
from trace.batches.stamp_models import RangeKind, RunKind, StampRange, StampRun
from trace.batches.stamp_rules import (
    HIGHEST_NUMBER,
    RunEnded,
    RunNotFinished,
    Span,
    StampUnknown,
    check_count,
    check_order,
)
from trace.core import clock
from trace.core.short_codes import new_codes, new_words
from trace.core.writing import Writes

PART = 10_000
# A collision has a chance of one in millions of millions; one that comes again and again is a broken generator.
_TRIES = 5
_CODES = cast("Table", Code.__table__)


@dataclass(frozen=True)
class Order:
    """A run as it was asked for. ``address`` is what the QR begins with; ``secret_key_id`` for hidden second codes."""

    count: int
    address: str
    secret_key_id: str | None = None


@dataclass(frozen=True)
class Part:
    """Codes that were just made, numbered from ``first``; ``secrets`` are known here and nowhere else."""

    first: int
    codes: list[str]
    secrets: list[str]


def issue_roll(session: Session, actor: Actor, order: Order, product_id: UUID | None = None) -> StampRun:
    """Order a roll of numbered stamps before any lot exists, for one product or for whatever will be packed.

    Raises ``NotApprovedYet``, ``BadInput``, ``TooManyRuns``, ``NotFound``.
    """
    require_producer(actor)
    require_approved(actor)
    if product_id is not None:
        producer_queries.get_product(session, actor.organisation_id, product_id)
    return _issue(session, actor, order, RunKind.ROLL, product_id=product_id)


def order_serials(session: Session, actor: Actor, batch_id: UUID, order: Order) -> StampRun:
    """Order labels for a lot, each with a code of its own. Raises ``LabelRefused`` beside what ``issue_roll`` does."""
    require_producer(actor)
    require_approved(actor)
    batch = queries.get_batch(session, actor.organisation_id, batch_id)
    check_may_be_labelled(batch)
    return _issue(session, actor, order, RunKind.SERIAL, product_id=batch.product_id, batch_id=batch.id)


def make_part(
    session: Session,
    run_id: int,
    key: HiddenCodeKey | None = None,
    *,
    size: int = PART,
    draw: Callable[[int], list[str]] = new_codes,
) -> Part | None:
    """Make the next codes of a run; None where nothing is left to make, or it was cancelled.

    The caller commits, after it has put aside what must not be lost with the part. A code that is taken is refused by
    the database, and others are drawn in its place. Raises ``CodesKeyMissing`` for a run with hidden codes.
    """
    wanted = select(StampRun).where(StampRun.id == run_id).with_for_update()
    run = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if run is None or not run.is_running:
        return None
    first = run.first_number + run.made
    count = min(size, run.last_number - first + 1)
    if run.has_secrets and (key is None or key.key_id != run.secret_key_id):
        raise CodesKeyMissing(
            "The key of this run's hidden codes is not here: put codes.key back from its copy."
        )
    secrets = list(new_words(count, SECRET_LENGTH)) if run.has_secrets else []
    codes = _write_codes(session, run, first, count, secrets, key, draw)
    now = clock.now()
    run.started_at = run.started_at or now
    run.made += count
    if run.made == run.size:
        run.finished_at = now
    session.flush()
    return Part(first, codes, secrets)


def cancel_run(session: Session, actor: Actor, run_id: int) -> StampRun:
    """Stop making a run: what codes are there are never used, nor given again. Raises ``RunEnded``, ``NotFound``."""
    require_producer(actor)
    stamp_queries.get_run(session, actor.organisation_id, run_id)
    wanted = select(StampRun).where(StampRun.id == run_id).with_for_update()
    run = session.scalars(wanted.execution_options(populate_existing=True)).one()
    if not run.is_running:
        raise RunEnded(_l("This run is finished or cancelled already."))
    run.cancelled_at = clock.now()
    session.flush()
    return run


def check_span(run: StampRun, span: Span) -> None:
    """Raise ``FirstAfterLast``, or ``StampUnknown`` for numbers that the run does not have."""
    check_order(span)
    if span.overlap(Span(run.first_number, run.last_number)) != span:
        raise StampUnknown(
            _l(
                "This run has the numbers %(first)d to %(last)d.",
                first=run.first_number,
                last=run.last_number,
            ),
            field="first",
        )


def note_reprint(session: Session, actor: Actor, run_id: int, span: Span) -> StampRange:
    """Note that stamps were printed again with the same codes. Raises ``RunNotFinished``, ``StampUnknown``."""
    require_producer(actor)
    require_approved(actor)
    run = stamp_queries.get_run(session, actor.organisation_id, run_id)
    check_finished(run)
    check_span(run, span)
    noted = StampRange(
        run_id=run.id,
        kind=RangeKind.REPRINTED,
        first_number=span.first,
        last_number=span.last,
        made_by=actor.user_id,
    )
    session.add(noted)
    session.flush()
    return noted


def check_finished(run: StampRun) -> None:
    """Raise ``RunNotFinished``."""
    if not run.is_finished:
        raise RunNotFinished(
            _l("This run was cancelled: its stamps are not used.")
            if run.cancelled_at
            else _l("The codes of this run are still being made. Wait until it is ready.")
        )


def _issue(session: Session, actor: Actor, order: Order, kind: RunKind, **about: UUID | None) -> StampRun:
    # Numbers go on from the last one: whoever orders at the same time waits here.
    session.execute(
        select(Organisation.id)
        .where(Organisation.id == actor.organisation_id)
        .with_for_update(key_share=True)
    )
    check_count(order.count, stamp_queries.count_running(session, actor.organisation_id))
    own = StampRun.organisation_id == actor.organisation_id
    last = session.scalar(select(func.max(StampRun.last_number)).where(own)) or 0
    check_count(order.count if last + order.count <= HIGHEST_NUMBER else 0, 0)
    run = StampRun(
        organisation_id=actor.organisation_id,
        kind=kind,
        first_number=last + 1,
        last_number=last + order.count,
        address=order.address,
        has_secrets=order.secret_key_id is not None,
        secret_key_id=order.secret_key_id,
        created_by=actor.user_id,
        **about,
    )
    session.add(run)
    session.flush()
    return run


def _write_codes(
    session: Session,
    run: StampRun,
    first: int,
    count: int,
    secrets: list[str],
    key: HiddenCodeKey | None,
    draw: Callable[[int], list[str]],
) -> list[str]:
    kind = CodeKind.ROLL if run.kind == RunKind.ROLL else CodeKind.SERIAL
    now = clock.now()
    for attempt in range(_TRIES):
        codes = draw(count)
        hashes: list[Any] = [None] * count
        if key is not None and secrets:
            hashes = [key.hash(code, secret) for code, secret in zip(codes, secrets, strict=True)]
        writes = Writes(_CODES)
        for number, (code, secret_hash) in enumerate(zip(codes, hashes, strict=True), start=first):
            writes.insert(
                _CODES,
                {
                    "code": code,
                    "kind": str(kind),
                    "organisation_id": run.organisation_id,
                    "run_id": run.id,
                    "number": number,
                    "secret_hash": secret_hash,
                    "created_at": now,
                },
            )
        try:
            with session.begin_nested():
                writes.send(session)
        except IntegrityError:
            if attempt == _TRIES - 1:
                raise
            continue
        return codes
    raise AssertionError("the loop returns or raises")
