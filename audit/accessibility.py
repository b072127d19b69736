"""axe-core on every public page, in both languages, light and dark: no violation at all."""

from typing import Final, Literal

from playwright.sync_api import Page, ViewportSize, sync_playwright

from audit import tools
from audit.findings import Finding
from audit.site import Site

SCHEMES: Final[tuple[Literal["light"], Literal["dark"]]] = ("light", "dark")
PHONE: Final[ViewportSize] = {"width": 360, "height": 640}
CHROMIUM_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
LONGEST_FAULT = 160


def check(site: Site, chromium: str) -> Finding:
    """Open each page at phone size and let axe look at it."""
    source = (tools.node_packages() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    rows: list[tuple[str, ...]] = []
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        try:
            page = browser.new_page(viewport=PHONE)
            for name, address in site.pages().items():
                page.goto(address, wait_until="load")
                # By the debugger, not a script tag: the page's own policy rightly lets none in.
                page.evaluate(source)
                found = {scheme: _violations(page, scheme) for scheme in SCHEMES}
                rows.append((name, *(str(len(found[scheme])) for scheme in SCHEMES)))
                faults += [f"{name}, {scheme}: {one}" for scheme in SCHEMES for one in found[scheme]]
        finally:
            browser.close()
    return Finding("axe-core: violations on public pages", ("page", *SCHEMES), rows, faults)


def _violations(page: Page, scheme: Literal["light", "dark"]) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:LONGEST_FAULT]}"
        for one in result["violations"]
        for node in one["nodes"]
    ]
