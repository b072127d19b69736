"""What the demo shows of growing and testing: a product with a diary, a lot of it with a report; others have none."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from producers.diary.models import WorkKind
from producers.diary.services import Ground, Work, note_entry
from producers.models import Product
from producers.test_results.rules import Line
from producers.test_results.services import Report, note_result
from trace.accounts.models import PartyKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.core.ids import uuid7
from trace.demo.factories import PartyFactory


def tell_growing(session: Session, actors: Mapping[str, Actor], product: Product) -> None:
    """Keep a diary, before anything is harvested."""
    today, producer = clock.today(), _producer_of(actors, product)
    household = PartyFactory.create(
        session=session, actor=producer, name="Hộ Ví Dụ trồng cải", kind=PartyKind.HOUSEHOLD
    )
    ground = Ground(product.id, producer.organisation.seat.id)
    for work in (
        Work(WorkKind.OTHER, today - timedelta(days=38), purpose="Gieo hạt"),
        Work(WorkKind.FERTILISE, today - timedelta(days=30), "Phân hữu cơ Ví Dụ", purpose="Bón lót"),
        Work(WorkKind.SPRAY, today - timedelta(days=20), "Thuốc Ví Dụ 50WG", "hoạt chất ví dụ", "Trừ rệp", 7),
        Work(
            WorkKind.SPRAY,
            today - timedelta(days=14),
            "Thuốc Minh Họa 10WP",
            "hoạt chất minh họa",
            "Trừ sâu tơ",
            7,
            household.id,
        ),
    ):
        note_entry(session, producer, ground, work, key=str(uuid7()))


def tell_testing(session: Session, actors: Mapping[str, Actor], batch: Batch) -> None:
    """A laboratory reported on one lot: its producer copies the report out a little later."""
    lines = (
        Line("Dư lượng thuốc ví dụ", "không phát hiện", "0,01 mg/kg", meets=True),
        Line("Chì (Pb)", "0,02 mg/kg", "0,1 mg/kg", meets=True),
    )
    report = Report(
        "Phòng kiểm nghiệm Minh Họa", "KN-0001/MH", clock.today(), lines, sampled_on=batch.produced_on
    )
    note_result(session, _producer_of(actors, batch.product), batch.id, report, key=str(uuid7()))


def _producer_of(actors: Mapping[str, Actor], product: Product) -> Actor:
    return next(actor for actor in actors.values() if actor.organisation_id == product.organisation_id)
