"""The camera: a real browser whose camera sees a printed label, from the scanner page to the verdict.

A headless Chromium on Linux has no BarcodeDetector, so the reader in WebAssembly is what reads here. Where there is no
script at all, a photo of the same label leads to the same page.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect, sync_playwright

from tests.conftest import LiveServer
from tests.factories import ActiveBatchFactory, ProductFactory, actor_of_kind
from tests.journeys.conftest import ARGUMENTS
from tests.journeys.people import PHONE, WITHIN_MS
from tests.journeys.videos import frame_of, label_picture, write_video
from trace import create_app
from trace.accounts import sessions
from trace.accounts.access import SESSION_COOKIE
from trace.accounts.models import User
from trace.batches import services_runs, stamp_queries
from trace.batches.stamp_rules import Span
from trace.core.config import Settings
from trace.core.short_codes import pretty

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Packing:
    """A producer at packing: signed in, a lot in use, and a roll of ten stamps."""

    lot_code: str
    lot_path: str
    cookie: str
    stamps: list[str]


def _packing(server: LiveServer) -> Packing:
    app = create_app(Settings.from_environment(server.environ))
    with app.app_context(), app.extensions["sessions"]() as session:
        producer = actor_of_kind(session)
        product = ProductFactory.create(session=session, actor=producer)
        lot = ActiveBatchFactory.create(session=session, actor=producer, product=product)
        roll = services_runs.issue_roll(session, producer, services_runs.Order(10, server.url))
        services_runs.make_part(session, roll.id)
        opened = sessions.start_session(session, session.get_one(User, producer.user_id), label="test")
        opened.sign_in.organisation_id = producer.organisation_id
        stamps = [code for _number, code in stamp_queries.codes_of(session, roll, Span(1, 10))]
        found = Packing(lot.code, f"{server.url}/producer/batches/{lot.id}/stamps", opened.token, stamps)
        session.commit()
        engine = session.get_bind().engine
    engine.dispose()
    return found


def _lot(server: LiveServer) -> str:
    """The code of a lot in use."""
    return _packing(server).lot_code


@contextmanager
def _phone(chromium: str, *more: str, javascript: bool = True) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *more])
        try:
            yield browser.new_context(viewport=PHONE, locale="vi-VN", java_script_enabled=javascript)  # type: ignore[arg-type]  # a plain dict for a TypedDict
        finally:
            browser.close()


def _with_camera(video: Path) -> tuple[str, ...]:
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    )


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_from_the_camera_to_the_verdict(
    live_server: Callable[..., LiveServer], chromium: str, tmp_path: Path
) -> None:
    server = live_server(worker=False)
    code = _lot(server)
    video = write_video(tmp_path / "label.y4m", label_picture(server.url, code))
    asked: list[str] = []
    navigations: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)
        # A redirect is part of the navigation it belongs to.
        if request.is_navigation_request() and request.redirected_from is None:
            navigations.append(request.url)

    with _phone(chromium, *_with_camera(video)) as context:
        page = context.new_page()
        page.on("request", note)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{server.url}/scan")
        if page.get_by_role("button", name="Mở máy ảnh").is_visible():
            _press(page, "Mở máy ảnh")
        page.wait_for_url(f"**/T/{code}", timeout=WITHIN_MS)
        expect(page.locator("h1")).to_have_text("Chưa có cảnh báo")
        assert context.cookies() == []
    assert faults == []
    assert len(navigations) == 2, navigations
    assert any(url.partition("?")[0].endswith(".wasm.gz") for url in asked), "not the reader in WebAssembly"
    assert [url for url in asked if not url.startswith((server.url, "data:", "blob:"))] == []


def test_a_camera_that_is_refused_leaves_the_photo_and_the_field(
    live_server: Callable[..., LiveServer], chromium: str
) -> None:
    server = live_server(worker=False)
    with _phone(chromium) as context:
        page = context.new_page()
        page.goto(f"{server.url}/scan")
        _press(page, "Mở máy ảnh")
        status = page.locator("[data-scan-status]")
        expect(status).to_contain_text("Trình duyệt")
        expect(page.get_by_role("button", name="Mở máy ảnh")).to_be_focused()
        expect(page.get_by_role("button", name="Đọc ảnh")).to_be_visible()
        expect(page.get_by_role("button", name="Tra cứu")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with a script", "without one"])
def test_a_photo_of_the_label_leads_to_the_verdict(
    live_server: Callable[..., LiveServer], chromium: str, tmp_path: Path, javascript: bool
) -> None:
    server = live_server(worker=False)
    code = _lot(server)
    photo = tmp_path / "photo.jpg"
    cv2.imwrite(str(photo), frame_of(label_picture(server.url, code), 0.3))
    with _phone(chromium, javascript=javascript) as context:
        page = context.new_page()
        page.goto(f"{server.url}/scan")
        assert page.locator("[data-scan]").is_visible() is javascript
        page.set_input_files("#f-photo", photo)
        _press(page, "Đọc ảnh")
        page.wait_for_url(f"**/T/{code}", timeout=WITHIN_MS)
        expect(page.locator("h1")).to_have_text("Chưa có cảnh báo")


def test_a_photo_without_a_code_says_so_beside_the_field(
    live_server: Callable[..., LiveServer], chromium: str, tmp_path: Path
) -> None:
    server = live_server(worker=False)
    photo = tmp_path / "photo.jpg"
    cv2.imwrite(str(photo), label_picture(server.url, _lot(server))[:40, :40])
    with _phone(chromium, javascript=False) as context:
        page = context.new_page()
        page.goto(f"{server.url}/scan")
        page.set_input_files("#f-photo", photo)
        _press(page, "Đọc ảnh")
        expect(page.locator("#f-photo-error")).to_contain_text("Không thấy mã nào")


def test_stamps_are_bound_and_voided_by_scanning_them(
    live_server: Callable[..., LiveServer], chromium: str, tmp_path: Path
) -> None:
    server = live_server(worker=False)
    packing = _packing(server)
    first, last = packing.stamps[1], packing.stamps[4]
    video = write_video(
        tmp_path / "stamps.y4m", label_picture(server.url, first), label_picture(server.url, last)
    )
    with _phone(chromium, *_with_camera(video)) as context:
        context.add_cookies([{"name": SESSION_COOKIE, "value": packing.cookie, "url": server.url}])
        page = context.new_page()
        page.goto(packing.lot_path)
        _press(page, "Quét tem đầu")
        expect(page.locator("#f-last")).not_to_have_value("")
        seen = {page.input_value("#f-first"), page.input_value("#f-last")}
        assert seen == {pretty(first), pretty(last)}
        expect(page.locator("#f-last")).to_be_focused()
        # Whichever the camera saw first; on a roll the person begins at the beginning.
        page.fill("#f-first", first)
        page.fill("#f-last", last)
        page.get_by_role("button", name="Gắn tem vào lô").click()
        expect(page.locator("main")).to_contain_text("2–5")

        page.goto(f"{server.url}/producer/stamps/void?lang=vi")
        _press(page, "Quét lần lượt từng tem")
        lines = page.locator("[data-scan-list] li")
        expect(lines).to_have_count(2)
        expect(lines.first).to_contain_text("Đang dùng cho lô")
        _press(page, "Tắt máy ảnh")
        lines.filter(has_text=pretty(last)).get_by_role("button", name="Bỏ ra").click()
        expect(lines).to_have_count(1)
        page.locator('input[name="reason"][value="spoiled"]').check(force=True)
        _press(page, "Hủy hẳn")
        expect(page.locator("main")).to_contain_text("Đã hủy 1 tem")
        page.goto(f"{server.url}/T/{first}")
        expect(page.locator("h1")).to_contain_text("hủy")
        page.goto(f"{server.url}/T/{last}")
        expect(page.locator("h1")).to_have_text("Chưa có cảnh báo")
