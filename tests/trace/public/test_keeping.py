"""Kept pages: they say what a page made anew would say, and none is shown once anything in it has changed."""

import gzip
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from producers.diary.models import DiaryEntry, WorkKind
from producers.diary.services import Ground, Work, note_entry
from producers.models import Certificate, Product
from producers.test_results.models import TestResult
from producers.test_results.rules import Line
from producers.test_results.services import Report, note_result
from tests.conftest import build_app
from tests.databases import copied_database
from tests.factories import ActiveBatchFactory, ShipmentFactory, a_key, actor_of_kind
from trace.accounts.models import Organisation, OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.models import Batch, Code
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_rules import Span, Typed, VoidReason
from trace.core import clock
from trace.core.blobs import BlobStore
from trace.core.database import make_engine, new_session
from trace.core.machine import MB
from trace.core.revisions import Revision, revise
from trace.core.short_codes import new_code, pretty
from trace.demo.fill import fill
from trace.events.handover_models import Hold, Shipment, ShipmentLine
from trace.events.rules import CONFIRMATION_GRACE
from trace.events.services_items import sell_item
from trace.events.services_leaving import sell
from trace.events.services_receiving import receive
from trace.events.services_stamps import bind_stamps, void_stamps
from trace.kept.models import KeptPage, PageChange
from trace.kept.pieces import cut
from trace.kept.services import forget_old_changes, forget_old_pages
from trace.ledger.keys import LastCheckpoint, make_signer
from trace.ledger.sequencing import Sequencer
from trace.ledger.services import log_origin
from trace.public import build, keeping
from trace.public.keeping import Keeper, Kept, Memory, bytes_for_pages
from trace.recalls.hold_rules import HoldReason
from trace.recalls.holds import pause_sale
from trace.recalls.models import Recall
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason
from trace.recalls.services import recall, withdraw_recall

# Rows that are only ever added, with an event or a revision of a watched table, and the lists of places.
NEVER_CHANGED = {
    "Event",
    "EventGoods",
    "Province",
    "Commune",
    "InstallationFact",
    "Code",
    "StampRun",
    "StampRange",
}
CALM = "Chưa có cảnh báo"
DAYS = count()


@dataclass(frozen=True)
class City:
    """The demo's database, the application on it, and how to read and change it."""

    app: Flask
    session: Session
    sequencer: Sequencer

    def publish(self) -> None:
        """Give every leaf its place: pages whose entries the log does not hold yet are kept for moments alone."""
        self.session.commit()
        while self.sequencer.place_leaves():
            pass
        self.sequencer.publish()

    @property
    def keeper(self) -> Keeper:
        found: Keeper = self.app.extensions[keeping.EXTENSION]
        return found

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.app.test_client().get(path, headers={"Accept-Encoding": "gzip", **headers})

    def read(self, path: str) -> str:
        answer = self.get(path)
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(answer.data) if packed else answer.data).decode()

    def is_kept(self, code: str) -> bool:
        with self.app.test_request_context(f"/T/{code}"):
            return self.keeper.look(code)[1] is not None


