"""Two sides at the same moment: one of them is first, nothing is done twice, and sums stay exact."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ShipmentFactory, a_key, actor_of_kind
from tests.trace.events.test_concurrency import ROUNDS, Market, Somebody, at_once, market
from trace.accounts.models import OrganisationKind
from trace.batches.models import Balance, Batch
from trace.core.database import new_session
from trace.events import services_leaving, services_receiving
from trace.events.corrective import Replacement
from trace.events.handover_models import Outcome
from trace.events.models import Event, Verb
from trace.events.rules_correction import CorrectionReason
from trace.events.rules_handover import RefusalReason
from trace.events.services_claims import claim, confirm_claim, withdraw_claim
from trace.events.services_correction import correct
from trace.events.services_handover import cancel, refuse
from trace.events.services_settlement import agree_settlement, decline_settlement, propose_settlement

__all__ = ["market"]
pytestmark = pytest.mark.soak


def _shipment(market: Market, batch_id: UUID) -> UUID:
    return market.make(
        lambda s, a: ShipmentFactory.create(
            session=s, actor=a, batch=s.get_one(Batch, batch_id), to=market.shop.act(s).organisation
        )
    )


def _new_shop(market: Market) -> Somebody:
    with new_session(market.engine) as session:
        made = actor_of_kind(session, OrganisationKind.SHOP)
        session.commit()
        assert made.user_id is not None
        return Somebody(made.user_id, made.organisation_id)


def _batch(market: Market) -> UUID:
    return market.make(lambda s, a: ActiveBatchFactory.create(session=s, actor=a))


def _verbs(market: Market, batch_id: UUID) -> dict[str, int]:
    with new_session(market.engine) as session:
        wanted = (
            select(Event.verb, func.count()).where(Event.goods.any(batch_id=batch_id)).group_by(Event.verb)
        )
        return dict(session.execute(wanted).all())


def _balance(market: Market, batch_id: UUID) -> Balance:
    with new_session(market.engine) as session:
        return session.get_one(Balance, batch_id)


@pytest.mark.parametrize("end", [Verb.CANCEL, Verb.REFUSE])
def test_ending_a_shipment_and_receiving_it_at_once_is_one_of_the_two(market: Market, end: Verb) -> None:
    for _ in range(ROUNDS):
        batch_id = _batch(market)
        shipment_id = _shipment(market, batch_id)

        def stop(session: Session, shipment_id: UUID = shipment_id) -> None:
            if end == Verb.CANCEL:
                cancel(session, market.producer.act(session), shipment_id)
            else:
                refuse(session, market.shop.act(session), shipment_id, RefusalReason.OTHER)

        def receive(session: Session, shipment_id: UUID = shipment_id) -> None:
            services_receiving.receive(session, market.shop.act(session), shipment_id)

        outcomes = at_once(market.engine, stop, receive)
        assert outcomes["done"] == 1
        assert set(outcomes) <= {"done", "shipment-received", "shipment-over"}
        verbs = _verbs(market, batch_id)
        assert verbs.get(end, 0) + verbs.get(Verb.RECEIVE, 0) == 1
        assert _balance(market, batch_id).held == 100


def test_agreeing_and_declining_at_once_is_one_of_the_two(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = _batch(market)
        shipment_id = _shipment(market, batch_id)
        with new_session(market.engine) as session:
            shipment = services_receiving.receive(
                session, market.shop.act(session), shipment_id, {batch_id: Decimal(6)}
            )
            proposed = propose_settlement(
                session, market.shop.act(session), shipment.lines[0].id, Outcome.LOST
            ).id
            session.commit()

        def agree(session: Session, proposed: UUID = proposed) -> None:
            agree_settlement(session, market.producer.act(session), proposed)

        def decline(session: Session, proposed: UUID = proposed) -> None:
            decline_settlement(session, market.producer.act(session), proposed)

        outcomes = at_once(market.engine, agree, decline, agree)
        assert set(outcomes) <= {"done", "settlement-over"}
        balance = _balance(market, batch_id)
        assert balance.lost in (0, 4)
        assert balance.in_question == 4 - balance.lost
        assert _verbs(market, batch_id).get(Verb.SETTLE, 0) == balance.lost / 4


def test_both_sides_propose_at_once_and_agree_or_differ(market: Market) -> None:
    batch_id = _batch(market)
    shipment_id = _shipment(market, batch_id)
    with new_session(market.engine) as session:
        shipment = services_receiving.receive(
            session, market.shop.act(session), shipment_id, {batch_id: Decimal(6)}
        )
        line_id = shipment.lines[0].id
        session.commit()
    tasks: list[Callable[[Session], object]] = [
        lambda s: propose_settlement(s, market.shop.act(s), line_id, Outcome.LOST),
        lambda s: propose_settlement(s, market.producer.act(s), line_id, Outcome.LOST),
    ]
    assert at_once(market.engine, *tasks) == {"done": 2}
    assert _balance(market, batch_id).lost == 4


def test_claims_made_at_once_stay_within_what_is_held(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = _batch(market)
        shop = _new_shop(market)  # who claims too much from one sender again and again is slowed down

        def ask(session: Session, batch_id: UUID = batch_id, shop: Somebody = shop) -> None:
            sender_id = market.producer.organisation_id
            claim(session, shop.act(session), batch_id, sender_id, Decimal(60), key=a_key())

        assert at_once(market.engine, ask, ask, ask) == {"done": 1, "claim-exceeds-holding": 2}


def test_a_claim_confirmed_and_withdrawn_at_once_is_one_of_the_two(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = _batch(market)
        with new_session(market.engine) as session:
            sender_id = market.producer.organisation_id
            claim_id = claim(
                session, market.shop.act(session), batch_id, sender_id, Decimal(60), key=a_key()
            ).id
            session.commit()

        def confirm(session: Session, claim_id: UUID = claim_id) -> None:
            confirm_claim(session, market.producer.act(session), claim_id)

        def withdraw(session: Session, claim_id: UUID = claim_id) -> None:
            withdraw_claim(session, market.shop.act(session), claim_id)

        outcomes = at_once(
            market.engine,
            confirm,
            confirm,
            withdraw,
        )
        assert set(outcomes) <= {"done", "claim-over"}
        assert _verbs(market, batch_id).get(Verb.CONFIRM_CLAIM, 0) == (1 if outcomes["done"] == 2 else 0)


def test_one_entry_corrected_by_four_at_once_is_corrected_once(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = _batch(market)
        with new_session(market.engine) as session:
            sale = services_leaving.sell(
                session, market.producer.act(session), batch_id, Decimal(10), key=a_key()
            ).id
            session.commit()

        def fix(session: Session, to: int, sale: UUID = sale, batch_id: UUID = batch_id) -> None:
            wanted = Replacement(quantities={batch_id: Decimal(to)})
            correct(
                session,
                market.producer.act(session),
                sale,
                CorrectionReason.INCORRECT_DATA,
                wanted,
                key=a_key(),
            )

        outcomes = at_once(market.engine, *(lambda s, n=n: fix(s, n) for n in range(1, 5)))
        assert outcomes == {"done": 1, "already-corrected": 3}
        balance = _balance(market, batch_id)
        assert balance.sold in (1, 2, 3, 4)
        assert balance.held + balance.sold == 100


def test_a_correction_and_a_sale_at_once_never_sell_what_is_not_there(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = _batch(market)
        with new_session(market.engine) as session:
            sale = services_leaving.sell(
                session, market.producer.act(session), batch_id, Decimal(50), key=a_key()
            ).id
            session.commit()

        def more(session: Session, sale: UUID = sale, batch_id: UUID = batch_id) -> None:
            wanted = Replacement(quantities={batch_id: Decimal(90)})
            correct(
                session,
                market.producer.act(session),
                sale,
                CorrectionReason.INCORRECT_DATA,
                wanted,
                key=a_key(),
            )

        def sell(session: Session, batch_id: UUID = batch_id) -> None:
            services_leaving.sell(session, market.producer.act(session), batch_id, Decimal(50), key=a_key())

        outcomes = at_once(market.engine, more, sell)
        assert outcomes["done"] == 1
        balance = _balance(market, batch_id)
        assert balance.sold in (90, 100)
        assert balance.held == 100 - balance.sold
