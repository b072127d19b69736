"""What strangers can do with a photographed label: have a case opened, and never change what its page says."""

from datetime import timedelta

from sqlalchemy import func, select

from tests.trace.copies.conftest import CALM, COMMUNES, COMPUTER, PHONE, Street
from trace.core import clock
from trace.core.database import new_session
from trace.public import counting
from trace.scans.models import PlacedScan, ScanRecord
from trace.scans.queries import tally_of
from trace.scans.recorder import EXTENSION, Recorder
from trace.verdict.queries import look_up
from trace.verdict.rules import Verdict, decide


def _scan(street: Street, times: int, network: str, agent: str = PHONE) -> None:
    """As the page notes it, without drawing the page each time; ``network`` "192.0.2.7" is one phone, "192.0.2." many."""
    for turn in range(times):
        address = f"{network}{turn % 250}" if network.endswith(".") else network
        environ = {"REMOTE_ADDR": address}
        with street.app.test_request_context(headers={"User-Agent": agent}, environ_base=environ):
            counting.note_scan(street.item, Verdict.NO_WARNING, is_item=True)


def _written(street: Street) -> tuple[int, int, int]:
    """Scans recorded, scans counted of the item, and scans with a place."""
    recorder: Recorder = street.app.extensions[EXTENSION]
    assert recorder.flush()
    with new_session(street.connection) as session:
        recorded = session.scalar(select(func.count()).select_from(ScanRecord)) or 0
        placed = session.scalar(select(func.count()).select_from(PlacedScan)) or 0
        return recorded, tally_of(session, street.item).scans, placed


def _is_calm(street: Street) -> bool:
    with new_session(street.connection) as session:
        verdict = decide(look_up(session, street.item).facts).verdict
    told = street.app.test_client().get(f"/api/v1/codes/{street.item}").get_json()
    return (
        verdict is Verdict.NO_WARNING and told["verdict"] == "no_warning" and CALM in street.read(street.item)
    )


def test_five_hundred_scans_from_one_phone_are_one_scan_and_one_place(street: Street) -> None:
    _scan(street, 500, "198.51.100.7")
    for _turn in range(10):
        assert street.say(street.item, COMMUNES[0]) == 303
    assert street.say(street.item, COMMUNES[0]) == 429
    assert _written(street) == (1, 1, 1)
    assert street.case_of(street.item) is None
    assert _is_calm(street)


def test_a_photo_shared_to_a_group_is_two_kinds_of_device_in_ten_minutes(street: Street) -> None:
    street.read(street.item)
    _scan(street, 200, "203.0.113.")
    _scan(street, 50, "192.0.2.", COMPUTER)
    for turn in range(40):
        agent = COMPUTER if turn % 4 == 0 else PHONE
        assert street.say(street.item, COMMUNES[turn % 7], agent, f"203.0.113.{turn}") == 303
    recorded, counted, placed = _written(street)
    assert (recorded, counted, placed) == (250, 2, 2)
    assert street.case_of(street.item) is None
    assert _is_calm(street)


def test_a_paid_attack_from_everywhere_opens_a_case_and_changes_no_verdict(street: Street) -> None:
    before = street.read(street.item)
    for day in range(3):
        clock.shift(timedelta(days=day))
        _scan(street, 250, f"192.0.{day}.")
        _written(street)
    street.say_everywhere(street.item, 40)
    found = street.case_of(street.item)
    assert found is not None
    assert (found.decision, found.organisation_id) == (None, street.producer.organisation_id)
    assert found.score >= 50
    assert {"many_places"} <= {one["reason"] for one in found.findings}
    assert _is_calm(street)
    after = street.read(street.item)
    assert "Đã quét ở 7 xã, phường" in after
    assert before.split('id="luot-quet"')[0].split("Tra cứu lúc")[0] == after.split("Tra cứu lúc")[0]


def test_scans_without_a_place_open_no_case(street: Street) -> None:
    _scan(street, 250, "192.0.2.")
    _scan(street, 250, "203.0.113.", COMPUTER)
    assert _written(street)[2] == 0
    assert street.case_of(street.item) is None
    assert _is_calm(street)


def test_who_says_a_place_by_a_program_is_not_counted(street: Street) -> None:
    for turn, agent in enumerate(("curl/8.5.0", "Zalo", "Mozilla/5.0 (compatible; Googlebot/2.1)")):
        assert street.say(street.item, COMMUNES[turn], agent, f"192.0.2.{turn}") == 303
    assert _written(street)[2] == 0
