"""What takes the place of an entry: the same verb with what was really so. Built here, written by ``correct``.

The rows beside an event (shipment, batch) are changed in ``corrective_rows``. Nothing here moves a quantity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trace.accounts.models import Organisation
from trace.accounts.permissions import Actor
from trace.core import clock
from trace.core.errors import BadInput
from trace.core.numbers import check_storable
from trace.events import corrective_rows, desk, queries, rules
from trace.events.corrections import difference_of
from trace.events.desk import Around
from trace.events.documents import Happening, Named
from trace.events.handover_models import Shipment
from trace.events.models import Event, EventGoods, EventPrivate, Role, Verb
from trace.events.record import Aside
from trace.events.rules_correction import check_time, correct_count
from trace.events.services_activation import Source, SourcesDiffer, check_sources, people_of
from trace.events.services_shipping import Receiver

# Marks that stay true of what happened, whoever told it how; the others follow from how it is told now.
_KEPT_MARKS = frozenset({"breach", "estimated", "foreign", "late_entry", "official"})
_TAKEN = (Verb.RECEIVE, Verb.TAKE_IN, Verb.ADD_DELIVERY)
# What a corrective event says as the original did, beside goods, time and sides.
_SAME = (
    "event_type",
    "action",
    "biz_step",
    "disposition",
    "organisation_kind",
    "commune",
    "read_point",
    "biz_location",
    "source_list",
    "destination_list",
    "sensor_element_list",
    "certification_info",
    "persistent_disposition",
    "ilmd",
    "context",
    "counterpart_kind",
    "counterpart_commune",
)


@dataclass(frozen=True)
class Replacement:
    """What was really so; what is None was right. ``quantities`` by batch; ``to`` for shipments and sales.

    ``lot_number``, ``produced_on``, ``expires_on`` and ``sources`` belong to the activation of a batch alone.
    """

    quantities: Mapping[UUID, Decimal] | None = None
    event_time: datetime | None = None
    to: Receiver | None = None
    reason: rules.DisposalReason | None = None
    lot_number: str | None = None
    produced_on: date | None = None
    expires_on: date | None = None
    sources: Sequence[Source] | None = None


@dataclass(frozen=True)
class Corrective:
    """An event ready to be written in another's place."""

    happening: Happening
    aside: Aside
    counterpart: Organisation | None
    shipment: Shipment | None


def build(
    session: Session,
    actor: Actor,
    original: Event,
    shipment: Shipment | None,
    wanted: Replacement,
    around: Around,
) -> Corrective:
    """The event that takes the place of ``original``, and the rows beside it changed to match.

    The shipment and the balances are locked by the caller. Raises what the verb itself would.
    """
    verb = Verb(original.verb)
    quantities = _quantities(original, wanted.quantities)
    goods = [_named(one, quantities) for one in original.goods]
    when = _when(session, actor, original, shipment, wanted.event_time, around)
    extensions = dict(original.extensions)
    private = session.get(EventPrivate, original.id)
    aside = _aside(session, actor, private, around)
    counterpart, fields = original.counterpart, {name: getattr(original, name) for name in _SAME}
    document: UUID | None = shipment.id if shipment is not None else None
    if verb == Verb.DESTROY and wanted.reason is not None:
        extensions["disposal_reason"] = str(wanted.reason)
    elif verb == Verb.COUNT:
        extensions = _counted(original, quantities)
    elif verb == Verb.SELL and wanted.to is not None:
        buyer = desk.party_of(session, actor, wanted.to.party_id)
        aside = replace(aside, party=buyer)
        for name in ("counterpart_kind", "counterpart_commune", "destination_list"):
            fields.pop(name)
    elif verb in (Verb.SHIP, Verb.RETURN):
        shipment = corrective_rows.ship_anew(session, actor, original, shipment, quantities, when, wanted.to)
        document, counterpart = shipment.id, shipment.receiver
        aside = replace(aside, party=shipment.party)
        for name in ("counterpart_kind", "counterpart_commune", "destination_list"):
            fields.pop(name)
    elif verb == Verb.RECEIVE and shipment is not None:
        extensions = corrective_rows.receive_anew(shipment, quantities, when) | _without_difference(
            extensions
        )
    if verb == Verb.ACTIVATE:
        fields["sealed_items"] = corrective_rows.seal_anew(
            session,
            original,
            quantities,
            lot_number=wanted.lot_number,
            produced_on=wanted.produced_on,
            expires_on=wanted.expires_on,
        )
        aside = _with_sources(session, actor, aside, wanted, sum(quantities.values(), Decimal(0)))
    elif verb in (Verb.ADD_DELIVERY, Verb.TAKE_IN):
        if verb == Verb.TAKE_IN:
            corrective_rows.resize(session, original, quantities)
        fields["sealed_items"] = original.sealed_items
        aside = _with_sources(session, actor, aside, wanted, sum(quantities.values(), Decimal(0)))
    destination = _destination(verb, shipment, wanted)
    fields["marks"] = _marks(original, aside)
    happening = Happening(
        verb=verb,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=goods,
        source=None,
        destination=destination,
        document=document,
        extensions=extensions,
        fields=fields,
    )
    return Corrective(happening, aside, counterpart, shipment)


