"""Test results as a producer copies them out over HTTP."""

import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import Connection, text

from tests.producers.conftest import MakeWorkspace
from tests.producers.workspace import Workspace, visible
from trace.core import clock
from trace.core.ids import uuid7


def report(**changed: Any) -> dict[str, Any]:
    """What a person types from the paper."""
    form = {
        "idempotency_key": str(uuid7()),
        "laboratory": "Phòng kiểm nghiệm Ví Dụ",
        "report_number": "KN-01/2026",
        "reported_on": f"{clock.today():%d/%m/%Y}",
        "parameter_1": "Chlorpyrifos",
        "result_1": "không phát hiện",
        "limit_1": "0,01 mg/kg",
        "meets_1": "yes",
    }
    return {name: value for name, value in {**form, **changed}.items() if value is not None}


def paper() -> dict[str, Any]:
    """A photographed report, unlike the picture of the product."""
    out = io.BytesIO()
    Image.new("RGB", (240, 320), (240, 240, 230)).save(out, "JPEG")
    out.seek(0)
    return {"picture": (out, "phieu.jpg")}


def status(workspace: Workspace, path: str) -> int:
    with workspace.client.get(path) as answer:
        return answer.status_code


@pytest.fixture
def batch_id(workspace: Workspace) -> UUID:
    batch_id = workspace.add_batch(workspace.add_product())
    assert workspace.activate(batch_id).status_code == 303
    return batch_id


def newest(connection: Connection) -> UUID:
    found = connection.execute(text("select id from test_results order by recorded_at desc limit 1")).scalar()
    assert isinstance(found, UUID)
    return found


def test_a_report_stands_on_the_page_of_its_lot(workspace: Workspace, batch_id: UUID) -> None:
    path = f"/producer/batches/{batch_id}/test-results/new"
    assert workspace.send(path, **report()).status_code == 303
    told = visible(workspace.page(f"/producer/batches/{batch_id}"))
    assert "Phòng kiểm nghiệm Ví Dụ" in told
    assert "Chlorpyrifos: không phát hiện (0,01 mg/kg)" in told


def test_a_limit_not_met_is_shown_and_setting_aside_is_offered(workspace: Workspace, batch_id: UUID) -> None:
    path = f"/producer/batches/{batch_id}/test-results/new"
    workspace.send(path, **report(result_1="0,05 mg/kg", meets_1="no"))
    page = workspace.page(f"/producer/batches/{batch_id}")
    assert "Có chỉ tiêu không đạt" in visible(page)
    assert f"/{batch_id}/set-aside" in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"laboratory": None}, "laboratory"),
        ({"report_number": None}, "report_number"),
        ({"reported_on": "01/01/2090"}, "reported_on"),
        ({"parameter_1": None, "result_1": None, "limit_1": None}, "parameter_1"),
        ({"result_1": None}, "result_1"),
        ({"meets_1": "perhaps"}, "meets_1"),
    ],
)
def test_what_cannot_be_is_refused_on_its_field(
    workspace: Workspace, batch_id: UUID, changed: dict[str, Any], field: str
) -> None:
    answer = workspace.send(f"/producer/batches/{batch_id}/test-results/new", **report(**changed))
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.get_data(as_text=True)


def test_a_photo_is_seen_by_who_sent_it_and_nobody_else_unless_chosen(
    workspace: Workspace, make_workspace: MakeWorkspace, batch_id: UUID, connection: Connection
) -> None:
    form = report(**paper())
    workspace.send(f"/producer/batches/{batch_id}/test-results/new", **form)
    result_id = newest(connection)
    sha256 = connection.execute(text("select picture_sha256 from test_results")).scalar()
    assert status(workspace, f"/producer/test-results/{result_id}/picture") == 200
    assert status(workspace, f"/picture/large/{sha256}.webp") == 404
    assert status(make_workspace(), f"/producer/test-results/{result_id}/picture") == 404


def test_a_photo_that_is_chosen_to_be_public_is_public(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    form = report(**paper(), is_picture_public="true")
    workspace.send(f"/producer/batches/{batch_id}/test-results/new", **form)
    sha256 = connection.execute(text("select picture_sha256 from test_results")).scalar()
    assert status(workspace, f"/picture/large/{sha256}.webp") == 200


def test_a_correction_takes_the_place_of_what_was_stated(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    workspace.send(f"/producer/batches/{batch_id}/test-results/new", **report())
    result_id = newest(connection)
    assert 'value="KN-01/2026"' in workspace.page(f"/producer/test-results/{result_id}")
    answer = workspace.send(f"/producer/test-results/{result_id}", **report(report_number="KN-02/2026"))
    assert answer.status_code == 303
    page = workspace.page(f"/producer/batches/{batch_id}")
    assert "KN-02/2026" in page
    assert "KN-01/2026" not in page


def test_a_report_taken_back_leaves_the_lot(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    workspace.send(f"/producer/batches/{batch_id}/test-results/new", **report())
    assert workspace.send(f"/producer/test-results/{newest(connection)}/take-back").status_code == 303
    assert "KN-01/2026" not in workspace.page(f"/producer/batches/{batch_id}")


def test_another_organisations_results_are_not_there(
    workspace: Workspace, make_workspace: MakeWorkspace, batch_id: UUID, connection: Connection
) -> None:
    workspace.send(f"/producer/batches/{batch_id}/test-results/new", **report())
    stranger, result_id = make_workspace(), newest(connection)
    assert stranger.client.get(f"/producer/test-results/{result_id}").status_code == 404
    assert stranger.send(f"/producer/test-results/{result_id}", **report()).status_code == 404
    assert stranger.send(f"/producer/test-results/{result_id}/take-back").status_code == 404
    assert stranger.send(f"/producer/batches/{batch_id}/test-results/new", **report()).status_code == 404
