"""For programs: cancel, refuse, return, settle, claim, confirm by link, correct. What moves a quantity on the sender's
word alone needs an Idempotency-Key; what ends a state happens once by that state."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _l

from trace.accounts.access import actor
from trace.batches import queries as batch_queries
from trace.core.api import ApiBlueprint, IdempotencyHeader
from trace.core.errors import NotFound
from trace.core.http import Audience, audience, db
from trace.core.short_codes import is_well_formed, normalise
from trace.events import (
    queries,
    queries_handover,
    services_claims,
    services_confirm,
    services_handover,
    services_settlement,
)
from trace.events.corrective import Replacement
from trace.events.parties import state_party
from trace.events.schemas import ShipmentAnswer, around_of, shipment_answer
from trace.events.schemas_handover import (
    ClaimAnswer,
    ClaimList,
    CorrectionAnswer,
    DifferenceList,
    Ending,
    LinkAnswer,
    NewClaim,
    NewCorrection,
    NewProposal,
    NewRefusal,
    NewReturn,
    SettlementAnswer,
    claim_answer,
    correction_answer,
    difference_answer,
    settlement_answer,
)
from trace.events.services_correction import correct
from trace.events.services_shipping import Receiver

blueprint = ApiBlueprint(
    "handovers", __name__, description="Cancelling, refusing, returning, settling, claiming, correcting."
)

Created = tuple[dict[str, Any], int]


@blueprint.route("/shipments/<uuid:shipment_id>/cancellation", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(Ending, required=False)
@blueprint.response(200, ShipmentAnswer, description="The shipment, cancelled")
def cancel_shipment(stated: Mapping[str, Any], shipment_id: UUID) -> dict[str, Any]:
    """Take back a shipment of yours that nobody has received."""
    shipment = services_handover.cancel(
        db(),
        actor(),
        shipment_id,
        **_circumstances(stated),
    )
    return _committed(shipment_answer(shipment, actor().organisation_id))


@blueprint.route("/shipments/<uuid:shipment_id>/refusal", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(NewRefusal)
@blueprint.response(200, ShipmentAnswer, description="The shipment, not taken")
def refuse_shipment(stated: Mapping[str, Any], shipment_id: UUID) -> dict[str, Any]:
    """Do not take a shipment that came to you: the goods are in the sender's hands again."""
    shipment = services_handover.refuse(
        db(),
        actor(),
        shipment_id,
        stated["reason"],
        **_circumstances(stated),
    )
    return _committed(shipment_answer(shipment, actor().organisation_id))


