"""Pure decisions of the resolver: which link types a producer may choose, and where a link may lead."""

import ipaddress
import re
from urllib.parse import quote, urlsplit

LONGEST_TARGET = 500
MOST_LINKS = 40  # of one product

# What a producer may choose, usual ones first. The default and the recall status are never among them: what a scan
# shows first, and whether goods are called back, is said by the record alone.
CHOSEN_TYPES = (
    "pip",
    "instructions",
    "recipeInfo",
    "consumerHandlingStorageInfo",
    "ingredientsInfo",
    "nutritionalInfo",
    "allergenInfo",
    "certificationInfo",
    "sustainabilityInfo",
    "traceability",
    "hasRetailers",
    "homepage",
    "relatedVideo",
    "relatedImage",
    "socialMedia",
    "support",
    "faqs",
    "promotion",
    "masterData",
    "epcis",
)

_is_host_name = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
).fullmatch
_LOCAL_ENDINGS = (
    ".localhost",
    ".local",
    ".internal",
    ".intranet",
    ".lan",
    ".home",
    ".corp",
    ".test",
    ".invalid",
)
_LEGAL = "%/:?#[]@!$&'()*+,;=-._~"


class TargetRefused(ValueError):
    """A link may not lead there; ``why`` names the reason."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def clean_target(typed: str, own_host: str = "") -> str:
    """The address as it is stored: https, a public host name in small letters, percent-coded.

    Raises ``TargetRefused``: what a browser would run instead of open (``javascript:``, ``data:``), what hides where
    it leads (a name before "@", a backslash, a control character), what is nobody's on the open internet, and this
    service itself, which would send people round in a circle.
    """
    text = typed.strip()
    if not text or len(text) > LONGEST_TARGET:
        raise TargetRefused("length")
    if any(ord(c) <= 0x20 or ord(c) == 0x7F or c in '\\<>"`{}|^' for c in text):
        raise TargetRefused("characters")
    if text[:8].lower() != "https://":
        raise TargetRefused("not-https")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise TargetRefused("unreadable") from error
    if "@" in parts.netloc:
        raise TargetRefused("name-before-host")
    if port not in (None, 443):
        raise TargetRefused("port")
    host = _host(parts.hostname or "")
    if own_host and host == own_host.partition(":")[0].lower():
        raise TargetRefused("this-service")
    path = quote(parts.path or "/", safe=_LEGAL)
    query = f"?{quote(parts.query, safe=_LEGAL)}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe=_LEGAL)}" if parts.fragment else ""
    whole = f"https://{host}{path}{query}{fragment}"
    if len(whole) > 3 * LONGEST_TARGET:
        raise TargetRefused("length")
    return whole


def _host(name: str) -> str:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        raise TargetRefused("number-for-host")
    try:
        host = name.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise TargetRefused("unreadable") from error
    if not _is_host_name(host) or host.endswith(_LOCAL_ENDINGS):
        raise TargetRefused("not-public")
    return host
