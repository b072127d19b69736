"""What is a scan and what is none, and how often one counts. Pure: no database, no clock, no text for people."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_READ = 1000
# A code counts once for each kind of device in so much time: somebody who reads the page again scans nothing again.
COUNTS_ONCE_IN = timedelta(minutes=10)


class Device(StrEnum):
    """What opened the page, as far as it says so itself."""

    PHONE = "phone"
    TABLET = "tablet"
    COMPUTER = "computer"
    ROBOT = "robot"
    PREVIEW = "preview"
    UNKNOWN = "unknown"


NOBODY = frozenset({Device.ROBOT, Device.PREVIEW})

# Those that fetch a page because its address was sent in a chat. The browsers built into the same apps are people's:
# they name the app too ("Zalo android/…", "FBAN/…"), behind the name of a browser engine.
_PREVIEWS = re.compile(
    r"facebookexternalhit|facebot|facebookcatalog|meta-external|zalo[-_ ]?(?:bot|preview|crawler|spider)"
    r"|whatsapp/|telegrambot|viber/|twitterbot|linkedinbot|slackbot|slack-imgproxy|discordbot|skypeuripreview"
    r"|pinterest(?:bot)?/|line-poker|kakaotalk-scrap|redditbot|embedly|iframely|bitlybot|snapchat",
    re.IGNORECASE,
)
_ROBOTS = re.compile(
    r"bot\b|bot[/;_-]|spider|crawl|slurp|coccocbot|mediapartners|google-(?:inspectiontool|extended|read-aloud|safety)"
    r"|googleother|apis-google|feedfetcher|headlesschrome|lighthouse|pingdom|uptime|monitor|scanner|archiver"
    r"|curl/|wget/|httpie/|python|aiohttp|httpx|okhttp|go-http-client|java/|libwww|perl|ruby|node-fetch|axios|undici"
    r"|apache-httpclient|postman|insomnia|wrk|apachebench|phantomjs|selenium|playwright|puppeteer|scrapy",
    re.IGNORECASE,
)
_ENGINES = re.compile(r"AppleWebKit/|Gecko/|Trident/|Presto/|\bFxiOS/")
_TABLETS = re.compile(r"\biPad\b|\bTablet\b|\bKindle\b|\bSilk/|\bPlayBook\b")
_PHONES = re.compile(r"\biPhone\b|\biPod\b|\bMobile\b|\bMobi\b|\bWindows Phone\b|\bOpera Mini\b|\bKaiOS\b")
_COMPUTERS = re.compile(r"\bWindows NT\b|\bMacintosh\b|\bX11\b|\bCrOS\b|\bLinux (?:x86_64|i686|aarch64)\b")


def device_of(user_agent: str) -> Device:
    """What kind of device a ``User-Agent`` speaks of; the text itself is read here and kept nowhere.

    What calls itself Zalo or Facebook without being a browser is a preview: neither publishes every name it uses.
    """
    read = user_agent[:LONGEST_READ]
    if _PREVIEWS.search(read):
        return Device.PREVIEW
    if _ROBOTS.search(read):
        return Device.ROBOT
    if not _ENGINES.search(read):
        if re.search(r"zalo|facebook", read, re.IGNORECASE):
            return Device.PREVIEW
        return Device.PHONE if re.search(r"\bOpera Mini\b", read) else Device.UNKNOWN
    if _TABLETS.search(read) or ("Android" in read and "Mobile" not in read):
        return Device.TABLET
    if _PHONES.search(read) or "Android" in read:
        return Device.PHONE
    return Device.COMPUTER if _COMPUTERS.search(read) else Device.UNKNOWN


def is_read_ahead(headers: Mapping[str, str]) -> bool:
    """Whether a browser fetched the page before anybody asked for it."""
    stated = " ".join(
        headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")
    ).lower()
    return "prefetch" in stated or "prerender" in stated or "preview" in stated


def is_scan(method: str, device: Device, headers: Mapping[str, str]) -> bool:
    """Whether a request for the page of a code was somebody's: not a program's, and not ahead of being asked for."""
    return method == "GET" and device not in NOBODY and not is_read_ahead(headers)


def counted(times: Iterable[datetime], last: datetime | None = None) -> list[datetime]:
    """Those of the scans of one code by one kind of device that count, in order, after ``last`` one that did."""
    found = []
    for at in sorted(times):
        if last is None or at - last >= COUNTS_ONCE_IN:
            found.append(at)
            last = at
    return found
