"""The pages of a run for a label printer: each label as it would be laid out alone, with its own code."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from labels import printers
from labels.bitmaps import layout_pages
from labels.run_dots import RunDots
from labels.run_print_jobs import PORTION, portion_of
from labels.run_prints import (
    run_labels,
    run_pages,
)
from tests.factories import ActiveBatchFactory
from tests.labels.run_printing import Make, codes, device, make, service
from trace.accounts.permissions import Actor
from trace.batches import stamp_queries
from trace.batches.stamp_rules import Span

__all__ = ["device", "make", "service"]


@pytest.mark.parametrize("design", ["roll-50x30", "roll-35x22-2", "roll-100x150"])
def test_labels_of_a_run_are_those_that_are_laid_out_one_by_one(
    session: Session, make: Make, design: str
) -> None:
    run, printer = make(count=7, design=design)
    labels = run_labels(session, run, printer, {})
    span = Span(run.first_number, run.last_number)
    rows = list(stamp_queries.codes_of(session, run, span))
    alone = layout_pages([labels.lay_out(code, number) for number, code in rows], labels.spec)
    together = list(run_pages(session, run, printer, labels, span))
    assert [page.picture().tobytes() for page in together] == [page.picture().tobytes() for page in alone]


def test_a_row_already_begun_goes_on_at_its_position(session: Session, make: Make) -> None:
    run, printer = make(count=3, design="roll-35x22-2")
    labels = run_labels(session, run, printer, {})
    rows = list(stamp_queries.codes_of(session, run, Span(1, 3)))
    pages = list(RunDots(labels).pages(rows, start=2))
    assert [[placed.symbol.address[-13:] for placed in page.symbols] for page in pages] == [
        [rows[0][1]],
        [rows[1][1], rows[2][1]],
    ]


def test_a_stamp_without_a_lot_says_whose_it_is_and_its_number(
    session: Session, make: Make, producer: Actor
) -> None:
    run, printer = make(count=3)
    labels = run_labels(session, run, printer, {})
    said = [text.text for text in labels.layout.texts]
    assert labels.sample.product_name == producer.organisation.name
    assert "Số tem" in said
    assert "3" in said
    assert not any(text.startswith("Số lô") for text in said)


def test_a_label_of_a_lot_says_its_lot_and_its_own_code(
    session: Session, make: Make, producer: Actor
) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    lot = batch.lot_number
    run, printer = make(count=3, batch_id=batch.id)
    labels = run_labels(session, run, printer, {})
    assert any(lot in text.text for text in labels.layout.texts)
    (code,) = codes(session, run.id, 2, 2)
    assert labels.lay_out(code, 2).qr.address == f"https://CHECK.EXAMPLE.VN/T/{code}"


def test_a_portion_is_fewer_large_labels(session: Session, make: Make) -> None:
    _, small = make(count=1)
    _, large = make(count=1, design="roll-100x150", dpi="300")
    assert portion_of(printers.paper_of(small)) == PORTION
    assert portion_of(printers.paper_of(large)) == 6


def test_codes_of_a_portion_are_dots_that_differ(session: Session, make: Make) -> None:
    run, printer = make(count=2)
    labels = run_labels(session, run, printer, {})
    first, second = run_pages(session, run, printer, labels, Span(1, 2))
    assert not np.array_equal(np.asarray(first.rest), np.asarray(second.rest))
