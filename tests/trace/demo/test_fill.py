"""The demo: as much as was promised, every state, nobody real, and never where it must not be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from producers.models import Certificate, Product
from tests.databases import copied_database
from tests.factories import UserFactory
from trace.accounts import queries as accounts
from trace.accounts.models import Approval, Organisation, OrganisationKind, User
from trace.accounts.rules import normalise_phone, readable_phone
from trace.accounts.sessions import check_password
from trace.batches import queries as batches
from trace.batches.models import Balance, Batch
from trace.copies.models import CopyCase
from trace.core import clock
from trace.core.blobs import BlobStore, Size
from trace.core.database import make_engine, new_session
from trace.core.installation import is_demo
from trace.core.numbers import parse_quantity
from trace.demo.fill import DemoRefused, DemoSummary, fill
from trace.demo.pictures import DRAWINGS, draw
from trace.demo.stories import STORIES
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.models import Event, EventGoods, Verb
from trace.events.rules import CONFIRMATION_GRACE
from trace.recalls.models import Recall
from trace.reports.models import Report
from trace.verdict.queries import look_up
from trace.verdict.rules import Verdict, decide


@dataclass(frozen=True)
class Demo:
    session: Session
    summary: DemoSummary
    blobs: BlobStore

    def count(self, model: type, *conditions: object) -> int:
        return self.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0  # type: ignore[arg-type]  # column expressions


@pytest.fixture(scope="module")
def demo(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Filled once for all tests here; they only read."""
    blobs = BlobStore(tmp_path_factory.mktemp("pictures"))
    with copied_database(template_url) as url:
        engine = make_engine(url)
        with new_session(engine) as session:
            summary = fill(session, blobs, today=clock.today(), is_public=False)
            session.commit()
            yield Demo(session, summary, blobs)
        engine.dispose()


def test_there_are_as_many_as_the_demo_promises(demo: Demo) -> None:
    approved = Organisation.approval == Approval.APPROVED
    assert demo.count(Organisation, approved, Organisation.kind == OrganisationKind.PRODUCER) >= 12
    assert demo.count(Organisation, approved, Organisation.kind == OrganisationKind.SHOP) == 25
    assert demo.count(Batch) == demo.summary.batches > len(STORIES) >= 60


def test_every_organisation_and_the_installation_say_that_they_are_a_demo(demo: Demo) -> None:
    assert is_demo(demo.session)
    assert demo.count(Organisation, ~Organisation.is_demo) == 0


def test_every_printed_sign_in_opens_its_account(demo: Demo) -> None:
    roles = {one.role for one in demo.summary.sign_ins}
    assert roles >= {"producer", "processor", "carrier", "shop", "kitchen", "authority"}
    for one in demo.summary.sign_ins:
        user = accounts.find_user_by_phone(demo.session, normalise_phone(one.phone) or "")
        assert check_password(user, one.password)


def test_no_number_can_be_anybodys(demo: Demo) -> None:
    phones = [*demo.session.scalars(select(User.phone)), *demo.session.scalars(select(Organisation.phone))]
    assert all(phone.startswith("+841") for phone in phones)


def test_a_barcode_of_the_numbers_kept_for_examples_can_be_opened(demo: Demo) -> None:
    told = demo.session.scalars(select(Product.gtin).where(Product.gtin.is_not(None))).all()
    assert told == ["09521234543213"]


def test_somebody_waits_somebody_resembles_another_and_somebody_has_to_add_something(demo: Demo) -> None:
    waiting = accounts.list_organisations(demo.session, Approval.PENDING)
    assert len(waiting) == 2
    alike = [accounts.list_near_duplicates(demo.session, one) for one in waiting]
    assert sorted(map(len, alike)) == [0, 1]
    assert len(accounts.list_organisations(demo.session, Approval.NEEDS_CHANGES)) == 1


def test_one_report_is_told_and_marked_as_made_up(demo: Demo) -> None:
    [report] = demo.session.scalars(select(Report))
    assert report.words.startswith("(Dữ liệu minh họa)")
    assert readable_phone(report.phone or "")
    assert len(report.pictures) == 1


def test_scan_addresses_show_what_they_say(demo: Demo) -> None:
    found = {}
    for one in demo.summary.scan_addresses:
        batch = look_up(demo.session, one.path.removeprefix("/T/")).batch
        assert batch is not None
        assert batch.expires_on is not None
        found[one.shows] = (batch.is_recalled, batch.expires_on < clock.today())
    assert found == {
        "no warning": (False, False),
        "a long way": (False, False),
        "past its use-by date": (False, True),
        "recalled: do not eat": (True, False),
        "this label needs a check": (False, False),
        "this label has been copied": (False, False),
    }


