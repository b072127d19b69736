"""What the log opens for everybody: public fields as they are now, their salts, and never anything else."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import PartyFactory, a_key, give
from tests.trace.events.conftest import Chain
from tests.trace.events.sequenced import publish
from trace.core.ids import uuid7
from trace.core.local_state import CHECKOUT
from trace.events import openings, services_leaving
from trace.events.erasure import ERASABLE, erase
from trace.events.leaf_values import private_values
from trace.events.models import Event, EventGoods, EventPrivate
from trace.ledger import leaves, queries
from trace.ledger.crosscheck import check_openings
from trace.ledger.notes import Signer
from trace.ledger.proofs import Proof


@pytest.fixture
def client(app: Flask, session: Session, chain: Chain) -> FlaskClient:
    """A reader of the log; the chain's batch was activated, shipped and received."""
    give(session, chain.batch, chain.producer, chain.shop)
    session.commit()
    return app.test_client()


@pytest.fixture
def signer(client: FlaskClient, session: Session, tmp_path: Path) -> Signer:
    """What was recorded stands in the log, and a checkpoint covers it."""
    return publish(session, tmp_path)


def paths(session: Session) -> tuple[str, str]:
    """Where the only bundle and its openings are."""
    size = queries.tree_size(session)
    assert 3 <= size < 256
    return f"/log/tile/entries/000.p/{size}", f"/log/openings/000.p/{size}"


def fetch_openings(client: FlaskClient, session: Session) -> list[dict[str, Any]]:
    found = json.loads(client.get(paths(session)[1]).data)["openings"]
    assert isinstance(found, list)
    return found


def test_every_leaf_is_opened_by_what_is_shown(client: FlaskClient, session: Session, signer: Signer) -> None:
    bundle = client.get(paths(session)[0]).data
    assert check_openings(bundle, fetch_openings(client, session), origin=signer.name) == []


def test_all_public_fields_are_shown_with_null_where_nothing_was_said(
    client: FlaskClient, session: Session, signer: Signer
) -> None:
    for opening in fetch_openings(client, session):
        assert set(opening["fields"]) == set(leaves.PUBLIC_FIELDS)


def test_no_private_field_nor_its_salt_nor_the_key_of_the_lots_is_ever_sent(
    client: FlaskClient, session: Session, signer: Signer
) -> None:
    entries, shown = paths(session)
    everything = b"".join(client.get(path).data for path in (entries, shown, "/log/checkpoint", "/log/key"))
    for event in session.scalars(select(Event)):
        file = client.get(f"/log/proof/{event.id}").data
        everything += file + (Proof.parse(file).extra or b"")
    for private in session.scalars(select(EventPrivate)):
        salts = leaves.unpack_salts(private.salts)
        for field in leaves.PRIVATE_FIELDS:
            assert salts[field].hex().encode() not in everything, field
            assert salts[field] not in everything, field
        # Sixteen bytes of public salts do stand there: the search is able to find.
        assert salts["event_id"].hex().encode() in everything


def test_no_private_value_is_ever_sent(client: FlaskClient, session: Session, signer: Signer) -> None:
    shown = client.get(paths(session)[1]).data
    for event in session.scalars(select(Event)):
        values = private_values(event, session.get_one(EventPrivate, event.id))
        for field in ("event_time", "record_time", "recorded_by", "person", "quantity_list", "event_hash"):
            stated = json.dumps(values[field]).strip('"').encode()
            assert stated not in shown, field
        assert str(event.organisation_id).encode() not in shown


def test_free_text_and_parties_never_leave(
    app: Flask, session: Session, chain: Chain, tmp_path: Path
) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    note = "Gặp cô Ví Dụ ở cổng sau"
    services_leaving.sell(
        session, chain.producer, chain.batch.id, Decimal(3), key=a_key(), party_id=party.id, note=note
    )
    session.commit()
    publish(session, tmp_path)
    shown = app.test_client().get("/log/openings/000.p/2").text
    assert "retail_selling" in shown
    assert not [stated for stated in (party.name, str(party.id), note) if stated in shown]


def test_erasing_leaves_what_is_shown_as_it_was(
    client: FlaskClient, session: Session, chain: Chain, signer: Signer
) -> None:
    before = fetch_openings(client, session)
    for event_id in session.scalars(select(Event.id)).all():
        erase(session, chain.officer, event_id, ERASABLE)
    session.commit()
    assert fetch_openings(client, session) == before


