"""Use cases of the diary: noting, correcting, taking back; and the question before an early harvest. Never commits."""

from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from producers import queries as product_queries
from producers.diary import queries, rules
from producers.diary.models import DiaryEntry, WorkKind
from trace.accounts import queries as account_queries
from trace.accounts.permissions import Actor, require_producer
from trace.batches import queries as batch_queries
from trace.core import clock
from trace.core.chains import append_correction
from trace.core.errors import BadInput, NotFound, Refusal
from trace.core.idempotency import once


class WaitNotOver(Refusal):
    """Harvested before the days passed that a pack says; confirmed, it is activated all the same."""

    code = "wait-not-over"


@dataclass(frozen=True)
class Work:
    """What was done, as it is stated; ``party_id`` is whoever of the own address book did it."""

    kind: WorkKind
    done_on: date
    used: str = ""
    active_ingredient: str = ""
    purpose: str = ""
    waiting_days: int | None = None
    party_id: UUID | None = None


@dataclass(frozen=True)
class Ground:
    """Where it was done: for a product at a place, or for one lot alone."""

    product_id: UUID
    location_id: UUID
    batch_id: UUID | None = None


def note_entry(session: Session, actor: Actor, ground: Ground, work: Work, *, key: str) -> DiaryEntry:
    """Note what was done. Allowed before approval. Raises ``BadInput``, ``NotFound``."""
    require_producer(actor)
    with once(session, actor.organisation_id, key, ["diary", asdict(ground), asdict(work)]) as receipt:
        if receipt.answer is not None:
            return session.get_one(DiaryEntry, UUID(receipt.answer["entry_id"]))
        product = product_queries.get_product(session, actor.organisation_id, ground.product_id)
        location = account_queries.get_location(session, actor.organisation_id, ground.location_id)
        if ground.batch_id is not None:
            batch = batch_queries.get_batch(session, actor.organisation_id, ground.batch_id)
            if (batch.product_id, batch.location_id) != (product.id, location.id):
                raise BadInput(
                    _l("This lot is of another product or place."), code="lot-elsewhere", field="batch_id"
                )
        _check(session, actor, work)
        entry = DiaryEntry(
            organisation_id=actor.organisation_id,
            recorded_by=actor.user_id,
            **asdict(ground),
            **asdict(work),
        )
        session.add(entry)
        session.flush()
        receipt.answer = {"entry_id": str(entry.id)}
        return entry


def correct_entry(session: Session, actor: Actor, entry_id: UUID, work: Work) -> DiaryEntry:
    """State an entry anew; what it said is kept. Raises ``AlreadyCorrected``, ``BadInput``, ``NotFound``."""
    require_producer(actor)
    old = queries.get_entry(session, actor.organisation_id, entry_id)
    _check(session, actor, work)
    return _follow(session, actor, old, work)


def take_back_entry(session: Session, actor: Actor, entry_id: UUID) -> DiaryEntry:
    """Say that an entry was noted by mistake; pages of lots sealed with it tell so. Raises ``AlreadyCorrected``."""
    require_producer(actor)
    old = queries.get_entry(session, actor.organisation_id, entry_id)
    same = Work(
        WorkKind(old.kind),
        old.done_on,
        old.used,
        old.active_ingredient,
        old.purpose,
        old.waiting_days,
        old.party_id,
    )
    return _follow(session, actor, old, same, is_taken_back=True)


def check_waited(session: Session, ground: Ground, produced_on: date, *, is_confirmed: bool = False) -> None:
    """Ask once about a harvest before a pack's days have passed. Raises ``WaitNotOver`` unless confirmed."""
    found = queries.list_growing(session, ground.product_id, ground.location_id, produced_on, ground.batch_id)
    wait = rules.shortest(queries.waits_of(found, produced_on))
    if wait is None or is_confirmed:
        return
    raise WaitNotOver(
        _l(
            "The diary has a treatment on %(done_on)s and a harvest on %(produced_on)s: %(days)d days waited, "
            "the pack says %(label_days)d. Look at it again, or confirm that it was so.",
            done_on=f"{wait.done_on:%d/%m/%Y}",
            produced_on=f"{produced_on:%d/%m/%Y}",
            days=wait.days,
            label_days=wait.label_days,
        ),
        field="is_wait_confirmed",
        days=wait.days,
        label_days=wait.label_days,
    )


def _follow(
    session: Session, actor: Actor, old: DiaryEntry, work: Work, *, is_taken_back: bool = False
) -> DiaryEntry:
    newer = DiaryEntry(
        organisation_id=old.organisation_id,
        product_id=old.product_id,
        location_id=old.location_id,
        batch_id=old.batch_id,
        corrects_id=old.id,
        is_taken_back=is_taken_back,
        recorded_by=actor.user_id,
        **asdict(work),
    )
    append_correction(session, newer)
    return newer


def _check(session: Session, actor: Actor, work: Work) -> None:
    today = clock.today()
    if work.done_on > today:
        raise BadInput(_l("This date is in the future."), code="date-in-future", field="done_on")
    if work.done_on < today - rules.FURTHEST_BACK:
        raise BadInput(_l("This date is more than two years ago."), code="date-too-old", field="done_on")
    if work.kind != WorkKind.OTHER and not work.used:
        raise BadInput(_l("Write the name on the pack."), code="name-missing", field="used")
    if work.kind == WorkKind.OTHER and not work.purpose:
        raise BadInput(_l("Write what was done."), code="purpose-missing", field="purpose")
    if work.kind == WorkKind.OTHER and work.waiting_days is not None:
        raise BadInput(
            _l("Waiting days go with what was sprayed or spread."),
            code="waiting-of-nothing",
            field="waiting_days",
        )
    if work.waiting_days is not None and not 0 <= work.waiting_days <= rules.LONGEST_WAIT_DAYS:
        raise BadInput(
            _l("Waiting days are from 0 to 365."), code="waiting-out-of-range", field="waiting_days"
        )
    if (
        work.party_id is not None
        and account_queries.find_party(session, actor.organisation_id, work.party_id) is None
    ):
        raise NotFound(_l("Choose from the list."), code="party-not-found", field="party_id")
