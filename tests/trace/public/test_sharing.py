"""What links to public pages say elsewhere: no verdict, whole addresses, one picture a lot, and what may be crawled."""

import re
from html import unescape
from io import BytesIO
from pathlib import Path
from threading import Barrier, Thread
from urllib.robotparser import RobotFileParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, BatchFactory, ProductFactory, actor_of_kind
from tests.trace.public.states import ROOT
from tests.trace.public.test_show_code import FORBIDDEN, FORBIDDEN_IN_ENGLISH
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core.language import with_country
from trace.public.share_pictures import HEIGHT, WIDTH, ShareCard, SharePictures, digest_of, draw
from trace.recalls import services
from trace.recalls.rules import RecallClass, RecallReason

FONTS = ROOT / "static" / "fonts"
LARGEST_PICTURE = 100_000
CARD = ShareCard(
    product_name="Rau cải ngọt, 500 g",
    lot_number="2111-A",
    producer_name="HTX rau Ví Dụ",
    commune="Xã Ví Dụ",
    picture_sha256="",
    site="nguongoc.example",
)
# What a page says of a lot that can change (users.md, section 5), as far as it is words of its own.
VERDICT_WORDS = (
    "thu hồi", "cảnh báo", "quá hạn", "không ăn", "tạm dừng", "rà soát", "sao chép",
    "recall", "warning", "past its", "do not", "paused", "review", "copied",
)  # fmt: skip


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)


@pytest.fixture
def batch(session: Session, producer: Actor) -> Batch:
    made: Batch = ActiveBatchFactory.create(session=session, actor=producer)
    session.commit()
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def head(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True).partition("</head>")[0]


def said(client: FlaskClient, path: str) -> dict[str, str]:
    """Title, description and Open Graph of a page, by name."""
    found = head(client, path)
    told = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', found))
    titles = re.findall(r"<title[^>]*>([^<]*)</title>", found)
    return {name: unescape(value) for name, value in (told | {"title": titles[0]}).items()}


def recall(session: Session, batch: Batch) -> None:
    services.recall(
        session, actor_of_kind(session, OrganisationKind.AUTHORITY), batch.id, RecallClass.HEALTH,
        RecallReason.MICROBIAL, None, typed_lot_number=batch.lot_number,
    )  # fmt: skip
    session.commit()


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_recall_changes_nothing_of_what_links_say(
    client: FlaskClient, session: Session, batch: Batch, prefix: str
) -> None:
    path = f"{prefix}/T/{batch.code}"
    before = said(client, path)
    recall(session, batch)
    after = said(client, path)
    assert before == after
    for name in ("title", "description", "og:title", "og:description"):
        assert not [word for word in VERDICT_WORDS if word in after[name].casefold()], name
        assert not [word for word in (*FORBIDDEN, *FORBIDDEN_IN_ENGLISH) if word in after[name].casefold()]


@pytest.mark.parametrize(("prefix", "locale"), [("", "vi_VN"), ("/en", "en_US")])
def test_links_say_product_lot_and_producer(
    client: FlaskClient, batch: Batch, producer: Actor, prefix: str, locale: str
) -> None:
    told = said(client, f"{prefix}/T/{batch.code}")
    for part in (batch.product.name, batch.lot_number, producer.organisation.name):
        assert part in told["og:title"]
        assert part in told["og:description"]
    assert told["og:locale"] == locale
    assert told["og:url"] == f"http://localhost{prefix}/T/{batch.code}"
    assert told["twitter:card"] == "summary_large_image"
    assert told["robots"] == "noarchive, nosnippet"


def test_the_title_is_names_alone_and_says_so(client: FlaskClient, batch: Batch) -> None:
    assert '<title lang="vi">' in head(client, f"/en/T/{batch.code}")


