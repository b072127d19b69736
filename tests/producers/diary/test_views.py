"""The diary as a producer keeps it over HTTP."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from tests.producers.conftest import MakeWorkspace
from tests.producers.workspace import Workspace, id_in, visible
from tests.web import token_of
from trace.core import clock
from trace.core.ids import uuid7


def entry(workspace: Workspace, product_id: UUID, days_ago: int = 8, **changed: Any) -> dict[str, Any]:
    """What a person types after spraying."""
    form = {
        "idempotency_key": str(uuid7()),
        "product_id": str(product_id),
        "location_id": str(workspace.actor.organisation.seat.id),
        "kind": "spray",
        "done_on": f"{clock.today() - timedelta(days=days_ago):%d/%m/%Y}",
        "used": "Thuốc Ví Dụ 10WP",
        "active_ingredient": "Vidutin",
        "purpose": "Trừ rệp",
        "waiting_days": "7",
    }
    return {name: value for name, value in {**form, **changed}.items() if value is not None}


def newest(connection: Connection) -> UUID:
    found = connection.execute(
        text("select id from diary_entries order by recorded_at desc limit 1")
    ).scalar()
    assert isinstance(found, UUID)
    return found


def count(connection: Connection) -> int:
    return int(connection.execute(text("select count(*) from diary_entries")).scalar() or 0)


def test_what_was_sprayed_stands_in_the_diary(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    assert workspace.send("/producer/diary/new", **entry(workspace, product_id)).status_code == 303
    told = visible(workspace.page("/producer/diary"))
    assert "Phun thuốc bảo vệ thực vật" in told
    assert "Thuốc Ví Dụ 10WP · Vidutin · Trừ rệp" in told
    assert "Nhãn ghi cách ly 7 ngày" in told


def test_a_form_that_arrives_twice_is_noted_once(workspace: Workspace, connection: Connection) -> None:
    form = entry(workspace, workspace.add_product())
    for _time in range(2):
        assert workspace.send("/producer/diary/new", **form).status_code == 303
    assert count(connection) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"days_ago": -1}, "done_on"),
        ({"days_ago": 800}, "done_on"),
        ({"used": None}, "used"),
        ({"kind": None}, "kind"),
        ({"waiting_days": "400"}, "waiting_days"),
        ({"kind": "other", "used": None}, "waiting_days"),
        ({"kind": "other", "purpose": None, "waiting_days": None}, "purpose"),
    ],
)
def test_what_cannot_be_is_refused_on_its_field(
    workspace: Workspace, connection: Connection, changed: dict[str, Any], field: str
) -> None:
    form = entry(workspace, workspace.add_product(), **changed)
    answer = workspace.send("/producer/diary/new", **form)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.get_data(as_text=True)
    assert count(connection) == 0


def test_the_lot_of_a_harvest_tells_the_days_waited(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    workspace.send("/producer/diary/new", **entry(workspace, product_id))
    told = visible(workspace.page(f"/producer/batches/{workspace.add_batch(product_id)}"))
    assert "Số ngày chờ đến thu hoạch 8" in told
    assert "Thu hoạch khi chưa hết ngày cách ly" not in told


def test_an_early_harvest_is_asked_about_and_activated_when_confirmed(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    workspace.send("/producer/diary/new", **entry(workspace, product_id, days_ago=3))
    batch_id = workspace.add_batch(product_id)
    assert "chờ 3 ngày, nhãn ghi 7 ngày" in visible(workspace.page(f"/producer/batches/{batch_id}"))
    refused = workspace.activate(batch_id)
    assert refused.status_code == 409
    assert "Đúng là như vậy, kích hoạt lô" in visible(refused)
    sure = workspace.send(f"/producer/batches/{batch_id}/activate", is_wait_confirmed="true")
    assert sure.status_code == 303
    assert "Đã kích hoạt" in visible(workspace.page(f"/producer/batches/{batch_id}"))


def test_the_table_of_today_asks_about_an_early_harvest_once(
    workspace: Workspace, connection: Connection
) -> None:
    product_id = workspace.add_product()
    workspace.send("/producer/diary/new", **entry(workspace, product_id, days_ago=1))
    (field,) = re.findall(
        r'name="([^"]*)"[^>]*inputmode="decimal"', workspace.page("/producer/batches/today")
    )
    form = {"idempotency_key": str(uuid7()), field: "12"}
    asked = workspace.send("/producer/batches/today", **form)
    assert asked.status_code == 409
    assert 'name="is_wait_confirmed"' in asked.get_data(as_text=True)
    assert connection.execute(text("select count(*) from batches")).scalar() == 0
    assert workspace.send("/producer/batches/today", **form, is_wait_confirmed="true").status_code == 303


def test_a_correction_keeps_what_stood_there(workspace: Workspace, connection: Connection) -> None:
    product_id = workspace.add_product()
    workspace.send("/producer/diary/new", **entry(workspace, product_id))
    first = newest(connection)
    form = entry(workspace, product_id, waiting_days="10")
    assert workspace.send(f"/producer/diary/{first}", **form).status_code == 303
    assert count(connection) == 2
    told = visible(workspace.page("/producer/diary"))
    assert "Nhãn ghi cách ly 10 ngày" in told
    assert "Nhãn ghi cách ly 7 ngày" not in told


def test_what_was_corrected_already_is_not_corrected_again(
    workspace: Workspace, connection: Connection
) -> None:
    workspace.send("/producer/diary/new", **entry(workspace, workspace.add_product()))
    first = newest(connection)
    assert workspace.send(f"/producer/diary/{first}/take-back").status_code == 303
    answer = workspace.send(f"/producer/diary/{first}/take-back")
    assert answer.status_code == 409
    assert count(connection) == 2


def test_an_entry_taken_back_leaves_the_diary(workspace: Workspace, connection: Connection) -> None:
    workspace.send("/producer/diary/new", **entry(workspace, workspace.add_product()))
    workspace.send(f"/producer/diary/{newest(connection)}/take-back")
    assert "Thuốc Ví Dụ 10WP" not in workspace.page("/producer/diary")


def test_an_entry_for_one_lot_stands_on_no_other(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    own, other = (workspace.add_batch(product_id, lot_number=number) for number in ("L1", "L2"))
    form = entry(workspace, product_id, batch_id=str(own))
    assert id_in(workspace.send("/producer/diary/new", **form)) == own
    assert "Thuốc Ví Dụ 10WP" in workspace.page(f"/producer/batches/{own}")
    assert "Thuốc Ví Dụ 10WP" not in workspace.page(f"/producer/batches/{other}")


def test_another_organisations_diary_is_not_there(
    make_workspace: MakeWorkspace, connection: Connection
) -> None:
    owner, stranger = make_workspace(), make_workspace()
    product_id = owner.add_product()
    owner.send("/producer/diary/new", **entry(owner, product_id))
    entry_id = newest(connection)
    assert stranger.client.get(f"/producer/diary/{entry_id}").status_code == 404
    assert stranger.send(f"/producer/diary/{entry_id}/take-back").status_code == 404
    assert stranger.send("/producer/diary/new", **entry(owner, product_id)).status_code == 404
    assert count(connection) == 1


def test_a_form_without_its_token_notes_nothing(workspace: Workspace, connection: Connection) -> None:
    form = entry(workspace, workspace.add_product())
    assert token_of(workspace.client)
    assert workspace.client.post("/producer/diary/new", data=form).status_code == 400
    assert count(connection) == 0
