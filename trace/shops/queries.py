"""Reads for choosing who receives goods: few names at once, however many organisations there are."""

from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from trace.accounts import queries as account_queries
from trace.accounts.models import Approval, Organisation, OrganisationKind, Party
from trace.core.text import fold
from trace.events.handover_models import Shipment

MOST_FOUND = 20
MOST_RECENT = 6
FEWEST_DIGITS = 4


def count_receivers(session: Session, sender_id: UUID) -> int:
    """How many organisations goods may be shipped to."""
    return session.scalar(select(func.count()).select_from(_receivers(sender_id).subquery())) or 0


def search_receivers(session: Session, sender_id: UUID, typed: str) -> list[Organisation]:
    """Up to 20 organisations whose name, or telephone number, holds what was typed, by name."""
    digits = "".join(c for c in typed if c.isascii() and c.isdigit()).removeprefix("0")
    matches = [Organisation.name_folded.contains(fold(typed), autoescape=True)]
    if len(digits) >= FEWEST_DIGITS:
        matches.append(Organisation.phone.contains(digits))
    wanted = _receivers(sender_id).where(or_(*matches)).order_by(Organisation.name_folded)
    return list(session.scalars(wanted.limit(MOST_FOUND)))


def list_usual_receivers(session: Session, sender_id: UUID) -> list[Organisation]:
    """The organisations shipped to last, newest first; for a sender without any, the first by name."""
    last = (
        select(Shipment.receiver_id, func.max(Shipment.shipped_at).label("shipped_at"))
        .where(Shipment.sender_id == sender_id, Shipment.receiver_id.is_not(None))
        .group_by(Shipment.receiver_id)
        .subquery()
    )
    recent = _receivers(sender_id).join(last, last.c.receiver_id == Organisation.id)
    found = list(session.scalars(recent.order_by(last.c.shipped_at.desc()).limit(MOST_RECENT)))
    return found or list(
        session.scalars(_receivers(sender_id).order_by(Organisation.name_folded).limit(MOST_RECENT))
    )


def list_usual_senders(session: Session, receiver_id: UUID) -> list[Organisation]:
    """The organisations that shipped here last, newest first."""
    last = (
        select(Shipment.sender_id, func.max(Shipment.shipped_at).label("shipped_at"))
        .where(Shipment.receiver_id == receiver_id)
        .group_by(Shipment.sender_id)
        .subquery()
    )
    recent = _receivers(receiver_id).join(last, last.c.sender_id == Organisation.id)
    return list(session.scalars(recent.order_by(last.c.shipped_at.desc()).limit(MOST_RECENT)))


def list_parties(session: Session, organisation_id: UUID, typed: str = "") -> list[Party]:
    """The address book: what matches, or the newest entries where nothing was typed."""
    book = account_queries.list_parties(session, organisation_id)
    if not typed:
        return sorted(book, key=lambda party: party.created_at, reverse=True)[:MOST_RECENT]
    wanted = fold(typed)
    return [party for party in book if wanted in fold(party.name)][:MOST_FOUND]


def find_receiver(session: Session, sender_id: UUID, organisation_id: UUID) -> Organisation | None:
    """One organisation goods may be shipped to."""
    return session.scalars(_receivers(sender_id).where(Organisation.id == organisation_id)).one_or_none()


def find_party(session: Session, organisation_id: UUID, party_id: UUID) -> Party | None:
    """One entry of the organisation's own address book."""
    return account_queries.find_party(session, organisation_id, party_id)


def _receivers(sender_id: UUID) -> Select[Organisation]:
    return (
        select(Organisation)
        .where(
            Organisation.approval == Approval.APPROVED,
            Organisation.kind != OrganisationKind.AUTHORITY,
            Organisation.id != sender_id,
        )
        .options(selectinload(Organisation.locations))
    )
