"""An officer lets an organisation in, or says what is missing. Never commits."""

import hashlib
import json
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts.models import Approval, Organisation, OrganisationKind
from trace.accounts.permissions import Actor, require_officer
from trace.accounts.security_log import Action, record
from trace.core import clock
from trace.core.errors import NotFound, Refusal


class ChangedMeanwhile(Refusal):
    """What an officer approves is not what the officer looked at."""

    code = "changed-meanwhile"


def approve(session: Session, actor: Actor, organisation_id: UUID, seen: str | None = None) -> Organisation:
    """An officer lets an organisation in. Approving twice is approving once.

    ``seen`` is the ``approval_digest`` of what the officer looked at (None where nobody looked: the demo). Raises
    ``ChangedMeanwhile`` when the organisation states something else by now.
    """
    require_officer(actor)
    organisation = _for_approval(session, organisation_id)
    if organisation.is_approved:
        return organisation
    stated = approval_digest(organisation)
    if seen is not None and seen != stated:
        raise ChangedMeanwhile(
            _l("The organisation changed what it states meanwhile. Look at it again, then decide.")
        )
    organisation.approval = Approval.APPROVED
    organisation.approved_name = organisation.name
    organisation.approved_at = clock.now()
    organisation.approved_by = actor.user_id
    organisation.approval_note = ""
    record(session, Action.APPROVAL_DECIDED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=organisation.id, approval=Approval.APPROVED)  # fmt: skip
    session.flush()
    return organisation


def approval_digest(organisation: Organisation) -> str:
    """What an officer vouches for, in 64 hexadecimal digits: kind, name, telephone, tax code and the first place."""
    seat = organisation.seat
    facts = (
        organisation.kind,
        organisation.name,
        organisation.phone,
        organisation.tax_code,
        seat.commune_code,
        seat.address_as_written,
    )
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def ask_for_changes(session: Session, actor: Actor, organisation_id: UUID, note: str) -> Organisation:
    """An officer says what is missing; the organisation mends it and waits again."""
    require_officer(actor)
    organisation = _for_approval(session, organisation_id)
    if organisation.is_approved:
        raise Refusal(_l("This organisation is already approved."), code="already-approved")
    organisation.approval = Approval.NEEDS_CHANGES
    organisation.approval_note = note
    record(session, Action.APPROVAL_DECIDED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=organisation.id, approval=Approval.NEEDS_CHANGES)  # fmt: skip
    session.flush()
    return organisation


def _for_approval(session: Session, organisation_id: UUID) -> Organisation:
    organisation = session.get(Organisation, organisation_id, with_for_update=True, populate_existing=True)
    if organisation is None or organisation.kind == OrganisationKind.AUTHORITY:
        raise NotFound(_l("There is no such organisation."), code="organisation-not-found")
    return organisation