@pytest.mark.parametrize("path", ["/", "/en/", "/thu-hoi", "/en/thu-hoi", "/log/", "/scan"])
def test_every_page_that_may_be_found_has_its_own_address_in_each_language(
    client: FlaskClient, path: str
) -> None:
    found = head(client, path)
    assert f'<link rel="canonical" href="http://localhost{path}">' in found
    vietnamese = path.removeprefix("/en") or "/"
    assert re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', found) in (
        [("vi", f"http://localhost{vietnamese}"), ("en", f"http://localhost/en{vietnamese}")],
        [("en", f"http://localhost/en{vietnamese}"), ("vi", f"http://localhost{vietnamese}")],
    )
    assert said(client, path)["description"]


def test_what_was_asked_of_a_page_is_none_of_its_address(client: FlaskClient) -> None:
    assert '<link rel="canonical" href="http://localhost/thu-hoi">' in head(
        client, "/thu-hoi?q=rau&state=past"
    )


@pytest.mark.parametrize("written", ["lower", "short"])
def test_however_a_code_is_written_its_page_has_one_address(
    client: FlaskClient, batch: Batch, written: str
) -> None:
    path = f"/T/{batch.code.lower()}" if written == "lower" else f"/t/{batch.code}"
    page = client.get(path, follow_redirects=True).get_data(as_text=True)
    assert f'<link rel="canonical" href="http://localhost/T/{batch.code}">' in page


@pytest.mark.parametrize("path", ["/T/ABCDEFGHJK", "/T/ABC", "/nothing", "/find?code=%3F", "/xn/abc"])
def test_what_is_nobodys_to_find_is_found_by_nobody(client: FlaskClient, path: str) -> None:
    found = head(client, path)
    assert '<meta name="robots" content="noindex">' in found
    assert "og:" not in found
    assert "canonical" not in found


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_form_of_a_report_belongs_to_the_page_of_its_lot(
    client: FlaskClient, batch: Batch, prefix: str
) -> None:
    found = head(client, f"{prefix}/T/{batch.code.lower()}/phan-anh")
    assert f'<link rel="canonical" href="http://localhost{prefix}/T/{batch.code}">' in found
    assert '<meta name="robots" content="noarchive, nosnippet">' in found
    assert "og:" not in found


def test_a_form_that_was_refused_is_not_to_be_found(client: FlaskClient, batch: Batch) -> None:
    refused = client.post(f"/T/{batch.code}/phan-anh", data={"words": ""}).get_data(as_text=True)
    assert '<meta name="robots" content="noindex">' in refused
    assert "canonical" not in refused


def test_a_code_without_a_lot_has_the_picture_of_the_service(
    client: FlaskClient, session: Session, producer: Actor
) -> None:
    draft = BatchFactory.create(session=session, actor=producer)
    session.commit()
    told = said(client, f"/T/{draft.code}")
    assert told["og:image"].startswith("http://localhost/static/img/share.png")
    assert draft.product.name not in str(told)


# ---------------------------------------------------------------------------------------------- the picture


def picture_path(client: FlaskClient, batch: Batch) -> str:
    return said(client, f"/T/{batch.code}")["og:image"].removeprefix("http://localhost")


def test_the_picture_of_a_lot_is_a_small_png(client: FlaskClient, batch: Batch) -> None:
    answer = client.get(picture_path(client, batch))
    assert answer.content_type == "image/png"
    content = answer.get_data()
    assert len(content) < LARGEST_PICTURE
    with Image.open(BytesIO(content)) as opened:
        assert (opened.format, opened.size) == ("PNG", (WIDTH, HEIGHT))
    named = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(picture_path(client, batch), headers=named).status_code == 304


def test_the_picture_is_the_same_under_a_recall_and_in_every_language(
    client: FlaskClient, session: Session, batch: Batch
) -> None:
    path = picture_path(client, batch)
    recall(session, batch)
    assert picture_path(client, batch) == path
    assert said(client, f"/en/T/{batch.code}")["og:image"].endswith(path)


@pytest.mark.parametrize("change", ["digest", "code", "draft"])
def test_nothing_is_drawn_that_no_page_names(
    client: FlaskClient, session: Session, producer: Actor, batch: Batch, change: str
) -> None:
    _, _, code, name = picture_path(client, batch).split("/")
    draft = BatchFactory.create(session=session, actor=producer)
    session.commit()
    path = {
        "digest": f"/share/{code}/{'0' * 24}.png",
        "code": f"/share/ABCDEFGHJK/{name}",
        "draft": f"/share/{draft.code}/{name}",
    }[change]
    assert client.get(path).status_code == 404


