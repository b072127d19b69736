"""Pages of what is between two sides: one shipment with all that may be done about it, returns, claims, differences.

Frozen dataclasses built from queries; nothing is decided or changed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts.models import Organisation
from trace.accounts.permissions import Actor
from trace.core import clock
from trace.core.errors import NotFound
from trace.events import queries as event_queries
from trace.events import queries_handover as handovers
from trace.events.handover_models import Claim, Confirmation, Outcome, Settlement, Shipment, ShipmentLine
from trace.events.models import Event, Verb
from trace.events.rules_handover import RefusalReason, ReturnReason
from trace.events.texts import quantity_in_words
from trace.events.texts_handover import OUTCOME_HINTS, OUTCOMES, REFUSAL_REASONS, RETURN_REASONS
from trace.shops import pages
from trace.shops.pages import Goods, _

REFUSALS = [(str(reason), REFUSAL_REASONS[reason]) for reason in RefusalReason]
RETURNS = [(str(reason), RETURN_REASONS[reason]) for reason in ReturnReason]
OUTCOME_CHOICES = [(str(outcome), OUTCOMES[outcome], OUTCOME_HINTS[outcome]) for outcome in Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What one side said became of a difference."""

    settlement: Settlement
    words: str
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What did not arrive of one line, and how far both sides are with it. ``open`` zero: all is settled."""

    line: ShipmentLine
    shipment: Shipment
    open: Decimal
    open_words: str
    other_side: str
    other_phone: str
    is_inbound: bool
    proposal: Proposal | None
    settled: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a confirmation by link stands: ``state`` is none, sent, expired, yes or no."""

    event_id: UUID
    state: str
    confirmation: Confirmation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPage:
    """One shipment for one of its sides, with what that side may do about it."""

    page: pages.ShipmentPage
    differences: Sequence[Difference]
    can_cancel: bool
    can_refuse: bool
    ended_why: str
    link: Link | None
    event_id: UUID | None
    receipt_id: UUID | None
    claim_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPage:
    """Goods that may go back, and to whom."""

    goods: Goods
    givers: Sequence[handovers.Giver]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """A claim as one of its two sides sees it."""

    claim: Claim
    other_side: Organisation
    words: str
    is_mine: bool
    papers: Sequence[str]
    note: str
    event_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsPage:
    """What waits for this organisation's answer, what it waits for, and what is over."""

    asked: Sequence[ClaimRow]
    waiting: Sequence[ClaimRow]
    past: Sequence[ClaimRow]


def handover_page(session: Session, actor: Actor, shipment_id: UUID) -> HandoverPage:
    """A shipment this organisation sent or is to receive; ``NotFound`` for everybody else's."""
    mine = actor.organisation_id
    page = pages.shipment_page(session, actor, shipment_id)
    shipment = page.row.shipment
    events = handovers.list_shipment_events(session, shipment.id, mine)
    left = _stands(events, (Verb.SHIP, Verb.RETURN, Verb.CONFIRM_CLAIM))
    receipt = _stands(events, (Verb.RECEIVE,))
    is_sender = shipment.sender_id == mine
    link = link_of(session, left) if is_sender and left is not None and shipment.party_id else None
    was_claimed = left is not None and left.verb == Verb.CONFIRM_CLAIM
    return HandoverPage(
        page=page,
        differences=differences_of(session, shipment.lines, mine),
        can_cancel=is_sender
        and not shipment.is_over
        and shipment.received_at is None
        and (link is None or link.state != "yes"),
        can_refuse=page.is_mine_to_receive and not shipment.is_return,
        ended_why=_why(events),
        link=link,
        event_id=left.id if left is not None else None,
        receipt_id=receipt.id if receipt is not None else None,
        claim_id=shipment.id if was_claimed else None,
    )


def differences_of(session: Session, lines: Sequence[ShipmentLine], mine: UUID) -> list[Difference]:
    """Every line that did not add up, settled or not, with what either side said of it."""
    wanted = [line for line in lines if line.open_quantity or line.settled_quantity]
    proposals = handovers.list_proposals(session, [line.id for line in wanted])
    settled = handovers.list_settled(session, [line.id for line in wanted])
    return [_difference(line, proposals.get(line.id), settled.get(line.id, []), mine) for line in wanted]


def list_differences(session: Session, actor: Actor) -> list[Difference]:
    """All differences of the organisation that are not settled yet, oldest first."""
    lines = event_queries.list_open_differences(session, actor.organisation_id)
    return differences_of(session, lines, actor.organisation_id)


