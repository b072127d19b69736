"""Printing runs over HTTP: the page, the file, the job, going on; and what a printed address opens."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import zxingcpp
from flask import Flask
from sqlalchemy import Connection, text

from labels import run_prints
from labels.printers import get_printer
from tests.labels.printers import tspl_pages, zpl_pages
from tests.producers.conftest import MakeWorkspace
from tests.producers.workspace import Workspace, visible
from tests.stamps import SITE, make_codes
from trace.batches.stamp_models import StampRun

GTIN = "08935001800019"


@pytest.fixture(autouse=True)
def _public(app: Flask, tmp_path: Path) -> Iterator[None]:
    """Printed under the configured address, as strangers reach the service."""
    whole = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(whole, public_url=SITE, state_folder=tmp_path)
    yield
    app.config["SETTINGS"] = whole


@pytest.fixture
def batch_id(workspace: Workspace, connection: Connection) -> UUID:
    """An activated batch of a product whose GTIN was checked."""
    product_id = workspace.add_product(gtin=GTIN)
    connection.execute(text("update products set gtin_checked_at = now()"))
    made = workspace.add_batch(product_id, lot_number="221126-1")
    assert workspace.activate(made).status_code == 303
    return made


def _finished(app: Flask, workspace: Workspace, path: str, count: str) -> int:
    answer = workspace.send(path, count=count)
    assert answer.status_code == 303, visible(answer)
    run_id = int(answer.headers["Location"].rpartition("/")[2])
    with app.app_context():
        make_codes(run_id)
    return run_id


def _roll(app: Flask, workspace: Workspace, count: str = "7") -> int:
    return _finished(app, workspace, "/producer/stamps/new", count)


def _serials(app: Flask, workspace: Workspace, batch_id: UUID, count: str = "5") -> int:
    return _finished(app, workspace, f"/producer/batches/{batch_id}/serials", count)


def _printer(workspace: Workspace, **changed: Any) -> str:
    form = {"name": "máy", "language": "tspl", "dpi": "203", "design": "roll-50x30", "gap": "2"}
    answer = workspace.send("/labels/printers/new", **(form | {"offset_x": "0", "offset_y": "0"} | changed))
    assert answer.status_code == 303, visible(answer)
    return str(answer.headers["Location"]).partition("#")[0]


def _first_codes(connection: Connection, run_id: int) -> list[str]:
    asked = text("select code from codes where run_id = :run order by number")
    return list(connection.execute(asked, {"run": run_id}).scalars())


def test_the_page_of_a_run_leads_to_its_printer(app: Flask, workspace: Workspace) -> None:
    run_id = _roll(app, workspace)
    assert f"/labels/printers/for-run/{run_id}" in workspace.page(f"/producer/stamps/{run_id}")
    _printer(workspace, name="A4", language="pdf", design="a4-40")
    assert "hiểu ZPL hoặc TSPL" in visible(workspace.page(f"/labels/printers/for-run/{run_id}"))
    printer = _printer(workspace)
    answer = workspace.client.get(f"/labels/printers/for-run/{run_id}")
    assert answer.headers["Location"] == f"{printer}/runs/{run_id}"
    page = workspace.page(f"{printer}/runs/{run_id}")
    assert f"{printer}/runs/{run_id}/label.png" in page
    assert workspace.client.get(f"{printer}/runs/{run_id}/label.png").content_type == "image/png"


@pytest.mark.parametrize("language", ["tspl", "zpl"])
def test_the_file_of_a_run_has_each_stamp_once(
    app: Flask, workspace: Workspace, connection: Connection, language: str
) -> None:
    run_id = _roll(app, workspace)
    printer = _printer(workspace, language=language)
    answer = workspace.client.get(f"{printer}/runs/{run_id}/labels?first=2&last=6")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="tem-2-6.{language}"'
    assert answer.is_streamed
    pages = tspl_pages(answer.data, 203) if language == "tspl" else zpl_pages(answer.data)
    read = [one.text for page in pages for one in zxingcpp.read_barcodes(page.grey)]
    assert read == [f"https://CHECK.EXAMPLE.VN/T/{code}" for code in _first_codes(connection, run_id)[1:6]]


@pytest.mark.parametrize(
    ("query", "field"), [("first=0&last=3", "first"), ("first=3&last=2", "last"), ("first=1&last=8", "first")]
)
def test_numbers_that_the_run_has_not_are_told_beside_their_field(
    app: Flask, workspace: Workspace, query: str, field: str
) -> None:
    run_id = _roll(app, workspace)
    answer = workspace.client.get(f"{_printer(workspace)}/runs/{run_id}/labels?{query}")
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text


def test_a_print_is_ordered_stops_and_goes_on(
    app: Flask, workspace: Workspace, connection: Connection
) -> None:
    run_id = _roll(app, workspace)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        mine = workspace.actor.organisation_id
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], printers=((mine, address),))
        printer = _printer(workspace, address=address)
        answer = workspace.send(f"{printer}/runs/{run_id}/labels", first="1", last="7")
        assert answer.headers["Location"] == f"/producer/stamps/{run_id}#prints"
    page = workspace.client.get(f"/producer/stamps/{run_id}")
    assert page.headers["Refresh"]
    assert "Đang in" in visible(page)
    connection.execute(
        text("update run_prints set sending_to = 7, stopped_at = now(), stopped_for = 'partly'")
    )
    page = workspace.client.get(f"/producer/stamps/{run_id}")
    assert "Refresh" not in page.headers
    assert "Chưa rõ tem 1–7 đã in hay chưa" in visible(page)
    print_id = connection.execute(text("select id from run_prints")).scalar()
    assert "Hãy ghi số" in visible(_go_on(workspace, f"/labels/printers/prints/{print_id}", "x"))
    assert "Đang in" in visible(_go_on(workspace, f"/labels/printers/prints/{print_id}", "4"))
    assert connection.execute(text("select next_number, sending_to from run_prints")).one() == (4, None)
    workspace.send(f"/labels/printers/prints/{print_id}/cancel")
    assert "Đã hủy" in visible(workspace.page(f"/producer/stamps/{run_id}"))


def _go_on(workspace: Workspace, path: str, number: str) -> str:
    answer = workspace.send(f"{path}/go-on", number=number)
    assert answer.status_code == 303
    return workspace.page(answer.headers["Location"].partition("#")[0])


def test_strangers_find_no_run_to_print(
    app: Flask, workspace: Workspace, make_workspace: MakeWorkspace
) -> None:
    run_id, other = _roll(app, workspace), make_workspace()
    theirs = _printer(other)
    for path in ("", "/labels?first=1&last=2", "/label.png"):
        assert other.client.get(f"{theirs}/runs/{run_id}{path}").status_code == 404
    assert other.send(f"{theirs}/runs/{run_id}/labels", first="1", last="2").status_code == 404
    assert other.client.get(f"/labels/printers/for-run/{run_id}").status_code == 404


def test_a_gs1_address_with_the_serial_opens_the_verdict_of_that_stamp(
    app: Flask, workspace: Workspace, connection: Connection, batch_id: UUID
) -> None:
    run_id = _serials(app, workspace, batch_id)
    printer = _printer(workspace, design="roll-100x150")
    assert "GS1 Digital Link kèm số riêng" in visible(workspace.page(f"{printer}/runs/{run_id}"))
    answer = workspace.client.get(f"{printer}/runs/{run_id}/labels?first=1&last=2&form=gs1")
    codes = _first_codes(connection, run_id)
    for code, page in zip(codes, tspl_pages(answer.data, 203), strict=False):
        (read,) = zxingcpp.read_barcodes(page.grey)
        assert read.text == f"https://CHECK.EXAMPLE.VN/01/{GTIN}/10/221126-1/21/{code}"
        opened = app.test_client().get(urlsplit(read.text).path, headers={"Accept": "text/html"})
        assert opened.status_code == 307
        assert urlsplit(opened.headers["Location"]).path == f"/T/{code}"
        assert "Tem chưa kích hoạt" in visible(app.test_client().get(f"/T/{code}"))
    assert workspace.send(f"/producer/batches/{batch_id}/stamps", first="1", last="5").status_code == 303
    activated = app.test_client().get(
        f"/01/{GTIN}/10/221126-1/21/{codes[0]}", headers={"Accept": "text/html"}
    )
    assert urlsplit(activated.headers["Location"]).path == f"/T/{codes[0]}"
    told = visible(app.test_client().get(f"/T/{codes[0]}"))
    assert "Tem chưa kích hoạt" not in told
    assert "221126-1" in told


def test_the_gs1_line_names_gtin_lot_and_serial(
    app: Flask, workspace: Workspace, connection: Connection, batch_id: UUID
) -> None:
    run_id = _serials(app, workspace, batch_id)
    path = _printer(workspace, design="roll-100x150")
    with app.app_context(), app.extensions["sessions"]() as session:
        printer = get_printer(session, workspace.actor.organisation_id, UUID(path.rpartition("/")[2]))
        labels = run_prints.run_labels(session, session.get_one(StampRun, run_id), printer, {"form": "gs1"})
        code = _first_codes(connection, run_id)[0]
        said = "".join(one.text for one in labels.lay_out(code, 1).texts)
    assert f"(01){GTIN}(10)221126-1(21){code}" in said


def test_a_gtin_that_nobody_checked_gives_no_gs1_address_with_a_serial(
    app: Flask, workspace: Workspace, connection: Connection, batch_id: UUID
) -> None:
    connection.execute(text("update products set gtin_checked_at = null"))
    run_id = _serials(app, workspace, batch_id)
    printer = _printer(workspace, design="roll-100x150")
    assert "GS1 Digital Link" not in visible(workspace.page(f"{printer}/runs/{run_id}"))
    answer = workspace.client.get(f"{printer}/runs/{run_id}/labels?first=1&last=2&form=gs1")
    assert answer.status_code == 422
    assert "mã vạch đã được kiểm tra" in visible(answer)
