"""What the demo shows of reports: one, sent with a picture, that the authority is looking at. Marked as made up."""

from datetime import timedelta

from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor
from trace.accounts.rules import normalise_phone
from trace.batches.models import Batch
from trace.core import clock
from trace.core.blobs import BlobStore
from trace.core.ids import uuid7
from trace.demo import pictures
from trace.demo.factories import nobodys_phone
from trace.reports.pictures import draw_again, stored
from trace.reports.rules import Kind, Pack, State
from trace.reports.services import Subject, digest, move_report, send_report

_WORDS = (
    "(Dữ liệu minh họa) Hạn in trên túi khác hạn trên trang, rau trong túi đã úa. "
    "Cửa hàng nói sẽ hỏi lại nơi sản xuất."
)
_ANSWER = "(Dữ liệu minh họa) Đã nhận phản ánh và đang hỏi cửa hàng."


def tell_report(session: Session, blobs: BlobStore, officer: Actor, batch: Batch) -> None:
    """Let it happen."""
    about = Subject(batch.code, batch.id, batch.product_id, batch.organisation_id)
    sent = pictures.draw("greens").getvalue()
    told = {
        "kind": Kind.DIFFERENT,
        "words": _WORDS,
        "bought_at": "Cửa hàng Ví Dụ, phố Minh Họa",
        "bought_on": clock.today() - timedelta(days=1),
        "pack": Pack.OPENED,
        "phone": normalise_phone(nobodys_phone(60_000_001)),
        "may_producer_call": False,
    }
    drawn = draw_again(sent, "picture-1")
    # As the application keeps them: below the folder of all pictures, where no public address leads.
    with stored(BlobStore(blobs.folder / "reports"), [drawn]):
        report = send_report(
            session,
            about,
            told,
            [drawn],
            form_key=str(uuid7()),
            request_hash=digest(about, told, [sent]),
            language="vi",
        )
        move_report(session, officer, report.id, State.IN_HAND, _ANSWER)