def test_another_host_in_the_request_makes_no_other_picture(client: FlaskClient, batch: Batch) -> None:
    mine = picture_path(client, batch)
    page = client.get(f"/T/{batch.code}", headers={"Host": "other.example"}).get_data(as_text=True)
    assert mine in page


def test_one_picture_is_drawn_once_however_many_ask(tmp_path: Path) -> None:
    pictures = SharePictures(tmp_path, FONTS)
    start, found = Barrier(4), []

    def ask() -> None:
        start.wait()
        found.append(pictures.find_or_draw(CARD, None))

    threads = [Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{digest_of(CARD)}.png"]


@pytest.mark.parametrize("length", [1, 40, 400])
def test_long_names_stay_on_the_picture(length: int) -> None:
    long = ShareCard(
        product_name="Ư" * length, lot_number="L" * length, producer_name="Hợp tác xã " * length,
        commune="Xã " * length, picture_sha256="", site="s" * length,
    )  # fmt: skip
    with Image.open(BytesIO(draw(long, None, FONTS))) as opened:
        right = opened.convert("RGB").crop((WIDTH - 40, 0, WIDTH, HEIGHT - 110))
        assert right.getcolors() == [(40 * (HEIGHT - 110), (255, 255, 255))]


def test_the_picture_of_the_service_is_in_the_tree() -> None:
    content = (ROOT / "static/img/share.png").read_bytes()
    with Image.open(BytesIO(content)) as opened:
        assert opened.size == (WIDTH, HEIGHT)
    assert len(content) < LARGEST_PICTURE


# ----------------------------------------------------------------------------------------------- robots.txt


@pytest.fixture
def robots(client: FlaskClient) -> RobotFileParser:
    parser = RobotFileParser()
    parser.parse(client.get("/robots.txt").get_data(as_text=True).splitlines())
    return parser


@pytest.mark.parametrize(
    "path",
    ["/", "/en/", "/T/ABCDEFGHJK", "/en/T/ABCDEFGHJK", "/thu-hoi", "/thu-hoi.atom", "/share/A/b.png", "/log/",
     "/picture/small/a.webp", "/static/css/public.css", "/scan", "/01/09506000134352", "/san-pham/09506000134352", "/phan-anh", "/en/phan-anh",
     "/T/ABCDEFGHJK/phan-anh", "/T/ABCDEFGHJK/hidden", "/en/T/ABCDEFGHJK/noi-quet"],
)  # fmt: skip
def test_what_is_public_may_be_crawled(robots: RobotFileParser, path: str) -> None:
    assert robots.can_fetch("Googlebot", path)
    assert robots.can_fetch("facebookexternalhit", path)


@pytest.mark.parametrize(
    "path", ["/account/sign-in", "/producer/", "/goods", "/authority", "/labels/x", "/api/v1/codes/A", "/epcis/events",
             "/xn/abc", "/en/xn/abc", "/find", "/phan-anh/123"]
)  # fmt: skip
def test_what_is_not_for_readers_is_not_crawled(robots: RobotFileParser, path: str) -> None:
    assert not robots.can_fetch("Googlebot", path)


def test_a_language_is_named_with_a_country() -> None:
    assert [with_country(tag) for tag in ("vi", "en", "fr", "km")] == ["vi_VN", "en_US", "fr_FR", "km_KH"]


def test_a_product_that_is_named_anew_keeps_its_picture(
    client: FlaskClient, session: Session, producer: Actor
) -> None:
    product = ProductFactory.create(session=session, actor=producer)
    batch = ActiveBatchFactory.create(session=session, actor=producer, product=product)
    session.commit()
    path = picture_path(client, batch)
    product.name = "Tên mới"
    session.commit()
    assert picture_path(client, batch) == path
