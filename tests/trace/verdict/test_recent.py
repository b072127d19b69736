"""What a process remembers of codes: always what a full look would say, whatever changes and in whatever order."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from tests.databases import copied_database
from tests.factories import ActiveBatchFactory, actor_of_kind
from trace.batches import services_runs, stamp_queries
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_rules import Span, Typed
from trace.core import clock
from trace.core.addresses import libpq_url
from trace.core.database import make_engine, new_session
from trace.events.services_stamps import bind_stamps
from trace.kept.services import NewPage, keep, snapshot_of
from trace.verdict import recent
from trace.verdict.glance import Asked, Glance, glances
from trace.verdict.recent import FORGOTTEN_AFTER_S, RecentGlances

STAMPS = 4
BUILD = "tests"

# Of the stamp with the number :n of the shelf's run, or of its lot; each can happen once.
CHANGES: Mapping[str, str] = {
    "voided": "insert into stamp_ranges (id, run_id, first_number, last_number, kind, reason, made_at) "
    "values (gen_random_uuid(), :run, :n, :n, 'voided', 'lost', now())",
    "sold": "insert into stamp_ranges (id, run_id, first_number, last_number, kind, organisation_id, made_at) "
    "values (gen_random_uuid(), :run, :n, :n, 'sold', :organisation, now())",
    "sale undone": "update stamp_ranges set undone_at = now() "
    "where run_id = :run and first_number = :n and kind = 'sold'",
    "case opened": "insert into copy_cases (id, code, organisation_id, opened_at, score, findings, is_by_authority) "
    "values (gen_random_uuid(), :code, :organisation, now(), 50, '[]', false)",
    "found copied": "update copy_cases set decision = 'confirmed_copy', decided_at = now(), "
    "decided_by_id = :organisation where code = :code",
    "scanned": "insert into scan_counts (code, device, scans, first_at, last_at) values (:code, 'phone', 1, now(), now())",
    "described anew": "update products set description = 'Lời khác.' where id = :product",
}
NEEDED = {"sale undone": "sold", "found copied": "case opened"}
steps = st.tuples(
    st.sampled_from([*CHANGES, "page made", "looked"]), st.integers(1, STAMPS), st.integers(0, 3)
)


class Shelf:
    """A lot with a page that is kept, stamps that stand for it, and a process that looks at them."""

    def __init__(self, engine: Engine, connection: Any) -> None:
        self.engine, self.connection = engine, connection
        self.seconds = 0.0
        self.recent = RecentGlances(most_codes=50, most_changes=6, clock=lambda: self.seconds)
        self.pages = 0
        self.until = clock.now() + timedelta(hours=1)
        with new_session(engine) as session:
            producer = actor_of_kind(session)
            batch = ActiveBatchFactory.create(session=session, actor=producer)
            run = services_runs.issue_roll(session, producer, Order(STAMPS, "https://check.example"))
            make_part(session, run.id)
            bind_stamps(session, producer, batch.id, Typed(number=1), Typed(number=STAMPS))
            self.stamps = dict(stamp_queries.codes_of(session, run, Span(1, STAMPS)))
            self.codes = [*self.stamps.values(), batch.code]
            self.subjects = [batch.id, batch.product_id]
            self.ids = {
                "run": run.id, "organisation": producer.organisation_id, "product": batch.product_id,
                "batch": batch.id,
            }  # fmt: skip
            session.commit()
        self.make_page()

    def make_page(self) -> None:
        with new_session(self.engine) as session:
            snapshot = snapshot_of(session)
        self.pages += 1
        page = NewPage(
            batch_id=self.subjects[0], language="vi", build=BUILD, snapshot=snapshot, subjects=self.subjects,
            valid_until=self.until, verdict="no_warning", name=f"page{self.pages}", content=b"page",
        )  # fmt: skip
        keep(self.connection, page)

    def asked(self, *codes: str, ahead: timedelta = timedelta()) -> list[Asked]:
        now = clock.now() + ahead
        return [Asked(f"page{self.pages}", now, "vi", BUILD, code) for code in codes or self.codes]

    def look(self, *codes: str) -> list[Glance | None]:
        """What this process says, found to be what a full look says."""
        seen = self.recent.glances(self.connection, self.asked(*codes))
        assert seen == glances(self.connection, self.asked(*codes))
        return seen

    def is_kept(self) -> list[bool]:
        """Of each stamp, whether its page is known to hold."""
        return [self.is_kept_of(number) for number in self.stamps]

    def is_kept_of(self, number: int) -> bool:
        (seen,) = self.look(self.stamps[number])
        return seen is not None and seen.kept is not None

    def change(self, beside: Connection, way: str, number: int = 1) -> None:
        values = {**self.ids, "n": number, "code": self.stamps[number]}
        beside.execute(
            text(CHANGES[way]), {name: values[name] for name in values if f":{name}" in CHANGES[way]}
        )


@pytest.fixture(scope="module")
def engine(template_url: str) -> Iterator[Engine]:
    with copied_database(template_url) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def connection(engine: Engine) -> Iterator[Any]:
    with psycopg.connect(
        libpq_url(engine.url.render_as_string(hide_password=False)), autocommit=True
    ) as made:
        recent.prepare(made)
        yield made


@pytest.fixture
def shelf(engine: Engine, connection: Any) -> Shelf:
    made = Shelf(engine, connection)
    made.look()
    made.look()
    return made


class Walk:
    """Changes of one shelf, each in a transaction of its own that ends some steps later."""

    def __init__(self, shelf: Shelf, connections: ExitStack) -> None:
        self.shelf = shelf
        self.connections = connections
        self.done: set[tuple[str, int]] = set()
        self._open: list[tuple[int, Connection, tuple[str, int]]] = []

    def go(self, way: str, number: int, steps_open: int) -> None:
        self._end(1)
        if way == "page made":
            self.shelf.make_page()
        elif way == "looked":
            self.shelf.look(self.shelf.stamps[number])
        else:
            self._begin(way, 1 if way == "described anew" else number, steps_open)

    def end(self) -> None:
        self._end(max((left for left, *_rest in self._open), default=0))

    def _begin(self, way: str, number: int, steps_open: int) -> None:
        begun = {what for _left, _beside, what in self._open} | self.done
        needed = NEEDED.get(way)
        if (way, number) in begun or (needed is not None and (needed, number) not in self.done):
            return
        beside = self.connections.enter_context(self.shelf.engine.connect())
        self.shelf.change(beside, way, number)
        self._open.append((steps_open, beside, (way, number)))
        self._end(0)

    def _end(self, steps_gone: int) -> None:
        left = [(steps - steps_gone, beside, what) for steps, beside, what in self._open]
        self._open = [one for one in left if one[0] > 0]
        for _steps, beside, what in (one for one in left if one[0] <= 0):
            beside.commit()
            beside.close()
            self.done.add(what)


@settings(max_examples=60, deadline=None)
@given(ways=st.lists(steps, max_size=25))
def test_it_says_what_a_full_look_says(
    engine: Engine, connection: Any, ways: list[tuple[str, int, int]]
) -> None:
    shelf = Shelf(engine, connection)
    with ExitStack() as connections:
        walk = Walk(shelf, connections)
        for way, number, steps_open in ways:
            shelf.look()
            walk.go(way, number, steps_open)
        shelf.look()
        walk.end()
        shelf.look()


@pytest.mark.parametrize("way", ["voided", "sold", "described anew"])
def test_a_change_is_seen_from_its_commit_on(shelf: Shelf, way: str) -> None:
    with shelf.engine.connect() as beside:
        shelf.change(beside, way)
        assert all(shelf.is_kept())
        beside.commit()
    assert not shelf.is_kept()[0]


def test_what_was_found_of_one_label_is_seen_from_its_commit_on(shelf: Shelf) -> None:
    with shelf.engine.begin() as beside:
        shelf.change(beside, "case opened")
    assert all(shelf.is_kept())
    with shelf.engine.begin() as beside:
        shelf.change(beside, "found copied")
    assert shelf.is_kept() == [False, True, True, True]


def test_the_transaction_that_began_first_may_end_last(shelf: Shelf) -> None:
    with shelf.engine.connect() as early, shelf.engine.connect() as late:
        shelf.change(early, "voided", 1)
        shelf.change(late, "described anew")
        assert shelf.is_kept_of(1)
        late.commit()
        shelf.make_page()
        shelf.look()
        assert shelf.is_kept_of(1)
        early.commit()
        assert not shelf.is_kept_of(1)


def test_what_is_remembered_is_not_looked_up_again(shelf: Shelf) -> None:
    with shelf.engine.begin() as beside:
        beside.execute(text("delete from kept_pages"))
    (seen,) = shelf.recent.glances(shelf.connection, shelf.asked(shelf.stamps[1]))
    assert seen is not None
    assert seen.kept is not None
    (full,) = glances(shelf.connection, shelf.asked(shelf.stamps[1]))
    assert full is not None
    assert full.kept is None


def test_of_several_codes_only_those_not_remembered_are_looked_up(shelf: Shelf) -> None:
    shelf.recent = RecentGlances()
    shelf.look(shelf.stamps[1], shelf.stamps[2])
    with shelf.engine.begin() as beside:
        beside.execute(text("delete from kept_pages"))
    seen = shelf.recent.glances(
        shelf.connection, shelf.asked(*(shelf.stamps[number] for number in (3, 2, 4, 1)))
    )
    assert [one is not None and one.kept is not None for one in seen] == [False, True, False, True]


def test_more_changes_than_are_remembered_make_it_look_again(shelf: Shelf) -> None:
    with shelf.engine.begin() as beside:
        shelf.change(beside, "voided", 1)
    for _ in range(3):
        with shelf.engine.begin() as beside:
            for _ in range(3):
                beside.execute(text("insert into page_changes (subject_id) values (gen_random_uuid())"))
        shelf.look(shelf.codes[-1])
    assert not shelf.is_kept_of(1)


def test_nothing_is_remembered_past_its_day(shelf: Shelf) -> None:
    late = shelf.asked(ahead=timedelta(hours=1))
    assert [one and one.kept for one in shelf.recent.glances(shelf.connection, late)] == [None] * len(late)


def test_nothing_is_remembered_after_a_pause(shelf: Shelf) -> None:
    shelf.seconds += FORGOTTEN_AFTER_S + 1
    shelf.look(shelf.stamps[1])
    assert len(shelf.recent) == 1


def test_nothing_is_remembered_after_a_failure(shelf: Shelf) -> None:
    with pytest.raises(psycopg.Error):
        shelf.recent.glances(shelf.connection, shelf.asked("nul\0"))
    assert len(shelf.recent) == 0
    shelf.look()


def test_codes_are_remembered_up_to_so_many(shelf: Shelf) -> None:
    builds = [
        one._replace(build=f"{BUILD}{number}") for number in range(60) for one in shelf.asked(shelf.stamps[1])
    ]
    shelf.recent.glances(shelf.connection, [*shelf.asked(), *builds])
    assert len(shelf.recent) <= 50


def test_several_may_ask_at_once(shelf: Shelf, engine: Engine) -> None:
    """Each with a connection of its own, as after a failure."""
    url = libpq_url(engine.url.render_as_string(hide_password=False))

    def ask(number: int) -> bool:
        with psycopg.connect(url, autocommit=True) as own:
            recent.prepare(own)
            asked = shelf.asked()
            return all(shelf.recent.glances(own, asked) == glances(own, asked) for _ in range(50 + number))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(4)))
