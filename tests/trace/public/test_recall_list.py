"""The public list of recalls and its feed: what stands there, when, in which order, and what never does."""

import re
import xml.etree.ElementTree as ET
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, BatchFactory, ProductFactory, a_key, actor_of_kind
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.events import services_making
from trace.recalls import holds, services
from trace.recalls.hold_rules import HoldReason
from trace.recalls.models import Recall
from trace.recalls.published import ROWS
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason
from trace.recalls.services import Decision

ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
DECISION = Decision("123/QĐ-XYZ", date(2026, 11, 20))
# RFC 3339, as RFC 4287 wants it: capital T and Z, or an offset.
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
NASTY = 'Rau <b>muống</b> & "cải" ]]>'


@pytest.fixture
def officer(session: Session) -> Actor:
    return actor_of_kind(session, OrganisationKind.AUTHORITY)


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def a_lot(session: Session, producer: Actor, name: str | None = None) -> Batch:
    more: dict[str, Any] = {}
    if name:
        more["product"] = ProductFactory.create(session=session, actor=producer, name=name)
    batch: Batch = ActiveBatchFactory.create(session=session, actor=producer, **more)
    return batch


def recall(session: Session, officer: Actor, batch: Batch, decision: Decision | None = DECISION) -> Recall:
    return services.recall(
        session, officer, batch.id, RecallClass.HEALTH, RecallReason.PESTICIDE_RESIDUE, decision,
        typed_lot_number=batch.lot_number,
    )  # fmt: skip


def end(session: Session, officer: Actor, found: Recall) -> None:
    services.end_recall(session, officer, found.id, typed_lot_number=found.batch.lot_number)


def withdraw(session: Session, officer: Actor, found: Recall) -> None:
    services.withdraw_recall(
        session, officer, found.id, WithdrawalReason.RETEST_PASSED, typed_lot_number=found.batch.lot_number
    )


def read(client: FlaskClient, path: str = "/thu-hoi") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def feed(client: FlaskClient, path: str = "/thu-hoi.atom") -> ET.Element:
    return ET.fromstring(client.get(path).get_data())  # noqa: S314 - our own answer


def ids(found: ET.Element) -> list[str]:
    return [entry.findtext(f"{ATOM}id") or "" for entry in found.iter(f"{ATOM}entry")]


def shown_lots(page: str) -> list[str]:
    return re.findall(r'<a class="numbers" href="[^"]+">([^<]+)</a>', page)


def test_a_recall_stands_there_from_its_commit(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor
) -> None:
    batch = a_lot(session, producer)
    assert batch.lot_number not in read(client)
    recall(session, officer, batch)
    session.commit()
    page = read(client)
    for told in (
        "Đang thu hồi, không ăn",
        batch.lot_number,
        batch.product.name,
        producer.organisation.name,
        producer.organisation.seat.commune.name,
        "Dư lượng thuốc bảo vệ thực vật vượt mức.",
        "quyết định 123/QĐ-XYZ",
        "20/11/2026",
        "Không ăn, không bán.",
        "Chỉ thu hồi số lô ghi ở đây.",
        f'href="http://localhost/T/{batch.code}"',
    ):
        assert told in page
    assert ids(feed(client))


def test_in_force_stands_before_ended_before_withdrawn(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor
) -> None:
    withdrawn, ended, current = (
        recall(session, officer, a_lot(session, producer, name)) for name in ("Rau A", "Rau B", "Rau C")
    )
    withdraw(session, officer, withdrawn)
    end(session, officer, ended)
    session.commit()
    names = re.findall(r"<h3[^>]*>([^<]+)</h3>", read(client))
    assert names == ["Rau C", "Rau B", "Rau A"]
    assert re.findall(r"<h2[^>]*>([^<]+)</h2>", read(client)) == [
        "Đang thu hồi", "Đã thu hồi xong", "Đã rút trong 30 ngày qua",
    ]  # fmt: skip
    assert current.is_in_force


def test_a_withdrawn_recall_says_why_and_gives_no_step(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor
) -> None:
    withdraw(session, officer, recall(session, officer, a_lot(session, producer)))
    session.commit()
    page = read(client)
    assert "Không còn thu hồi" in page
    assert "kết quả kiểm tra đạt." in page
    assert "không ăn" not in page.casefold()
    assert "Dư lượng" not in page


@pytest.mark.parametrize(("days", "is_there"), [(30, True), (31, False)])
def test_a_withdrawn_recall_is_told_for_thirty_days(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor, days: int, is_there: bool
) -> None:
    found = recall(session, officer, a_lot(session, producer))
    withdraw(session, officer, found)
    session.flush()
    midday = datetime.combine(clock.today() - timedelta(days=days), datetime.min.time()).replace(hour=12)
    at = clock.from_local(midday)
    session.execute(update(Recall).where(Recall.id == found.id).values(withdrawn_at=at, started_at=at))
    session.commit()
    assert ("Không còn thu hồi" in read(client)) is is_there
    assert bool(ids(feed(client))) is is_there


