"""The page of one entry for its sides, and the form that corrects it. Frozen dataclasses; nothing is changed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts import queries as account_queries
from trace.accounts.models import Party, User
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core.ids import parse_uuid
from trace.core.language import language
from trace.events import queries_handover as handovers
from trace.events.corrections import Correction, corrections_of
from trace.events.histories import Told, tell
from trace.events.models import Event, EventPrivate, Verb
from trace.events.rules_correction import REPLACEABLE, WITHDRAWABLE
from trace.events.texts import quantity_in_words
from trace.shops.pages_handover import Link, link_of


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsLine:
    """One batch an entry names."""

    batch: Batch
    quantity: Decimal | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """One household's part of a harvest."""

    name: str
    plot: str
    quantity: Decimal
    party_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """One entry. What is personal or free text is there for its author alone; papers for both sides."""

    event: Event
    told: Told
    lines: Sequence[GoodsLine]
    place: str
    recorded_by: str
    party: Party | None
    behalf: str
    households: Sequence[Household]
    papers: Sequence[str]
    correction: Correction | None
    corrects: Correction | None
    corrective_id: UUID | None
    link: Link | None
    shipment_id: UUID | None
    can_correct: bool
    can_replace: bool
    must_replace: bool

    @property
    def device_time(self) -> datetime | None:
        """What the device's clock had said, where it was off."""
        return self.event.device_time


def event_page(session: Session, actor: Actor, event_id: UUID) -> EventPage:
    """An entry this organisation made or is the other side of; ``NotFound`` for any other."""
    mine = actor.organisation_id
    event = handovers.get_event(session, mine, event_id)
    private = handovers.find_private(session, event.id)
    related = [event, *handovers.list_related(session, event)]
    found = corrections_of(related)
    correction = found.get(event.id)
    corrects = next((one for one in found.values() if one.corrective is event), None)
    told = tell(event, private, mine, correction, corrects)
    own = private if told.is_mine else None
    verb = Verb(event.verb)
    stands = told.is_mine and correction is None and not event.is_declaration and not event.is_foreign
    return EventPage(
        event=event,
        told=told,
        lines=[_line(one.batch, one.quantity) for one in event.goods if one.batch is not None],
        place=event.location.name if event.location is not None and told.is_mine else "",
        recorded_by=_user_name(session, own),
        party=own.party if own is not None else None,
        behalf=own.behalf.name if own is not None and own.behalf is not None else "",
        households=_households(session, mine, own),
        papers=(private.attachments or ()) if private is not None else (),
        correction=correction,
        corrects=corrects,
        corrective_id=correction.corrective.id if correction and correction.corrective else None,
        link=link_of(session, event) if own is not None and own.party_id and stands else None,
        shipment_id=event.shipment_id,
        can_correct=stands and verb in WITHDRAWABLE,
        can_replace=verb in REPLACEABLE,
        must_replace=verb == Verb.ACTIVATE,
    )


def typed(number: Decimal) -> str:
    """A stored number as a form shows it: read back it is the same number and raises no question."""
    whole, _mark, decimals = f"{number.normalize():f}".partition(".")
    if not decimals:
        return whole
    # Three decimals would read like thousands; a fourth does not.
    return f"{whole}{'.' if language() == 'en' else ','}{decimals}{'0' if len(decimals) == 3 else ''}"


def _line(batch: Batch, quantity: Decimal | None) -> GoodsLine:
    words = quantity_in_words(quantity, batch) if quantity is not None else ""
    return GoodsLine(batch=batch, quantity=quantity, words=words)


def _user_name(session: Session, own: EventPrivate | None) -> str:
    if own is None or own.recorded_by is None:
        return ""
    user = session.get(User, own.recorded_by)
    return user.name if user is not None else ""


def _households(session: Session, mine: UUID, own: EventPrivate | None) -> list[Household]:
    found = []
    for one in (own.people or ()) if own is not None else ():
        party_id = parse_uuid(str(one.get("party") or ""))
        party = account_queries.find_party(session, mine, party_id) if party_id else None
        found.append(
            Household(
                name=party.name if party else "",
                plot=str(one.get("plot") or ""),
                quantity=Decimal(str(one["quantity"])),
                party_id=party_id,
            )
        )
    return found
