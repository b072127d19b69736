"""Somebody new, stated within a movement: a twin of the request meets the same party of the address book."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts import services_parties
from trace.accounts.models import Organisation, Party, PartyKind
from trace.accounts.permissions import Actor


def state_party(
    session: Session,
    actor: Actor,
    kind: PartyKind,
    name: str,
    phone: str = "",
    commune_code: str | None = None,
) -> Party:
    """The party of the actor's address book with this name and number, noted if it is new. Raises ``BadInput``.

    The organisation's row is locked first: the same request sent twice at once must state one and the same party,
    or its twin would seem another request under the same key.
    """
    mine = select(Organisation.id).where(Organisation.id == actor.organisation_id)
    session.execute(mine.with_for_update(key_share=True))
    return services_parties.add_party(session, actor, kind, name, phone, commune_code)
