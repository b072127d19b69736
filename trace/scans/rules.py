"""What is a scan and what is none, and how often one counts. Pure: no database, no clock, no text for people."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_READ = 1000
# A code counts once for each kind of device in so much time: somebody who reads the page again scans nothing again.
COUNTS_ONCE_IN = timedelta(minutes=10)
Row = tuple[str, str, datetime]  # a scan: its code, kind of device, and when


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
# they name the app too ("Zalo android/…", "FBAN/…"), behind the name of a browser engine. In small letters; looked for
# as they stand, because an expression of so many words takes longer than the rest of the answer's bookkeeping.
_PREVIEWS = (
    *("facebookexternalhit", "facebot", "facebookcatalog", "meta-external"),
    *("zalobot", "zalo-bot", "zalo-preview", "zalopreview", "zalocrawler", "zalo-crawler", "zalospider"),
    *("whatsapp/", "telegrambot", "viber/", "twitterbot", "linkedinbot", "slackbot", "slack-imgproxy"),
    *("discordbot", "skypeuripreview", "line-poker", "kakaotalk-scrap", "redditbot", "embedly", "iframely"),
)
_ROBOTS = (
    *(
        "spider",
        "crawl",
        "slurp",
        "mediapartners",
        "google-inspectiontool",
        "google-extended",
        "google-read-aloud",
    ),
    *(
        "google-safety",
        "googleother",
        "apis-google",
        "feedfetcher",
        "headlesschrome",
        "lighthouse",
        "pingdom",
    ),
    *("uptime", "monitor", "archiver", "curl/", "wget/", "httpie/", "python", "aiohttp", "httpx", "okhttp"),
    *(
        "go-http-client",
        "java/",
        "libwww",
        "perl/",
        "ruby",
        "node-fetch",
        "axios",
        "undici",
        "apache-httpclient",
    ),
    *("postman", "insomnia", "apachebench", "phantomjs", "selenium", "playwright", "puppeteer", "scrapy"),
)
# "Googlebot/2.1", "bot.html"; but Cubot makes phones.
_BOT = re.compile(r"(?<!\bcu)bot(?![a-z0-9])")
_ENGINES = re.compile(r"AppleWebKit/|Gecko/|Trident/|Presto/|\bFxiOS/")
_TABLETS = re.compile(r"\biPad\b|\bTablet\b|\bKindle\b|\bSilk/|\bPlayBook\b")
_PHONES = re.compile(r"\biPhone\b|\biPod\b|\bMobile\b|\bMobi\b|\bWindows Phone\b|\bOpera Mini\b|\bKaiOS\b")
_COMPUTERS = re.compile(r"\bWindows NT\b|\bMacintosh\b|\bX11\b|\bCrOS\b|\bLinux (?:x86_64|i686|aarch64)\b")


def device_of(user_agent: str) -> Device:
    """What kind of device a ``User-Agent`` speaks of; the text itself is read here and kept nowhere.

    What calls itself Zalo or Facebook without being a browser is a preview: neither publishes every name it uses.
    """
    read = user_agent[:LONGEST_READ]
    small = read.lower()
    if any(word in small for word in _PREVIEWS):
        return Device.PREVIEW
    if any(word in small for word in _ROBOTS) or _BOT.search(small):
        return Device.ROBOT
    if not _ENGINES.search(read):
        return Device.PREVIEW if "zalo" in small or "facebook" in small else Device.UNKNOWN
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


def rounds(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """What counts of these scans, no code and device twice in a round; nearly always there is one.

    In one order for every process: two that count the same codes must not wait for each other.
    """
    waiting = sorted(rows)
    while waiting:
        taken: list[Row] = []
        later: list[Row] = []
        for row in waiting:
            if not taken or row[:2] != taken[-1][:2]:
                taken.append(row)
            elif row[2] - taken[-1][2] >= COUNTS_ONCE_IN:
                later.append(row)
        yield taken
        waiting = later
