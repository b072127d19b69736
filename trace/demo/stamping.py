"""A roll of stamps in the demo: some on today's lot, one of these sold, one spoiled, the others not used yet.

Three of them were scanned in many communes: one was found to be copied, one needs a check, of one nobody has decided.
"""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.models import Batch
from trace.batches.stamp_models import StampRun
from trace.batches.stamp_rules import Typed, VoidReason
from trace.copies.models import CopyCase
from trace.copies.rules import Decision
from trace.copies.services import decide, note_place
from trace.core import clock
from trace.events import services_items, services_stamps
from trace.scans.clones import Thresholds
from trace.scans.rules import Device
from trace.scans.services import Scan, write_scans
from trace.verdict.rules import Verdict

STAMPS = 20
# Ba Đình, Hoàn Kiếm, Long Biên, Hà Đông, Sơn Tây.
COMMUNES = ("00004", "00070", "00145", "09556", "09574")
# The demo is never filled behind a public address.
_ADDRESS = "http://localhost:8000"


def tell_stamps(session: Session, actors: Mapping[str, Actor], officer: Actor, lot: Batch) -> dict[str, str]:
    """Order a roll, put half of it on ``lot``, sell the first of these, void the last, and have three copied.

    Returns the codes of those about which something was decided, by what their page shows.
    """
    producer = next(one for one in actors.values() if one.organisation_id == lot.organisation_id)
    run = services_runs.issue_roll(session, producer, services_runs.Order(STAMPS, _ADDRESS), lot.product_id)
    services_runs.make_part(session, run.id)
    first, last = Typed(number=run.first_number), Typed(number=run.first_number + STAMPS // 2 - 1)
    services_stamps.bind_stamps(session, producer, lot.id, first, last)
    services_stamps.void_stamps(session, producer, last, last, VoidReason.SPOILED)
    code = stamp_queries.find_code(session, run.id, run.first_number)
    services_items.sell_item(session, producer, Typed(code=code))
    suspected, copied, _waiting = (_seen_everywhere(session, run, run.first_number + n) for n in (1, 2, 3))
    note = "(Dữ liệu minh họa) Đã so ảnh chụp tem với cuộn tem còn lại."
    decide(session, producer, suspected.id, Decision.NEEDS_CHECK, note, typed_code="")
    decide(session, officer, copied.id, Decision.CONFIRMED_COPY, note, typed_code=copied.code)
    return {"this label needs a check": suspected.code, "this label has been copied": copied.code}


def _seen_everywhere(session: Session, run: StampRun, number: int) -> CopyCase:
    """Have a stamp scanned in one commune after another, within a day."""
    stamp = stamp_queries.find_stamp(session, stamp_queries.find_code(session, run.id, number))
    if stamp is None:
        raise LookupError(f"stamp {number} of run {run.id} is gone")
    for turn, commune in enumerate(COMMUNES * 2):
        at = clock.now() - timedelta(hours=2 * len(COMMUNES) - turn)
        write_scans(session, [Scan(at, stamp.code.code, str(Verdict.NO_WARNING), Device.PHONE, is_item=True)])
        note_place(session, stamp, Device.PHONE, commune, Thresholds(), at)
    return session.scalars(select(CopyCase).where(CopyCase.code == stamp.code.code)).one()
