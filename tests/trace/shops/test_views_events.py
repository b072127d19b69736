"""One entry on its page: clocks, names, the correction, the link to confirm; and the address book."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.shops.conftest import Market
from tests.web import send, settle
from trace.accounts.models import Party
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.events.models import Event, EventPrivate, Verb

Browse = Callable[[Actor], FlaskClient]
Held = Callable[[Batch, Actor], Decimal]


def _sell(client: FlaskClient, market: Market, **more: str) -> None:
    form = {"idempotency_key": "k", "receiver": "walk-in", "quantity": "10", **more}
    answer = send(client, f"/goods/{market.batch.id}/sell", **form)
    assert answer.status_code == 303


def _last(session: Session, verb: Verb) -> str:
    wanted = select(Event.id).where(Event.verb == verb, ~Event.is_declaration).order_by(Event.id.desc())
    return str(session.scalars(wanted).first())


def test_a_sale_is_corrected_from_its_entry(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    producer = browse(market.producer)
    _sell(producer, market)
    event_id = _last(session, Verb.SELL)
    assert "Sửa lại" in producer.get(f"/goods/events/{event_id}").get_data(as_text=True)
    form = producer.get(f"/goods/events/{event_id}/correct").get_data(as_text=True)
    assert 'value="10"' in form
    answers = [
        send(producer, f"/goods/events/{event_id}/correct", idempotency_key="c", kind="incorrect_data",
             quantity="4")
        for _tap in range(2)
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [303, 303]
    assert held(market.batch, market.producer) == 96
    before = producer.get(f"/goods/events/{event_id}").get_data(as_text=True)
    assert re.search(r"Đính chính ngày \d\d/\d\d/\d{4}; đổi: số lượng", before)
    after = producer.get(answers[0].location).get_data(as_text=True)
    assert "Đây là bản đính chính" in after


def test_what_never_happened_is_taken_back_on_its_page(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    producer = browse(market.producer)
    _sell(producer, market)
    event_id = _last(session, Verb.SELL)
    send(
        producer,
        f"/goods/events/{event_id}/correct",
        idempotency_key="c",
        kind="did_not_occur",
        quantity="10",
    )
    assert held(market.batch, market.producer) == 100
    history = producer.get(f"/goods/{market.batch.id}").get_data(as_text=True)
    assert "việc này không xảy ra" in history
    assert "lỗi" not in history.lower()


def test_a_correction_that_goods_do_not_cover_says_how_many_there_are(
    session: Session, market: Market, browse: Browse
) -> None:
    producer = browse(market.producer)
    _sell(producer, market)
    _sell(producer, market, idempotency_key="k2", quantity="85")
    event_id = _last(session, Verb.SELL)
    first = str(session.scalars(select(Event.id).where(Event.verb == Verb.SELL).order_by(Event.id)).first())
    assert event_id != first
    answer = send(producer, f"/goods/events/{first}/correct", idempotency_key="c", kind="incorrect_data",
                  quantity="16")  # fmt: skip
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "cần lấy lại 6 kg" in page
    assert 'value="16"' in page


def test_the_lot_number_changes_by_correction(session: Session, market: Market, browse: Browse) -> None:
    producer = browse(market.producer)
    event_id = _last(session, Verb.ACTIVATE)
    day = clock.today()
    answer = send(producer, f"/goods/events/{event_id}/correct", **{
        "idempotency_key": "c", "kind": "incorrect_data", "quantity": "100", "lot_number": "DC-7",
        "produced_on-day": str(day.day), "produced_on-month": str(day.month), "produced_on-year": str(day.year),
    })  # fmt: skip
    assert answer.status_code == 303
    session.expire_all()
    assert session.get_one(Batch, market.batch.id).lot_number == "DC-7"


def test_a_device_whose_clock_is_off_is_set_right_and_both_are_kept(
    session: Session, market: Market, browse: Browse
) -> None:
    producer = browse(market.producer)
    off = timedelta(days=2600)
    _sell(
        producer,
        market,
        device_time=(clock.now() - off).isoformat(),
        event_time=(clock.now() - off).isoformat(),
    )
    event = session.scalars(select(Event).where(Event.verb == Verb.SELL)).one()
    assert abs(clock.now() - event.event_time) < timedelta(hours=1)
    assert event.device_time is not None
    page = producer.get(f"/goods/events/{event.id}").get_data(as_text=True)
    assert "Đồng hồ trên máy lúc đó" in page


def test_what_is_recorded_for_somebody_bears_both_names_for_members(
    session: Session, market: Market, browse: Browse
) -> None:
    household = factories.PartyFactory.create(session=session, actor=market.producer, name="Ông Ba")
    household_id = str(household.id)
    settle(session)
    producer = browse(market.producer)
    _sell(producer, market, on_behalf_of=household_id)
    page = producer.get(f"/goods/events/{_last(session, Verb.SELL)}").get_data(as_text=True)
    assert f"{market.producer.organisation.name} ghi hộ Ông Ba" in page


def test_the_other_side_reads_neither_note_nor_clerk(
    session: Session, market: Market, browse: Browse
) -> None:
    producer = browse(market.producer)
    send(producer, f"/goods/{market.batch.id}/ship", idempotency_key="s", quantity="5", note="giá 12 nghìn",
         receiver=f"organisation:{market.shop.organisation_id}")  # fmt: skip
    page = browse(market.shop).get(f"/goods/events/{_last(session, Verb.SHIP)}").get_data(as_text=True)
    assert "giá 12 nghìn" not in page
    assert "Sửa lại" not in page


def test_a_link_is_shown_once_with_a_text_to_send(
    session: Session, market: Market, browse: Browse, app_browser: FlaskClient
) -> None:
    producer = browse(market.producer)
    send(producer, f"/goods/{market.batch.id}/ship", idempotency_key="s", quantity="5", receiver="new",
         party_name="Cô Lan", party_kind="trader")  # fmt: skip
    event_id = _last(session, Verb.SHIP)
    answer = send(producer, f"/goods/events/{event_id}/link").get_data(as_text=True)
    found = re.search(r"/xn/([\w-]{20,})", answer)
    assert found
    assert found[1] not in producer.get(f"/goods/events/{event_id}").get_data(as_text=True)
    page = app_browser.get(f"/xn/{found[1]}")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    assert "<script" not in text
    assert "Cô Lan" not in text
    assert market.producer.organisation.name in text


def test_the_address_book_is_added_to_and_changed(session: Session, market: Market, browse: Browse) -> None:
    producer = browse(market.producer)
    send(producer, "/goods/parties/new", party_name="Bà Tư", party_kind="household")
    party = session.scalars(select(Party)).one()
    assert "Bà Tư" in producer.get("/goods/parties").get_data(as_text=True)
    send(producer, f"/goods/parties/{party.id}", party_name="Bà Tư Cói", party_kind="household",
         party_phone="0912 345 678")  # fmt: skip
    session.expire_all()
    assert (party.name, party.phone) == ("Bà Tư Cói", "+84912345678")
    assert browse(market.shop).get(f"/goods/parties/{party.id}").status_code == 404


def test_who_agreed_to_be_named_is_noted_and_taken_back(
    session: Session, market: Market, browse: Browse
) -> None:
    producer = browse(market.producer)
    send(producer, "/goods/parties/new", party_name="Bà Tư", party_kind="household", is_named="true")
    party = session.scalars(select(Party)).one()
    assert party.agreed_at is not None
    assert " checked" in producer.get(f"/goods/parties/{party.id}").get_data(as_text=True)
    send(producer, f"/goods/parties/{party.id}", party_name="Bà Tư", party_kind="household")
    session.expire_all()
    assert party.agreed_at is None


def test_a_wrong_number_comes_back_beside_its_field(market: Market, browse: Browse) -> None:
    answer = send(browse(market.producer), "/goods/parties/new", party_name="Bà Tư", party_kind="household",
                  party_phone="12")  # fmt: skip
    assert answer.status_code == 422
    assert "f-party_phone-error" in answer.get_data(as_text=True)


def test_papers_of_a_receipt_are_kept_with_it(session: Session, market: Market, browse: Browse) -> None:
    from tests.trace.shops.test_views_claims import a_photo
    from tests.web import token_of

    shipment = factories.ShipmentFactory.create(
        session=session, actor=market.producer, batch=market.batch, to=market.shop.organisation
    )
    shipment_id = str(shipment.id)
    settle(session)
    shop = browse(market.shop)
    shop.post(
        f"/goods/shipments/{shipment_id}/receive",
        data={"csrf_token": token_of(shop), "full": "1", "papers": (a_photo(), "phieu.jpg")},
    )
    event_id = _last(session, Verb.RECEIVE)
    private = session.scalars(select(EventPrivate).join(Event, Event.id == EventPrivate.event_id).where(
        Event.verb == Verb.RECEIVE)).one()  # fmt: skip
    assert private.attachments
    assert "/papers/" in browse(market.producer).get(f"/goods/events/{event_id}").get_data(as_text=True)
