"""Carrying out a captured event about goods known here: by its verb, as an observation, or not at all."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor
from trace.core.idempotency import once_otherwise
from trace.epcis import known_goods
from trace.epcis.canonical import EpcisEvent
from trace.epcis.known_goods import KnownGoods
from trace.epcis.trade import KEY, AlreadyDone, Carrying, GoodsMixed, StepNotTaken, observe
from trace.epcis.trade_verbs import MOVING_STEPS, TOGETHER, VERBS
from trace.events import (
    services_correction,
)
from trace.events.models import Event
from trace.events.record import said
from trace.events.rules_correction import CorrectionReason
from trace.gs1.vocabulary import EventType


def carry_out(carrying: Carrying) -> None:
    """Carry one event out by its verb. Raises what the verb raises, ``GoodsMixed``, ``StepNotTaken``."""
    event = carrying.event
    if not all(
        carrying.known.is_known(address) or _is_new_unit(event, address) for address in event.addresses
    ):
        if _moves(event):
            raise GoodsMixed(
                _l(
                    "Some of these goods are not known here. Send what happened to them as an event of its own."
                )
            )
        observe(carrying)
        return
    if event.persistent_disposition and "recalled" in event.persistent_disposition.get("set", ()):
        raise StepNotTaken(_l("A recall is decided by people here, not by a captured event."))
    verb = VERBS.get((event.event_type, event.action, event.biz_step or ""))
    if verb is not None:
        verb(carrying)
    elif _moves(event):
        raise StepNotTaken(
            _l("Goods known here are not moved by this kind of event. The documentation lists those that do.")
        )
    else:
        observe(carrying)


def _is_new_unit(event: EpcisEvent, address: str) -> bool:
    """A carton or pallet that comes to be by being packed: its SSCC need not be known before."""
    is_packing = (event.event_type, event.action, event.biz_step) == (EventType.AGGREGATION, "ADD", "packing")
    return is_packing and address == event.parent_id and known_goods.sscc_of(address) is not None


def is_alone(event: EpcisEvent, known: KnownGoods) -> bool:
    """Whether its verb wants the database to itself; the others are written many at a time."""
    if any(address in known.units for address in event.addresses):
        return True
    kind = (event.event_type, event.action, event.biz_step or "")
    if kind in TOGETHER:
        return len(event.quantity_list) > 1
    return kind in VERBS or _moves(event)


def _moves(event: EpcisEvent) -> bool:
    """Whether an event says that goods came to be, changed hands, went into others, or ceased to be."""
    if event.event_type == EventType.TRANSFORMATION:
        return True
    if event.event_type in (EventType.TRANSACTION, EventType.ASSOCIATION):
        return False
    return event.action != "OBSERVE" or event.biz_step in MOVING_STEPS


def declare_wrong(
    session: Session, actor: Actor, original: Event, event: EpcisEvent, words: Mapping[str, Any]
) -> Event:
    """Declare an entry of this organisation wrong, in the words of the captured declaration.

    What was really so comes as an event of its own. Raises what ``services_correction.correct`` raises.
    """
    reason = (event.error_declaration or {}).get("reason")
    with said(session, words) as found, once_otherwise(session):
        services_correction.correct(
            session,
            actor,
            original.id,
            CorrectionReason(reason) if reason in set(CorrectionReason) else CorrectionReason.INCORRECT_DATA,
            key=KEY,
        )
    if found.event is None:
        raise AlreadyDone(_l("This was recorded before, by another event."))
    return found.event