def return_page(session: Session, actor: Actor, batch_id: UUID) -> ReturnPage:
    """Goods in hand and the hands they came from; ``NotFound`` where none came from anybody."""
    goods = pages.get_goods(session, actor, batch_id)
    givers = [
        one for one in handovers.list_givers(session, actor.organisation_id, batch_id) if one.returnable
    ]
    if not givers and not goods.has_any:
        raise NotFound(_("There is no such batch among your goods."), code="batch-not-found")
    return ReturnPage(goods=goods, givers=givers)


def claims_page(session: Session, actor: Actor) -> ClaimsPage:
    """The organisation's claims, both ways."""
    mine = actor.organisation_id
    open_claims = [_claim_row(session, one, mine) for one in handovers.list_open_claims(session, mine)]
    past = [_claim_row(session, one, mine) for one in handovers.list_past_claims(session, mine)]
    return ClaimsPage(
        asked=[row for row in open_claims if not row.is_mine],
        waiting=[row for row in open_claims if row.is_mine],
        past=past,
    )


def count_to_answer(session: Session, actor: Actor) -> int:
    """How many claims wait for this organisation's answer."""
    return handovers.count_claims_to_answer(session, actor.organisation_id)


def _claim_row(session: Session, claim: Claim, mine: UUID) -> ClaimRow:
    is_mine = claim.claimant_id == mine
    event = handovers.find_claim_event(session, claim.id)
    private = handovers.find_private(session, event.id) if event is not None else None
    return ClaimRow(
        claim=claim,
        other_side=claim.sender if is_mine else claim.claimant,
        words=quantity_in_words(claim.quantity, claim.batch),
        is_mine=is_mine,
        papers=(private.attachments or ()) if private is not None else (),
        # A note is free text: only who wrote it reads it.
        note=private.note if private is not None and is_mine else "",
        event_id=event.id if event is not None else None,
    )


def _difference(
    line: ShipmentLine, waiting: Settlement | None, settled: Sequence[Settlement], mine: UUID
) -> Difference:
    shipment = line.shipment
    is_inbound = shipment.receiver_id == mine
    other = shipment.sender if is_inbound else shipment.receiver
    return Difference(
        line=line,
        shipment=shipment,
        open=line.open_quantity,
        open_words=quantity_in_words(line.open_quantity, line.batch) if line.open_quantity else "",
        other_side=other.name if other else "",
        other_phone=other.phone if other else "",
        is_inbound=is_inbound,
        proposal=_proposal(waiting, line, mine) if waiting is not None else None,
        settled=[said(one, line) for one in settled],
    )


def _proposal(waiting: Settlement, line: ShipmentLine, mine: UUID) -> Proposal:
    return Proposal(settlement=waiting, words=said(waiting, line), is_mine=waiting.proposed_by == mine)


def said(settlement: Settlement, line: ShipmentLine) -> str:
    """What a proposal says: "4 kg: hao hụt"."""
    return _(
        "%(quantity)s %(unit)s: %(outcome)s",
        quantity=pages.figures(settlement.quantity),
        unit=line.batch.unit_word,
        outcome=str(OUTCOMES[Outcome(settlement.outcome)]).lower(),
    )


def _stands(events: Sequence[Event], verbs: Sequence[Verb]) -> Event | None:
    wrong = {event.corrects_id for event in events if event.is_declaration}
    found = [e for e in events if e.verb in verbs and not e.is_declaration and e.id not in wrong]
    return found[-1] if found else None


def _why(events: Sequence[Event]) -> str:
    refused = next((event for event in events if event.verb == Verb.REFUSE), None)
    if refused is None:
        return ""
    return str(REFUSAL_REASONS[RefusalReason(str(refused.extensions.get("refusal_reason", "other")))])


def link_of(session: Session, event: Event) -> Link:
    """Where the confirmation of an own handover by link stands."""
    found = handovers.list_confirmations(session, [event.id]).get(event.id, [])
    answered = next((one for one in found if one.answer), None)
    if answered is not None:
        return Link(event_id=event.id, state=str(answered.answer), confirmation=answered)
    if not found:
        return Link(event_id=event.id, state="none", confirmation=None)
    state = "sent" if found[0].expires_at > clock.now() else "expired"
    return Link(event_id=event.id, state=state, confirmation=found[0])
