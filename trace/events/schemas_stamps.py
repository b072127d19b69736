"""What programs send and get about stamps: runs, ranges of numbers, items sold by their code."""

from datetime import datetime
from typing import Any

import marshmallow as ma

from trace.batches.stamp_models import RangeKind, RunKind, StampRange, StampRun
from trace.batches.stamp_queries import Stamp
from trace.batches.stamp_rules import MOST_IN_RUN, StampState, VoidReason
from trace.core.api import Answer, Body, PageAnswer
from trace.core.fields import Choice, Id, Text, Tick, Whole

LONGEST_STAMP = 600  # a code, a number as text, or the whole address in a QR
_DESCRIBED = {"description": "The number beside the code, the code, or the address in the QR."}


class NewRun(Body):
    """A roll for ``product_id`` or for any product; or, with ``batch_id``, labels for that lot."""

    count = Whole(low=1, high=MOST_IN_RUN, required=True)
    product_id = Id(load_default=None)
    batch_id = Id(load_default=None)
    has_hidden_codes = Tick()


class AskedSpan(ma.Schema):
    """Which part of a run; all of it unless both are given."""

    first = Whole(low=1, high=2_000_000_000, load_default=None)
    last = Whole(low=1, high=2_000_000_000, load_default=None)


class NewReprint(Body):
    """First and last stamp, of one run."""

    first = Text(required=True, longest=LONGEST_STAMP, metadata=_DESCRIBED)
    last = Text(required=True, longest=LONGEST_STAMP, metadata=_DESCRIBED)


class NewBinding(NewReprint):
    """Stamps that stand for a lot from now on."""

    batch_id = Id(required=True)


class NewVoiding(Body):
    """One stamp, or the first and last of several."""

    first = Text(required=True, longest=LONGEST_STAMP, metadata=_DESCRIBED)
    last = Text(load_default="", longest=LONGEST_STAMP, metadata=_DESCRIBED)
    reason = Choice(VoidReason, required=True)


class NewItemSale(Body):
    """One item, by the code on its label."""

    code = Text(required=True, longest=LONGEST_STAMP, metadata={"description": "The code or its address."})


class RunAnswer(Answer):
    """One run: ``made`` of ``count`` codes are there; only when it is finished are its stamps used."""

    id = ma.fields.Integer()
    kind = ma.fields.String(metadata={"enum": [str(kind) for kind in RunKind]})
    first = ma.fields.Integer()
    last = ma.fields.Integer()
    count = ma.fields.Integer()
    made = ma.fields.Integer()
    percent = ma.fields.Integer()
    state = ma.fields.String(metadata={"enum": ["running", "finished", "cancelled"]})
    has_hidden_codes = ma.fields.Boolean()
    product_id = ma.fields.UUID(allow_none=True)
    batch_id = ma.fields.UUID(allow_none=True)
    address = ma.fields.String()
    created_at = ma.fields.AwareDateTime()
    finished_at = ma.fields.AwareDateTime(allow_none=True)


class RunPage(PageAnswer):
    """One page of runs, newest first."""

    items = ma.fields.List(ma.fields.Nested(RunAnswer))


class RangeAnswer(Answer):
    """What was said of the stamps ``first`` to ``last`` of a run."""

    id = ma.fields.UUID()
    kind = ma.fields.String(metadata={"enum": [str(kind) for kind in RangeKind]})
    run_id = ma.fields.Integer()
    first = ma.fields.Integer()
    last = ma.fields.Integer()
    count = ma.fields.Integer()
    batch_id = ma.fields.UUID(allow_none=True)
    reason = ma.fields.String(
        allow_none=True, metadata={"enum": [*(str(reason) for reason in VoidReason), None]}
    )
    made_at = ma.fields.AwareDateTime()
    undone_at = ma.fields.AwareDateTime(allow_none=True)


class VoidingAnswer(Answer):
    """The ranges that are new; none where all of it was void before."""

    items = ma.fields.List(ma.fields.Nested(RangeAnswer))


class StampAnswer(Answer):
    """Where one of your own stamps stands."""

    code = ma.fields.String()
    run_id = ma.fields.Integer()
    number = ma.fields.Integer()
    state = ma.fields.String(metadata={"enum": [str(state) for state in StampState]})
    batch_id = ma.fields.UUID(allow_none=True)
    hidden_code_opened_at = ma.fields.AwareDateTime(allow_none=True)


class ItemSaleAnswer(Answer):
    """An item your organisation noted as sold."""

    id = ma.fields.UUID()
    code = ma.fields.String()
    sold_at = ma.fields.AwareDateTime()
    undone_at = ma.fields.AwareDateTime(allow_none=True)


def run_answer(run: StampRun) -> dict[str, Any]:
    """A run as it is answered."""
    ended = "finished" if run.is_finished else "cancelled"
    return {
        "id": run.id,
        "kind": run.kind,
        "first": run.first_number,
        "last": run.last_number,
        "count": run.size,
        "made": run.made,
        "percent": run.made * 100 // run.size,
        "state": "running" if run.is_running else ended,
        "has_hidden_codes": run.has_secrets,
        "product_id": run.product_id,
        "batch_id": run.batch_id,
        "address": run.address,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
    }


def range_answer(one: StampRange) -> dict[str, Any]:
    """A range as it is answered to its owner."""
    return {
        "id": one.id,
        "kind": one.kind,
        "run_id": one.run_id,
        "first": one.first_number,
        "last": one.last_number,
        "count": one.size,
        "batch_id": one.batch_id,
        "reason": one.reason,
        "made_at": one.made_at,
        "undone_at": one.undone_at,
    }


def stamp_answer(stamp: Stamp) -> dict[str, Any]:
    """A stamp as it is answered to its owner."""
    return {
        "code": stamp.code.code,
        "run_id": stamp.run.id,
        "number": stamp.number,
        "state": stamp.state,
        "batch_id": stamp.batch.id if stamp.batch else None,
        "hidden_code_opened_at": stamp.code.secret_opened_at,
    }


def sale_answer(sale: StampRange, code: str) -> dict[str, Any]:
    """A sale of an item as it is answered to who noted it."""
    sold_at: datetime = sale.made_at
    return {"id": sale.id, "code": code, "sold_at": sold_at, "undone_at": sale.undone_at}
