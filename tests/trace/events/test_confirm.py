"""The link by which somebody without an account says whether a handover was so."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import PartyFactory, ShipmentFactory, a_key, give
from tests.trace.events.conftest import Chain
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.events import queries_handover, services_leaving
from trace.events.handover_models import Confirmation, Shipment
from trace.events.models import Event, EventPrivate, Verb
from trace.events.rules_handover import (
    MOST_CONFIRMATIONS,
    ConfirmationOver,
    HandoverConfirmed,
    TooManyConfirmations,
)
from trace.events.services_confirm import NO, YES, answer_confirmation, digest, offer_confirmation
from trace.events.services_handover import cancel


@pytest.fixture
def handed(session: Session, chain: Chain) -> Event:
    """Ten handed to a trader without an account."""
    party = PartyFactory.create(session=session, actor=chain.producer)
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, party=party
    )
    [event] = queries_handover.list_shipment_events(session, shipment.id, chain.producer.organisation_id)
    return event


def _said(session: Session) -> list[list[str]]:
    return [event.marks for event in session.scalars(select(Event).where(Event.verb == Verb.CONFIRM))]


def test_the_secret_of_a_link_is_not_kept(session: Session, chain: Chain, handed: Event) -> None:
    offered = offer_confirmation(session, chain.producer, handed.id)
    assert offered.confirmation.token_hash == digest(offered.token)
    assert offered.token.encode() not in offered.confirmation.token_hash


@pytest.mark.parametrize(("answer", "mark"), [(YES, "party_confirmed"), (NO, "party_denied")])
def test_the_party_answers_and_it_is_recorded_without_its_name(
    session: Session, chain: Chain, handed: Event, answer: str, mark: str
) -> None:
    offered = offer_confirmation(session, chain.producer, handed.id)
    answer_confirmation(session, offered.token, answer)
    assert _said(session) == [[mark]]
    event = session.scalars(select(Event).where(Event.verb == Verb.CONFIRM)).one()
    private = session.get_one(EventPrivate, event.id)
    assert (private.party_id, private.recorded_by) == (None, None)


def test_an_answer_is_given_once(session: Session, chain: Chain, handed: Event) -> None:
    offered = offer_confirmation(session, chain.producer, handed.id)
    for _ in range(2):
        answer_confirmation(session, offered.token, YES)
    assert _said(session) == [["party_confirmed"]]
    with pytest.raises(ConfirmationOver):
        answer_confirmation(session, offered.token, NO)


def test_an_unknown_link_leads_nowhere(session: Session) -> None:
    with pytest.raises(NotFound):
        answer_confirmation(session, "x" * 22, YES)


def test_an_expired_link_is_over(session: Session, chain: Chain, handed: Event) -> None:
    offered = offer_confirmation(session, chain.producer, handed.id)
    offered.confirmation.expires_at = clock.now() - timedelta(seconds=1)
    with pytest.raises(ConfirmationOver):
        answer_confirmation(session, offered.token, YES)


def test_a_new_link_ends_the_one_before(session: Session, chain: Chain, handed: Event) -> None:
    first = offer_confirmation(session, chain.producer, handed.id)
    second = offer_confirmation(session, chain.producer, handed.id)
    with pytest.raises(ConfirmationOver):
        answer_confirmation(session, first.token, YES)
    answer_confirmation(session, second.token, YES)


def test_links_for_one_handover_are_counted(session: Session, chain: Chain, handed: Event) -> None:
    for _ in range(MOST_CONFIRMATIONS):
        offer_confirmation(session, chain.producer, handed.id)
    with pytest.raises(TooManyConfirmations):
        offer_confirmation(session, chain.producer, handed.id)


def test_what_was_confirmed_is_not_cancelled(session: Session, chain: Chain, handed: Event) -> None:
    offered = offer_confirmation(session, chain.producer, handed.id)
    answer_confirmation(session, offered.token, YES)
    assert handed.shipment_id is not None
    with pytest.raises(HandoverConfirmed):
        cancel(session, chain.producer, handed.shipment_id)


def test_what_was_denied_may_be_cancelled(session: Session, chain: Chain, handed: Event) -> None:
    offered = offer_confirmation(session, chain.producer, handed.id)
    answer_confirmation(session, offered.token, NO)
    assert handed.shipment_id is not None
    cancel(session, chain.producer, handed.shipment_id)


def test_what_was_cancelled_is_not_confirmed(session: Session, chain: Chain, handed: Event) -> None:
    offered = offer_confirmation(session, chain.producer, handed.id)
    assert handed.shipment_id is not None
    cancel(session, chain.producer, handed.shipment_id)
    with pytest.raises(ConfirmationOver):
        answer_confirmation(session, offered.token, YES)


def test_a_sale_to_somebody_is_confirmed_too(session: Session, chain: Chain) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    sale = services_leaving.sell(
        session, chain.producer, chain.batch.id, Decimal(1), key=a_key(), party_id=party.id
    )
    offered = offer_confirmation(session, chain.producer, sale.id)
    answer_confirmation(session, offered.token, YES)
    assert session.scalars(select(Confirmation.answer)).one() == YES


def test_nobody_is_asked_about_a_handover_between_accounts(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    event = session.scalars(select(Event).where(Event.verb == Verb.SHIP)).one()
    with pytest.raises(BadInput):
        offer_confirmation(session, chain.producer, event.id)


def test_only_the_sender_makes_links(session: Session, chain: Chain, handed: Event) -> None:
    with pytest.raises(NotFound):
        offer_confirmation(session, chain.shop, handed.id)