def test_what_is_not_published_yet_is_not_opened(client: FlaskClient, session: Session) -> None:
    assert client.get("/log/openings/000.p/1").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["000", "001", "000.p/0", "000.p/256", "000.p/01", "0", "x", "-1", "x000/000", "000.p/200", "%00", "٠٠٠"],
)
def test_an_address_of_no_bundle_is_not_found(client: FlaskClient, signer: Signer, path: str) -> None:
    answer = client.get(f"/log/openings/{path}")
    assert answer.status_code == 404
    assert answer.content_type.startswith("text/plain")


def test_openings_are_never_kept_on_the_way(client: FlaskClient, session: Session, signer: Signer) -> None:
    assert client.get(paths(session)[1]).headers["Cache-Control"] == "no-store"


def test_pages_of_others_may_read_openings(client: FlaskClient, session: Session, signer: Signer) -> None:
    assert client.get(paths(session)[1]).headers["Access-Control-Allow-Origin"] == "*"


def test_spoilt_salts_are_no_error_of_the_server(session: Session, chain: Chain) -> None:
    """Whoever spoils them is found by the audit; the page that shows it must not break."""
    event_id = session.scalars(select(Event.id)).first()
    assert event_id is not None
    assert openings.open_events(session, [event_id, uuid7()]).keys() == {event_id}


# -------------------------------------------------------------------------------------------------------- proofs


def verify(folder: Path, text: str, key: str) -> subprocess.CompletedProcess[str]:
    (folder / "event.tlog-proof").write_text(text, encoding="utf-8")
    program = CHECKOUT / "static" / "verify" / "verify_proof.py"
    arguments = [sys.executable, "-I", str(program), str(folder / "event.tlog-proof"), "--key", key]
    return subprocess.run(arguments, capture_output=True, text=True, encoding="utf-8")


def test_every_proof_is_proven_by_the_separate_verifier(
    client: FlaskClient, session: Session, signer: Signer, tmp_path: Path
) -> None:
    for event_id in session.scalars(select(Event.id)).all():
        text = client.get(f"/log/proof/{event_id}").text
        done = verify(tmp_path, text, signer.verifier.text)
        assert done.returncode == 0, done.stderr
        assert f"urn:uuid:{event_id}" in done.stdout


def test_a_proof_for_a_reader_of_one_lot_names_that_lot_and_no_other(
    client: FlaskClient, session: Session, chain: Chain, signer: Signer, tmp_path: Path
) -> None:
    event_id, lot = session.execute(select(EventGoods.event_id, EventGoods.lot).limit(1)).one()
    done = verify(tmp_path, openings.proof_file(session, event_id, lot).text, signer.verifier.text)
    assert done.returncode == 0, done.stderr
    assert f"lô / lot: {lot}" in done.stdout


def test_a_proof_over_http_opens_no_lot(client: FlaskClient, session: Session, signer: Signer) -> None:
    """Whoever knows many codes could otherwise try which events are theirs."""
    event_id = session.scalars(select(Event.id)).first()
    extra = Proof.parse(client.get(f"/log/proof/{event_id}?lot=x").data).extra
    assert extra is not None
    assert "lots" not in json.loads(extra)


def test_a_proof_is_offered_as_a_file(client: FlaskClient, session: Session, signer: Signer) -> None:
    event_id = session.scalars(select(Event.id)).first()
    answer = client.get(f"/log/proof/{event_id}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{event_id}.tlog-proof"'


def test_a_proof_still_holds_when_values_were_erased(
    client: FlaskClient, session: Session, chain: Chain, signer: Signer, tmp_path: Path
) -> None:
    event_id = session.scalars(select(Event.id)).first()
    assert event_id is not None
    erase(session, chain.officer, event_id, ERASABLE)
    session.commit()
    assert verify(tmp_path, client.get(f"/log/proof/{event_id}").text, signer.verifier.text).returncode == 0


@pytest.mark.parametrize("event_id", [UUID(int=0), uuid7()])
def test_no_event_has_no_proof(client: FlaskClient, signer: Signer, event_id: UUID) -> None:
    assert client.get(f"/log/proof/{event_id}").status_code == 404


def test_an_event_has_no_proof_before_a_checkpoint_covers_it(client: FlaskClient, session: Session) -> None:
    event_id = session.scalars(select(Event.id)).first()
    assert client.get(f"/log/proof/{event_id}").status_code == 404
