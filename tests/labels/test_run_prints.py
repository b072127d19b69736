"""Printing a run on a label printer: as a file of any length, and by a job in portions, never a stamp twice in silence."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from labels import printers, run_prints
from labels.printer_models import LabelPrinter
from labels.printers import AddressNotApproved
from labels.run_contents import HiddenCodesNotPrinted
from labels.run_print_jobs import PORTION, TRIES, print_portion, resume_prints
from labels.run_print_models import RunPrint, Stop
from labels.run_prints import (
    PrintedAlready,
    PrinterBusy,
    PrintNotWaiting,
)
from tests.factories import actor_of_kind
from tests.labels.run_printing import (
    COUNT,
    Make,
    Printer,
    codes,
    codes_read,
    device,
    make,
    reprinted,
    service,
    start,
)
from tests.stamps import SITE
from tests.web import settle
from trace.accounts.permissions import Actor
from trace.batches import services_runs
from trace.batches.services_runs import Order
from trace.batches.stamp_models import StampRun
from trace.batches.stamp_rules import RunNotFinished, Span, StampUnknown, Typed, VoidReason
from trace.core.errors import NotFound
from trace.core.queue import EXTENSION
from trace.events.services_stamps import void_stamps

__all__ = ["device", "make", "service"]


def test_a_run_goes_to_the_printer_portion_by_portion_each_stamp_once(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    made = make()
    run_id = made[0].id
    print_id = start(session, service, producer, made)
    for sent in (PORTION, 2 * PORTION, COUNT):
        print_portion(str(print_id))
        print_ = session.get_one(RunPrint, print_id)
        assert (print_.sent, print_.sending_to) == (sent, None)
        settle(session)
    assert session.get_one(RunPrint, print_id).finished_at is not None
    print_portion(str(print_id))  # a job too many sends nothing
    device.close()
    assert len(device.jobs) == 3
    assert codes_read(device.pages) == codes(session, run_id, 1, COUNT)


def test_a_worker_that_died_in_a_portion_leaves_the_question_to_a_person(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    made = make()
    run_id = made[0].id
    print_id = start(session, service, producer, made)
    print_portion(str(print_id))
    settle(session)
    session.get_one(RunPrint, print_id).sending_to = 2 * PORTION  # noted, and then the power went
    settle(session)
    print_portion(str(print_id))
    assert session.get_one(RunPrint, print_id).stopped_for == Stop.INTERRUPTED
    assert len(device.jobs) == 1
    # Ten of them are on paper, says who looked.
    run_prints.go_on(session, producer, service.extensions[EXTENSION], print_id, PORTION + 11)
    assert reprinted(session, run_id) == []
    settle(session)
    print_portion(str(print_id))
    settle(session)
    print_portion(str(print_id))
    assert session.get_one(RunPrint, print_id).finished_at is not None
    device.close()
    read = codes_read(device.pages)
    assert read == codes(session, run_id, 1, PORTION) + codes(session, run_id, PORTION + 11, COUNT)


def test_going_back_to_stamps_that_were_sent_is_a_reprint(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    made = make()
    run_id = made[0].id
    print_id = start(session, service, producer, made)
    print_portion(str(print_id))
    print_ = session.get_one(RunPrint, print_id)
    run_prints.stop(print_, Stop.PARTLY)
    run_prints.go_on(session, producer, service.extensions[EXTENSION], print_id, 101)
    assert reprinted(session, run_id) == [(101, PORTION)]


def test_printing_a_range_again_is_refused_until_it_is_meant_and_then_noted(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    made = make(count=50)
    run_id = made[0].id
    print_id = start(session, service, producer, made, span=Span(1, 40))
    print_portion(str(print_id))
    settle(session)
    again = session.get_one(StampRun, run_id), session.get_one(LabelPrinter, made[1].id)
    with pytest.raises(PrintedAlready) as refused:
        start(session, service, producer, again, span=Span(31, 50))
    assert (refused.value.numbers["first"], refused.value.numbers["last"]) == (31, 40)
    start(session, service, producer, again, span=Span(31, 50), is_again=True)
    assert reprinted(session, run_id) == [(31, 40)]


def test_a_cancelled_print_sends_nothing_more(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    print_id = start(session, service, producer, make())
    print_portion(str(print_id))
    settle(session)
    run_prints.cancel_print(session, producer, print_id)
    settle(session)
    print_portion(str(print_id))
    device.close()
    assert len(device.jobs) == 1
    with pytest.raises(PrintNotWaiting):
        run_prints.go_on(session, producer, service.extensions[EXTENSION], print_id, 5)
    with pytest.raises(PrintNotWaiting):
        run_prints.cancel_print(session, producer, print_id)


def test_a_printer_that_does_not_answer_is_tried_again_and_then_told(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    print_id = start(session, service, producer, make(count=5))
    device.close()
    for _ in range(TRIES):
        assert session.get_one(RunPrint, print_id).is_running
        settle(session)
        print_portion(str(print_id))
    print_ = session.get_one(RunPrint, print_id)
    assert (print_.stopped_for, print_.sent, print_.sending_to) == (Stop.NOT_REACHED, 0, None)


def test_an_approval_that_was_withdrawn_stops_a_print(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    print_id = start(session, service, producer, make(count=5))
    service.config["SETTINGS"] = replace(service.config["SETTINGS"], printers=())
    print_portion(str(print_id))
    assert session.get_one(RunPrint, print_id).stopped_for == Stop.NOT_APPROVED
    assert device.jobs == []


def test_a_printer_that_was_removed_stops_a_print(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    made = make(count=5)
    printer_id = made[1].id
    print_id = start(session, service, producer, made)
    printers.remove_printer(session, producer, printer_id)
    settle(session)
    print_portion(str(print_id))
    assert session.get_one(RunPrint, print_id).stopped_for == Stop.NOT_APPROVED
    assert device.jobs == []


def test_two_runs_do_not_mix_on_one_printer(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    made = make(count=5)
    run_id, printer_id = made[0].id, made[1].id
    start(session, service, producer, made, span=Span(1, 2))
    again = session.get_one(StampRun, run_id), session.get_one(LabelPrinter, printer_id)
    with pytest.raises(PrinterBusy):
        start(session, service, producer, again, span=Span(3, 4))


def test_void_stamps_are_not_printed(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    made = make(count=6)
    run_id, printer_id = made[0].id, made[1].id
    void_stamps(session, producer, Typed(number=2), Typed(number=3), VoidReason.SPOILED)
    settle(session)
    again = session.get_one(StampRun, run_id), session.get_one(LabelPrinter, printer_id)
    print_id = start(session, service, producer, again)
    print_portion(str(print_id))
    device.close()
    assert codes_read(device.pages) == codes(session, run_id, 1, 1) + codes(session, run_id, 4, 6)


def test_what_cannot_be_printed_is_refused_at_once(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    made = make(count=5)
    run_id, printer_id = made[0].id, made[1].id
    with pytest.raises(AddressNotApproved):
        start(session, service, producer, made, approved=[])
    with pytest.raises(StampUnknown):
        start(session, service, producer, made, span=Span(1, 6))
    run = session.get_one(StampRun, run_id)
    run.has_secrets, run.secret_key_id = True, "k"
    with pytest.raises(HiddenCodesNotPrinted):
        start(session, service, producer, (run, session.get_one(LabelPrinter, printer_id)))
    session.rollback()
    unfinished = services_runs.issue_roll(session, producer, Order(5, SITE))
    with pytest.raises(RunNotFinished):
        start(session, service, producer, (unfinished, session.get_one(LabelPrinter, printer_id)))


def test_a_print_whose_job_failed_is_found_and_goes_on(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    print_id = start(session, service, producer, make(count=5))
    assert run_prints.list_forgotten(session) == []
    session.execute(
        text("update procrastinate_jobs set status = 'failed' where args ->> 'print_id' is not null")
    )
    assert [one.id for one in run_prints.list_forgotten(session)] == [print_id]
    settle(session)
    resume_prints(0)
    assert run_prints.list_forgotten(session) == []


def test_prints_of_others_are_not_there(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    print_id = start(session, service, producer, make(count=5))
    stranger = actor_of_kind(session)
    with pytest.raises(NotFound):
        run_prints.get_print(session, stranger.organisation_id, print_id)
    with pytest.raises(NotFound):
        run_prints.cancel_print(session, stranger, print_id)
