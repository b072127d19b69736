"""The whole chain as people walk it, over real HTTP with a real browser at phone size; nothing is patched.

Sign up, approval, product, batch, activation, label; the label is printed, drawn by a renderer that did not make it
and read by two decoders that do not know each other; the goods change hands; they are recalled, and the recall
withdrawn. At each step the stranger's phone shows what is true now.
"""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import urlparse

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.conftest import LiveServer
from tests.journeys.people import FOLD, Person
from tests.labels.reading import label_crop, page_raster, read_all_by_zxing, read_by_opencv
from trace.core.clock import today

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "một mật khẩu đủ dài"

pytestmark = pytest.mark.browser


def _appoint_officer(server: LiveServer, phone: str) -> str:
    """The operator sets up the authority on the command line, and hands over the password."""
    command = ["create-officer", "--phone", phone, "--name", "Cán bộ", "--authority", "Cơ quan quản lý Ví Dụ",
               "--commune", "00004", "--address", "Số 1"]  # fmt: skip
    told = subprocess.run(
        [sys.executable, "-m", "trace.cli", *command], env=server.environ, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    return told.strip().splitlines()[-1].rpartition(" ")[2]


def _sign_up(person: Person, name: str, phone: str, kind: str, organisation: str) -> None:
    person.open("/account/sign-up")
    person.fill(name=name, phone=phone, password=PASSWORD)
    person.press("Đăng ký")
    person.choose("kind", kind)
    person.fill(name=organisation, organisation_phone=phone, address="Số 1 phố Ví Dụ")
    person.choose("commune_code", "00004")
    person.press("Gửi")
    assert organisation in person.text


def _approve(officer: Person, organisation: str) -> None:
    officer.open("/authority/")
    officer.press(organisation)
    officer.page.locator('form[action*="approve"] button, button:has-text("Duyệt")').first.click()
    officer.page.wait_for_load_state()


def _picture(folder: Path) -> Path:
    path = folder / "buoi.jpg"
    Image.new("RGB", (640, 480), (120, 160, 80)).save(path)
    return path


def _vietnamese(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def test_from_farm_to_phone(live_server: Callable[..., LiveServer], browser: Browser, tmp_path: Path) -> None:
    server = live_server(TRACE_SUPPORT_PHONE="0900 000 000")
    farmer, keeper, officer, stranger = (Person(browser, server.url) for _ in range(4))

    # Arrange: an authority, a producer and a shop, let in by the officer.
    password = _appoint_officer(server, "0912000001")
    officer.open("/account/sign-in")
    officer.fill(phone="0912000001", password=password)
    officer.press("Đăng nhập")
    _sign_up(farmer, "Chị Mai", "0912000002", "producer", "HTX Bưởi Ví Dụ")
    _sign_up(keeper, "Anh Nam", "0912000003", "shop", "Cửa hàng Ví Dụ")

    # Act: a draft is possible before approval, activation is not.
    farmer.open("/producer/products/new")
    farmer.fill(
        name="Bưởi Diễn",
        net_content="1 quả",
        natural_loss_percent="5",
        shelf_life_days="30",
        standards="VietGAP",
    )
    farmer.choose("ocop_set", "1")
    farmer.choose("measure", "KGM")
    farmer.choose("expiry_kind", "use_by")
    farmer.attach("picture", _picture(tmp_path))
    farmer.page.locator("main form button[type=submit]").last.click()
    farmer.page.wait_for_load_state()
    assert "Bưởi Diễn" in farmer.text
    product_path = farmer.path
    farmer.open(f"/producer/batches/new?product={product_path.rpartition('/')[2]}")
    farmer.fill(quantity="12,5", produced_on=_vietnamese(today()))
    farmer.choose("date_kind", "harvest")
    farmer.page.locator("main form button[type=submit]").last.click()
    farmer.page.wait_for_load_state()
    assert "mười hai phẩy năm" in farmer.text
    batch_path = farmer.path
    assert farmer.page.get_by_role("button", name="Kích hoạt").count() == 0

    _approve(officer, "HTX Bưởi Ví Dụ")
    _approve(officer, "Cửa hàng Ví Dụ")
    farmer.open(batch_path)
    farmer.press("Kích hoạt")
    lot_number = farmer.page.locator("main dd", has_text="-1").first.inner_text().strip()

    # The label: printed, drawn by PDFium, read by two decoders.
    with farmer.page.expect_download() as download:
        farmer.page.locator('a[href*="sheet"], a:has-text("PDF")').first.click()
    sheet = Path(download.value.path()).read_bytes()
    raster = page_raster(sheet, 300)
    by_zxing = read_all_by_zxing(raster)
    by_opencv = [read_by_opencv(label_crop(raster, 300, index)) for index in range(40)]
    assert len(by_zxing) == 40
    assert set(by_zxing) == set(by_opencv)
    (address,) = set(by_zxing)
    assert len(by_opencv) == 40
    assert urlparse(address).path.startswith("/T/")

    # A stranger's phone opens what the label says.
    stranger.open(address)
    assert stranger.title == "Chưa có cảnh báo"
    for fact in ("Bưởi Diễn", lot_number, "HTX Bưởi Ví Dụ", "Phường Ba Đình"):
        assert fact in stranger.text
    assert stranger.cookies() == []
    assert _bottom_of(stranger, ".compare") < FOLD

    # The goods change hands.
    farmer.open(batch_path)
    farmer.press("Giao hàng")
    farmer.page.locator("main label", has_text="Cửa hàng Ví Dụ").first.click()
    farmer.fill(quantity="10")
    farmer.page.locator("main form button[type=submit]").last.click()
    farmer.page.wait_for_load_state()

    keeper.open(address)
    assert "Đang giao, chờ bên nhận" in keeper.text
    keeper.page.locator('main a[href*="/goods/receive/"]').first.click()
    keeper.page.wait_for_load_state()
    keeper.page.locator("main form button[type=submit]").first.click()
    keeper.page.wait_for_load_state()
    assert "10 kg" in keeper.text

    stranger.open(address)
    assert stranger.title == "Chưa có cảnh báo"
    assert "Hai bên cùng xác nhận" in stranger.text
    assert "Cửa hàng Ví Dụ" not in stranger.text, "a shop is named only where it wishes"

    # Recalled: red on the very next request.
    officer.open("/authority/")
    officer.page.locator('main input[name="q"]').first.fill(urlparse(address).path.rpartition("/")[2])
    officer.page.keyboard.press("Enter")
    officer.page.wait_for_load_state()
    officer.page.locator('main a[href*="recall"]').first.click()
    officer.page.wait_for_load_state()
    officer.choose("recall_class", "health")
    officer.choose("reason", "pesticide_residue")
    officer.choose("basis", "decision")
    officer.fill(decision_number="123/QĐ-VD", decided_on=_vietnamese(today()), typed_lot_number=lot_number)
    officer.page.locator("main form button[type=submit]").last.click()
    officer.page.wait_for_load_state()

    stranger.open(address)
    assert stranger.title == "Đang thu hồi, không ăn"
    assert "123/QĐ-VD" in stranger.text
    stranger.open(address.replace("/T/", "/en/t/"))
    assert stranger.title == "Recalled: do not eat"

    # Withdrawn: the page says so.
    officer.page.locator('main a[href*="withdraw"]').first.click()
    officer.page.wait_for_load_state()
    officer.choose("withdrawal_reason", "retest_passed")
    officer.fill(typed_lot_number=lot_number)
    officer.page.locator("main form button[type=submit]").last.click()
    officer.page.wait_for_load_state()

    stranger.open(address)
    assert stranger.title == "Chưa có cảnh báo"
    assert "đã rút" in stranger.text


def _bottom_of(person: Person, selector: str) -> float:
    box = person.page.locator(selector).first.bounding_box()
    assert box is not None
    return float(box["y"] + box["height"])
