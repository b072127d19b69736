"""Label printers over HTTP: settings, the test label, printing a batch as a file or straight to an approved address."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import zxingcpp
from flask import Flask

from tests.labels.printers import tspl_pages, zpl_pages
from tests.labels.reading import read_all_by_zxing
from tests.producers.conftest import MakeWorkspace
from tests.producers.workspace import Workspace, visible

Approve = Callable[[Workspace, str], None]
TSPL: dict[str, Any] = {
    "name": "Xprinter", "language": "tspl", "dpi": "203", "design": "roll-50x30", "gap": "2", "offset_x": "0",
    "offset_y": "-0,5",
}  # fmt: skip


@pytest.fixture
def batch_id(workspace: Workspace) -> UUID:
    made = workspace.add_batch(workspace.add_product(), lot_number="221126-1")
    assert workspace.activate(made).status_code == 303
    return made


@pytest.fixture
def received() -> Iterator["Receiver"]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Receiver(listener)


class Receiver:
    """A printer on this machine: one job each time it is asked to listen."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        self.job = bytearray()

    def listen(self) -> threading.Thread:
        taking = threading.Thread(target=self._take, daemon=True)
        taking.start()
        return taking

    def _take(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            while piece := connection.recv(65536):
                self.job += piece


def _add(workspace: Workspace, **changed: Any) -> str:
    """Set up a printer; the address of its page."""
    answer = workspace.send("/labels/printers/new", **(TSPL | changed))
    assert answer.status_code == 303, visible(answer)
    return str(answer.headers["Location"]).partition("#")[0]


@pytest.fixture
def approve(app: Flask) -> Iterator[Approve]:
    """As the operator: allow an organisation one address, and no other."""
    before = app.config["SETTINGS"]

    def allow(workspace: Workspace, address: str) -> None:
        mine = workspace.actor.organisation_id
        app.config["SETTINGS"] = replace(before, printers=((mine, address),))

    yield allow
    app.config["SETTINGS"] = before


def test_a_printer_is_set_up_and_shows_its_test_label(workspace: Workspace) -> None:
    path = _add(workspace)
    page = workspace.page(path)
    assert f"{path}/test.png" in page
    assert 'value="-0,5"' in page
    assert "Xprinter" in workspace.page("/labels/printers/")


def test_a_wrong_length_is_told_beside_its_field(workspace: Workspace) -> None:
    answer = workspace.send("/labels/printers/new", **(TSPL | {"offset_x": "6"}))
    assert answer.status_code == 422
    assert "Hãy ghi từ -5 đến 5 mm." in visible(answer)


def test_a_sheet_with_tspl_is_refused_with_the_way_out(workspace: Workspace) -> None:
    answer = workspace.send("/labels/printers/new", **(TSPL | {"design": "a4-40"}))
    assert answer.status_code == 422
    assert "Tem tờ chỉ in bằng PDF." in visible(answer)


def test_the_test_label_is_a_job_of_the_printers_language(workspace: Workspace) -> None:
    tspl, zpl = _add(workspace), _add(workspace, name="Zebra", language="zpl")
    (one,) = tspl_pages(workspace.client.get(f"{tspl}/test").data, 203)
    (other,) = zpl_pages(workspace.client.get(f"{zpl}/test").data)
    assert read_all_by_zxing(one.grey) == read_all_by_zxing(other.grey) == ["http://LOCALHOST"]
    pdf = workspace.client.get(_add(workspace, name="A4", language="pdf", design="a4-40") + "/test")
    assert pdf.content_type == "application/pdf"


def test_labels_of_a_batch_are_taken_away_as_a_file(workspace: Workspace, batch_id: UUID) -> None:
    printer = _add(workspace)
    page = workspace.page(f"{printer}/batches/{batch_id}")
    assert f"{printer}/batches/{batch_id}/label.png" in page
    answer = workspace.client.get(f"{printer}/batches/{batch_id}/labels?count=12")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tem.tspl"'
    (printed,) = tspl_pages(answer.data, 203)
    assert printed.copies == 12
    assert read_all_by_zxing(printed.grey)[0].startswith("http://LOCALHOST/T/")


def test_what_was_chosen_for_the_labels_goes_with_them(workspace: Workspace, batch_id: UUID) -> None:
    printer = _add(workspace)
    chosen = "ec=H&text=B%E1%BA%A3o+qu%E1%BA%A3n+l%E1%BA%A1nh"
    answer = workspace.client.get(f"/labels/printers/for/{batch_id}?{chosen}&count=5&size=a4-40")
    assert answer.headers["Location"] == f"{printer}/batches/{batch_id}?{chosen}&count=5"
    page = workspace.page(f"{printer}/batches/{batch_id}?{chosen}&count=5")
    assert 'name="ec" value="H"' in page
    assert 'name="text" value="Bảo quản lạnh"' in page
    assert 'value="5"' in page
    plain, with_text = (
        tspl_pages(workspace.client.get(f"{printer}/batches/{batch_id}/labels?{query}").data, 203)[0]
        for query in ("ec=H", chosen)
    )
    assert {found.ec_level for found in zxingcpp.read_barcodes(with_text.grey)} == {"H"}
    assert (plain.dark != with_text.dark).any()


def test_a_choice_that_does_not_go_together_is_told(workspace: Workspace, batch_id: UUID) -> None:
    answer = workspace.client.get(f"{_add(workspace)}/batches/{batch_id}?mark=true&ec=M")
    assert answer.status_code == 422


def test_the_page_of_labels_leads_to_the_printers(workspace: Workspace, batch_id: UUID) -> None:
    assert f"/labels/printers/for/{batch_id}" in workspace.page(f"/labels/{batch_id}")
    assert 'href="/labels/printers/"' in workspace.page("/account/organisation")


@pytest.mark.parametrize("query", ["count=0", "count=2001", "count=x", "count=1&start=2"])
def test_a_wrong_number_of_labels_is_told_on_the_page(
    workspace: Workspace, batch_id: UUID, query: str
) -> None:
    answer = workspace.client.get(f"{_add(workspace)}/batches/{batch_id}/labels?{query}")
    assert answer.status_code == 422
    assert "Chưa in gì." in visible(answer)


def test_a_draft_has_no_labels_and_its_page_says_why(workspace: Workspace) -> None:
    draft = workspace.add_batch(workspace.add_product())
    printer = _add(workspace)
    for path in (f"{printer}/batches/{draft}", f"{printer}/batches/{draft}/labels?count=1"):
        answer = workspace.client.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/labels/{draft}"


def test_the_only_printer_is_chosen_at_once(workspace: Workspace, batch_id: UUID) -> None:
    assert "Chưa có máy in" in workspace.page(f"/labels/printers/for/{batch_id}")
    printer = _add(workspace)
    answer = workspace.client.get(f"/labels/printers/for/{batch_id}")
    assert answer.headers["Location"] == f"{printer}/batches/{batch_id}"
    _add(workspace, name="Zebra", language="zpl")
    assert "Chọn máy in" in workspace.page(f"/labels/printers/for/{batch_id}")


def test_labels_go_straight_to_an_approved_address(
    approve: Approve, workspace: Workspace, batch_id: UUID, received: Receiver
) -> None:
    approve(workspace, received.address)
    printer = _add(workspace, address=received.address)
    taking = received.listen()
    answer = workspace.send(f"{printer}/batches/{batch_id}/labels", count="3")
    assert answer.status_code == 303
    taking.join(60)
    (printed,) = tspl_pages(bytes(received.job), 203)
    assert printed.copies == 3


def test_the_test_label_goes_straight_too(approve: Approve, workspace: Workspace, received: Receiver) -> None:
    approve(workspace, received.address)
    printer = _add(workspace, address=received.address)
    taking = received.listen()
    assert workspace.send(f"{printer}/test").status_code == 303
    taking.join(60)
    assert len(tspl_pages(bytes(received.job), 203)) == 1


def test_an_address_nobody_approved_is_refused(workspace: Workspace, received: Receiver) -> None:
    answer = workspace.send("/labels/printers/new", **(TSPL | {"address": received.address}))
    assert answer.status_code == 422
    assert "Đơn vị vận hành chưa duyệt địa chỉ này để in." in visible(answer)


def test_an_address_of_another_organisation_is_refused(
    approve: Approve, make_workspace: MakeWorkspace, received: Receiver
) -> None:
    approve(make_workspace(), received.address)
    answer = make_workspace().send("/labels/printers/new", **(TSPL | {"address": received.address}))
    assert answer.status_code == 422


def test_a_withdrawn_approval_stops_printing(
    approve: Approve, workspace: Workspace, batch_id: UUID, received: Receiver
) -> None:
    approve(workspace, received.address)
    printer = _add(workspace, address=received.address)
    approve(workspace, "10.0.0.7:9100")
    answer = workspace.send(f"{printer}/batches/{batch_id}/labels", count="1")
    assert answer.status_code == 403
    assert not received.job


def test_a_printer_that_is_off_is_told_and_nothing_is_lost(
    approve: Approve, workspace: Workspace, batch_id: UUID, received: Receiver
) -> None:
    approve(workspace, received.address)
    printer = _add(workspace, address=received.address)
    received._listener.close()
    answer = workspace.send(f"{printer}/batches/{batch_id}/labels", count="7")
    assert answer.status_code == 502
    assert "Máy in không trả lời." in visible(answer)
    assert 'value="7"' in answer.get_data(as_text=True)


def test_strangers_find_neither_printer_nor_batch(
    make_workspace: MakeWorkspace, workspace: Workspace, batch_id: UUID
) -> None:
    printer, other = _add(workspace), make_workspace()
    for path in (printer, f"{printer}/test", f"{printer}/test.png", f"{printer}/batches/{batch_id}"):
        assert other.client.get(path).status_code == 404
    theirs = _add(other)
    for path in ("", "/labels", "/label.png"):
        assert other.client.get(f"{theirs}/batches/{batch_id}{path}").status_code == 404
    assert other.send(f"{printer}/remove").status_code == 404


def test_a_removed_printer_is_gone(workspace: Workspace) -> None:
    printer = _add(workspace)
    assert workspace.send(f"{printer}/remove").status_code == 303
    assert workspace.client.get(printer).status_code == 404


def test_a_name_too_long_for_the_size_is_told_in_place_of_the_preview(workspace: Workspace) -> None:
    product = workspace.add_product(name="Bưởi Diễn hữu cơ Phúc Thọ loại đặc biệt " * 3)
    made = workspace.add_batch(product)
    assert workspace.activate(made).status_code == 303
    answer = workspace.client.get(f"{_add(workspace, design='roll-35x22-2')}/batches/{made}")
    assert answer.status_code == 422
    assert "label.png" not in answer.get_data(as_text=True)