def _quantities(original: Event, wanted: Mapping[UUID, Decimal] | None) -> dict[UUID, Decimal]:
    """How much of each batch there really was; raises ``BadInput``, ``WholeUnitsOnly``."""
    said = {
        one.batch_id: one.quantity
        for one in original.goods
        if one.batch_id is not None and one.quantity is not None
    }
    stray = set(wanted or ()) - set(said)
    if stray:
        raise BadInput(
            _l("This batch is not part of the entry."), code="batch-not-in-entry", field="quantity"
        )
    for one in original.goods:
        asked = (wanted or {}).get(one.batch_id) if one.batch_id else None
        if asked is None or one.batch is None:
            continue
        check_storable(asked)
        if asked < 0 or (asked == 0 and original.verb != Verb.COUNT):
            raise BadInput(
                _l("The quantity must be above 0."), code="quantity-not-positive", field="quantity"
            )
        if one.batch.uom is None and asked != asked.to_integral_value():
            raise rules.WholeUnitsOnly(
                _l("%(unit)s are counted in whole numbers.", unit=one.batch.unit_word), field="quantity"
            )
    return said | dict(wanted or {})


def _named(one: EventGoods, quantities: Mapping[UUID, Decimal]) -> Named:
    quantity = quantities.get(one.batch_id, one.quantity) if one.batch_id else one.quantity
    return Named(
        one.epc,
        Role(one.role),
        quantity,
        one.uom,
        lot=one.lot,
        batch_id=one.batch_id,
        unit_id=one.unit_id,
        is_instance=one.unit_id is not None or (one.batch_id is None and one.quantity is None),
    )


def _when(
    session: Session,
    actor: Actor,
    original: Event,
    shipment: Shipment | None,
    stated: datetime | None,
    around: Around,
) -> desk.When:
    if stated is None:
        return desk.When(original.event_time, original.device_time)
    if original.verb == Verb.ACTIVATE:
        raise BadInput(
            _l("When a batch was activated is not stated but seen."),
            code="time-not-stated",
            field="event_time",
        )
    batches = [one.batch for one in original.goods if one.batch is not None]
    not_before = max(
        (
            (
                None
                if original.verb in _TAKEN
                else queries.find_had_since(session, actor.organisation_id, batch.id)
            )
            or rules.start_of_day(batch.produced_on)
            for batch in batches
        ),
        default=original.event_time,
    )
    if original.verb == Verb.RECEIVE and shipment is not None:
        not_before = shipment.shipped_at
    when = desk.when_of(stated, around, not_before)
    check_time(when.event_time, original.record_time)
    first_left = _first_left(session, actor, original) if original.verb in _TAKEN else None
    if first_left is not None and when.event_time > first_left:
        raise rules.TimeOutOfRange(
            _l(
                "Some of these goods left your hands before that (%(when)s).",
                when=f"{clock.local(first_left):%H:%M %d/%m/%Y}",
            ),
            field="event_time",
        )
    return when


def _first_left(session: Session, actor: Actor, original: Event) -> datetime | None:
    leaving = (Verb.SHIP, Verb.RETURN, Verb.SELL, Verb.USE_UP, Verb.DESTROY, Verb.TRANSFORM)
    found: datetime | None = session.scalar(
        select(func.min(Event.event_time))
        .join(EventGoods)
        .where(
            EventGoods.batch_id.in_([one.batch_id for one in original.goods if one.batch_id]),
            Event.organisation_id == actor.organisation_id,
            Event.verb.in_(leaving),
            Event.event_time >= original.event_time,
            ~Event.is_declaration,
        )
    )
    return found


def _aside(session: Session, actor: Actor, private: EventPrivate | None, around: Around) -> Aside:
    """Who and what stood beside the original stands beside what replaces it, unless it is said anew."""
    said = desk.aside_of(session, actor, around)
    if private is None:
        return said
    return Aside(
        party=private.party,
        on_behalf_of=said.on_behalf_of or private.on_behalf_of,
        people=private.people or (),
        attachments=said.attachments or tuple(private.attachments or ()),
        note=private.note,
    )


def _counted(original: Event, quantities: Mapping[UUID, Decimal]) -> dict[str, Any]:
    found = {}
    for one in original.goods:
        if one.batch_id is not None and one.quantity is not None:
            before = difference_of(original.extensions, one.epc)
            difference = correct_count(one.quantity, before, quantities[one.batch_id])
            if difference:
                found[one.epc] = difference
    return _without_difference(original.extensions) | ({"difference": found} if found else {})


def _without_difference(extensions: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in extensions.items() if name != "difference"}


def _with_sources(session: Session, actor: Actor, aside: Aside, wanted: Replacement, total: Decimal) -> Aside:
    if wanted.sources is None:
        if aside.people and wanted.quantities is not None:
            raise SourcesDiffer(
                _l("State the households and plots anew with the right quantities."), field="sources"
            )
        return aside
    check_sources(wanted.sources, total)
    return replace(aside, people=people_of(session, actor, wanted.sources))


def _destination(verb: Verb, shipment: Shipment | None, wanted: Replacement) -> UUID | None:
    """Only what was not taken over from the original as it stood."""
    if verb in (Verb.SHIP, Verb.RETURN) and shipment is not None:
        # A shipment made anew knows its receiver, and the column only once it is written.
        receiver = shipment.receiver or shipment.party
        return receiver.id if receiver else None
    return wanted.to.party_id if verb == Verb.SELL and wanted.to is not None else None


def _marks(original: Event, aside: Aside) -> list[str]:
    """A correction of what was told in time is no late entry."""
    marks = {*(_KEPT_MARKS & set(original.marks)), "corrected"}
    if aside.party is not None:
        marks.add("one_sided")
    if aside.on_behalf_of is not None:
        marks.add("on_behalf")
    return sorted(marks)