@blueprint.route("/returns", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewReturn)
@blueprint.response(201, ShipmentAnswer, description="The return, on its way")
def return_goods(once: Mapping[str, str], stated: Mapping[str, Any]) -> Created:
    """Send goods back to whoever they came from; recalled and expired ones too."""
    shipment = services_handover.return_goods(
        db(),
        actor(),
        stated["batch_id"],
        stated["quantity"],
        stated["reason"],
        key=once["key"],
        to_id=stated["receiver_id"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    return _committed(shipment_answer(shipment, actor().organisation_id)), 201


@blueprint.route("/differences")
@audience(Audience.PROGRAM)
@blueprint.response(200, DifferenceList, description="The differences that are not settled")
def list_differences() -> dict[str, Any]:
    """List what did not arrive and is not settled, of your shipments either way."""
    lines = queries.list_open_differences(db(), actor().organisation_id)
    waiting = queries_handover.list_proposals(db(), [line.id for line in lines])
    return {"items": [difference_answer(line, waiting.get(line.id)) for line in lines]}


@blueprint.route("/differences/<uuid:line_id>/proposals", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(NewProposal)
@blueprint.response(201, SettlementAnswer, description="The proposal")
def propose_settlement(stated: Mapping[str, Any], line_id: UUID) -> Created:
    """Say what became of a difference; saying what the other side said is agreeing to it."""
    made = services_settlement.propose_settlement(
        db(), actor(), line_id, stated["outcome"], stated["quantity"]
    )
    return _committed(settlement_answer(made)), 201


@blueprint.route("/settlements/<uuid:settlement_id>/agreement", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(200, SettlementAnswer, description="The settlement, agreed")
def agree_settlement(settlement_id: UUID) -> dict[str, Any]:
    """Agree to what the other side said became of a difference."""
    return _committed(settlement_answer(services_settlement.agree_settlement(db(), actor(), settlement_id)))


@blueprint.route("/settlements/<uuid:settlement_id>/refusal", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(200, SettlementAnswer, description="The proposal, declined")
def decline_settlement(settlement_id: UUID) -> dict[str, Any]:
    """Let a proposal go, the other side's or your own: the difference stays open."""
    return _committed(settlement_answer(services_settlement.decline_settlement(db(), actor(), settlement_id)))


@blueprint.route("/claims")
@audience(Audience.PROGRAM)
@blueprint.response(200, ClaimList, description="The claims that wait")
def list_claims() -> dict[str, Any]:
    """List goods received undeclared that wait for an answer: yours, and those put to you."""
    found = queries_handover.list_open_claims(db(), actor().organisation_id)
    return {"items": [claim_answer(one) for one in found]}


@blueprint.route("/claims", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewClaim)
@blueprint.response(201, ClaimAnswer, description="The claim, put to the sender")
def claim(once: Mapping[str, str], stated: Mapping[str, Any]) -> Created:
    """Note goods that came although nobody declared a shipment; nothing moves until the sender confirms."""
    code = normalise(stated["code"])
    batch = batch_queries.find_batch_by_code(db(), code) if is_well_formed(code) else None
    if batch is None:
        raise NotFound(_l("There is no such batch."), code="batch-not-found")
    made = services_claims.claim(
        db(),
        actor(),
        batch.id,
        stated["sender_id"],
        stated["quantity"],
        key=once["key"],
        **_circumstances(stated),
    )
    return _committed(claim_answer(made)), 201


@blueprint.route("/claims/<uuid:claim_id>/confirmation", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(200, ClaimAnswer, description="The claim, confirmed")
def confirm_claim(claim_id: UUID) -> dict[str, Any]:
    """Say that you handed over what is claimed: the goods move from hand to hand."""
    return _committed(claim_answer(services_claims.confirm_claim(db(), actor(), claim_id)))


@blueprint.route("/claims/<uuid:claim_id>/refusal", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(200, ClaimAnswer, description="The claim, refused")
def refuse_claim(claim_id: UUID) -> dict[str, Any]:
    """Say that it was not so: nothing moves."""
    return _committed(claim_answer(services_claims.refuse_claim(db(), actor(), claim_id)))


@blueprint.route("/claims/<uuid:claim_id>/withdrawal", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(200, ClaimAnswer, description="The claim, withdrawn")
def withdraw_claim(claim_id: UUID) -> dict[str, Any]:
    """Take a claim of yours back."""
    return _committed(claim_answer(services_claims.withdraw_claim(db(), actor(), claim_id)))


@blueprint.route("/events/<uuid:event_id>/correction", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewCorrection)
@blueprint.response(201, CorrectionAnswer, description="The correction")
def correct_event(once: Mapping[str, str], stated: Mapping[str, Any], event_id: UUID) -> Created:
    """Declare an entry of yours wrong, and say what was really so; quantities follow."""
    done = correct(
        db(),
        actor(),
        event_id,
        stated["reason"],
        _replacement(stated["replacement"]) if "replacement" in stated else None,
        key=once["key"],
        note=stated["note"],
    )
    return _committed(correction_answer(done)), 201


@blueprint.route("/events/<uuid:event_id>/confirmation-link", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(201, LinkAnswer, description="The link, shown this once")
def offer_confirmation(event_id: UUID) -> Created:
    """Make a link by which a party without an account may confirm a handover; links made before end."""
    offered = services_confirm.offer_confirmation(db(), actor(), event_id)
    expires_at = offered.confirmation.expires_at
    db().commit()
    site = current_app.config["SETTINGS"].public_url or request.host_url.rstrip("/")
    path = url_for("public.show_confirmation", token=offered.token)
    return {"address": f"{site}{path}", "expires_at": expires_at}, 201


def _circumstances(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event_time": stated["event_time"],
        "note": stated["note"],
        "around": around_of(stated),
    }


def _committed(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, made before this commit: rows looked at after it would be asked for again."""
    db().commit()
    return answer


def _replacement(stated: Mapping[str, Any]) -> Replacement:
    to = None
    if "receiver_id" in stated:
        to = Receiver(organisation_id=stated["receiver_id"])
    elif "party" in stated:
        to = Receiver(party_id=state_party(db(), actor(), **stated["party"]).id)
    lines = stated.get("lines")
    return Replacement(
        quantities={line["batch_id"]: line["quantity"] for line in lines} if lines else None,
        event_time=stated["event_time"],
        to=to,
        reason=stated["disposal_reason"],
        lot_number=stated["lot_number"],
        produced_on=stated["produced_on"],
        expires_on=stated["expires_on"],
    )
