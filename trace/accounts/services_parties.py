"""The address book: people and firms without an account, to whom goods are handed over. Never commits."""

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts import queries
from trace.accounts.checks import check_commune, phone_number
from trace.accounts.models import Party, PartyKind
from trace.accounts.permissions import Actor
from trace.core import clock
from trace.core.errors import NotFound


def add_party(
    session: Session,
    actor: Actor,
    kind: PartyKind,
    name: str,
    phone: str = "",
    commune_code: str | None = None,
    *,
    is_named: bool = False,
) -> Party:
    """Note somebody without an account in the address book; the same name and number is the same party.

    ``is_named``: they agreed to stand with their name on public pages of what they received.
    """
    number = phone_number(phone, "party_phone") if phone else None
    if commune_code is not None:
        check_commune(session, commune_code)
    known = session.scalars(
        select(Party).where(
            Party.organisation_id == actor.organisation_id,
            Party.name == name,
            Party.phone.is_not_distinct_from(number),
        )
    ).first()
    if known is not None:
        _note_agreement(known, is_named or known.agreed_at is not None)
        return known
    party = Party(
        organisation_id=actor.organisation_id, kind=kind, name=name, phone=number, commune_code=commune_code
    )
    _note_agreement(party, is_named)
    session.add(party)
    session.flush()
    return party


def change_party(
    session: Session,
    actor: Actor,
    party_id: UUID,
    kind: PartyKind,
    name: str,
    phone: str = "",
    commune_code: str | None = None,
    *,
    is_named: bool = False,
) -> Party:
    """Change an entry of the own address book: what was handed over to it stays with it.

    Who no longer agrees to be named is gone from public pages with the commit.
    """
    party = queries.find_party(session, actor.organisation_id, party_id)
    if party is None:
        raise NotFound(_l("There is no such entry in your address book."), code="party-not-found")
    number = phone_number(phone, "party_phone") if phone else None
    if commune_code is not None:
        check_commune(session, commune_code)
    party.kind, party.name, party.phone, party.commune_code = kind, name, number, commune_code
    _note_agreement(party, is_named)
    session.flush()
    return party


def _note_agreement(party: Party, is_named: bool) -> None:
    if is_named != (party.agreed_at is not None):
        party.agreed_at = clock.now() if is_named else None
