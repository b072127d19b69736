"""Who goods go to, as a form says it: an organisation, somebody of the address book, somebody new, or walk-in buyers.

One choice among radio buttons; a search box beside it narrows the list and loses nothing that was typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts.models import Organisation, Party, PartyKind
from trace.accounts.permissions import Actor
from trace.core.errors import BadInput
from trace.core.forms import Form
from trace.core.ids import parse_uuid
from trace.core.text import has_forbidden_character, tidy
from trace.events.parties import state_party
from trace.events.services_shipping import Receiver
from trace.shops import queries
from trace.shops.schemas import PartyForm

FIELD = "receiver"
WALK_IN = "walk-in"
NEW = "new"
_ORGANISATION, _PARTY = "organisation", "party"
LONGEST_SEARCH = 100
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class NewParty:
    """Somebody without an account, as typed."""

    kind: PartyKind
    name: str
    phone: str
    commune_code: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen; nothing at all means walk-in buyers."""

    organisation_id: UUID | None = None
    party_id: UUID | None = None
    new_party: NewParty | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The radio buttons of one form: few at once, narrowed by ``typed``."""

    typed: str
    organisations: Sequence[Organisation]
    parties: Sequence[Party]
    organisation_count: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.organisations and not self.parties


def value_of(found: Organisation | Party) -> str:
    """What the radio button of this receiver sends."""
    return f"{_ORGANISATION if isinstance(found, Organisation) else _PARTY}:{found.id}"


def read_choice(form: Form, *, with_organisations: bool) -> Choice:
    """The chosen receiver; goods are shipped to organisations, sold to walk-in buyers. Raises ``BadInput``."""
    chosen = form.value(FIELD)
    if chosen == WALK_IN and not with_organisations:
        return Choice()
    if chosen == NEW:
        stated = form.load(PartyForm())
        return Choice(
            new_party=NewParty(
                stated["party_kind"], stated["party_name"], stated["party_phone"], stated["commune_code"]
            )
        )
    kind, _colon, text = chosen.partition(":")
    found = parse_uuid(text)
    if found is not None and kind == _ORGANISATION and with_organisations:
        return Choice(organisation_id=found)
    if found is not None and kind == _PARTY:
        return Choice(party_id=found)
    raise BadInput(_l("Choose who receives the goods."), code="receiver-missing", field=FIELD)


def settle(session: Session, actor: Actor, choice: Choice) -> Receiver:
    """The receiver of a choice; somebody new is noted in the address book. Raises ``BadInput``."""
    if choice.new_party is not None:
        new = choice.new_party
        party = state_party(session, actor, new.kind, new.name, new.phone, new.commune_code)
        return Receiver(party_id=party.id)
    return Receiver(organisation_id=choice.organisation_id, party_id=choice.party_id)


def typed_search(form: Form) -> str:
    """What stands in the search box; text that can be no name finds nothing."""
    typed = form.value("q")[:LONGEST_SEARCH]
    return "" if has_forbidden_character(typed) else tidy(typed)


def offer(session: Session, sender_id: UUID, form: Form, *, with_organisations: bool) -> Offer:
    """The receivers to choose from: what matches the search, else the usual ones; the chosen one always."""
    typed = typed_search(form)
    parties = queries.list_parties(session, sender_id, typed)
    organisations: list[Organisation] = []
    if with_organisations:
        organisations = (
            queries.search_receivers(session, sender_id, typed)
            if typed
            else queries.list_usual_receivers(session, sender_id)
        )
    kind, _colon, text = form.value(FIELD).partition(":")
    chosen = parse_uuid(text)
    if chosen is not None and kind == _ORGANISATION and with_organisations:
        organisations = _with_chosen(organisations, queries.find_receiver(session, sender_id, chosen))
    elif chosen is not None and kind == _PARTY:
        parties = _with_chosen(parties, queries.find_party(session, sender_id, chosen))
    return Offer(
        typed=typed,
        organisations=organisations,
        parties=parties,
        organisation_count=queries.count_receivers(session, sender_id) if with_organisations else 0,
    )


def _with_chosen(rows: list[Row], chosen: Row | None) -> list[Row]:
    return rows if chosen is None or chosen in rows else [chosen, *rows]
