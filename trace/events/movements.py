"""Moving quantities: locks in one order, holdings and balance together. Called by the verbs, never by a view.

The balance of a batch is locked first and batches in the order of their ids, so that two verbs on the same goods
wait for each other and never for each other's second lock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from producers.models import Product
from trace.batches.models import Balance, Batch, Holding
from trace.core.numbers import check_storable
from trace.core.reading import Reading
from trace.core.writing import Writes
from trace.events.postings import Account, Posting
from trace.events.rules import GoodsElsewhere, QuantityExceedsHolding

_LOCKED = "locked_balances"
_LOCK = Reading("select {b} from balances b where b.batch_id = %s for update", b=Balance)
_BATCH = Reading(
    "select {b}, {p} from batches b join products p on p.id = b.product_id where b.id = %s",
    b=Batch,
    p=Product,
)
_GOODS = Reading(
    "select {b}, {p}, {h} from batches b join products p on p.id = b.product_id"
    " left join holdings h on h.batch_id = b.id and h.organisation_id = %s where b.id = %s",
    b=Batch,
    p=Product,
    h=Holding,
)


@dataclass(frozen=True)
class _Locked:
    """What ``locked`` holds and has read; of holdings, only those of one organisation."""

    organisation_id: UUID
    balances: Mapping[UUID, Balance]
    batches: Mapping[UUID, Batch]
    holdings: Mapping[UUID, Holding]


def lock_balances(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, Balance]:
    """Lock the balances of batches, lowest id first; batches never activated have none."""
    wanted = select(Balance).where(Balance.batch_id.in_(list(batch_ids))).order_by(Balance.batch_id)
    locked = session.scalars(wanted.with_for_update().execution_options(populate_existing=True))
    return {balance.batch_id: balance for balance in locked}


def lock_balance(session: Session, batch_id: UUID) -> Balance | None:
    """Lock one batch's balance, unless it is locked already; None for a batch that was never activated."""
    kept = _kept(session, batch_id)
    if kept is not None:
        return kept.balances.get(batch_id)
    found = _LOCK.first(session, batch_id)
    return found[0] if found else None


def lock_batch(session: Session, batch: Batch) -> Balance | None:
    """Lock one batch's balance and read the batch anew, so that a recall that just committed is seen."""
    balance = lock_balance(session, batch.id)
    read_batch(session, batch.id)
    return balance


def read_batch(session: Session, batch_id: UUID) -> Batch | None:
    """The batch as it is under the lock."""
    kept = _kept(session, batch_id)
    if kept is not None:
        return kept.batches[batch_id]
    found = _BATCH.first(session, batch_id)
    if found is None:
        return None
    batch: Batch = found[0]
    set_committed_value(batch, "product", found[1])
    return batch


def read_goods(
    session: Session, batch_id: UUID, organisation_id: UUID
) -> tuple[Batch | None, Holding | None]:
    """The batch and the organisation's holding of it as they are under the lock; None where there is none."""
    kept = _kept(session, batch_id)
    if kept is not None:
        return kept.batches[batch_id], find_holding(session, batch_id, organisation_id)
    found = _GOODS.first(session, organisation_id, batch_id)
    if found is None:
        return None, None
    batch, product, holding = found
    set_committed_value(batch, "product", product)
    return batch, holding


@contextmanager
def locked(session: Session, batch_ids: Iterable[UUID], organisation_id: UUID) -> Iterator[None]:
    """Lock many batches at once for a body that moves them one by one, and read what it will ask for.

    Whatever order the body takes them in, the locks were taken in the one order. Batches outside the list are not to
    be moved in the body.
    """
    wanted = set(batch_ids)
    fresh = {"populate_existing": True}
    holdings = select(Holding).where(Holding.batch_id.in_(wanted), Holding.organisation_id == organisation_id)
    batches = select(Batch).where(Batch.id.in_(wanted))
    session.info[_LOCKED] = _Locked(
        organisation_id,
        lock_balances(session, wanted),
        {one.id: one for one in session.scalars(batches, execution_options=fresh).unique()},
        {one.batch_id: one for one in session.scalars(holdings, execution_options=fresh)},
    )
    try:
        yield
    finally:
        session.info.pop(_LOCKED, None)


def holding_of(session: Session, batch_id: UUID, organisation_id: UUID) -> Holding:
    """The organisation's holding of a batch whose balance is locked; made at zero where there was none."""
    return find_holding(session, batch_id, organisation_id) or new_holding(session, batch_id, organisation_id)


