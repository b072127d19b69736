"""Goods from outside: no code, another province or country, from somebody without an account. Once by key."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from producers import rules as product_rules
from producers import services as product_services
from producers.models import ExpiryKind
from trace.accounts.permissions import Actor, require_approved
from trace.batches.models import Batch, DateKind, Origin
from trace.batches.rules import propose_lot_number
from trace.batches.services import FURTHEST_BACK
from trace.core import clock
from trace.core.errors import BadInput
from trace.core.idempotency import once
from trace.events import desk, movements, rules, rules_making, seals_made
from trace.events.desk import PLAIN, Around, When
from trace.events.documents import Happening, goods_of
from trace.events.models import Event, Verb
from trace.events.new_lots import NewLot, add_lot
from trace.events.seals_made import OutsideFacts, Shelf
from trace.events.services_making import Made
from trace.gs1.keys import is_valid_lot_number


@dataclass(frozen=True)
class TakenIn:
    """What came, from whom, and what is said of it. ``supplier_id`` is a party of the own address book.

    ``uom`` is a Rec 20 code, or None with a ``packaging_word`` for counts; ``produced_on`` None where nobody knows;
    ``lot_number`` as on the papers, empty where there is none.
    """

    supplier_id: UUID
    quantity: Decimal
    uom: str | None
    packaging_word: str | None
    facts: OutsideFacts
    ocop_set: int = 1
    lot_number: str = ""
    date_kind: DateKind = DateKind.HARVEST
    produced_on: date | None = None
    expiry_kind: ExpiryKind = ExpiryKind.NONE
    expires_on: date | None = None
    picture_sha256: str | None = None


def take_in(
    session: Session,
    actor: Actor,
    stated: TakenIn,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Made:
    """Take goods from outside into one's own hands, as a lot of one's own that one side alone declares.

    ``around.attachments`` are photos of the papers. From here on its quantities count like any other's; it has no label
    until its ten items are there. Raises ``BadInput`` for what is missing, ``BatchExpired``.
    """
    require_approved(actor)
    _check(stated)
    request = ["take_in", asdict(stated), sorted(around.attachments), event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            answer = receipt.answer
            return Made(
                session.get_one(Event, UUID(answer["event_id"])),
                (session.get_one(Batch, UUID(answer["batch_id"])),),
            )
        supplier = desk.party_of(session, actor, stated.supplier_id, "supplier_id")
        earliest = rules.start_of_day(stated.produced_on) if stated.produced_on else None
        when = (
            When(clock.now())
            if event_time is None
            else desk.when_of(event_time, around, earliest or clock.now() - FURTHEST_BACK)
        )
        day = clock.local(when.event_time).date()
        _check_days(stated, day)
        place = desk.place_of(session, actor, around)
        product = product_services.note_outside_product(
            session,
            actor,
            name=stated.facts.product_name,
            ocop_set=stated.ocop_set,
            uom=stated.uom,
            packaging_word=stated.packaging_word,
            picture_sha256=stated.picture_sha256,
        )
        number = stated.lot_number
        batch = add_lot(
            session,
            actor,
            NewLot(
                origin=Origin.OUTSIDE,
                product=product,
                location=place,
                date_kind=stated.date_kind,
                produced_on=stated.produced_on or day,
                shelf=Shelf(stated.expiry_kind, stated.expires_on),
                quantity=stated.quantity,
                uom=stated.uom,
                packaging_word=stated.packaging_word,
            ),
            when.event_time,
            rules_making.part_prefix(number) if number else f"{day:%d%m%y}-",
            lambda taken: _number(number, taken) if number else propose_lot_number(day, set(taken)),
            lambda batch: seals_made.outside_seal(
                stated.facts, place, batch, taken_in_on=day, produced_on=stated.produced_on
            ),
        )
        session.flush()
        happening = Happening(
            verb=Verb.TAKE_IN,
            event_time=when.event_time,
            device_time=when.device_time,
            goods=goods_of({batch: stated.quantity}),
            location_uri=place.uri,
            source=stated.supplier_id,
            destination=actor.organisation_id,
            sealed_items={batch.epc_class: batch.seal},
            extensions={"lot_number_on_papers": number} if number else {},
        )
        event = desk.carry_out(
            session,
            actor,
            happening,
            location=place,
            aside=desk.aside_of(session, actor, around, party=supplier, note=note),
        )
        session.flush()
        if place.id != actor.organisation.seat.id:
            holding = movements.holding_of(session, batch.id, actor.organisation_id)
            desk.put_down(session, holding, place, stated.quantity, seat=actor.organisation.seat)
        receipt.answer = {"event_id": str(event.id), "batch_id": str(batch.id)}
        return Made(event, (batch,))


def _number(stated: str, taken: Collection[str]) -> str:
    """The lot number as on the papers; a second delivery of the same lot is told apart from the first."""
    return rules_making.part_number(stated, taken) if stated in taken else stated


def _check(stated: TakenIn) -> None:
    facts = stated.facts
    if not facts.product_name:
        raise BadInput(_l("Write what it is."), code="product-name-missing", field="product_name")
    if (stated.uom is None) == (stated.packaging_word is None):
        raise BadInput(_l("Choose a unit."), code="unit-missing", field="measure")
    if stated.uom is not None and stated.uom not in product_rules.MEASURES:
        raise BadInput(_l("Choose a unit."), code="unit-unknown", field="measure")
    if stated.ocop_set not in product_rules.OCOP_SETS:
        raise BadInput(
            _l("Choose one of the 26 OCOP product sets."), code="ocop-set-unknown", field="ocop_set"
        )
    word = stated.packaging_word or product_rules.MEASURES.get(stated.uom or "", "")
    # Against itself: that it is above 0, and whole where it is counted.
    rules.check_quantity(stated.quantity, max(stated.quantity, Decimal(1)), word, is_count=stated.uom is None)
    if len(facts.country) != 2 or not (facts.country.isascii() and facts.country.isupper()):
        raise BadInput(_l("Choose the country."), code="country-unknown", field="country")
    if stated.lot_number and not is_valid_lot_number(stated.lot_number):
        raise BadInput(
            _l("A lot number has 1 to 20 letters, digits or signs, without accents and spaces."),
            code="lot-number-malformed",
            field="lot_number",
        )


def _check_days(stated: TakenIn, day: date) -> None:
    if stated.produced_on is not None and stated.produced_on > day:
        raise BadInput(_l("This date is in the future."), code="date-in-future", field="produced_on")
    if (stated.expiry_kind == ExpiryKind.NONE) != (stated.expires_on is None):
        raise BadInput(
            _l("Write the expiry date and which kind it is, or neither."),
            code="expiry-incomplete",
            field="expires_on",
        )
    if stated.expires_on is not None and stated.expires_on < (stated.produced_on or stated.expires_on):
        raise BadInput(
            _l("The expiry date cannot be before the production date."),
            code="expiry-before-production",
            field="expires_on",
        )
    use_by = stated.expires_on if stated.expiry_kind == ExpiryKind.USE_BY else None
    rules.check_sellable(is_recalled=False, use_by=use_by, today=day)
