"""Public look-up: no key, and nothing that the page does not show."""

from sqlalchemy.orm import Session

from producers.diary.models import WorkKind
from producers.diary.services import Ground, Work, note_entry
from tests.api.conftest import MakeBatch
from tests.api.program import Program, code_of, own_id
from tests.factories import BatchFactory, CertificateFactory, officer_of
from tests.web import settle
from trace.accounts.models import Role
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.core.short_codes import new_code, pretty
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason


def test_anybody_looks_up_a_code_as_printed(stranger: Program, batch: Batch) -> None:
    told = stranger.get(f"/codes/{pretty(batch.code).lower()}").get_json()
    assert told["code"] == pretty(batch.code)
    assert (told["verdict"], told["title"]["vi"], told["title"]["en"]) == (
        "no_warning",
        "Chưa có cảnh báo",
        "No warnings",
    )
    assert (told["compare"]["lot_number"], told["compare"]["product_name"]) == (
        batch.lot_number,
        batch.product.name,
    )
    assert [item["number"] for item in told["items"]] == list(range(1, 11))
    assert all(item["who_says"] and item["vouch"] == "declared" for item in told["items"])
    assert len(told["journey"]) == 1


def test_language_is_chosen_in_the_address_and_titles_are_in_both(stranger: Program, batch: Batch) -> None:
    vi, en = (stranger.get(f"/codes/{batch.code}", lang=one).get_json() for one in ("vi", "en"))
    assert (vi["language"], en["language"]) == ("vi", "en")
    assert vi["title"] == en["title"]
    assert vi["sentence"] != en["sentence"]


def test_a_handover_is_told_as_on_the_page(
    stranger: Program, producer: Program, shop: Program, batch: Batch
) -> None:
    body = {"batch_id": str(batch.id), "quantity": 77.125, "receiver_id": own_id(shop)}
    shipped = producer.post("/shipments", body, once="k1").get_json()
    shop.post(f"/shipments/{shipped['id']}/receipt")
    answer = stranger.get(f"/codes/{batch.code}")
    assert [step["vouch"] for step in answer.get_json()["journey"]] == ["declared", "confirmed"]
    # Quantities and buyers' names are private.
    assert "77.125" not in answer.text
    assert "Đồng Xuân" not in answer.text


def test_certificates_and_what_was_grown_carry_the_marks_of_the_page(
    stranger: Program, producer: Program, batch: Batch, session: Session
) -> None:
    owner = Actor(None, batch.organisation, Role.OWNER)
    CertificateFactory.create(session=session, actor=owner, product_id=batch.product_id)
    work = Work(WorkKind.SPRAY, clock.today(), "Thuốc Ví Dụ", waiting_days=7)
    note_entry(session, owner, Ground(batch.product_id, batch.location_id), work, key="k1")
    settle(session)
    told = stranger.get(f"/codes/{batch.code}").get_json()
    added = f"Ghi bổ sung ngày {clock.today():%d/%m/%Y}"
    assert [paper["mark"] for paper in told["certificates"]] == [added]
    assert told["diary"]["lines"][0]["marks"] == [added]
    assert (told["diary"]["vouch"], told["test_results"], told["official_checks"]) == ("declared", [], [])


def test_a_recall_is_told_on_the_next_request(stranger: Program, batch: Batch, session: Session) -> None:
    recalls.recall(
        session, officer_of(session), batch.id, RecallClass.HEALTH, RecallReason.PESTICIDE_RESIDUE,
        recalls.Decision("12/QĐ", clock.today()), typed_lot_number=batch.lot_number,
    )  # fmt: skip
    settle(session)
    answer = stranger.get(f"/codes/{batch.code}")
    assert answer.get_json()["verdict"] == "recalled"
    assert answer.get_json()["steps"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_label_not_in_use_tells_nothing_of_its_draft(
    stranger: Program, producer: Program, make_batch: MakeBatch
) -> None:
    draft = make_batch(producer, BatchFactory)
    told = stranger.get(f"/codes/{draft.code}").get_json()
    assert (told["verdict"], told["compare"], told["items"], told["journey"]) == (
        "not_activated",
        None,
        [],
        [],
    )


def test_a_slip_and_an_unknown_code_are_told_apart(stranger: Program) -> None:
    unknown = new_code(10)
    slip = unknown[:-1] + ("A" if unknown[-1] != "A" else "B")
    missing, wrong = stranger.get(f"/codes/{unknown}"), stranger.get(f"/codes/{slip}")
    assert (missing.status_code, code_of(missing)) == (404, "code-unknown")
    assert (wrong.status_code, code_of(wrong)) == (400, "code-malformed")
    assert missing.get_json()["title_en"] == "We have no record of this code"
