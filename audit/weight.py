"""What a phone loads before anybody taps: bytes over the wire by the browser's count, from us alone, and no cookie."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from audit.accessibility import CHROMIUM_FLAGS, PHONE
from audit.findings import Finding
from audit.site import Site

MOST_BYTES = 30_000
MOST_BYTES_OF_A_PHOTO = 40_000
PHOTOS = "/picture/"
# A plain and a dense screen: which file of a photo is loaded depends on it.
DENSITIES = (1, 3)
UNSIZED = "images => images.filter(i => !i.hasAttribute('width') || !i.hasAttribute('height')).length"
UNFITTED = "images => images.filter(i => !i.srcset || !i.sizes).length"


@dataclass
class _Load:
    """One view: addresses by the browser's number of the request, and the bytes of each."""

    addresses: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)

    def listen(self, network: Any) -> None:
        network.on("Network.requestWillBeSent", self._sent)
        network.on("Network.responseReceivedExtraInfo", self._answered)
        network.on("Network.loadingFinished", self._finished)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _sent(self, event: Any) -> None:
        self.addresses[event["requestId"]] = event["request"]["url"]

    def _answered(self, event: Any) -> None:
        if any(name.lower() == "set-cookie" for name in event["headers"]):
            self.cookies.append(self.addresses.get(event["requestId"], "?"))

    def _finished(self, event: Any) -> None:
        self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    def of(self, *, photos: bool) -> list[int]:
        """The bytes of each photo, or of each other answer, headers included."""
        return [
            size
            for request, size in self.sizes.items()
            if (PHOTOS in self.addresses.get(request, "")) is photos
        ]

    def strangers(self, site: Site) -> list[str]:
        """Addresses asked for that are not ours."""
        own = urlsplit(site.url).netloc
        asked = (urlsplit(address) for address in self.addresses.values())
        return sorted({one.netloc for one in asked if one.scheme in ("http", "https") and one.netloc != own})


def check(site: Site, chromium: str) -> Finding:
    """Open each page afresh; photos on a plain and a dense screen."""
    rows: list[tuple[str, ...]] = []
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        try:
            for name, address in site.pages().items():
                heaviest, heaviest_photo = 0, 0
                for density in DENSITIES:
                    load, found = _open(browser, address, density, site)
                    heaviest = max(heaviest, sum(load.of(photos=False)))
                    heaviest_photo = max([heaviest_photo, *load.of(photos=True)])
                    faults += [f"{name}: {fault}" for fault in found if f"{name}: {fault}" not in faults]
                    if not heaviest_photo:
                        break
                rows.append((name, str(heaviest), str(heaviest_photo or "")))
                if heaviest > MOST_BYTES:
                    faults.append(f"{name}: {heaviest} bytes, over {MOST_BYTES}")
                if heaviest_photo > MOST_BYTES_OF_A_PHOTO:
                    faults.append(f"{name}: a photo of {heaviest_photo} bytes, over {MOST_BYTES_OF_A_PHOTO}")
        finally:
            browser.close()
    return Finding(
        "Bytes of the first view, by the browser", ("page", "without photo", "photo"), rows, faults
    )


def _open(browser: Browser, address: str, density: int, site: Site) -> tuple[_Load, list[str]]:
    load = _Load()
    context = browser.new_context(viewport=PHONE, device_scale_factor=density)
    try:
        page = context.new_page()
        load.listen(context.new_cdp_session(page))
        page.goto(address, wait_until="networkidle")
        found = [f"asks {host}" for host in load.strangers(site)]
        found += [f"a cookie from {urlsplit(one).path}" for one in load.cookies]
        found += ["a cookie is kept"] if context.cookies() else []
        found += ["a picture has no size"] if page.locator("img").evaluate_all(UNSIZED) else []
        found += (
            ["a photo has one file for all"] if page.locator("img.picture").evaluate_all(UNFITTED) else []
        )
        return load, found
    finally:
        context.close()