def test_what_is_no_recall_is_never_there(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor
) -> None:
    """Held, merely looked into, not activated: a pause is no finding, and drills have no rows here."""
    batch = a_lot(session, producer)
    holds.pause_sale(session, officer, batch.id, HoldReason.TEST_RESULT, typed_lot_number=batch.lot_number)
    BatchFactory.create(session=session, actor=producer)
    session.commit()
    assert shown_lots(read(client)) == []
    assert "Không có lô hàng nào đang hoặc đã bị thu hồi." in read(client)
    assert ids(feed(client)) == []


def test_names_of_people_and_buyers_are_never_there(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor
) -> None:
    recall(session, officer, a_lot(session, producer))
    session.commit()
    both = read(client) + client.get("/thu-hoi.atom").get_data(as_text=True)
    assert officer.organisation.name not in both
    assert officer.organisation.seat.address_as_written not in both
    assert producer.organisation.phone not in both


def test_parts_of_a_recalled_lot_are_named_with_it(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor
) -> None:
    batch = a_lot(session, producer)
    (part,) = services_making.split(session, producer, batch.id, [Decimal(5)], key=a_key()).batches
    recall(session, officer, batch)
    session.commit()
    page = read(client)
    assert shown_lots(page) == [batch.lot_number, part.lot_number]
    assert "Chỉ thu hồi các số lô ghi ở đây." in page
    assert shown_lots(read(client, f"/thu-hoi?q={part.lot_number}")) == [batch.lot_number, part.lot_number]


@pytest.mark.parametrize("typed", ["cai ngot", "CẢI NGỌT", "ngọt  v", "%lot", "%code"])
def test_a_recall_is_found_by_product_lot_or_code(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor, typed: str
) -> None:
    batch = a_lot(session, producer, "Cải ngọt Ví Dụ")
    recall(session, officer, batch)
    recall(session, officer, a_lot(session, producer, "Thịt lợn"))
    session.commit()
    asked = {"%lot": batch.lot_number.lower(), "%code": batch.code.lower()}.get(typed, typed)
    names = re.findall(
        r"<h3[^>]*>([^<]+)</h3>", client.get("/thu-hoi", query_string={"q": asked}).get_data(as_text=True)
    )
    assert "Cải ngọt Ví Dụ" in names
    assert asked == batch.lot_number.lower() or "Thịt lợn" not in names


@pytest.mark.parametrize("typed", ["%", "_", "\\", "'", "\0", "a" * 500, NASTY])
def test_what_is_typed_is_taken_as_it_is(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor, typed: str
) -> None:
    recall(session, officer, a_lot(session, producer))
    session.commit()
    answer = client.get("/thu-hoi", query_string={"q": typed})
    assert answer.status_code == 200
    assert "<b>muống" not in answer.get_data(as_text=True)
    assert typed == "\0" or "Không có thông báo thu hồi nào như vậy." in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("state", "names"), [("current", ["Rau B"]), ("past", ["Rau A"]), ("odd", ["Rau B", "Rau A"])]
)
def test_the_address_says_which_part_is_shown(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor, state: str, names: list[str]
) -> None:
    end(session, officer, recall(session, officer, a_lot(session, producer, "Rau A")))
    recall(session, officer, a_lot(session, producer, "Rau B"))
    session.commit()
    page = read(client, f"/thu-hoi?state={state}")
    assert re.findall(r"<h3[^>]*>([^<]+)</h3>", page) == names


def test_a_long_list_has_pages(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor
) -> None:
    product = ProductFactory.create(session=session, actor=producer)
    for _ in range(ROWS + 1):
        recall(session, officer, ActiveBatchFactory.create(session=session, actor=producer, product=product))
    session.commit()
    first, second = (shown_lots(read(client, f"/thu-hoi?page={page}")) for page in (1, 2))
    assert (len(first), len(second)) == (ROWS, 1)
    assert not set(first) & set(second)
    assert 'href="/thu-hoi?page=2" rel="next"' in read(client)
    assert 'href="/thu-hoi" rel="prev"' in read(client, "/thu-hoi?page=2")


@pytest.mark.parametrize("page", ["0", "-1", "2", "x", "99999999999", "１"])
@pytest.mark.parametrize("path", ["/thu-hoi", "/thu-hoi.atom"])
def test_a_page_that_is_none_is_not_there(client: FlaskClient, path: str, page: str) -> None:
    assert client.get(path, query_string={"page": page}).status_code == 404


@pytest.mark.parametrize("path", ["/thu-hoi", "/en/thu-hoi", "/thu-hoi.atom", "/en/thu-hoi.atom"])
def test_who_has_it_is_told_that_nothing_changed(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor, path: str
) -> None:
    whole = client.get(path)
    name = {"If-None-Match": whole.headers["ETag"]}
    assert "no-cache" in whole.headers["Cache-Control"]
    if path.endswith(".atom"):  # a page names the minute it was looked up
        assert client.get(path, headers=name).status_code == 304
    recall(session, officer, a_lot(session, producer))
    session.commit()
    assert client.get(path, headers=name).status_code == 200
    assert client.head(path).headers["ETag"].startswith(('"', 'W/"'))
    assert client.head(path).get_data() == b""


