"""A live service with the demo in it, on a port and a database of its own; gone when the audit ends."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.conftest import free_port
from tests.databases import copied_database, database_server
from trace.accounts import api_keys
from trace.accounts.models import Membership, Organisation, Role
from trace.accounts.permissions import Actor
from trace.app import create_app
from trace.batches import services_runs, stamp_queries
from trace.batches.hidden_codes import first_key
from trace.batches.models import Batch, Code
from trace.batches.stamp_rules import Typed
from trace.cli import demo, processes, texts
from trace.core.config import Settings
from trace.core.database import make_engine, new_session
from trace.core.short_codes import new_code
from trace.events import services_stamps
from trace.reports.models import Report
from trace.verdict.queries import look_up
from trace.verdict.rules import Verdict, decide

CODE_LENGTH = 10
# What the demo states of one product (trace.demo.catalogue).
GTIN = "09521234543213"


@dataclass(frozen=True)
class Site:
    """Where it is, one code for each verdict the demo can show, a stamp with a hidden code, a report's number, and
    a key of a producer.

    ``codes`` misses a verdict only where no batch of the demo is in that state.
    """

    url: str
    codes: dict[Verdict, str]
    stamp: str
    report: str
    key: str

    @property
    def missing(self) -> tuple[Verdict, ...]:
        """The verdicts no code of the demo shows."""
        return tuple(verdict for verdict in Verdict if verdict not in self.codes)

    def pages(self) -> dict[str, str]:
        """The public pages by name, in both languages: one of each kind, and one of each verdict."""
        return {
            f"{name} ({language})": f"{self.url}{prefix}{path}"
            for name, path in {
                "home": "/",
                "scanner": "/scan",
                "recalls": "/thu-hoi",
                "scanner, foreign code": "/scan?kind=qr_code&text=https%3A%2F%2Fexample.com%2F",
                **{str(v): f"/T/{code}" for v, code in self.codes.items()},
                "hidden code": f"/T/{self.stamp}/hidden",
                "form of a report": f"/T/{self.stamp}/phan-anh",
                "report": f"/phan-anh/{self.report}",
                "report, number": "/phan-anh",
                "report, number with a slip": "/phan-anh/ABCD",
                "past recalls": "/thu-hoi?state=past",
                "place of a scan": f"/T/{self.stamp}/noi-quet",
                "item": f"/T/{self.stamp}",
                "product": f"/san-pham/{GTIN}",
                "product, report": f"/san-pham/{GTIN}/phan-anh",
                "product, unknown": "/san-pham/9521234543251",
                "log": "/log/",
                "confirmation, unknown": "/xn/7K3QX9ZPABCDEFGH",
                "nothing here": "/nothing-here",
            }.items()
            for language, prefix in (("vi", ""), ("en", "/en"))
        }


@contextlib.contextmanager
def live_site() -> Iterator[Site]:
    """Start everything, fill the demo, and stop everything at the end."""
    texts.compile_texts(only_if_older=True)
    with (
        database_server() as template,
        copied_database(template) as database_url,
        tempfile.TemporaryDirectory(prefix="audit-") as folder,
    ):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TRACE_")},
            "DATABASE_URL": database_url,
            "TRACE_PUBLIC_URL": url,
            "TRACE_SECRET_KEY": secrets.token_hex(32),
            "TRACE_STATE_FOLDER": folder,
        }
        settings = Settings.from_environment(environ)
        demo.fill(settings)
        codes, stamp, report, key = _prepare(settings)
        web = processes.start_web(environ, "127.0.0.1", port, Path(folder))
        try:
            if not processes.wait_until_answering(url, web):
                raise RuntimeError(
                    f"The web server does not answer:\n{web.log_path.read_text(encoding='utf-8')}"
                )
            yield Site(url, codes, stamp, report, key)
        finally:
            web.stop()


def _prepare(settings: Settings) -> tuple[dict[Verdict, str], str, str, str]:
    engine = make_engine(settings.database_url)
    try:
        with create_app(settings, bind=engine).app_context(), new_session(engine) as session:
            codes = _codes(session)
            key = api_keys.create_api_key(session, _busiest_producer(session), "Audit")
            stamp = _stamp_with_hidden_code(session, settings, codes[Verdict.NO_WARNING])
            report = session.scalars(select(Report.number)).one()
            session.commit()
    finally:
        engine.dispose()
    return codes, stamp, report, key


def _stamp_with_hidden_code(session: Session, settings: Settings, code: str) -> str:
    """A stamp of the lot that this code leads to, with a code under a scratch layer."""
    batch = session.get_one(Batch, session.get_one(Code, code).batch_id)
    owner = Actor(None, batch.organisation, Role.OWNER)
    hidden = first_key(settings.key_folder)
    order = services_runs.Order(1, settings.public_url or "", hidden.key_id)
    run = services_runs.issue_roll(session, owner, order, batch.product_id)
    services_runs.make_part(session, run.id, hidden)
    number = Typed(number=run.first_number)
    services_stamps.bind_stamps(session, owner, batch.id, number, number)
    return stamp_queries.find_code(session, run.id, run.first_number)


def _codes(session: Session) -> dict[Verdict, str]:
    """One code for each verdict, chosen by the same reads as the page."""
    unknown = new_code(CODE_LENGTH)
    slip = unknown[:-1] + ("A" if unknown[-1] != "A" else "B")
    issued = select(Code.code).order_by(Code.created_at, Code.run_id.nulls_first(), Code.number, Code.code)
    codes = [*session.scalars(issued), unknown, slip]
    found: dict[Verdict, str] = {}
    for code in codes:
        found.setdefault(decide(look_up(session, code).facts).verdict, code)
    return found


def _busiest_producer(session: Session) -> Actor:
    owner = session.scalars(
        select(Membership)
        .join(Organisation)
        .join(Batch, Batch.organisation_id == Organisation.id)
        .where(Membership.role == Role.OWNER, Membership.ended_at.is_(None), Batch.activated_at.is_not(None))
        .group_by(Membership.id)
        .order_by(func.count().desc(), Membership.id)
        .limit(1)
    ).one()
    return Actor(owner.user_id, owner.organisation, Role.OWNER)
