"""Goods leaving an organisation's hands: once, never more than is held, and never when recalled."""

import re
from collections.abc import Callable
from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.shops.conftest import Market
from tests.web import send, settle
from trace.accounts.models import OrganisationKind, Party
from trace.accounts.permissions import Actor
from trace.batches.models import Balance, Batch
from trace.events.handover_models import Shipment
from trace.events.models import Event, EventPrivate, Verb
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason

Browse = Callable[[Actor], FlaskClient]
Held = Callable[[Batch, Actor], Decimal]


def to_shop(market: Market) -> str:
    return f"organisation:{market.shop.organisation.id}"


def stock(session: Session, market: Market, quantity: str = "50") -> None:
    """The shop holds some of the batch."""
    factories.give(session, market.batch, market.producer, market.shop, quantity)
    settle(session)


def recall(session: Session, market: Market) -> None:
    recalls.recall(
        session,
        factories.officer_of(session),
        market.batch.id,
        RecallClass.HEALTH,
        RecallReason.MICROBIAL,
        None,
        typed_lot_number=market.batch.lot_number,
    )
    settle(session)


def test_shipping_more_than_held_is_refused_with_both_numbers(
    market: Market, browse: Browse, held: Held
) -> None:
    answer = send(browse(market.producer), f"/goods/{market.batch.id}/ship", idempotency_key="k",
                  receiver=to_shop(market), quantity="150")  # fmt: skip
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    told = re.search(r'id="f-quantity-error">([^<]+)<', page)
    assert told
    assert "100" in told[1]
    assert "150" in told[1]
    assert 'value="150"' in page
    assert held(market.batch, market.producer) == 100


