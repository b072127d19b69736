"""Who is acting, and what that lets them do. Every service that changes something takes an ``Actor``."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from flask_babel import lazy_gettext as _l

from trace.accounts.models import Organisation, OrganisationKind, Role
from trace.core.errors import Forbidden


class NotApprovedYet(Forbidden):
    """The organisation still waits for the authority; drafts are allowed meanwhile."""

    code = "organisation-not-approved"


@dataclass(frozen=True)
class Actor:
    """A person (or a program with a key: ``user_id`` None) acting for one organisation."""

    user_id: UUID | None
    organisation: Organisation
    role: Role

    @cached_property
    def organisation_id(self) -> UUID:
        return self.organisation.id

    @property
    def is_owner(self) -> bool:
        return self.role == Role.OWNER

    @property
    def is_officer(self) -> bool:
        return self.organisation.kind == OrganisationKind.AUTHORITY and self.organisation.is_approved


def require_approved(actor: Actor) -> None:
    """Raise ``NotApprovedYet`` while the organisation waits for approval."""
    if not actor.organisation.is_approved:
        raise NotApprovedYet(
            _l(
                "Your organisation is still waiting for approval. Drafts are kept; this step opens after approval."
            )
        )


def require_producer(actor: Actor) -> None:
    """Raise ``Forbidden`` for organisations that make nothing."""
    if not actor.organisation.is_producer:
        raise Forbidden(
            _l("Only producers and processors register products and batches."), code="not-a-producer"
        )


def require_officer(actor: Actor) -> None:
    """Raise ``Forbidden`` for everybody but the authority."""
    if not actor.is_officer:
        raise Forbidden(_l("Only the authority may do this."), code="not-the-authority")


def require_owner(actor: Actor) -> None:
    """Raise ``Forbidden`` for staff."""
    if not actor.is_owner:
        raise Forbidden(_l("Only an owner of the organisation may do this."), code="not-an-owner")
