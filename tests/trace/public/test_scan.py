"""The scanner page over HTTP: what a text leads to, what is only shown, photos read by the service, and its headers."""

import gzip
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ProductFactory, actor_of_kind
from tests.web import contents, settle, sign_in_as
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core.short_codes import pretty
from trace.gs1.keys import check_digit
from trace.public.scan_photos import RATE, PhotoReader
from trace.public.scan_views import EXTENSION

GTIN_13 = "893504950150" + check_digit("893504950150")
GTIN = "0" + GTIN_13
OTHERS_GTIN = "0" + "893600029000" + check_digit("893600029000")
SITE = "localhost"


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)


@pytest.fixture
def batch(session: Session, producer: Actor) -> Batch:
    product = ProductFactory.create(session=session, actor=producer, gtin=GTIN)
    made = ActiveBatchFactory.create(session=session, actor=producer, product=product)
    settle(session)
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.extensions[EXTENSION] = PhotoReader(lambda: 0.0)  # nobody has sent a photo yet, and no time passes
    return app.test_client()


def _scan(client: FlaskClient, text: str, **more: str) -> Any:
    return client.get("/scan", query_string={"text": text, **more})


def _send(client: FlaskClient, photo: bytes, path: str = "/scan", name: str = "tem.jpg") -> Any:
    # Written here: the test client would put a large one into a file that it never closes.
    head = f'--line\r\nContent-Disposition: form-data; name="photo"; filename="{name}"\r\n\r\n'
    body = head.encode() + photo + b"\r\n--line--\r\n"
    return client.post(path, data=body, content_type="multipart/form-data; boundary=line")


def _picture(
    text: str, kind: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.QRCode, scale: int = 6, **options: Any
) -> Image.Image:
    drawn = zxingcpp.create_barcode(text, kind, **options).to_image(scale=scale)
    return Image.fromarray(drawn)


def _bytes(picture: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


# --------------------------------------------------------------------------------------------------------- what is read


def test_our_label_leads_to_its_verdict_under_any_name_of_ours(client: FlaskClient, batch: Batch) -> None:
    for address in (
        f"http://{SITE}/T/{batch.code}",
        f"https://an-older-name.example/t/{batch.code.lower()}",
        f"https://another.example/en/T/{pretty(batch.code)}?x=1#y",
        batch.code,
        pretty(batch.code).lower(),
    ):
        answer = _scan(client, address, kind="qr_code")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/T/{batch.code}"), address


def test_the_english_scanner_leads_to_the_english_page(client: FlaskClient, batch: Batch) -> None:
    answer = client.get("/en/scan", query_string={"text": batch.code})
    assert answer.headers["Location"] == f"/en/T/{batch.code}"


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/T/2345678923",
        "https://evil.example/",
        "javascript:alert(1)",
        "//evil.example/T/",
        "https://evil.example\\@localhost/",
        "http://localhost/sign-in?next=//evil.example",
        "WIFI:S:x;P:y;;",
        "\u202egnp.exe",
    ],
)
def test_what_is_not_ours_is_shown_as_text_and_never_followed(client: FlaskClient, text: str) -> None:
    answer = _scan(client, text, kind="qr_code")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert "Location" not in answer.headers
    assert "Đây không phải mã của hệ thống này" in page
    assert 'href="https://evil' not in page
    assert 'href="javascript' not in page
    assert "\u202e" not in page


def test_text_from_a_code_is_escaped(client: FlaskClient) -> None:
    page = _scan(client, "<script>alert(1)</script>", kind="qr_code").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("host", ["https://id.gs1.org", f"http://{SITE}", "https://shop.example/produce"])
def test_a_digital_link_of_any_host_leads_to_the_lot_recorded_here(
    client: FlaskClient, batch: Batch, host: str
) -> None:
    answer = _scan(client, f"{host}/01/{GTIN}/10/{batch.lot_number}", kind="qr_code")
    assert answer.headers["Location"] == f"/T/{batch.code}"


@pytest.mark.parametrize(
    "form", ["01{gtin}10{lot}\x1d2112", "]d201{gtin}10{lot}", "\x1d01{gtin}10{lot}", "(01){gtin}(10){lot}"]
)
def test_an_element_string_leads_to_the_lot(client: FlaskClient, batch: Batch, form: str) -> None:
    answer = _scan(client, form.format(gtin=GTIN, lot=batch.lot_number), kind="data_matrix")
    assert answer.headers["Location"] == f"/T/{batch.code}"


