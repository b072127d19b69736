"""A log that is served and an audit of it, with the memory of the audits before."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.trace.ledger.served_log import ServedLog, Serving
from trace.ledger import audit as auditing
from trace.ledger.audit import Policy
from trace.ledger.audit_report import Report
from trace.ledger.audit_state import AuditState
from trace.ledger.log_client import LogClient

Audit = Callable[..., Report]


@pytest.fixture
def log() -> Iterator[ServedLog]:
    with Serving(ServedLog()) as served:
        yield served


@pytest.fixture
def audit(log: ServedLog, tmp_path: Path) -> Audit:
    """Audit once, with the memory of the audits before."""

    def run(**more: Any) -> Report:
        policy = Policy(log.signer.verifier, lag_pause_s=0, **more)
        with AuditState(tmp_path / "auditor") as state, LogClient(log.url) as client:
            return auditing.audit(client, state, policy)

    return run


def kinds(report: Report) -> set[str]:
    return set(report.counts)