def test_the_same_form_sent_twice_ships_once(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    producer = browse(market.producer)
    answers = [
        send(
            producer,
            f"/goods/{market.batch.id}/ship",
            idempotency_key="k",
            receiver=to_shop(market),
            quantity="20",
        )
        for _attempt in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert session.scalar(select(func.count()).select_from(Shipment)) == 1
    assert held(market.batch, market.producer) == 80


def test_the_same_form_with_another_quantity_is_refused_and_says_what_to_do(
    market: Market, browse: Browse, held: Held
) -> None:
    producer = browse(market.producer)
    address = f"/goods/{market.batch.id}/ship"
    send(producer, address, idempotency_key="k", receiver=to_shop(market), quantity="20")
    answer = send(producer, address, idempotency_key="k", receiver=to_shop(market), quantity="30")
    assert answer.status_code == 409
    assert "Mở phiếu mới" in answer.get_data(as_text=True)
    assert held(market.batch, market.producer) == 80


def test_selling_everything_twice_by_one_form_is_no_error(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    stock(session, market)
    shop = browse(market.shop)
    for _attempt in range(2):
        answer = send(
            shop, f"/goods/{market.batch.id}/sell", idempotency_key="k", receiver="walk-in", quantity="50"
        )
        assert answer.status_code == 303
    assert held(market.batch, market.shop) == 0


def test_a_form_without_its_number_is_refused(market: Market, browse: Browse, held: Held) -> None:
    answer = send(browse(market.producer), f"/goods/{market.batch.id}/ship", idempotency_key="\x07",
                  receiver=to_shop(market), quantity="20")  # fmt: skip
    assert answer.status_code == 422
    assert held(market.batch, market.producer) == 100


def test_somebody_without_an_account_is_noted_and_declared_by_one_side(
    session: Session, market: Market, browse: Browse
) -> None:
    producer = browse(market.producer)
    answer = send(producer, f"/goods/{market.batch.id}/ship", idempotency_key="k", receiver="new",
                  party_kind="trader", party_name="Cô Lan", party_phone="0912 345 678", quantity="5")  # fmt: skip
    assert answer.status_code == 303
    page = producer.get(answer.location).get_data(as_text=True)
    assert "Cô Lan" in page
    assert "Chỉ bên giao khai" in page
    assert session.scalars(select(Party)).one().phone == "+84912345678"
    assert session.get_one(Balance, market.batch.id).outside == 5


def test_a_refused_shipment_notes_nobody_in_the_address_book(
    session: Session, market: Market, browse: Browse
) -> None:
    send(browse(market.producer), f"/goods/{market.batch.id}/ship", idempotency_key="k", receiver="new",
         party_kind="trader", party_name="Cô Lan", quantity="500")  # fmt: skip
    assert session.scalars(select(Party)).all() == []


def test_faults_of_receiver_and_quantity_are_told_at_once(market: Market, browse: Browse) -> None:
    answer = send(browse(market.producer), f"/goods/{market.batch.id}/ship", idempotency_key="k")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="f-receiver-error"' in page
    assert 'id="f-quantity-error"' in page


def test_looking_for_a_receiver_ships_nothing_and_loses_nothing(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    factories.ActorFactory.create(
        session=session, stated__kind=OrganisationKind.KITCHEN, stated__name="Bếp ăn Đống Đa"
    )
    settle(session)
    answer = send(browse(market.producer), f"/goods/{market.batch.id}/ship", idempotency_key="k",
                  receiver=to_shop(market), quantity="12,5", note="Cửa sau", q="dong da", find="1")  # fmt: skip
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Bếp ăn Đống Đa" in page
    assert 'value="12,5"' in page
    assert "Cửa sau" in page
    assert 'value="k"' in page
    assert re.search(rf'value="{to_shop(market)}" checked', page), "the chosen receiver stays in the list"
    assert held(market.batch, market.producer) == 100


def test_the_enter_key_in_the_search_box_searches(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    stock(session, market)
    answer = send(browse(market.shop), f"/goods/{market.batch.id}/sell", idempotency_key="k", receiver="walk-in",
                  quantity="5", q="lan", searched="")  # fmt: skip
    assert answer.status_code == 200
    assert held(market.batch, market.shop) == 50


def test_a_search_in_the_address_finds_too(session: Session, market: Market, browse: Browse) -> None:
    page = browse(market.producer).get(
        f"/goods/{market.batch.id}/ship?q={market.shop.organisation.phone[-6:]}"
    )
    assert market.shop.organisation.name in page.get_data(as_text=True)


def test_an_organisation_not_approved_cannot_be_chosen(
    session: Session, market: Market, browse: Browse
) -> None:
    waiting = factories.ActorFactory.create(
        session=session, stated__kind=OrganisationKind.SHOP, is_approved=False
    )
    settle(session)
    producer = browse(market.producer)
    address = f"/goods/{market.batch.id}/ship"
    name = waiting.organisation.name
    assert name not in producer.get(address, query_string={"q": name}).get_data(as_text=True).replace(
        f'value="{name}"', ""
    ).replace(f"“{name}”", "")
    answer = send(producer, address, idempotency_key="k", receiver=f"organisation:{waiting.organisation.id}",
                  quantity="5")  # fmt: skip
    assert answer.status_code == 422


def test_goods_one_never_held_are_404(session: Session, market: Market, browse: Browse) -> None:
    shop = browse(market.shop)
    for act in ("", "/ship", "/sell", "/destroy"):
        assert shop.get(f"/goods/{market.batch.id}{act}").status_code == 404
    for act in ("/ship", "/sell", "/destroy"):
        answer = send(shop, f"/goods/{market.batch.id}{act}", idempotency_key="k", quantity="1",
                      receiver="walk-in", reason="spoiled")  # fmt: skip
        assert answer.status_code == 404


def test_another_organisations_party_cannot_be_a_buyer(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    party = factories.PartyFactory.create(session=session, actor=market.producer)
    party_id = party.id
    stock(session, market)
    answer = send(browse(market.shop), f"/goods/{market.batch.id}/sell", idempotency_key="k",
                  receiver=f"party:{party_id}", quantity="1")  # fmt: skip
    assert answer.status_code == 404
    assert held(market.batch, market.shop) == 50


def test_a_sale_is_repeated_in_words(session: Session, market: Market, browse: Browse, held: Held) -> None:
    stock(session, market)
    shop = browse(market.shop)
    answer = send(
        shop, f"/goods/{market.batch.id}/sell", idempotency_key="k", receiver="walk-in", quantity="12.5"
    )
    assert "mười hai phẩy năm ki-lô-gam" in shop.get(answer.location).get_data(as_text=True)
    assert held(market.batch, market.shop) == Decimal("37.5")


def test_a_sale_to_somebody_known_keeps_the_name_out_of_the_event(
    session: Session, market: Market, browse: Browse
) -> None:
    party = factories.PartyFactory.create(session=session, actor=market.shop, name="Quán phở Bà Thìn")
    party_id = party.id
    stock(session, market)
    answer = send(browse(market.shop), f"/goods/{market.batch.id}/sell", idempotency_key="k",
                  receiver=f"party:{party_id}", quantity="2")  # fmt: skip
    assert answer.status_code == 303
    event = session.scalars(select(Event).where(Event.verb == Verb.SELL)).one()
    assert session.get_one(EventPrivate, event.id).party_id == party_id
    assert "Thìn" not in str(event.extensions)


def test_discarding_asks_for_the_reason(session: Session, market: Market, browse: Browse, held: Held) -> None:
    stock(session, market)
    shop = browse(market.shop)
    address = f"/goods/{market.batch.id}/destroy"
    refused = send(shop, address, idempotency_key="k", quantity="1")
    assert refused.status_code == 422
    assert 'id="f-reason-error"' in refused.get_data(as_text=True)
    assert send(shop, address, idempotency_key="k", quantity="1", reason="spoiled").status_code == 303
    assert held(market.batch, market.shop) == 49


def test_recalled_goods_can_neither_be_sold_nor_shipped_on(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    other = factories.actor_of_kind(session, OrganisationKind.KITCHEN)
    stock(session, market)
    recall(session, market)
    shop = browse(market.shop)
    sold = send(shop, f"/goods/{market.batch.id}/sell", idempotency_key="a", receiver="walk-in", quantity="1")
    sent = send(shop, f"/goods/{market.batch.id}/ship", idempotency_key="b",
                receiver=f"organisation:{other.organisation.id}", quantity="1")  # fmt: skip
    assert (sold.status_code, sent.status_code) == (409, 409)
    assert "đang thu hồi" in sold.get_data(as_text=True).lower()
    assert held(market.batch, market.shop) == 50


def test_recalled_goods_go_back_to_their_producer_or_are_destroyed(
    session: Session, market: Market, browse: Browse, held: Held
) -> None:
    stock(session, market)
    recall(session, market)
    shop = browse(market.shop)
    sent = send(shop, f"/goods/{market.batch.id}/ship", idempotency_key="a",
                receiver=f"organisation:{market.producer.organisation.id}", quantity="30")  # fmt: skip
    gone = send(
        shop, f"/goods/{market.batch.id}/destroy", idempotency_key="b", reason="recalled", quantity="20"
    )
    assert (sent.status_code, gone.status_code) == (303, 303)
    assert held(market.batch, market.shop) == 0


def test_the_pages_of_recalled_goods_offer_no_sale(session: Session, market: Market, browse: Browse) -> None:
    stock(session, market)
    recall(session, market)
    shop = browse(market.shop)
    for path in ("/goods/", f"/goods/{market.batch.id}"):
        page = shop.get(path).get_data(as_text=True)
        assert f"/goods/{market.batch.id}/sell" not in page
        assert f"/goods/{market.batch.id}/destroy" in page


def test_who_waits_for_approval_is_told_so_and_can_ship_nothing(
    session: Session, market: Market, browse: Browse
) -> None:
    waiting = factories.ActorFactory.create(
        session=session, stated__kind=OrganisationKind.SHOP, is_approved=False
    )
    settle(session)
    page = browse(waiting).get("/goods/").get_data(as_text=True)
    assert "khi cơ quan quản lý duyệt đơn vị" in page


def test_a_later_entry_is_marked_as_added(session: Session, market: Market, browse: Browse) -> None:
    batch = session.get_one(Batch, market.batch.id)
    early = f"{batch.produced_on:%Y-%m-%d}T00:30"
    settle(session)
    farm = browse(market.producer)
    answer = send(farm, f"/goods/{market.batch.id}/sell", idempotency_key="k", receiver="walk-in", quantity="1",
                  event_time=early, note="quên chưa ghi")  # fmt: skip
    assert answer.status_code == 303
    page = farm.get(answer.location).get_data(as_text=True)
    assert "00:30" in page
    assert "quên chưa ghi" in page


def test_a_sale_before_the_harvest_is_refused_beside_its_field(
    session: Session, market: Market, browse: Browse
) -> None:
    stock(session, market)
    answer = send(browse(market.shop), f"/goods/{market.batch.id}/sell", idempotency_key="k", receiver="walk-in",
                  quantity="1", event_time="2020-01-01T08:00")  # fmt: skip
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="f-event_time-error"' in page
    assert 'value="2020-01-01T08:00"' in page


def test_an_officer_has_no_goods_but_a_desk(session: Session, market: Market, browse: Browse) -> None:
    officer = factories.officer_of(session)
    settle(session)
    assert browse(officer).get("/goods/").location == "/authority/"
    assert browse(officer).get(f"/goods/receive/{market.batch.code}").location == (
        f"/authority/batches?q={market.batch.code}"
    )


def test_the_list_of_shipments_has_two_sides(session: Session, market: Market, browse: Browse) -> None:
    stock(session, market)
    assert market.shop.organisation.name in browse(market.producer).get(
        "/goods/shipments?side=sent"
    ).get_data(as_text=True)
    assert market.producer.organisation.name in browse(market.shop).get("/goods/shipments").get_data(
        as_text=True
    )


def test_a_note_is_read_by_who_wrote_it_only(session: Session, market: Market, browse: Browse) -> None:
    producer = browse(market.producer)
    answer = send(producer, f"/goods/{market.batch.id}/ship", idempotency_key="k", receiver=to_shop(market),
                  quantity="5", note="giá 20 nghìn")  # fmt: skip
    assert "giá 20 nghìn" in producer.get(answer.location).get_data(as_text=True)
    assert "giá 20 nghìn" not in browse(market.shop).get(answer.location).get_data(as_text=True)