def test_a_barcode_leads_to_the_product_and_says_which_lot_is_not_recorded(
    client: FlaskClient, batch: Batch
) -> None:
    assert _scan(client, GTIN_13, kind="ean_13").headers["Location"] == f"/san-pham/{GTIN}"
    answer = _scan(client, f"01{GTIN}10NOSUCHLOT", kind="data_matrix")
    assert answer.headers["Location"] == f"/san-pham/{GTIN}?10=NOSUCHLOT"
    assert client.get(answer.headers["Location"]).status_code == 200


def test_goods_that_are_not_recorded_are_said_to_be_so_and_not_to_be_false(client: FlaskClient) -> None:
    answer = _scan(client, OTHERS_GTIN.removeprefix("0"), kind="ean_13")
    assert answer.status_code == 404
    assert "Chưa có ghi nhận ở đây" in answer.get_data(as_text=True)


def test_a_typed_slip_goes_to_the_page_that_says_so_and_a_scanned_one_is_no_code(client: FlaskClient) -> None:
    assert _scan(client, "2345-6789-22").headers["Location"] == "/T/2345678922"
    assert _scan(client, "2345678922", kind="code_128").status_code == 404


def test_a_text_without_end_is_cut(client: FlaskClient) -> None:
    answer = _scan(client, "x" * 5000, kind="qr_code")
    assert answer.status_code == 404
    assert "x" * 400 not in answer.get_data(as_text=True).partition("<main")[2]


