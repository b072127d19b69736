"""What programs send and get about ending a handover, settling differences, claims and corrections."""

from typing import Any
from uuid import UUID

import marshmallow as ma

from trace.batches.schemas import BatchBrief, batch_brief
from trace.core.api import Amount, Answer, Body, ExactNumber
from trace.core.fields import Choice, Day, Id, Instant, Text
from trace.events.handover_models import Claim, ClaimEnd, Outcome, Settlement, ShipmentLine
from trace.events.rules import DisposalReason
from trace.events.rules_correction import CorrectionReason
from trace.events.rules_handover import RefusalReason, ReturnReason
from trace.events.schemas import LONGEST_NOTE, MOST_LINES, Movement, PartnerAnswer, PartyBody, ReceivedLine
from trace.events.services_correction import Corrected


class Ending(Body):
    """A note on a shipment that ends; ``device_time`` is the device's clock as it sends."""

    event_time = Instant(load_default=None)
    device_time = Instant(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class NewRefusal(Ending):
    reason = Choice(RefusalReason, required=True)


class NewReturn(Movement):
    """Goods sent back; ``receiver_id`` is needed only where they came from several hands."""

    reason = Choice(ReturnReason, required=True)
    receiver_id = Id(load_default=None)


class NewProposal(Body):
    """What became of a difference; without ``quantity`` of all of it."""

    outcome = Choice(Outcome, required=True)
    quantity = ExactNumber(load_default=None)


class NewClaim(Body):
    """Goods that came from ``sender_id``, who declared no shipment; ``code`` is the one under the QR."""

    code = Text(required=True, longest=40)
    sender_id = Id(required=True)
    quantity = ExactNumber(required=True)
    event_time = Instant(load_default=None)
    device_time = Instant(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class NewReplacement(Body):
    """What was really so; what is left out was right."""

    lines = ma.fields.List(ma.fields.Nested(ReceivedLine), validate=ma.validate.Length(max=MOST_LINES))
    event_time = Instant(load_default=None)
    receiver_id = Id()
    party = ma.fields.Nested(PartyBody)
    disposal_reason = Choice(DisposalReason, load_default=None)
    lot_number = Text(longest=20, load_default=None)
    produced_on = Day(load_default=None)
    expires_on = Day(load_default=None)


class NewCorrection(Body):
    """Why an entry is wrong, and what was really so; without ``replacement`` it did not happen."""

    reason = Choice(CorrectionReason, required=True)
    replacement = ma.fields.Nested(NewReplacement)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class SettlementAnswer(Answer):
    """One side's word on a difference; both times are null while the other side has not answered."""

    id = ma.fields.UUID()
    difference_id = ma.fields.UUID()
    proposed_by = ma.fields.UUID()
    outcome = ma.fields.String(metadata={"enum": [str(outcome) for outcome in Outcome]})
    quantity = Amount()
    agreed_at = ma.fields.AwareDateTime(allow_none=True)
    declined_at = ma.fields.AwareDateTime(allow_none=True)


class DifferenceAnswer(Answer):
    """What did not arrive and is not settled; ``proposal`` waits for an answer, null where none does."""

    id = ma.fields.UUID()
    shipment_id = ma.fields.UUID()
    batch = ma.fields.Nested(BatchBrief)
    open_quantity = Amount()
    proposal = ma.fields.Nested(SettlementAnswer, allow_none=True)


class DifferenceList(Answer):
    items = ma.fields.List(ma.fields.Nested(DifferenceAnswer))


class ClaimAnswer(Answer):
    """Goods received undeclared. ``outcome`` is null while it waits; ``shipment_id`` once it was confirmed."""

    id = ma.fields.UUID()
    batch = ma.fields.Nested(BatchBrief)
    quantity = Amount()
    claimant = ma.fields.Nested(PartnerAnswer)
    sender = ma.fields.Nested(PartnerAnswer)
    received_at = ma.fields.AwareDateTime()
    lapses_at = ma.fields.AwareDateTime()
    outcome = ma.fields.String(allow_none=True, metadata={"enum": [*(str(end) for end in ClaimEnd), None]})
    shipment_id = ma.fields.UUID(allow_none=True)


class ClaimList(Answer):
    """Claims that wait, both ways."""

    items = ma.fields.List(ma.fields.Nested(ClaimAnswer))


class CorrectionAnswer(Answer):
    """Ids are EPCIS eventIDs; a declaration carries the id of the event it declares wrong."""

    declared_event_id = ma.fields.String()
    corrective_event_id = ma.fields.String(allow_none=True)
    record_time = ma.fields.AwareDateTime()


class LinkAnswer(Answer):
    """A link by which a party without an account may confirm; its address is given this once."""

    address = ma.fields.String()
    expires_at = ma.fields.AwareDateTime()


def difference_answer(line: ShipmentLine, proposal: Settlement | None) -> dict[str, Any]:
    """A difference for one of its two sides."""
    return {
        "id": line.id,
        "shipment_id": line.shipment_id,
        "batch": batch_brief(line.batch),
        "open_quantity": line.open_quantity,
        "proposal": settlement_answer(proposal) if proposal is not None else None,
    }


def settlement_answer(one: Settlement) -> dict[str, Any]:
    """A proposal for one of its two sides."""
    return {
        "id": one.id,
        "difference_id": one.line_id,
        "proposed_by": one.proposed_by,
        "outcome": one.outcome,
        "quantity": one.quantity,
        "agreed_at": one.agreed_at,
        "declined_at": one.declined_at,
    }


def claim_answer(one: Claim) -> dict[str, Any]:
    """A claim for one of its two sides."""
    return {
        "id": one.id,
        "batch": batch_brief(one.batch),
        "quantity": one.quantity,
        "claimant": _partner(one.claimant_id, one.claimant.name),
        "sender": _partner(one.sender_id, one.sender.name),
        "received_at": one.received_at,
        "lapses_at": one.lapses_at,
        "outcome": one.outcome,
        "shipment_id": one.id if one.outcome == ClaimEnd.CONFIRMED else None,
    }


def correction_answer(done: Corrected) -> dict[str, Any]:
    """A correction for whoever made it."""
    return {
        "declared_event_id": done.declaration.event_id,
        "corrective_event_id": done.corrective.event_id if done.corrective is not None else None,
        "record_time": done.declaration.record_time,
    }


def _partner(organisation_id: UUID, name: str) -> dict[str, Any]:
    return {"id": organisation_id, "name": name}
