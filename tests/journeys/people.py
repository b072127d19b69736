"""People with phones: each has a browser of the size of a cheap phone, and does what a person would do."""

from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from playwright.sync_api import Browser, Page

PHONE = {"width": 360, "height": 640}
# In-app browsers leave this much below their bars: what people see first (users.md, section 5).
FOLD = 552
# A camera is read and pages are made beside other tests, on machines of any speed: a page that hangs takes longer still.
WITHIN_MS = 120_000


class Person:
    """One person with one phone, at one address of the service."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self.context = browser.new_context(viewport=PHONE, locale="vi-VN", accept_downloads=True)  # type: ignore[arg-type]  # a plain dict for a TypedDict
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(WITHIN_MS)

    def open(self, path: str) -> None:
        """Go to a path of the service, or to a whole address."""
        self.page.goto(path if path.startswith("http") else self.url + path)

    def fill(self, **fields: str) -> None:
        """Type into fields by their names; dates as dd/mm/yyyy go into their three parts."""
        for name, value in fields.items():
            parts = self.page.locator(f'main [name="{name}-day"]')
            if parts.count():
                for part, text in zip(("day", "month", "year"), value.split("/"), strict=True):
                    self.page.locator(f'main [name="{name}-{part}"]').fill(text)
            else:
                self.page.locator(f'main [name="{name}"]').first.fill(value)

    def choose(self, name: str, value: str) -> None:
        """Tap a radio card, or pick from a list."""
        field = self.page.locator(f'main select[name="{name}"]')
        if field.count():
            field.select_option(value)
        else:
            self.page.locator(f'main input[name="{name}"][value="{value}"]').check(force=True)

    def press(self, label: str) -> None:
        """Press the button or link with this text."""
        button = self.page.get_by_role("button", name=label)
        if not button.count():
            button = self.page.get_by_role("link", name=label)
        button.first.click()
        self.page.wait_for_load_state()

    def attach(self, name: str, path: Path) -> None:
        """Choose a file."""
        self.page.locator(f'main input[name="{name}"]').set_input_files(path)

    @property
    def path(self) -> str:
        """Where the browser is."""
        return urlparse(self.page.url).path

    @property
    def text(self) -> str:
        """What the page says."""
        return str(self.page.locator("main").inner_text())

    @property
    def title(self) -> str:
        """The first heading: on a code's page, the verdict."""
        return str(self.page.locator("h1").first.inner_text())

    def cookies(self) -> list[Any]:
        """What the service left in the browser."""
        return list(self.context.cookies())
