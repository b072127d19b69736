"""What we export is taken by the official schema, and says the same in an empty instance."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, BatchFactory, ProductFactory, a_key, actor_of_kind, give
from tests.trace.epcis.documents import official_validator
from tests.trace.events.conftest import Chain, chain
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.core.database import make_engine, new_session
from trace.epcis.answers import event_document, json_text
from trace.epcis.capture import Behaviour, capture
from trace.epcis.documents import parse_json, read_document
from trace.epcis.problems import InvalidDocument
from trace.epcis.rows import event_of
from trace.epcis.visibility import whole
from trace.events import (
    services_correction,
    services_leaving,
    services_making,
    services_packing,
    services_receiving,
    services_shipping,
    services_stock,
)
from trace.events.models import Event
from trace.events.rules import DisposalReason
from trace.events.rules_correction import CorrectionReason
from trace.recalls.graph import Direction, graph_of_events, signature
from trace.recalls.graph_queries import read_events

__all__ = ["chain"]


@pytest.fixture
def empty_instance(fresh_database: str) -> Iterator[tuple[Session, Actor]]:
    """Another instance that knows nothing, and an organisation of it."""
    engine = make_engine(fresh_database)
    with new_session(engine) as session:
        yield session, actor_of_kind(session)
    engine.dispose()


def tell_a_story(session: Session, chain: Chain) -> list[Batch]:
    """Harvest, split, processing, packing, handovers, sales, a correction; the lots that came to be."""
    parts = services_making.split(
        session, chain.producer, chain.batch.id, [Decimal(20), Decimal(30)], key=a_key()
    ).batches
    more = ActiveBatchFactory.create(session=session, actor=chain.producer)
    product = ProductFactory.create(session=session, actor=chain.producer)
    dried = BatchFactory.create(session=session, actor=chain.producer, product=product, quantity=Decimal(10))
    inputs = {parts[0].id: Decimal(20), more.id: Decimal(5)}
    services_making.transform(session, chain.producer, inputs, [dried.id], key=a_key())
    give(session, dried, chain.producer, chain.shop, "6")
    give(session, parts[1], chain.producer, chain.shop, "30")
    give(session, parts[1], chain.shop, chain.other_shop, "10")
    services_leaving.sell(session, chain.shop, dried.id, Decimal(2), key=a_key())
    wrong = services_leaving.sell(session, chain.other_shop, parts[1].id, Decimal(3), key=a_key())
    services_correction.correct(
        session, chain.other_shop, wrong.id, CorrectionReason.DID_NOT_OCCUR, key=a_key()
    )
    services_leaving.destroy(
        session, chain.shop, parts[1].id, Decimal(1), DisposalReason.SPOILED, key=a_key()
    )
    services_stock.use_up(session, chain.shop, parts[1].id, Decimal(1), key=a_key())
    into = services_packing.Into()
    packed = services_packing.pack(session, chain.shop, into, {parts[1].id: Decimal(4)}, key=a_key())
    to = services_shipping.Receiver(chain.other_shop.organisation_id)
    shipment = services_packing.ship_units(session, chain.shop, [packed.unit.id], to, key=a_key())
    services_receiving.receive(session, chain.other_shop, shipment.id)
    session.flush()
    session.expire_all()
    return [chain.batch, *parts, more, dried]


def written(session: Session, *conditions: ColumnElement[bool]) -> str:
    """Everything there is, as whoever recorded it gets it."""
    events = session.scalars(select(Event).where(*conditions).order_by(Event.record_time, Event.id)).all()
    contexts = [event.context for event in events]
    return json_text(event_document([whole(event) for event in events], contexts, clock.now()))


def exported(session: Session) -> dict[str, Any]:
    """The same, as its reader parses it."""
    found: dict[str, Any] = json.loads(written(session))
    return found


def test_every_event_of_ours_is_exported_as_the_schema_and_the_vocabulary_ask(
    session: Session, chain: Chain
) -> None:
    tell_a_story(session, chain)
    document = exported(session)
    assert len(document["epcisBody"]["eventList"]) > 15
    assert [error.message for error in official_validator().iter_errors(document)] == []
    assert [event for event in read_document(document).read_all() if isinstance(event, InvalidDocument)] == []


def test_our_own_events_come_back_as_what_they_are(session: Session, chain: Chain) -> None:
    tell_a_story(session, chain)
    document = read_document(exported(session))
    rows = session.scalars(select(Event).order_by(Event.record_time, Event.id)).all()
    for index, row in enumerate(rows):
        assert document.read(index).content == event_of(row).content


def test_what_was_exported_is_known_when_its_sender_sends_it_again(session: Session, chain: Chain) -> None:
    tell_a_story(session, chain)
    mine = written(session, Event.organisation_id == chain.shop.organisation_id)
    document = read_document(json.loads(mine))
    outcome = capture(session, chain.shop, document, Behaviour.ROLLBACK, "https://here.example")
    assert [str(failure.refusal) for failure in outcome.failures] == []
    assert [one.is_new for one in outcome.captured] == [False] * len(document)


def test_captured_in_an_empty_instance_the_trace_graph_is_the_same(
    session: Session, chain: Chain, empty_instance: tuple[Session, Actor]
) -> None:
    lots = [lot.epc_class for lot in tell_a_story(session, chain)]
    there, importer = empty_instance
    document = read_document(parse_json(written(session).encode()))
    outcome = capture(there, importer, document, Behaviour.ROLLBACK, "https://there.example")
    assert [str(failure.refusal) for failure in outcome.failures] == []
    there.flush()
    told: set[tuple[str | None, ...]] = set()
    for lot in lots:
        for direction in Direction:
            here_graph = graph_of_events(read_events(session, lot, direction))
            there_graph = graph_of_events(read_events(there, lot, direction))
            assert signature(there_graph) == signature(here_graph)
            told |= signature(here_graph)
    assert len(told) > 5
