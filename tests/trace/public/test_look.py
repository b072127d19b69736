"""The tokens keep their contrast, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from audit.contrast import contrast, luminance
from tests.trace.public.states import ROOT

TONES = ("ok", "recall", "expired", "copy", "held", "note", "unknown")
TEXT, BORDER = 4.5, 3.0
PAIRS = [
    *((tone, f"{tone}-ground", TEXT) for tone in TONES),
    *((tone, "paper", TEXT) for tone in TONES),
    *(("ink", ground, TEXT) for ground in ("paper", "ground", *(f"{tone}-ground" for tone in TONES))),
    *(("soft", ground, TEXT) for ground in ("paper", "ground", "ok-ground")),
    *(("link", ground, TEXT) for ground in ("paper", "ground", *(f"{tone}-ground" for tone in TONES))),
    ("on-leaf", "leaf", TEXT),
    ("on-leaf", "leaf-deep", TEXT),
    ("paper", "ink", TEXT),
    ("line", "paper", BORDER),
    ("line", "ground", BORDER),
]


def tokens(scheme: str) -> dict[str, str]:
    css = (ROOT / "static/css/tokens.css").read_text("utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", light))
    if scheme == "dark":
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", dark))
    return found


def brightness(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    return luminance(bytes.fromhex(digits))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_a_pair_of_tokens_can_be_read(front: str, back: str, least: float, scheme: str) -> None:
    colours = tokens(scheme)
    assert contrast(brightness(colours[front]), brightness(colours[back])) >= least


@pytest.mark.parametrize("name", ["tokens.css", "public.css", "site.css"])
def test_a_stylesheet_asks_nobody_outside(name: str) -> None:
    css = (ROOT / "static/css" / name).read_text("utf-8")
    assert "http" not in css
    assert "@import" not in css


def test_templates_have_no_inline_style_or_handler() -> None:
    for template in (ROOT / "templates").rglob("*.html"):
        source = template.read_text("utf-8")
        assert not re.search(r'\s(style|on(click|submit|change|input|load))="', source), template.name
        assert not re.search(r"<script(?![^>]*\bsrc=)", source), template.name