@pytest.mark.parametrize("path", ["/", "/thu-hoi", "/log/"])
def test_pages_lead_there(client: FlaskClient, path: str) -> None:
    assert 'href="/thu-hoi"' in read(client, path)


@pytest.mark.parametrize("path", ["/", "/thu-hoi"])
def test_pages_tell_readers_of_feeds_where_it_is(client: FlaskClient, path: str) -> None:
    link = '<link rel="alternate" type="application/atom+xml" title="Thu hồi" href="http://localhost/thu-hoi.atom">'
    assert link in read(client, path)


# ------------------------------------------------------------------------------------------------- RFC 4287


@pytest.fixture
def recalled(session: Session, officer: Actor, producer: Actor) -> Batch:
    batch = a_lot(session, producer, NASTY)
    recall(session, officer, batch)
    session.commit()
    return batch


@pytest.mark.parametrize(("path", "language"), [("/thu-hoi.atom", "vi"), ("/en/thu-hoi.atom", "en")])
def test_the_feed_is_as_the_standard_wants_it(
    client: FlaskClient, recalled: Batch, path: str, language: str
) -> None:
    answer = client.get(path)
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    found = feed(client, path)
    assert found.tag == f"{ATOM}feed"
    assert found.get(XML_LANGUAGE) == language
    for part in (found, *found.iter(f"{ATOM}entry")):
        # 4.1.1 and 4.1.2: exactly one each.
        for name in ("id", "title", "updated"):
            assert len(part.findall(f"{ATOM}{name}")) == 1, name
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", part.findtext(f"{ATOM}id") or "")
        assert INSTANT.fullmatch(part.findtext(f"{ATOM}updated") or "")
        alternates = [link for link in part.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len({(link.get("type"), link.get("hreflang")) for link in alternates}) == len(alternates) == 1
        assert all(
            (link.get("href") or "").startswith("http://localhost/") for link in part.findall(f"{ATOM}link")
        )
    # An author: of the feed, so of every entry.
    assert found.findtext(f"{ATOM}author/{ATOM}name")
    assert [link.get("href") for link in found.findall(f"{ATOM}link") if link.get("rel") == "self"] == [
        f"http://localhost{path}"
    ]
    assert {child.tag for child in found} <= {
        f"{ATOM}{name}" for name in ("id", "title", "updated", "author", "link", "entry")
    }
    assert all(category.get("term") for category in found.iter(f"{ATOM}category"))
    (content,) = found.iter(f"{ATOM}content")
    assert content.get("type") == "html"
    assert len(content) == 0


def test_names_in_the_feed_are_text_and_nothing_else(client: FlaskClient, recalled: Batch) -> None:
    (entry,) = feed(client).iter(f"{ATOM}entry")
    assert NASTY in (entry.findtext(f"{ATOM}title") or "")
    assert "<b>muống" not in (entry.findtext(f"{ATOM}content") or "")


def test_an_entry_keeps_its_id_and_changes_its_time(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor
) -> None:
    found = recall(session, officer, a_lot(session, producer))
    session.commit()
    before = feed(client)
    withdraw(session, officer, found)
    session.commit()
    after = feed(client)
    assert ids(before) == ids(after)
    times = [one.findtext(f"{ATOM}entry/{ATOM}updated") or "" for one in (before, after)]
    assert times == sorted(times)
    assert [one.get("term") for one in after.iter(f"{ATOM}category")] == ["withdrawn", "health"]
    assert "Không còn thu hồi" in (after.findtext(f"{ATOM}entry/{ATOM}title") or "")


def test_each_language_has_ids_of_its_own_that_stay(client: FlaskClient, recalled: Batch) -> None:
    vietnamese, english = feed(client), feed(client, "/en/thu-hoi.atom")
    assert not set(ids(vietnamese)) & set(ids(english))
    assert vietnamese.findtext(f"{ATOM}id") != english.findtext(f"{ATOM}id")
    assert (ids(feed(client)), feed(client).findtext(f"{ATOM}id")) == (
        ids(vietnamese),
        vietnamese.findtext(f"{ATOM}id"),
    )


def test_the_feed_is_newest_change_first(
    client: FlaskClient, session: Session, officer: Actor, producer: Actor
) -> None:
    first = recall(session, officer, a_lot(session, producer, "Rau A"))
    recall(session, officer, a_lot(session, producer, "Rau B"))
    end(session, officer, first)
    session.commit()
    titles = [entry.findtext(f"{ATOM}title") or "" for entry in feed(client).iter(f"{ATOM}entry")]
    assert ["Rau A" in titles[0], "Rau B" in titles[1]] == [True, True]
    assert feed(client).findtext(f"{ATOM}updated") == feed(client).findtext(f"{ATOM}entry/{ATOM}updated")
