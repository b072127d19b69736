"""Captured events in the log: every published example is opened and audited as our own events are."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.trace.epcis.documents import CONTEXT, a_document, an_event
from tests.trace.events.conftest import Chain, chain
from tests.trace.events.sequenced import publish
from tests.trace.gs1.standards import need
from trace.core.errors import Refusal
from trace.epcis.capture import Behaviour, capture
from trace.epcis.documents import read_document
from trace.events.audit import audit_database
from trace.ledger import queries
from trace.ledger.crosscheck import check_openings

__all__ = ["chain"]
SITE = "https://nguongoc.example"


def capture_examples(session: Session, chain: Chain) -> int:
    """Capture every official example document that can be read; returns how many events were kept."""
    kept = 0
    for path in sorted(need("epcis").rglob("examples/**/*.json*")):
        try:
            document = read_document(json.loads(path.read_text(encoding="utf-8")))
            outcome = capture(session, chain.shop, document, Behaviour.PROCEED, SITE)
        except (Refusal, ValueError, KeyError):
            continue  # a query, a master data document, or one made to be refused
        kept += len(outcome.captured)
    session.commit()
    return kept


@pytest.fixture
def kept(session: Session, chain: Chain) -> int:
    return capture_examples(session, chain)


def test_captured_examples_pass_the_audit_next_to_the_database(
    session: Session, kept: int, tmp_path: Path
) -> None:
    assert kept >= 10
    signer = publish(session, tmp_path)
    report = audit_database(session, signer.verifier)
    assert report.is_clean, [str(finding) for finding in report.findings[:20]]
    assert report.cross_checked >= 10


def test_captured_examples_are_opened_to_everybody(
    app: Flask, session: Session, kept: int, tmp_path: Path
) -> None:
    signer = publish(session, tmp_path)
    size = queries.tree_size(session)
    client = app.test_client()
    for index in range(-(-size // 256)):
        width = min(256, size - index * 256)
        place = f"{index:03}" + ("" if width == 256 else f".p/{width}")
        bundle = client.get(f"/log/tile/entries/{place}").data
        shown: Any = json.loads(client.get(f"/log/openings/{place}").data)["openings"]
        assert check_openings(bundle, shown, first_index=index * 256, origin=signer.name) == []


NUMBERS = ["0.0000001", "1e-7", "1E3", "12345678901234567890.123456789", "0.10", "-0", "1e22", "100", "3.14"]


def test_numbers_say_the_same_when_read_back(session: Session, chain: Chain, tmp_path: Path) -> None:
    """What is written as a number in a captured event is committed to as text, and read back as the same text."""
    events = [
        json.loads(
            json.dumps(
                an_event(
                    sensorElementList=[
                        {"sensorReport": [{"type": "Temperature", "uom": "CEL", "value": 0, "meanValue": 0}]}
                    ],
                    **{"ext:number": 0, "ext:nested": {"ext:deep": [0, True, None]}},
                )
            )
            .replace(": 0", f": {number}")
            .replace("[0,", f"[{number},"),
            parse_float=Decimal,
        )
        for number in NUMBERS
    ]
    document = a_document(*events)
    document["@context"] = [CONTEXT, {"ext": "https://ext.example/"}]
    outcome = capture(session, chain.shop, read_document(document), Behaviour.PROCEED, SITE)
    session.commit()
    assert len(outcome.captured) == len(NUMBERS), outcome.failures
    signer = publish(session, tmp_path)
    session.expire_all()
    report = audit_database(session, signer.verifier)
    assert report.is_clean, [str(finding) for finding in report.findings]
