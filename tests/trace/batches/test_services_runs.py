"""Ordering runs of stamps and making their codes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ActorFactory, BatchFactory, ProductFactory, actor_of_kind
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor, NotApprovedYet
from trace.batches import services_runs, stamp_queries
from trace.batches.gate import LabelRefused
from trace.batches.hidden_codes import CodesKeyMissing, first_key, load_key
from trace.batches.models import Code
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_models import RangeKind, StampRun
from trace.batches.stamp_rules import RunEnded, RunNotFinished, Span, StampUnknown, TooManyRuns
from trace.core.errors import Forbidden, NotFound
from trace.core.short_codes import is_well_formed, new_codes

SITE = "https://check.example"


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)


def _order(count: int = 25) -> Order:
    return Order(count, SITE)


def _codes(session: Session, run: StampRun) -> list[tuple[int, str]]:
    return list(stamp_queries.codes_of(session, run, Span(run.first_number, run.last_number)))


def test_a_roll_has_its_codes_after_its_parts(session: Session, producer: Actor) -> None:
    run = services_runs.issue_roll(session, producer, _order(25))
    sizes = []
    while part := make_part(session, run.id, size=10):
        sizes.append(len(part.codes))
    assert sizes == [10, 10, 5]
    assert run.is_finished
    found = _codes(session, run)
    assert [number for number, _code in found] == list(range(1, 26))
    assert all(len(code) == 13 and is_well_formed(code) for _number, code in found)


def test_numbers_go_on_from_the_last_run_of_the_organisation(session: Session, producer: Actor) -> None:
    other = actor_of_kind(session)
    first = services_runs.issue_roll(session, producer, _order(100))
    second = services_runs.issue_roll(session, producer, _order(50))
    theirs = services_runs.issue_roll(session, other, _order(10))
    assert (first.first_number, first.last_number) == (1, 100)
    assert (second.first_number, second.last_number) == (101, 150)
    assert theirs.first_number == 1


def test_a_code_that_is_taken_is_refused_by_the_database_and_the_run_goes_on(
    session: Session, producer: Actor
) -> None:
    first = services_runs.issue_roll(session, producer, _order(30))
    taken = make_part(session, first.id)
    assert taken is not None
    drawn: list[list[str]] = []

    def draw(count: int) -> list[str]:
        codes = new_codes(count)
        if not drawn:
            codes[7] = taken.codes[3]
        drawn.append(codes)
        return codes

    second = services_runs.issue_roll(session, producer, _order(30))
    part = make_part(session, second.id, draw=draw)
    assert part is not None
    assert len(drawn) == 2
    assert [code for _number, code in _codes(session, second)] == drawn[1]
    assert second.is_finished


def test_a_generator_that_only_repeats_itself_is_not_tried_for_ever(
    session: Session, producer: Actor
) -> None:
    run = services_runs.issue_roll(session, producer, _order(2))
    same = new_codes(1) * 2
    with pytest.raises(IntegrityError), session.begin_nested():
        make_part(session, run.id, draw=lambda count: same[:count])
    assert session.scalar(select(func.count()).where(Code.run_id == run.id)) == 0


def test_a_cancelled_run_makes_no_more_codes_and_its_numbers_are_not_given_again(
    session: Session, producer: Actor
) -> None:
    run = services_runs.issue_roll(session, producer, _order(25))
    make_part(session, run.id, size=10)
    services_runs.cancel_run(session, producer, run.id)
    assert make_part(session, run.id, size=10) is None
    assert (run.made, run.is_finished) == (10, False)
    assert services_runs.issue_roll(session, producer, _order(5)).first_number == 26
    with pytest.raises(RunEnded):
        services_runs.cancel_run(session, producer, run.id)


def test_a_finished_run_is_not_cancelled(session: Session, producer: Actor) -> None:
    run = services_runs.issue_roll(session, producer, _order(5))
    make_part(session, run.id)
    with pytest.raises(RunEnded):
        services_runs.cancel_run(session, producer, run.id)


def test_an_organisation_has_three_runs_under_way_at_most(session: Session, producer: Actor) -> None:
    for _ in range(3):
        services_runs.issue_roll(session, producer, _order())
    with pytest.raises(TooManyRuns):
        services_runs.issue_roll(session, producer, _order())


def test_only_approved_producers_order_stamps(session: Session) -> None:
    with pytest.raises(NotApprovedYet):
        services_runs.issue_roll(session, ActorFactory.create(session=session, is_approved=False), _order())
    with pytest.raises(Forbidden):
        services_runs.issue_roll(session, actor_of_kind(session, OrganisationKind.SHOP), _order())


def test_a_roll_is_for_a_product_of_ones_own(session: Session, producer: Actor) -> None:
    product = ProductFactory.create(session=session, actor=actor_of_kind(session))
    with pytest.raises(NotFound):
        services_runs.issue_roll(session, producer, _order(), product.id)


def test_serials_are_ordered_for_a_lot_that_may_have_labels(session: Session, producer: Actor) -> None:
    draft = BatchFactory.create(session=session, actor=producer)
    with pytest.raises(LabelRefused) as refused:
        services_runs.order_serials(session, producer, draft.id, _order())
    assert "batch-not-activated" in refused.value.obstacles
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    run = services_runs.order_serials(session, producer, batch.id, _order())
    assert (run.kind, run.batch_id) == ("serial", batch.id)


@pytest.mark.parametrize("flag", ["is_recalled", "is_held", "is_under_review"])
def test_no_serials_for_a_lot_that_is_recalled_or_held(session: Session, producer: Actor, flag: str) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    setattr(batch, flag, True)
    with pytest.raises(LabelRefused):
        services_runs.order_serials(session, producer, batch.id, _order())


def test_nobody_else_sees_a_run(session: Session, producer: Actor) -> None:
    run = services_runs.issue_roll(session, producer, _order())
    other = actor_of_kind(session)
    for act in _acts(session, other, run):
        with pytest.raises(NotFound):
            act()


def _acts(session: Session, actor: Actor, run: StampRun) -> list[Callable[[], object]]:
    return [
        lambda: stamp_queries.get_run(session, actor.organisation_id, run.id),
        lambda: services_runs.cancel_run(session, actor, run.id),
        lambda: services_runs.note_reprint(session, actor, run.id, Span(1, 2)),
    ]


def test_hidden_codes_are_stored_as_keyed_hashes_alone(
    session: Session, producer: Actor, tmp_path: Path
) -> None:
    key = first_key(tmp_path)
    run = services_runs.issue_roll(session, producer, Order(30, SITE, key.key_id))
    part = make_part(session, run.id, key)
    assert part is not None
    assert len(set(part.secrets)) == 30
    stored = dict(session.execute(select(Code.code, Code.secret_hash).where(Code.run_id == run.id)).all())
    for code, secret in zip(part.codes, part.secrets, strict=True):
        kept = stored[code]
        assert kept is not None
        assert secret.encode() not in kept
        assert key.matches(code, secret.lower(), kept)
        assert not key.matches(code, part.secrets[0] if secret != part.secrets[0] else "22222222", kept)


def test_hidden_codes_are_not_made_without_their_key(
    session: Session, producer: Actor, tmp_path: Path
) -> None:
    run = services_runs.issue_roll(session, producer, Order(3, SITE, first_key(tmp_path / "one").key_id))
    for key in (None, first_key(tmp_path / "two")):
        with pytest.raises(CodesKeyMissing):
            make_part(session, run.id, key)


def test_the_key_of_hidden_codes_is_made_once_and_never_silently_anew(tmp_path: Path) -> None:
    with pytest.raises(CodesKeyMissing):
        load_key(tmp_path)
    made = first_key(tmp_path)
    assert first_key(tmp_path) == load_key(tmp_path) == made
    assert (tmp_path / "codes.key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["codes.key"]


def test_a_reprint_is_noted_with_the_same_codes(session: Session, producer: Actor) -> None:
    run = services_runs.issue_roll(session, producer, _order(25))
    with pytest.raises(RunNotFinished):
        services_runs.note_reprint(session, producer, run.id, Span(1, 5))
    make_part(session, run.id)
    before = _codes(session, run)
    services_runs.note_reprint(session, producer, run.id, Span(3, 5))
    services_runs.note_reprint(session, producer, run.id, Span(3, 5))
    assert _codes(session, run) == before
    noted = stamp_queries.list_ranges(session, run.id)
    assert [(one.kind, one.first_number, one.last_number) for one in noted] == [
        (RangeKind.REPRINTED, 3, 5)
    ] * 2
    with pytest.raises(StampUnknown):
        services_runs.note_reprint(session, producer, run.id, Span(20, 26))