def test_of_labels_seen_everywhere_one_is_copied_one_to_be_checked_and_one_waits(demo: Demo) -> None:
    told = {one.shows: one.path.removeprefix("/T/") for one in demo.summary.scan_addresses}
    verdicts = {
        shows: decide(look_up(demo.session, told[shows]).facts).verdict
        for shows in ("this label needs a check", "this label has been copied")
    }
    assert list(verdicts.values()) == [Verdict.COPY_SUSPECTED, Verdict.COPIED]
    assert demo.count(CopyCase, CopyCase.decision.is_(None)) == 1


def test_batches_are_in_every_state(demo: Demo) -> None:
    today = clock.today()
    overdue = clock.now() - CONFIRMATION_GRACE
    missing = [b for b in demo.session.scalars(select(Batch)) if batches.ten_items(b).missing]
    expired = Batch.activated_at.is_not(None) & (Batch.expires_on < today)
    states = {
        "draft": demo.count(Batch, Batch.activated_at.is_(None)),
        "draft with items missing": len(missing),
        "use-by passed": demo.count(Batch, expired, Batch.expiry_kind == "use_by"),
        "best-before passed": demo.count(Batch, expired, Batch.expiry_kind == "best_before"),
        "no expiry": demo.count(Batch, Batch.expiry_kind == "none", Batch.activated_at.is_not(None)),
        "on the way": demo.count(Shipment, Shipment.receiver_id.is_not(None), Shipment.received_at.is_(None)),
        "overdue": demo.count(
            Shipment,
            Shipment.receiver_id.is_not(None),
            Shipment.received_at.is_(None),
            Shipment.shipped_at < overdue,
        ),
        "to a party": demo.count(Shipment, Shipment.party_id.is_not(None)),
        "difference inside": demo.count(ShipmentLine, ShipmentLine.lost_quantity > 0),
        "difference outside": demo.count(ShipmentLine, ShipmentLine.open_quantity > 0),
        "sold out": demo.count(Balance, Balance.held == 0, Balance.in_transit == 0, Balance.sold > 0),
        "destroyed in part": demo.count(Balance, Balance.destroyed > 0, Balance.held > 0),
        "by decision": demo.count(Recall, Recall.decision_number.is_not(None)),
        "voluntary": demo.count(Recall, Recall.decision_number.is_(None)),
        "recall ended": demo.count(Recall, Recall.ended_at.is_not(None)),
        "recall withdrawn": demo.count(Recall, Recall.withdrawn_at > clock.now() - timedelta(days=1)),
        "certificate lapsed": demo.count(Certificate, Certificate.expires_on < today),
    }
    assert [name for name, count in states.items() if not count] == []
    in_force = select(Recall.recall_class).where(Recall.ended_at.is_(None), Recall.withdrawn_at.is_(None))
    assert set(demo.session.scalars(in_force)) == {"health", "quality", "labelling"}


def test_every_product_of_an_activated_batch_has_its_picture(demo: Demo) -> None:
    for batch in demo.session.scalars(select(Batch).where(Batch.activated_at.is_not(None))):
        if batch.product.is_from_outside:
            continue  # a trader takes no pictures of what a lorry brings
        assert batch.product.picture_sha256
        assert demo.blobs.path(batch.product.picture_sha256, Size.SMALL).exists()


def test_quantities_are_such_as_people_type(demo: Demo) -> None:
    for story in STORIES:
        assert parse_quantity(f"{story.quantity:f}") == story.quantity


def test_a_database_with_accounts_is_not_filled(session: Session, tmp_path: Path) -> None:
    UserFactory.create(session=session)
    with pytest.raises(DemoRefused, match="empty database"):
        fill(session, BlobStore(tmp_path), today=clock.today(), is_public=False)


def test_nothing_is_filled_where_strangers_reach(session: Session, tmp_path: Path) -> None:
    with pytest.raises(DemoRefused, match="public address"):
        fill(session, BlobStore(tmp_path), today=clock.today(), is_public=True)
    assert not is_demo(session)


@pytest.mark.parametrize("kind", DRAWINGS)
def test_every_kind_of_product_is_drawn(kind: str) -> None:
    assert draw(kind).read(4) == b"\x89PNG"


def test_nothing_happens_to_a_batch_before_it_is_activated(demo: Demo) -> None:
    activated = (
        select(EventGoods.batch_id, Event.event_time.label("since"))
        .join(Event)
        .where(Event.verb == Verb.ACTIVATE)
        .subquery()
    )
    early = (
        select(Event.verb, Event.event_time, activated.c.since)
        .join(EventGoods, EventGoods.event_id == Event.id)
        .join(activated, activated.c.batch_id == EventGoods.batch_id)
        .where(Event.event_time < activated.c.since)
    )
    assert demo.session.execute(early).all() == []
