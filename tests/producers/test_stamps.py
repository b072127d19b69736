"""Stamps over HTTP: ordering a roll, its table, binding by first and last, undoing, voiding, printing again."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.producers.conftest import MakeWorkspace
from tests.producers.workspace import Workspace, visible
from tests.stamps import SITE, make_codes


@pytest.fixture(autouse=True)
def _public(app: Flask) -> Iterator[None]:
    """Printed under the configured address, as strangers reach the service."""
    whole = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(whole, public_url=SITE)
    yield
    app.config["SETTINGS"] = whole


def _order(workspace: Workspace, count: str = "100", **more: str) -> int:
    answer = workspace.send("/producer/stamps/new", count=count, **more)
    assert answer.status_code == 303, visible(answer)
    return int(answer.headers["Location"].rpartition("/")[2])


def _roll(app: Flask, workspace: Workspace, count: str = "100") -> int:
    run_id = _order(workspace, count)
    with app.app_context():
        make_codes(run_id)
    return run_id


def _lot(workspace: Workspace) -> UUID:
    batch_id = workspace.add_batch(workspace.add_product())
    assert workspace.activate(batch_id).status_code == 303
    return batch_id


def _bind(workspace: Workspace, batch_id: UUID, first: str, last: str) -> TestResponse:
    return workspace.send(f"/producer/batches/{batch_id}/stamps", first=first, last=last)


def test_a_roll_is_ordered_before_any_lot_and_shows_its_progress(
    app: Flask, workspace: Workspace, connection: Connection
) -> None:
    run_id = _order(workspace, "10.000")
    page = workspace.client.get(f"/producer/stamps/{run_id}")
    assert page.headers["Refresh"]
    assert "Đang tạo mã" in visible(page)
    with app.app_context():
        make_codes(run_id)
    page = workspace.client.get(f"/producer/stamps/{run_id}")
    assert "Refresh" not in page.headers
    assert "Bảng mã (CSV)" in visible(page)
    assert connection.execute(text("select count(*) from codes where run_id is not null")).scalar() == 10_000


def test_a_form_sent_twice_orders_one_roll(workspace: Workspace, connection: Connection) -> None:
    assert _order(workspace, idempotency_key="one") == _order(workspace, idempotency_key="one")
    assert connection.execute(text("select count(*) from stamp_runs")).scalar() == 1


@pytest.mark.parametrize("count", ["0", "", "mười", "1.000.001", "10,5"])
def test_a_count_that_is_none_stands_beside_its_field(workspace: Workspace, count: str) -> None:
    answer = workspace.send("/producer/stamps/new", count=count)
    assert answer.status_code == 422
    assert 'id="f-count-error"' in answer.get_data(as_text=True)


def test_without_a_public_address_nothing_is_ordered_and_it_is_said_why(
    app: Flask, workspace: Workspace
) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url=None)
    answer = workspace.send("/producer/stamps/new", count="5")
    assert answer.status_code == 409
    assert "TRACE_PUBLIC_URL" in visible(answer)


def test_the_table_is_its_owners_alone(
    app: Flask, workspace: Workspace, make_workspace: MakeWorkspace
) -> None:
    run_id = _roll(app, workspace)
    table = workspace.page(f"/producer/stamps/{run_id}/codes.csv")
    assert len(table.splitlines()) == 101
    assert len(workspace.page(f"/producer/stamps/{run_id}/codes.csv?first=3&last=5").splitlines()) == 4
    other = make_workspace()
    for path in ("", "/codes.csv", "/reprint"):
        assert other.client.get(f"/producer/stamps/{run_id}{path}").status_code == 404
    assert other.send(f"/producer/stamps/{run_id}/cancel").status_code == 404


def test_stamps_are_bound_by_first_and_last_and_answer_for_the_lot(app: Flask, workspace: Workspace) -> None:
    run_id, batch_id = _roll(app, workspace), _lot(workspace)
    table = workspace.page(f"/producer/stamps/{run_id}/codes.csv").splitlines()
    first, second = (row.split(",")[1] for row in table[1:3])
    assert "Tem chưa kích hoạt" in visible(workspace.client.get(f"/T/{first}"))
    assert workspace.actor.organisation.name in visible(workspace.client.get(f"/T/{first}"))
    answer = _bind(workspace, batch_id, first, second)
    assert answer.status_code == 303
    assert "Cải ngọt Ví Dụ" in visible(workspace.client.get(f"/T/{first}"))
    assert "1–2" in visible(workspace.page(f"/producer/batches/{batch_id}/stamps"))


def test_a_binding_is_undone_by_one_tap(app: Flask, workspace: Workspace) -> None:
    _roll(app, workspace)
    batch_id = _lot(workspace)
    _bind(workspace, batch_id, "1", "50")
    page = workspace.page(f"/producer/batches/{batch_id}/stamps")
    undo = re.search(r"/producer/stamps/bindings/[0-9a-f-]+/undo", page)
    assert undo
    assert workspace.send(undo[0]).status_code == 303
    assert "Đã bỏ gắn" in visible(workspace.page(f"/producer/batches/{batch_id}/stamps"))


def test_what_cannot_be_bound_comes_back_as_typed(app: Flask, workspace: Workspace) -> None:
    _roll(app, workspace)
    batch_id = _lot(workspace)
    answer = _bind(workspace, batch_id, "90", "101")
    page = answer.get_data(as_text=True)
    assert 'value="90"' in page
    assert 'id="f-last-error"' in page


def test_no_stamps_are_bound_to_a_draft(app: Flask, workspace: Workspace) -> None:
    _roll(app, workspace)
    batch_id = workspace.add_batch(workspace.add_product())
    assert 'name="first"' not in workspace.page(f"/producer/batches/{batch_id}/stamps")
    assert _bind(workspace, batch_id, "1", "2").status_code == 409


def test_one_stamp_or_a_range_is_voided(app: Flask, workspace: Workspace, connection: Connection) -> None:
    _roll(app, workspace)
    assert workspace.send("/producer/stamps/void", first="7", reason="spoiled").status_code == 303
    assert workspace.send("/producer/stamps/void", first="5", last="9", reason="lost").status_code == 303
    assert workspace.send("/producer/stamps/void", first="5").status_code == 422
    voided = connection.execute(
        text("select sum(last_number - first_number + 1) from stamp_ranges where kind = 'voided'")
    )
    assert voided.scalar() == 5


def test_a_reprint_is_noted_and_gives_its_part_of_the_table(app: Flask, workspace: Workspace) -> None:
    run_id = _roll(app, workspace)
    assert workspace.send(f"/producer/stamps/{run_id}/reprint", first="3", last="4").status_code == 303
    page = workspace.page(f"/producer/stamps/{run_id}")
    assert "In lại, giữ nguyên mã" in visible(page)
    link = re.search(r'href="([^"]*codes\.csv\?[^"]*)"', page)
    assert link
    assert len(workspace.page(link[1].replace("&amp;", "&")).splitlines()) == 3


def test_labels_of_a_lot_are_ordered_and_activated_by_their_numbers(app: Flask, workspace: Workspace) -> None:
    batch_id = _lot(workspace)
    answer = workspace.send(f"/producer/batches/{batch_id}/serials", count="10")
    assert answer.status_code == 303, visible(answer)
    run_id = int(answer.headers["Location"].rpartition("/")[2])
    with app.app_context():
        make_codes(run_id)
    page = workspace.page(f"/producer/batches/{batch_id}/stamps?run={run_id}")
    assert 'value="1"' in page
    assert 'value="10"' in page
    assert _bind(workspace, batch_id, "1", "10").status_code == 303
    assert "Kích hoạt tem đã in" not in visible(workspace.page(f"/producer/stamps/{run_id}"))


def test_a_cancelled_run_says_so(workspace: Workspace) -> None:
    run_id = _order(workspace)
    assert workspace.send(f"/producer/stamps/{run_id}/cancel").status_code == 303
    assert "Đợt này đã hủy" in visible(workspace.page(f"/producer/stamps/{run_id}"))
    assert workspace.send(f"/producer/stamps/{run_id}/cancel").status_code == 409
    assert "Đã hủy" in visible(workspace.page("/producer/stamps"))


def test_who_waits_for_approval_is_told_so(make_workspace: MakeWorkspace, session: Session) -> None:
    waiting = make_workspace(is_approved=False)
    assert 'name="count"' not in waiting.page("/producer/stamps/new")
    assert waiting.send("/producer/stamps/new", count="5").status_code == 403


def _void(workspace: Workspace, **form: Any) -> TestResponse:
    return workspace.send("/producer/stamps/void", **form)


def _lines(answer: TestResponse) -> list[str]:
    return re.findall(r'name="stamp" value="([^"]+)"', answer.get_data(as_text=True))


def test_stamps_are_gathered_looked_over_and_voided_together(
    app: Flask, workspace: Workspace, connection: Connection
) -> None:
    run_id, batch_id = _roll(app, workspace), _lot(workspace)
    code = workspace.page(f"/producer/stamps/{run_id}/codes.csv").splitlines()[7].split(",")[1]
    _bind(workspace, batch_id, "1", "5")
    _void(workspace, first="5", reason="lost")
    answer = _void(workspace, add="1", first=f"https://check.example/T/{code}", reason="spoiled")
    assert _lines(answer) == ["7-7"]
    assert "Chưa dùng" in visible(answer)
    answer = _void(workspace, add="1", stamp="7-7", first="4", last="6")
    assert _lines(answer) == ["7-7", "4-6"]
    for mark in ("Đã hủy từ trước: 1", "Đang dùng cho lô LO-1: 1", "Chưa dùng: 1"):
        assert mark in visible(answer)
    answer = _void(workspace, remove="4-6", stamp=["7-7", "4-6"])
    assert _lines(answer) == ["7-7"]
    assert _void(workspace, stamp=["7-7", "9-10"], first="12", reason="spoiled").status_code == 303
    voided = connection.execute(
        text("select first_number, last_number, reason from stamp_ranges where kind = 'voided' order by 1")
    )
    assert [tuple(row) for row in voided] == [
        (5, 5, "lost"),
        (7, 7, "spoiled"),
        (9, 10, "spoiled"),
        (12, 12, "spoiled"),
    ]


def test_a_list_survives_what_is_refused(app: Flask, workspace: Workspace, connection: Connection) -> None:
    _roll(app, workspace)
    for form in (
        {"add": "1", "first": "101"},
        {"first": "101", "reason": "lost"},
        {"reason": "", "first": "3"},
    ):
        answer = _void(workspace, stamp="7-7", **form)
        assert answer.status_code == 422
        assert _lines(answer) == ["7-7"]
    assert connection.execute(text("select count(*) from stamp_ranges")).scalar() == 0


@pytest.mark.parametrize("line", ["x", "1", "0-1", "1-2-3", "999-1000", "2-1"])
def test_a_line_no_form_would_send_is_refused(app: Flask, workspace: Workspace, line: str) -> None:
    _roll(app, workspace)
    assert _void(workspace, stamp=line, reason="lost").status_code == 422


def test_a_scanned_line_is_the_owners_alone(
    app: Flask, workspace: Workspace, make_workspace: MakeWorkspace
) -> None:
    run_id = _roll(app, workspace)
    code = workspace.page(f"/producer/stamps/{run_id}/codes.csv").splitlines()[1].split(",")[1]
    assert 'value="1-1"' in workspace.page(f"/producer/stamps/void/line?text={code}")
    answer = make_workspace().client.get(f"/producer/stamps/void/line?text={code}")
    assert answer.status_code == 422
    assert code not in answer.get_data(as_text=True)
    assert workspace.client.get("/producer/stamps/void/line").status_code == 422


def test_a_stamp_is_read_from_a_digital_link_too(app: Flask, workspace: Workspace) -> None:
    run_id, batch_id = _roll(app, workspace), _lot(workspace)
    rows = workspace.page(f"/producer/stamps/{run_id}/codes.csv").splitlines()
    first, last = (
        f"https://id.example/01/09506000134352/21/{row.split(',')[1]}" for row in (rows[1], rows[3])
    )
    assert _bind(workspace, batch_id, first, last).status_code == 303
    assert "1–3" in visible(workspace.page(f"/producer/batches/{batch_id}/stamps"))


def test_the_camera_is_lent_where_stamps_are_scanned(app: Flask, workspace: Workspace) -> None:
    batch_id = _lot(workspace)
    for path, is_lent in (
        (f"/producer/batches/{batch_id}/stamps", True),
        ("/producer/stamps/void", True),
        ("/producer/stamps", False),
    ):
        headers = workspace.client.get(path).headers
        assert ("camera=(self)" in headers["Permissions-Policy"]) is is_lent
        assert ("'wasm-unsafe-eval'" in headers["Content-Security-Policy"]) is is_lent
