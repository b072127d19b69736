"""A few readable words for a browser, so that people know their devices apart. The full header is never stored."""

import re

LONGEST_READ = 1000
# First match wins: in-app browsers and Edge, Opera, Samsung all call themselves Chrome or Safari as well.
_BROWSERS = (
    ("Zalo", re.compile(r"\bZalo\b")),
    ("Facebook", re.compile(r"\b(?:FBAN|FBAV|FB_IAB)\b")),
    ("Cốc Cốc", re.compile(r"\bcoc_coc_browser/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\b(?:OPR|Opera)/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS)/")),
    ("Safari", re.compile(r"\bSafari/")),
)
_SYSTEMS = (
    ("Android", re.compile(r"\bAndroid\b")),
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("Mac", re.compile(r"\bMacintosh\b")),
    ("Linux", re.compile(r"\b(?:Linux|CrOS)\b")),
)


def device_label(user_agent: str) -> str:
    """``"Chrome, Android"``; only what is known of browser and system, empty where nothing is."""
    return ", ".join(name for name in (_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)) if name)


def in_app_browser(user_agent: str) -> str | None:
    """The app whose built-in browser this is: it forgets sign-ins and often has no camera."""
    name = _first(_BROWSERS, user_agent)
    return name if name in ("Zalo", "Facebook") else None


def _first(patterns: tuple[tuple[str, re.Pattern[str]], ...], user_agent: str) -> str | None:
    read = user_agent[:LONGEST_READ]
    return next((name for name, pattern in patterns if pattern.search(read)), None)
