"""What axe cannot see of a page: large text, the order it is read in, the keyboard, less motion, forced colours.

WCAG 2.2: 1.4.4 and 1.4.10 (text twice as large, no scrolling to the side), 1.3.2 and 2.4.3 (what is read, and what is
focused, comes in the order it is seen in), 2.4.7 (focus is seen), 2.3.3 (motion), 1.4.11 (shapes and controls are seen
in the colours a person has chosen).
"""

import io
from collections.abc import Callable, Mapping
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from audit.accessibility import CHROMIUM_FLAGS, PHONE
from audit.contrast import contrast, luminance
from audit.findings import Finding
from audit.site import Site

DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 800}
MOST_STOPS = 200  # of the tabulator key on one page
LEAST_CONTRAST = 3.0
_SHAPE = ".band .shape"

# Text beyond the right edge, and text cut off by its own box.
_TOO_WIDE = """() => {
    document.documentElement.style.fontSize = '200%';
    const width = document.documentElement.clientWidth, found = [];
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${
        document.documentElement.scrollWidth} px wide on a screen of ${width}`);
    for (const one of document.querySelectorAll('main *, header *, footer *')) {
        const style = getComputedStyle(one);
        if (one.matches('input, textarea, select')) continue;  // they scroll within themselves
        const hides = [style.overflowX, style.overflowY].some(way => way === 'hidden' || way === 'clip');
        const lacks = one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
        if (hides && lacks && one.clientWidth > 1)
            found.push(`cut off: ${one.outerHTML.slice(0, 90)}`);
    }
    document.documentElement.style.fontSize = '';
    return found;
}"""

# Texts in the order they are read in: none stands above the one before it, unless in another column to the right.
_OUT_OF_ORDER = """() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    let before = null;
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        if (!node.data.trim() || !node.parentElement.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}))
            continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        if (!box.width || box.right < 0) continue;
        if (before && box.bottom <= before.box.top + 1 && box.left < before.box.right)
            found.push(`"${node.data.trim().slice(0, 40)}" is read after "${before.text}" and stands above it`);
        before = {box, text: node.data.trim().slice(0, 40)};
    }
    return found;
}"""

# What has the focus; nothing once all had it, whether it goes to the browser's own bar or begins again.
_FOCUSED = """() => {
    const one = document.activeElement, had = window.hadFocus ??= new Set();
    if (!one || one === document.body || had.has(one)) return null;
    had.add(one);
    const box = one.getBoundingClientRect(), style = getComputedStyle(one);
    const ring = getComputedStyle(one.closest('.control, .choice') || one);
    const shows = [style, ring].some(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0);
    return {html: one.outerHTML.slice(0, 90), left: box.left, right: box.right, bottom: box.bottom + scrollY,
        top: box.top + scrollY, is_first: one === document.querySelector('a[href], button, input, select, textarea'),
        is_seen: box.bottom > 0 && box.top < innerHeight && box.width > 0, shows};
}"""

_MOVES = """() => {
    const found = document.getAnimations().map(one => `moves: ${one.constructor.name}`);
    for (const one of document.querySelectorAll('*')) {
        const style = getComputedStyle(one);
        if (style.transitionDuration.split(',').some(time => parseFloat(time) > 0) || style.scrollBehavior === 'smooth'
            || style.animationName !== 'none') found.push(`moves: ${one.outerHTML.slice(0, 90)}`);
    }
    return found;
}"""

_EDGELESS = """() => [...document.querySelectorAll('main .button, main .control')]
    .filter(one => one.checkVisibility() && (parseFloat(getComputedStyle(one).borderTopWidth) < 1
        || getComputedStyle(one).borderTopStyle === 'none'))
    .map(one => `has no edge: ${one.outerHTML.slice(0, 90)}`)"""


def check(site: Site, chromium: str) -> Finding:
    """Read each page as somebody who needs one of these would."""
    found = read(site.pages(), chromium)
    rows = [(name, *(str(len(faults)) for faults in told.values())) for name, told in found.items()]
    faults = [f"{name}, {what}: {one}" for name, told in found.items() for what in told for one in told[what]]
    return Finding("What axe cannot see, on public pages", ("page", *_CHECKS), rows, faults)


def read(pages: Mapping[str, str], chromium: str) -> dict[str, dict[str, list[str]]]:
    """What is wrong with each page (name to address), by what was looked at."""
    found: dict[str, dict[str, list[str]]] = {name: {} for name in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        try:
            for what, (look, settings) in _CHECKS.items():
                with browser.new_page(viewport=PHONE, **settings) as page:
                    for name, address in pages.items():
                        page.goto(address, wait_until="load")
                        found[name][what] = look(page)
        finally:
            browser.close()
    return found


def _large_text(page: Page) -> list[str]:
    return list(page.evaluate(_TOO_WIDE))


def _order(page: Page) -> list[str]:
    found = list(page.evaluate(_OUT_OF_ORDER))
    page.set_viewport_size(DESKTOP)
    found += page.evaluate(_OUT_OF_ORDER)
    page.set_viewport_size(PHONE)
    return found


def _keyboard(page: Page) -> list[str]:
    found: list[str] = []
    page.evaluate("() => document.activeElement?.blur()")
    before: dict[str, Any] | None = None
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        now = page.evaluate(_FOCUSED)
        if now is None:
            return found
        if not now["is_seen"]:
            found.append(f"focused and not seen: {now['html']}")
        if not now["shows"]:
            found.append(f"focus does not show: {now['html']}")
        goes_up = before and now["bottom"] <= before["top"] + 1 and now["left"] < before["right"]
        # Where the page itself put the focus, at a mistake, it comes to its beginning in the end.
        if goes_up and not now["is_first"]:
            found.append(f"focused after what stands below it: {now['html']}")
        before = now
    return [*found, f"the keyboard does not get out within {MOST_STOPS} steps"]


def _less_motion(page: Page) -> list[str]:
    return list(page.evaluate(_MOVES))


def _forced_colours(page: Page) -> list[str]:
    found = list(page.evaluate(_EDGELESS))
    if page.locator(_SHAPE).count() and _contrast_in(page, _SHAPE) < LEAST_CONTRAST:
        found.append("the shape beside the verdict is not seen")
    return found


def _contrast_in(page: Page, selector: str) -> float:
    """The contrast between the darkest and the brightest of what is drawn there."""
    drawn = Image.open(io.BytesIO(page.locator(selector).first.screenshot())).convert("RGB").tobytes()
    tones = [luminance(colour) for colour in {drawn[at : at + 3] for at in range(0, len(drawn), 3)}]
    return contrast(min(tones), max(tones))


# What is looked at, how, and what the browser is told of the person in front of it.
_CHECKS: Final[Mapping[str, tuple[Callable[[Page], list[str]], Mapping[str, Any]]]] = {
    "text at 200 %": (_large_text, {}),
    "order": (_order, {}),
    "keyboard": (_keyboard, {}),
    "less motion": (_less_motion, {"reduced_motion": "reduce"}),
    "forced colours": (_forced_colours, {"forced_colors": "active"}),
}
