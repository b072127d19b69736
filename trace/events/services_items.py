"""Selling items that have a code of their own: one is scanned at the till, and from then on its label says so.

Which item was sold is said here; how much of a lot was sold is said by a sale, and only that moves quantities. Who sold
an item is told to nobody but who sold it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved
from trace.batches import stamp_queries
from trace.batches.models import Batch
from trace.batches.queries import find_holding
from trace.batches.stamp_models import RangeKind, StampRange, StampRun
from trace.batches.stamp_queries import Stamp
from trace.batches.stamp_rules import (
    SALE_UNDONE_WITHIN,
    ItemSold,
    SaleFinal,
    StampNotActive,
    StampsVoid,
    StampUnknown,
    Typed,
)
from trace.core import clock
from trace.core.errors import NotFound
from trace.events import desk, movements, rules
from trace.events.documents import Happening, goods_of
from trace.events.models import Event, EventGoods, Verb


def sell_item(session: Session, actor: Actor, typed: Typed) -> StampRange:
    """Note that the item with this code was sold; done twice by one organisation it is done once.

    Only who has goods of the lot, or sold some of them, may. Raises ``StampUnknown``, also for labels on goods of
    others, ``StampNotActive``, ``StampsVoid``, ``ItemSold``, and what a sale of the lot raises: ``BatchRecalled``,
    ``BatchExpired``, ``BatchHeld``, ``GoodsSetAside``.
    """
    require_approved(actor)
    stamp, batch = _find(session, actor, typed)
    movements.lock_batch(session, batch)
    # Read again under the locks: of two tills that scan one code the second sees what the first did.
    session.refresh(stamp.run, with_for_update={"of": StampRun})
    session.refresh(batch)
    stamp, batch = _find(session, actor, typed)
    if stamp.voided is not None:
        raise StampsVoid(_l("This label was voided. Do not sell what carries it."), field="code")
    if stamp.sold is not None:
        if stamp.sold.organisation_id == actor.organisation_id:
            return stamp.sold
        raise ItemSold(
            _l(
                "The item with this label was noted as sold on %(date)s. Put it aside and call its producer.",
                date=f"{clock.local(stamp.sold.made_at):%d/%m/%Y}",
            ),
            field="code",
            sold_on=clock.local(stamp.sold.made_at).date(),
        )
    now = clock.now()
    desk.check_sellable(batch, now)
    holding = find_holding(session, batch.id, actor.organisation_id)
    rules.check_not_held(
        is_held=batch.is_held,
        is_under_review=batch.is_under_review,
        is_set_aside=holding is not None and holding.is_set_aside,
    )
    sale = StampRange(
        run_id=stamp.run.id,
        kind=RangeKind.SOLD,
        first_number=stamp.number,
        last_number=stamp.number,
        organisation_id=actor.organisation_id,
        made_at=now,
        made_by=actor.user_id,
    )
    session.add(sale)
    session.flush()
    _record(session, actor, Verb.SELL_ITEM, batch, stamp.code.code, now)
    return sale


def unsell_item(session: Session, actor: Actor, sale_id: UUID) -> StampRange:
    """Undo a sale that was a wrong scan, or whose buyer brought the item back; done twice it is done once.

    Raises ``NotFound`` for a sale of anybody else, ``SaleFinal`` after a week.
    """
    require_approved(actor)
    sale = stamp_queries.find_sale(session, actor.organisation_id, sale_id)
    if sale is None:
        raise NotFound(_l("Your organisation noted no such sale."), code="sale-not-found")
    session.refresh(sale.run, with_for_update={"of": StampRun})
    session.refresh(sale)
    if sale.undone_at is not None:
        return sale
    now = clock.now()
    if not may_be_undone(sale, now):
        raise SaleFinal(
            _l(
                "A sale of an item is undone within %(days)d days.",
                days=SALE_UNDONE_WITHIN // timedelta(days=1),
            )
        )
    code = stamp_queries.find_code(session, sale.run_id, sale.first_number)
    stamp = stamp_queries.find_stamp(session, code)
    sale.undone_at, sale.undone_by = now, actor.user_id
    session.flush()
    if stamp is not None and stamp.batch is not None:
        _record(session, actor, Verb.UNSELL_ITEM, stamp.batch, code, now)
    return sale


def may_be_undone(sale: StampRange, now: datetime) -> bool:
    """Whether the sale stands and was noted within the week."""
    return sale.undone_at is None and now - sale.made_at <= SALE_UNDONE_WITHIN


def _find(session: Session, actor: Actor, typed: Typed) -> tuple[Stamp, Batch]:
    """The stamp and its lot, of which the actor has goods; the same refusal for all that is not there for it."""
    if typed.code is None:
        raise StampUnknown(_l("Scan the label, or type the code under its QR."), field="code")
    stamp = stamp_queries.find_stamp(session, typed.code)
    is_own = stamp is not None and stamp.run.organisation_id == actor.organisation_id
    batch = stamp.batch if stamp is not None else None
    if stamp is not None and batch is None and is_own:
        raise StampNotActive(
            _l("This label stands for no lot yet. Bind it to its lot before the item is sold."), field="code"
        )
    if stamp is None or batch is None or not _has_goods(session, actor, batch):
        raise StampUnknown(_l("None of the goods you have carry this label. Look at it again."), field="code")
    return stamp, batch


def _has_goods(session: Session, actor: Actor, batch: Batch) -> bool:
    """Whether the actor has some of the lot, or sold some: a day's sales may be noted after the stock is gone."""
    holding = find_holding(session, batch.id, actor.organisation_id)
    if holding is None:
        return False
    if holding.quantity > 0:
        return True
    sold = (
        select(Event.id)
        .join(EventGoods)
        .where(
            EventGoods.batch_id == batch.id,
            Event.organisation_id == actor.organisation_id,
            Event.verb == Verb.SELL,
        )
    )
    return session.scalar(sold.limit(1)) is not None


def _record(session: Session, actor: Actor, verb: Verb, batch: Batch, code: str, at: datetime) -> Event:
    """Tell the log. Which item is in the event, for who sold it; its leaf only commits to it."""
    happening = Happening(
        verb=verb,
        event_time=at,
        goods=goods_of({batch: None}),
        location_uri=actor.organisation.seat.uri,
        extensions={"item": code},
    )
    return desk.carry_out(session, actor, happening, location=actor.organisation.seat)