# --------------------------------------------------------------------------------------------------------------- photos


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_photo_of_a_label_leads_to_its_verdict(client: FlaskClient, batch: Batch, kind: str) -> None:
    page = Image.new("RGB", (1200, 900), "#d8d2c4")
    page.paste(_picture(f"https://x.example/T/{batch.code}").rotate(0), (300, 200))
    answer = _send(
        client, _bytes(page.rotate(8, fillcolor="#d8d2c4", resample=Image.Resampling.BICUBIC), kind)
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/T/{batch.code}")


def test_gs1_symbols_and_bars_on_photos_are_read(client: FlaskClient, batch: Batch) -> None:
    matrix = _picture(f"(01){GTIN}(10){batch.lot_number}", zxingcpp.BarcodeFormat.DataMatrix, gs1=True)
    assert _send(client, _bytes(matrix)).headers["Location"] == f"/T/{batch.code}"
    bars = Image.new("L", (900, 500), 255)
    bars.paste(_picture(GTIN_13, zxingcpp.BarcodeFormat.EAN13, 4), (60, 60))
    assert _send(client, _bytes(bars)).headers["Location"] == f"/san-pham/{GTIN}"


def test_of_a_label_and_a_till_barcode_on_one_photo_the_label_speaks(
    client: FlaskClient, batch: Batch
) -> None:
    both = Image.new("L", (1400, 700), 255)
    both.paste(_picture(batch.code), (60, 60))
    both.paste(_picture(GTIN_13, zxingcpp.BarcodeFormat.EAN13, 4), (600, 60))
    assert _send(client, _bytes(both)).headers["Location"] == f"/T/{batch.code}"


def test_two_labels_on_one_photo_are_asked_about(
    client: FlaskClient, session: Session, producer: Actor, batch: Batch
) -> None:
    other = ActiveBatchFactory.create(session=session, actor=producer)
    settle(session)
    both = Image.new("L", (1200, 500), 255)
    both.paste(_picture(f"https://{SITE}/T/{batch.code}"), (40, 60))
    both.paste(_picture(f"https://{SITE}/T/{other.code}"), (640, 60))
    page = _send(client, _bytes(both)).get_data(as_text=True)
    assert f'href="/T/{batch.code}"' in page
    assert f'href="/T/{other.code}"' in page


def test_a_drawing_without_a_ground_is_read_as_on_white_paper(client: FlaskClient, batch: Batch) -> None:
    clear = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    dark = Image.new("RGBA", clear.size, (0, 0, 0, 255))
    symbol = _picture(batch.code)
    clear.paste(dark.crop((0, 0, *symbol.size)), (80, 80), symbol.point(lambda v: 255 - v))
    assert _send(client, _bytes(clear)).headers["Location"] == f"/T/{batch.code}"


def _no_code() -> bytes:
    return _bytes(Image.new("RGB", (300, 300), "white"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_no_code, "Không thấy mã nào trong ảnh này"),
        (lambda: b"%PDF-1.7 no picture", "Tệp này không phải ảnh đọc được"),
        (lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "Tệp này không phải ảnh đọc được"),
        (
            lambda: _bytes(Image.new("1", (9000, 9000))),
            "Tệp này không phải ảnh đọc được",
        ),  # 81 million pixels in a few bytes
        (lambda: b"x" * (5 * 1024 * 1024 + 1), "5 MB"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(
    client: FlaskClient, make: Callable[[], bytes], said: str
) -> None:
    answer = _send(client, make())
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page.partition('id="f-photo-error">')[2].partition("</p>")[0]
    assert 'aria-invalid="true"' in page


def test_a_photo_past_what_any_request_may_have_is_said_beside_the_field_too(client: FlaskClient) -> None:
    answer = _send(client, b"x" * (7 * 1024 * 1024))
    assert answer.status_code == 413
    assert 'id="f-photo-error"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("data", [{}, {"photo": "text"}, {"photo": ""}])
def test_a_form_without_a_photo_asks_for_one(client: FlaskClient, data: dict[str, Any]) -> None:
    answer = client.post("/scan", data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Chọn ảnh trước đã" in answer.get_data(as_text=True)


def test_who_sends_photos_without_end_has_to_wait_and_others_have_not(client: FlaskClient) -> None:
    for _ in range(RATE.free):
        _send(client, b"no picture")
    answer = client.post(
        "/scan",
        data={"photo": (io.BytesIO(b"no picture"), "a.jpg")},
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
    )
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert 'id="f-photo-error"' in answer.get_data(as_text=True)
    other = client.post(
        "/scan",
        data={"photo": (io.BytesIO(b"no picture"), "a.jpg")},
        environ_base={"REMOTE_ADDR": "203.0.113.9"},
    )
    assert other.status_code == 422


def test_scanning_writes_nothing(
    client: FlaskClient, batch: Batch, connection: Connection, app: Flask
) -> None:
    before = contents(connection)
    _send(client, _bytes(_picture(batch.code)))
    _scan(client, batch.code)
    assert contents(connection) == before
    assert (
        not list(app.extensions["blobs"].folder.glob("**/*"))
        if app.extensions["blobs"].folder.exists()
        else True
    )


def test_somebody_signed_in_scans_a_photo_without_a_token(
    app: Flask, connection: Connection, producer: Actor, batch: Batch, client: FlaskClient
) -> None:
    client = sign_in_as(app, connection, producer)
    assert _send(client, _bytes(_picture(batch.code))).status_code == 303


# ------------------------------------------------------------------------------------------------------------- the page


def test_the_camera_and_the_reader_are_allowed_on_this_page_alone(client: FlaskClient) -> None:
    scan, home = client.get("/scan").headers, client.get("/").headers
    assert "camera=(self)" in scan["Permissions-Policy"]
    assert "'wasm-unsafe-eval'" in scan["Content-Security-Policy"]
    assert "'unsafe-eval'" not in scan["Content-Security-Policy"]
    assert "camera=()" in home["Permissions-Policy"]
    assert "wasm" not in home["Content-Security-Policy"]
    assert "Set-Cookie" not in scan


def test_the_home_page_leads_to_the_scanner(client: FlaskClient) -> None:
    assert 'href="/scan"' in client.get("/").get_data(as_text=True)
    assert 'href="/en/scan"' in client.get("/en/").get_data(as_text=True)


def test_a_form_of_another_site_is_refused(client: FlaskClient) -> None:
    answer = client.post("/scan", data={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_vendored_reader_is_what_was_published_and_is_served_packed(client: FlaskClient) -> None:
    folder = Path(__file__).parents[3] / "static" / "vendor" / "zxing-wasm-3.1.4"
    answer = client.get("/static/vendor/zxing-wasm-3.1.4/reader/zxing_reader.wasm.gz")
    assert (answer.headers["Content-Type"], answer.headers["Content-Encoding"]) == (
        "application/wasm",
        "gzip",
    )
    published = hashlib.sha256(gzip.decompress(answer.get_data())).hexdigest()
    assert published in (folder / "README.md").read_text(encoding="utf-8")
    answer.close()
