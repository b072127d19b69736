"""Two web processes under load: from the commit of a change on, whoever asks sees it. What a browser kept counts too."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from tests.conftest import sequencing, serving
from tests.factories import ActiveBatchFactory, ProductFactory, give
from tests.journeys.crowds import Crowd, Rule, Visitor, both_languages, says_a_warning, says_no_warning
from tests.trace.events.test_concurrency import Market, trading
from trace.accounts.services_organisations import change_organisation
from trace.batches import services_runs, stamp_queries
from trace.batches.services_runs import Order
from trace.batches.stamp_rules import Typed, VoidReason
from trace.core.database import new_session
from trace.events import services_items, services_stamps
from trace.recalls import holds, services
from trace.recalls.hold_rules import HoldReason, ReleaseReason
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason

pytestmark = pytest.mark.soak
TRIES = 1_000 if os.environ.get("SOAK") else 25
FEW = 50 if os.environ.get("SOAK") else 2
VISITORS = 2  # beside those of the crowd, each time over other connections


@dataclass(frozen=True)
class Lot:
    """A lot that is active, and the code that is asked for: its own, or a stamp's."""

    id: UUID
    lot_number: str
    code: str


@dataclass(frozen=True)
class Site:
    """The service with two web processes, and who acts in it."""

    url: str
    market: Market

    @contextmanager
    def acting(self) -> Iterator[Session]:
        """A session beside the web server's; committed at the end of the body."""
        with new_session(self.market.engine) as session:
            yield session
            session.commit()

    def lots(self, count: int) -> list[Lot]:
        """New lots of one product."""
        with self.acting() as session:
            producer = self.market.producer.act(session)
            product = ProductFactory.create(session=session, actor=producer)
            made = [
                ActiveBatchFactory.create(session=session, actor=producer, product=product)
                for _ in range(count)
            ]
            return [Lot(batch.id, batch.lot_number, batch.code) for batch in made]

    def stamped_lots(self, count: int) -> list[Lot]:
        """New lots, a part of each in the shop, with a stamp for which each stands."""
        lots = self.lots(count)
        with self.acting() as session:
            producer = self.market.producer.act(session)
            shop = self.market.shop.act(session)
            run = services_runs.issue_roll(session, producer, Order(count, self.url))
            services_runs.make_part(session, run.id)
            stamped = []
            for number, lot in enumerate(lots, start=run.first_number):
                one = Typed(number=number)
                binding = services_stamps.bind_stamps(session, producer, lot.id, one, one)
                assert binding.batch is not None
                give(session, binding.batch, producer, shop)
                stamped.append(Lot(lot.id, lot.lot_number, stamp_queries.find_code(session, run.id, number)))
        return stamped


@pytest.fixture(scope="module")
def site(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("freshness")
    with (
        serving(template_url, folder, worker=False, workers=2) as service,
        sequencing(service),  # what is not in the log yet has a page that is kept for moments alone
        trading(service.database_url) as market,
    ):
        yield Site(service.url, market)


def _holds_from_its_commit_on(
    site: Site, lots: Sequence[Lot], *changes: tuple[Callable[[Session, Lot], object], Rule]
) -> None:
    """Make each change to one lot after the other; whoever asks once it is committed is told so, and so is the crowd."""
    visitors = [Visitor(site.url) for _ in range(VISITORS)]
    with Crowd(site.url, [path for lot in lots for path in both_languages(lot.code)]) as crowd:
        for lot in lots:
            paths = both_languages(lot.code)
            for visitor in visitors:
                visitor.come_anew()
                for path in paths:
                    assert not changes[0][1](visitor.look(path))
            for change, rule in changes:
                with crowd.changing(paths, rule), site.acting() as session:
                    change(session, lot)
                for visitor in visitors:
                    assert all(rule(visitor.look(path)) for path in paths)
    assert not crowd.wrong
    assert crowd.seen
    for visitor in visitors:
        visitor.close()


def test_no_page_is_without_a_recall_that_was_committed(site: Site) -> None:
    def recall(session: Session, lot: Lot) -> None:
        services.recall(
            session, site.market.officer.act(session), lot.id, RecallClass.HEALTH,
            RecallReason.MICROBIAL, None, typed_lot_number=lot.lot_number,
        )  # fmt: skip

    _holds_from_its_commit_on(site, site.lots(TRIES), (recall, says_a_warning))


def test_no_page_shows_a_recall_that_was_withdrawn(site: Site) -> None:
    started: dict[UUID, UUID] = {}

    def recall(session: Session, lot: Lot) -> None:
        officer = site.market.officer.act(session)
        started[lot.id] = services.recall(
            session, officer, lot.id, RecallClass.QUALITY, RecallReason.SPOILED, None,
            typed_lot_number=lot.lot_number,
        ).id  # fmt: skip

    def withdraw(session: Session, lot: Lot) -> None:
        services.withdraw_recall(
            session, site.market.officer.act(session), started[lot.id], WithdrawalReason.WRONG_LOT,
            typed_lot_number=lot.lot_number,
        )  # fmt: skip

    _holds_from_its_commit_on(site, site.lots(FEW), (recall, says_a_warning), (withdraw, says_no_warning))


def test_a_pause_of_sale_shows_and_goes_as_it_commits(site: Site) -> None:
    started: dict[UUID, UUID] = {}

    def pause(session: Session, lot: Lot) -> None:
        officer = site.market.officer.act(session)
        started[lot.id] = holds.pause_sale(
            session, officer, lot.id, HoldReason.TEST_RESULT, typed_lot_number=lot.lot_number
        ).id

    def resume(session: Session, lot: Lot) -> None:
        officer = site.market.officer.act(session)
        holds.resume_sale(
            session, officer, started[lot.id], ReleaseReason.TEST_PASSED, typed_lot_number=lot.lot_number
        )

    _holds_from_its_commit_on(site, site.lots(FEW), (pause, says_a_warning), (resume, says_no_warning))


def test_no_page_names_a_shop_that_wishes_to_be_named_no_longer(site: Site) -> None:
    with site.acting() as session:
        name = site.market.shop.act(session).organisation.name

    def be_named(session: Session, is_named: bool) -> None:
        shop = site.market.shop.act(session)
        who = shop.organisation
        change_organisation(
            session, shop, name=who.name, phone=who.phone, tax_code=who.tax_code or "",
            description=who.description, is_named_publicly=is_named,
        )  # fmt: skip

    def withdraw(session: Session, _lot: Lot) -> None:
        be_named(session, False)

    lot, *_rest = site.stamped_lots(1)
    for _ in range(FEW):
        with site.acting() as session:
            be_named(session, True)
        _holds_from_its_commit_on(site, [lot], (withdraw, lambda page: name not in page))


def test_a_voided_label_says_so_as_it_commits(site: Site) -> None:
    def void(session: Session, lot: Lot) -> None:
        label = Typed(code=lot.code)
        services_stamps.void_stamps(session, site.market.producer.act(session), label, label, VoidReason.LOST)

    _holds_from_its_commit_on(site, site.stamped_lots(FEW), (void, says_a_warning))


def test_an_item_that_was_sold_says_so_as_it_commits(site: Site) -> None:
    def sell(session: Session, lot: Lot) -> None:
        services_items.sell_item(session, site.market.shop.act(session), Typed(code=lot.code))

    _holds_from_its_commit_on(site, site.stamped_lots(FEW), (sell, says_a_warning))
