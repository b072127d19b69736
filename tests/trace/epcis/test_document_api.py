"""The document of one lot over HTTP: valid, only what its reader sees, and the same trace wherever it is captured."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.factories import ActiveBatchFactory, BatchFactory, ProductFactory, a_key, actor_of_kind, give
from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.documents import official_validator
from tests.trace.epcis.readers import Reader
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core.database import make_engine, new_session
from trace.epcis.capture import Behaviour, capture
from trace.epcis.documents import parse_json, read_document
from trace.events import services_correction, services_leaving, services_making, services_packing
from trace.events.rules_correction import CorrectionReason
from trace.recalls.graph import Direction, graph_of_events, signature
from trace.recalls.graph_queries import read_events


@pytest.fixture
def empty_instance(fresh_database: str) -> Iterator[tuple[Session, Actor]]:
    engine = make_engine(fresh_database)
    with new_session(engine) as session:
        yield session, actor_of_kind(session)
    engine.dispose()


def document_of(reader: Reader, batch_id: UUID) -> TestResponse:
    path = f"/api/v1/batches/{batch_id}/epcis-document"
    return reader.client.get(path, headers={"Authorization": f"Bearer {reader.key}"})


def steps_of(answer: TestResponse) -> list[str]:
    body: Any = parse_json(answer.data)
    return [event["bizStep"].rpartition(":")[2] for event in body["epcisBody"]["eventList"]]


def make_things(session: Session, maker: Reader) -> list[Batch]:
    """A producer's own story: split, dried, packed, sold, a sale taken back; the lots that came to be."""
    actor = maker.actor
    batch = ActiveBatchFactory.create(session=session, actor=actor)
    parts = services_making.split(session, actor, batch.id, [Decimal(20), Decimal(30)], key=a_key()).batches
    product = ProductFactory.create(session=session, actor=actor)
    dried = BatchFactory.create(session=session, actor=actor, product=product, quantity=Decimal(10))
    services_making.transform(session, actor, {parts[0].id: Decimal(20)}, [dried.id], key=a_key())
    services_packing.pack(session, actor, services_packing.Into(), {parts[1].id: Decimal(4)}, key=a_key())
    wrong = services_leaving.sell(session, actor, parts[1].id, Decimal(3), key=a_key())
    services_correction.correct(session, actor, wrong.id, CorrectionReason.DID_NOT_OCCUR, key=a_key())
    return [batch, *parts, dried]


def test_it_is_an_attachment_in_json_ld_that_the_official_schema_takes(
    session: Session, start_reader: StartReader, settled: Callable[[], None]
) -> None:
    maker = start_reader()
    batch_ids = [batch.id for batch in make_things(session, maker)]
    settled()
    for batch_id in batch_ids:
        answer = document_of(maker, batch_id)
        assert (answer.status_code, answer.mimetype) == (200, "application/ld+json")
        assert answer.headers["Content-Disposition"] == f"attachment; filename={batch_id}.jsonld"
        assert [error.message for error in official_validator().iter_errors(answer.json)] == []


def test_captured_in_an_empty_instance_the_documents_of_the_lots_give_the_same_trace(
    session: Session,
    start_reader: StartReader,
    settled: Callable[[], None],
    empty_instance: tuple[Session, Actor],
) -> None:
    maker = start_reader()
    lots = {batch.id: batch.epc_class for batch in make_things(session, maker)}
    settled()
    there, importer = empty_instance
    for batch_id in lots:
        document = read_document(parse_json(document_of(maker, batch_id).data))
        outcome = capture(there, importer, document, Behaviour.ROLLBACK, "https://there.example")
        assert [str(failure.refusal) for failure in outcome.failures] == []
    there.flush()
    told: set[tuple[str | None, ...]] = set()
    for epc_class in lots.values():
        for direction in Direction:
            here_graph = graph_of_events(read_events(session, epc_class, direction))
            there_graph = graph_of_events(read_events(there, epc_class, direction))
            assert signature(there_graph) == signature(here_graph)
            told |= signature(here_graph)
    assert len(told) >= 4


def test_a_buyer_gets_its_handover_and_its_own_events(
    session: Session, start_reader: StartReader, settled: Callable[[], None]
) -> None:
    maker, shop = start_reader(), start_reader(OrganisationKind.SHOP)
    batch = ActiveBatchFactory.create(session=session, actor=maker.actor)
    batch_id = batch.id
    give(session, batch, maker.actor, shop.actor, "5")
    services_leaving.sell(session, shop.actor, batch_id, Decimal(1), key=a_key())
    settled()
    assert steps_of(document_of(shop, batch_id)) == ["shipping", "receiving", "retail_selling"]
    assert steps_of(document_of(maker, batch_id)) == ["commissioning", "shipping", "receiving"]
    assert [
        error.message for error in official_validator().iter_errors(document_of(shop, batch_id).json)
    ] == []


def test_a_lot_that_shared_a_shipment_is_left_out(
    session: Session, start_reader: StartReader, settled: Callable[[], None]
) -> None:
    """The document of one lot names the shipment's other lots as the query does, and events without it not at all."""
    maker, shop = start_reader(), start_reader(OrganisationKind.SHOP)
    given, kept = (ActiveBatchFactory.create(session=session, actor=maker.actor) for _ in range(2))
    kept_id = kept.id
    give(session, given, maker.actor, shop.actor, "5")
    settled()
    assert document_of(shop, kept_id).status_code == 404


def test_who_had_nothing_of_a_lot_is_told_there_is_none(
    session: Session, start_reader: StartReader, settled: Callable[[], None]
) -> None:
    maker, stranger = start_reader(), start_reader(OrganisationKind.SHOP)
    batch_id = ActiveBatchFactory.create(session=session, actor=maker.actor).id
    settled()
    nobodys = document_of(stranger, UUID(int=7))
    answer = document_of(stranger, batch_id)
    assert (answer.status_code, (answer.json or {})["code"]) == (404, "batch-not-found")
    assert (answer.json or {})["detail"] == (nobodys.json or {})["detail"]


def test_a_draft_has_no_events_yet(
    session: Session, start_reader: StartReader, settled: Callable[[], None]
) -> None:
    maker = start_reader()
    batch_id = BatchFactory.create(session=session, actor=maker.actor).id
    settled()
    assert steps_of(document_of(maker, batch_id)) == []
