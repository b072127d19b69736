"""What a request to the resolver takes: a page for people, a linkset for programs, and which of several languages."""

from collections.abc import Callable
from enum import StrEnum

from werkzeug.datastructures import LanguageAccept, MIMEAccept


class Form(StrEnum):
    """How a list of links is answered."""

    PAGE = "text/html"
    LINKSET = "application/linkset+json"
    JSON = "application/json"
    JSON_LD = "application/ld+json"


_FOR_PROGRAMS = frozenset({"application/json", "application/ld+json", "application/linkset+json"})


def is_for_people(accept: MIMEAccept, destination: str = "") -> bool:
    """Whether a browser shows the answer: it says that it takes HTML, or that it is opening a page.

    In-app browsers that only say ``*/*`` tell by ``Sec-Fetch-Dest`` (``destination``).
    """
    return destination == "document" or any(
        value.lower() in ("text/html", "application/xhtml+xml") and weight > 0 for value, weight in accept
    )


def asks_for_linkset(accept: MIMEAccept) -> bool:
    """Whether the linkset itself was asked for by its media type, rather than what it links to."""
    wanted = accept.quality(Form.LINKSET)
    named = any(value.lower() == Form.LINKSET for value, _weight in accept)
    return named and wanted > 0 and wanted > accept.quality(Form.PAGE)


def form_of_linkset(accept: MIMEAccept, destination: str = "") -> Form:
    """How a list of links is answered: whatever is named and most welcome; a phone never gets raw JSON."""
    named = [
        (form, weight) for form in Form for value, weight in accept if value.lower() == form and weight > 0
    ]
    best = max(named, key=lambda pair: pair[1])[0] if named else None
    if best is not None and best is not Form.PAGE:
        return best
    return Form.PAGE if is_for_people(accept, destination) else Form.LINKSET


def quality_of(accept: MIMEAccept, destination: str = "") -> Callable[[str], float]:
    """How welcome a media type is; to a browser, ``*/*`` does not mean data for programs."""

    def quality(media_type: str) -> float:
        if media_type in _FOR_PROGRAMS and is_for_people(accept, destination):
            return max((w for value, w in accept if value.lower() == media_type), default=0.0)
        return float(accept.quality(media_type)) if accept else 1.0

    return quality


def languages(accept: LanguageAccept) -> list[str]:
    """The languages asked for, the most welcome first, without those refused."""
    return [tag for tag, weight in accept if weight > 0 and tag != "*"]