@pytest.fixture(scope="module")
def city(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Filled once; the changes of each test are of its own lots."""
    folder = tmp_path_factory.mktemp("state")
    with copied_database(template_url) as url:
        engine = make_engine(url)
        app = build_app(engine, engine, folder, TRACE_PUBLIC_URL="http://localhost")
        with new_session(engine) as session:
            fill(session, BlobStore(folder / "pictures"), today=clock.today(), is_public=False)
            session.commit()
            path = folder / "log.key"
            signer = make_signer(path, log_origin(session))
            sequencer = Sequencer(session, signer, LastCheckpoint.beside(path))
            sequencer.load()
            made = City(app, session, sequencer)
            made.publish()
            yield made
        app.extensions["sessions"].kw["bind"].dispose()
        engine.dispose()


def _without_scans(page: str) -> str:
    return re.sub(r'<section class="block" id="luot-quet".*?</section>', "", page, flags=re.DOTALL)


def _codes_of_lots(session: Session) -> list[str]:
    return list(session.scalars(select(Code.code).join(Batch, Code.batch_id == Batch.id).order_by(Code.code)))


def _codes_of_stamps(session: Session) -> list[str]:
    first = select(func.min(Code.code)).where(Code.run_id.is_not(None)).group_by(Code.run_id)
    return [
        *session.scalars(first),
        *session.scalars(select(Code.code).where(Code.run_id.is_not(None)).limit(40)),
    ]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_what_is_kept_reads_like_a_page_made_anew(city: City, prefix: str) -> None:
    codes = [*_codes_of_lots(city.session), *_codes_of_stamps(city.session), new_code(), "KHONGPHAIMA"]
    for code in codes:
        path = f"{prefix}/T/{code}"
        first, again = city.read(path), city.read(path)
        with city.app.test_request_context(path):
            made = build.code_page(city.session, code)
        keeper, city.app.extensions[keeping.EXTENSION] = city.keeper, None
        try:
            live = city.read(path)
        finally:
            city.app.extensions[keeping.EXTENSION] = keeper
        minute = re.compile(r"\d\d:\d\d(:00\+07:00|, \d\d/\d\d/\d{4})")
        texts = [minute.sub("", _without_scans(text)) for text in (first, again, live)]
        assert texts[0] == texts[1] == texts[2], code
        assert str(made.band.title) in texts[0]
        assert not re.search(r"[xyz][0-9a-f]{20}", texts[1])


def test_every_activated_lot_is_answered_from_what_is_kept(city: City) -> None:
    for code in city.session.scalars(select(Batch.code).where(Batch.activated_at.is_not(None))):
        city.get(f"/T/{code}")
        assert city.is_kept(code), code


def test_whatever_a_page_is_made_of_is_watched_or_never_changes(city: City) -> None:
    watched = {
        one.__name__
        for one in (*keeping.SUBJECTS, Certificate, DiaryEntry, Hold, Revision, ShipmentLine, TestResult)
    }
    for code in [*_codes_of_lots(city.session), *_codes_of_stamps(city.session)]:
        with city.app.test_request_context(f"/T/{code}"), city.app.extensions["sessions"]() as session:
            build.code_page(session, code)
            read = {type(one).__name__ for one in session.identity_map.values()}
        assert read <= watched | NEVER_CHANGED, code


@dataclass(frozen=True)
class Scene:
    """A lot whose page is kept, what a change needs to know, and how to see whether it is kept still."""

    city: City
    producer: Actor
    shop: Actor
    officer: Actor
    lot: Batch
    shipment: Shipment

    @property
    def session(self) -> Session:
        return self.city.session


@pytest.fixture
def scene(city: City) -> Scene:
    session = city.session
    producer, shop, officer = (
        actor_of_kind(session, kind)
        for kind in (OrganisationKind.PRODUCER, OrganisationKind.SHOP, OrganisationKind.AUTHORITY)
    )
    shop.organisation.is_named_publicly = True
    lot = ActiveBatchFactory.create(session=session, actor=producer)
    shipment = ShipmentFactory.create(
        session=session, actor=producer, batch=lot, to=shop.organisation, quantity=Decimal(10)
    )
    city.publish()
    city.get(f"/T/{lot.code}")
    city.get(f"/en/T/{lot.code}")
    assert city.is_kept(lot.code)
    return Scene(city, producer, shop, officer, lot, shipment)


def _recall(scene: Scene) -> Recall:
    return recall(
        scene.session, scene.officer, scene.lot.id, RecallClass.HEALTH, RecallReason.PESTICIDE_RESIDUE, None,
        typed_lot_number=scene.lot.lot_number,
    )  # fmt: skip


def _spray(scene: Scene) -> DiaryEntry:
    ground = Ground(scene.lot.product_id, scene.lot.location_id)
    work = Work(WorkKind.SPRAY, clock.today() - timedelta(days=8), "Thuốc Ví Dụ", waiting_days=7)
    return note_entry(scene.session, scene.producer, ground, work, key=a_key())


def _test(scene: Scene) -> TestResult:
    report = Report("Phòng kiểm nghiệm Ví Dụ", "1", clock.today(), (Line("Chì", "0,02 mg/kg"),))
    return note_result(scene.session, scene.producer, scene.lot.id, report, key=a_key())


CHANGES: dict[str, Callable[[Scene], object]] = {
    "sprayed": _spray,
    "tested": _test,
    "recalled": _recall,
    "paused": lambda scene: pause_sale(
        scene.session, scene.officer, scene.lot.id, HoldReason.TEST_RESULT, typed_lot_number=scene.lot.lot_number
    ),
    "received": lambda scene: receive(scene.session, scene.shop, scene.shipment.id),
    "no longer named": lambda scene: revise(scene.session, scene.shop.organisation, {"is_named_publicly": False}, None),
    "producer renamed": lambda scene: revise(scene.session, scene.producer.organisation, {"name": "HTX Tên Mới"}, None),
    "described anew": lambda scene: revise(scene.session, scene.lot.product, {"description": "Lời khác."}, None),
    "moved": lambda scene: revise(scene.session, scene.lot.location, {"address_as_written": "Thôn khác"}, None),
    "certificate": lambda scene: scene.session.add(
        Certificate(
            product_id=scene.lot.product_id, stars=3, decision_number="9/QĐ", decided_on=clock.today(), issuer="UBND",
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_makes_the_page_out_of_date_as_it_commits(scene: Scene, change: str) -> None:
    CHANGES[change](scene)
    scene.session.flush()
    assert scene.city.is_kept(scene.lot.code)  # nothing has committed yet
    scene.session.commit()
    assert not scene.city.is_kept(scene.lot.code)


def test_whoever_is_read_for_one_line_alone_is_watched_too(scene: Scene) -> None:
    """A session lets go of what nobody holds: nothing may depend on what it still remembers at the end."""
    receive(scene.session, scene.shop, scene.shipment.id)
    sell(scene.session, scene.shop, scene.lot.id, Decimal(1), key=a_key())
    scene.city.publish()
    scene.city.get(f"/T/{scene.lot.code}")
    page = scene.session.get_one(KeptPage, (scene.lot.id, "vi"))
    speaks_of = {
        scene.lot.id,
        scene.lot.product_id,
        scene.producer.organisation_id,
        scene.shop.organisation_id,
    }
    assert speaks_of <= set(page.subjects)
    revise(scene.session, scene.shop.organisation, {"is_named_publicly": False}, None)
    scene.session.commit()
    assert not scene.city.is_kept(scene.lot.code)


def test_a_recall_is_told_in_every_language_and_its_withdrawal_too(scene: Scene) -> None:
    path = f"/T/{scene.lot.code}"
    assert CALM in scene.city.read(path)
    recalled = _recall(scene)
    scene.session.commit()
    assert "Đang thu hồi" in scene.city.read(path)
    assert "Recalled" in scene.city.read(f"/en{path}")
    withdraw_recall(
        scene.session,
        scene.officer,
        recalled.id,
        WithdrawalReason.RETEST_PASSED,
        typed_lot_number=scene.lot.lot_number,
    )
    scene.session.commit()
    assert CALM in scene.city.read(path)


def test_a_change_of_one_lot_leaves_the_pages_of_others(scene: Scene) -> None:
    other = ActiveBatchFactory.create(session=scene.session, actor=actor_of_kind(scene.session))
    scene.city.publish()
    scene.city.get(f"/T/{other.code}")
    _recall(scene)
    scene.session.commit()
    assert scene.city.is_kept(other.code)


def test_a_page_that_still_holds_is_not_sent_twice(scene: Scene) -> None:
    path = f"/T/{scene.lot.code}"
    first = scene.city.get(path)
    again = scene.city.get(path, **{"If-None-Match": first.headers["ETag"]})
    # Within one minute: a page says when it was looked up.
    assert again.status_code == 304 or again.headers["ETag"] != first.headers["ETag"]
    _recall(scene)
    scene.session.commit()
    assert scene.city.get(path, **{"If-None-Match": again.headers["ETag"]}).status_code == 200


def test_a_change_that_commits_after_the_page_was_begun_is_not_missed(scene: Scene) -> None:
    """The order of ids is not the order of commits: the older transaction may be the one that ends later."""
    with new_session(scene.session.get_bind()) as early, new_session(scene.session.get_bind()) as late:
        revise(early, early.get_one(Product, scene.lot.product_id), {"description": "Sớm, ghi sau."}, None)
        revise(late, late.get_one(Organisation, scene.producer.organisation_id), {"name": "HTX Muộn"}, None)
        late.commit()
        scene.city.get(f"/T/{scene.lot.code}")
        assert scene.city.is_kept(scene.lot.code)
        early.commit()
    assert not scene.city.is_kept(scene.lot.code)
    assert "Sớm, ghi sau." in scene.city.read(f"/T/{scene.lot.code}")


def test_each_item_is_shown_its_own_code(scene: Scene) -> None:
    run = services_runs.issue_roll(scene.session, scene.producer, Order(3, "https://check.example"))
    make_part(scene.session, run.id, None)
    bind_stamps(scene.session, scene.producer, scene.lot.id, Typed(number=1), Typed(number=3))
    codes = [code for _number, code in stamp_queries.codes_of(scene.session, run, Span(1, 3))]
    scene.city.publish()
    for code in codes:
        text = scene.city.read(f"/T/{code}")
        assert pretty(code) in text
        assert f"/T/{code}/phan-anh" in text
        assert not any(other in text for other in codes if other != code)
    sold = sell_item(scene.session, scene.producer, Typed(code=codes[0]))
    void_stamps(scene.session, scene.producer, Typed(number=2), Typed(number=2), VoidReason.SPOILED)
    scene.session.commit()
    titles = [re.search(r"<h1[^>]*>([^<]*)<", scene.city.read(f"/T/{code}")) for code in codes]
    assert [title[1] for title in titles if title] == [
        "Món hàng này đã được ghi bán",
        "Nơi sản xuất đã hủy tem này",
        CALM,
    ]
    assert sold is not None


@pytest.fixture
def clock_set_right() -> Iterator[None]:
    """Clocks go right again after the test."""
    yield
    clock.shift(timedelta())


@pytest.mark.usefixtures("clock_set_right")
def test_a_page_is_of_one_day(scene: Scene) -> None:
    page = scene.session.get_one(KeptPage, (scene.lot.id, "vi"))
    midnight = datetime.combine(clock.today() + timedelta(days=1), datetime.min.time())
    assert page.valid_until <= clock.from_local(midnight)
    assert scene.city.is_kept(scene.lot.code)
    clock.shift(page.valid_until - clock.now())
    assert not scene.city.is_kept(scene.lot.code)


def test_a_handover_that_waits_too_long_ends_the_page_of_its_lot(scene: Scene) -> None:
    page = scene.session.get_one(KeptPage, (scene.lot.id, "vi"))
    assert page.valid_until <= scene.shipment.shipped_at + CONFIRMATION_GRACE


def test_old_pages_are_forgotten_with_the_changes_nothing_asks_for(scene: Scene) -> None:
    _note_old_change(scene)
    for _day in range(3):
        _forget(scene)
        assert scene.city.is_kept(scene.lot.code)
    assert not _changes_of(scene)


def test_changes_since_the_oldest_transaction_that_still_runs_are_not_forgotten(
    scene: Scene, template_url: str
) -> None:
    with _transaction_elsewhere(template_url):
        _recall(scene)
        scene.city.publish()
        for _day in range(3):
            _forget(scene)
        assert _changes_of(scene)


def _note_old_change(scene: Scene) -> None:
    """A change of the lot by a transaction older than all that run.

    The server counts those of all its databases: what a test beside this one has open keeps changes of this moment.
    """
    oldest = text("(select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)")
    scene.session.execute(delete(PageChange).where(PageChange.subject_id == scene.lot.id))
    scene.session.execute(insert(PageChange).values(subject_id=scene.lot.id, transaction_id=oldest))
    scene.session.commit()


@contextmanager
def _transaction_elsewhere(template_url: str) -> Iterator[None]:
    """A transaction that writes, in another database of the server, open meanwhile."""
    with copied_database(template_url) as url:
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(select(func.pg_current_xact_id()))
            yield
        engine.dispose()


def _forget(scene: Scene) -> None:
    """What the worker does, a day after the last time, with a look at the page in between."""
    forget_old_pages(scene.session, clock.now() + timedelta(days=1))
    scene.session.commit()
    scene.city.get(f"/T/{scene.lot.code}")
    forget_old_changes(scene.session, _a_day_later())
    scene.session.commit()


def _a_day_later() -> datetime:
    """Later by a day than whichever test asked last: when changes were last forgotten is noted in the database."""
    return clock.now() + timedelta(days=next(DAYS))


def _changes_of(scene: Scene) -> Sequence[PageChange]:
    return scene.session.scalars(select(PageChange).where(PageChange.subject_id == scene.lot.id)).all()


def test_changes_of_a_moment_ago_are_not_forgotten_however_often_that_runs(scene: Scene) -> None:
    later = _a_day_later()
    forget_old_changes(scene.session, later)
    scene.session.commit()
    _recall(scene)
    scene.session.commit()
    scene.session.execute(delete(KeptPage))
    for minute in range(3):
        forget_old_changes(scene.session, later + timedelta(minutes=minute))
        scene.session.commit()
    assert _changes_of(scene)


@pytest.mark.parametrize(
    ("memory", "pages"), [(512 * MB, 32 * MB), (8192 * MB, 64 * MB), (65536 * MB, 128 * MB)]
)
def test_larger_machines_hold_more_pages(memory: int, pages: int) -> None:
    assert bytes_for_pages(memory) == pages


def test_memory_holds_no_more_than_it_may() -> None:
    pages = [Kept("no_warning", str(n), cut(f"page {n} {'x' * n}", {})) for n in range(50)]
    memory = Memory(most_bytes=1_500, most_codes=10)
    for page in pages:
        memory.hold(page.name, "vi", page)
    assert memory.weight <= 1_500
    assert memory.find("49", "vi") is pages[49]
    assert memory.find("0", "vi") is None