def find_holding(session: Session, batch_id: UUID, organisation_id: UUID) -> Holding | None:
    """The organisation's holding as it is under the lock; None where it never had any."""
    kept = _kept(session, batch_id)
    if kept is not None and kept.organisation_id == organisation_id and batch_id in kept.holdings:
        return kept.holdings[batch_id]
    return session.get(Holding, (batch_id, organisation_id), populate_existing=True)


def new_holding(session: Session, batch_id: UUID, organisation_id: UUID) -> Holding:
    """A holding of nothing yet."""
    zero = Decimal(0)
    made = Holding(
        batch_id=batch_id,
        organisation_id=organisation_id,
        quantity=zero,
        packed=zero,
        elsewhere=zero,
        is_set_aside=False,
    )
    session.add(made)
    return made


def apply(
    session: Session,
    postings: Sequence[Posting],
    known: Iterable[Holding] = (),
    writes: Writes | None = None,
) -> None:
    """Carry out the entries of one event on balances that are locked, or made here for a new batch.

    ``known`` are holdings the caller has read under those locks; others are read here. What moved is added to
    ``writes`` where the caller sends them at once, and is the session's to write otherwise.
    Raises ``QuantityExceedsHolding`` with its numbers where a holding would fall below zero, ``GoodsElsewhere`` where
    it would fall below what is packed or lies elsewhere (take that off first), ``BadInput`` where there would be more
    of a lot than can be counted; the database refuses whatever else
    would not balance.
    """
    holdings = {(holding.batch_id, holding.organisation_id): holding for holding in known}
    changes: dict[Balance | Holding, dict[str, Decimal]] = {}
    for posting in postings:
        balance = _balance_of(session, posting)
        for account, holder_id, sign in (
            (posting.out_of, posting.giver_id, -1),
            (posting.into, posting.taker_id, 1),
        ):
            # Goods come out of nowhere once: what was created grows, whichever side of the entry it is on.
            change = posting.quantity * (-sign if account == Account.SOURCE else sign)
            _add(changes, balance, account, change)
            if account == Account.HELD and holder_id is not None:
                key = (posting.batch_id, holder_id)
                if key not in holdings:
                    holdings[key] = holding_of(session, *key)
                _add(changes, holdings[key], "quantity", change)
    for touched, values in changes.items():
        # Lots grow by deliveries: each fits, and their sum need not.
        for value in values.values():
            check_storable(value)
        # The session inserts what is new; of what is not, it need not know that it changed.
        writes_itself = writes is not None and touched not in session.new
        put = set_committed_value if writes_itself else setattr
        for name, value in values.items():
            put(touched, name, value)
        if writes is not None and writes_itself:
            writes.update(touched, values)
    for holding in holdings.values():
        _check_covered(holding)


def _add(
    changes: dict[Balance | Holding, dict[str, Decimal]],
    touched: Balance | Holding,
    name: str,
    change: Decimal,
) -> None:
    values = changes.setdefault(touched, {})
    values[name] = values.get(name, getattr(touched, name)) + change


def _check_covered(holding: Holding) -> None:
    """Raise ``QuantityExceedsHolding`` or ``GoodsElsewhere`` where a holding fell below what must be in it."""
    if holding.quantity < 0:
        raise QuantityExceedsHolding(
            _l("The goods have moved on since: what is held does not cover this."),
            field="quantity",
            held=holding.quantity,
        )
    if holding.packed + holding.elsewhere > holding.quantity:
        raise GoodsElsewhere(
            _l(
                "Some of these goods lie in cartons or at another place. Unpack them or bring them back first."
            ),
            field="quantity",
            held=holding.quantity,
            packed=holding.packed,
            elsewhere=holding.elsewhere,
        )


def _kept(session: Session, batch_id: UUID) -> _Locked | None:
    """What ``locked`` has read, if it holds the batch."""
    kept: _Locked | None = session.info.get(_LOCKED)
    return kept if kept is not None and batch_id in kept.batches else None


def _balance_of(session: Session, posting: Posting) -> Balance:
    kept = _kept(session, posting.batch_id)
    found = kept.balances.get(posting.batch_id) if kept else session.get(Balance, posting.batch_id)
    if found is None:
        zero = dict.fromkeys((account.value for account in Account), Decimal(0))
        found = Balance(batch_id=posting.batch_id, **zero)
        session.add(found)
    return found
