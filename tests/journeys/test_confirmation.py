"""Somebody without an account answers a link, in a real browser and over real HTTP."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import LiveServer
from tests.factories import ActiveBatchFactory, a_key, actor_of_kind
from tests.journeys.people import Person
from trace.accounts.models import PartyKind
from trace.core.database import make_engine, new_session
from trace.events import services_confirm, services_leaving
from trace.events.models import Event, Verb
from trace.events.parties import state_party

pytestmark = pytest.mark.browser


def _link(session: Session) -> str:
    """The address a producer sends to a trader it handed ten kilograms to."""
    actor = actor_of_kind(session)
    batch = ActiveBatchFactory.create(session=session, actor=actor)
    trader = state_party(session, actor, PartyKind.TRADER, "Thương lái Ví Dụ")
    sale = services_leaving.sell(session, actor, batch.id, Decimal(10), key=a_key(), party_id=trader.id)
    offered = services_confirm.offer_confirmation(session, actor, sale.id)
    session.commit()
    return f"/xn/{offered.token}"


@pytest.mark.parametrize(
    ("button", "said"), [("Đúng, đã nhận", "Đã trả lời: đúng"), ("Không đúng", "Đã trả lời: không đúng")]
)
def test_a_link_is_answered_on_a_phone(
    live_server: Callable[..., LiveServer], browser: Browser, button: str, said: str
) -> None:
    server = live_server(worker=False)
    engine = make_engine(server.database_url)
    with new_session(engine) as session:
        path = _link(session)
        trader = Person(browser, server.url)
        trader.open(path)
        trader.press(button)
        assert said in trader.text
        confirmed = session.scalars(select(Event).where(Event.verb == Verb.CONFIRM)).all()
        assert len(confirmed) == 1
    engine.dispose()
