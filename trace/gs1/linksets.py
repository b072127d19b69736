"""Linksets: what a resolver knows about one identified thing, and which of it answers a request.

RFC 9264 in the profile of the GS1-Conformant Resolver standard. Pure: link types, the JSON document, and the choice
among links by type, language and media type. Which links there are, and their words, is for the resolver.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

VOCABULARY = "https://ref.gs1.org/voc/"
# The same terms under the addresses they had before, and as people write them.
_NAMESPACES = (VOCABULARY, "https://gs1.org/voc/", "https://www.gs1.org/voc/", "http://gs1.org/voc/", "gs1:")

DEFAULT = "defaultLink"
DEFAULT_MULTI = "defaultLinkMulti"
# The answer to these is the list itself; "all" is the word of releases before 1.0.
LINKSET_WORDS = frozenset({"linkset", "all"})

# Link types of the GS1 Web Vocabulary that speak of goods, lots or parcels.
LINK_TYPES = frozenset(
    {
        DEFAULT, DEFAULT_MULTI, "activityIdeas", "allergenInfo", "appDownload", "brandHomepageClinical",
        "brandHomepagePatient", "careersInfo", "certificationInfo", "consumerHandlingStorageInfo", "dpp", "epcis",
        "epil", "eventsInfo", "faqs", "handledBy", "hasRetailers", "homepage", "ingredientsInfo", "instructions",
        "jws", "leaveReview", "locationInfo", "logisticsInfo", "loyaltyProgram", "masterData", "menuInfo",
        "nutritionalInfo", "openingHoursInfo", "paymentLink", "pip", "promotion", "purchaseSuppliesOrAccessories",
        "quickStartGuide", "recallStatus", "recipeInfo", "registerProduct", "registryEntry", "relatedImage",
        "relatedVideo", "review", "safetyInfo", "scheduleTime", "serviceInfo", "smartLabel", "smpc", "socialMedia",
        "statisticInfo", "subscribe", "support", "sustainabilityInfo", "traceability", "tutorial", "userAgreement",
        "verificationService", "whatsInTheBox",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """One target. ``language`` is a tag of two letters; without one, and without a media type, it is for everybody."""

    href: str
    title: str
    language: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class LinkContext:
    """The links of one level: ``anchor`` is the address of the thing, ``links`` map type names to targets."""

    anchor: str
    description: str
    links: Mapping[str, tuple[Link, ...]] = field(default_factory=dict)


def link_type_name(text: str) -> str:
    """The bare name of a link type: ``pip`` of ``gs1:pip`` and of its address under any namespace GS1 used."""
    for namespace in _NAMESPACES:
        if text.startswith(namespace):
            return text.removeprefix(namespace)
    return text


def document(contexts: Sequence[LinkContext], *, is_plain: bool = False) -> dict[str, Any]:
    """The linkset as JSON, finest level first.

    ``is_plain`` leaves out the description, which is GS1's own and no member RFC 9264 knows.
    """
    return {"linkset": [_context(context, is_plain=is_plain) for context in contexts]}


def _context(context: LinkContext, *, is_plain: bool) -> dict[str, Any]:
    described = {} if is_plain else {"itemDescription": context.description}
    return {
        "anchor": context.anchor,
        **described,
        **{
            VOCABULARY + name: [_link(link) for link in links]
            for name, links in context.links.items()
            if links
        },
    }


def _link(link: Link) -> dict[str, Any]:
    told: dict[str, Any] = {"href": link.href, "title": link.title}
    if link.media_type:
        told["type"] = link.media_type
    if link.language:
        told["hreflang"] = [link.language]
    return told


def find_links(contexts: Sequence[LinkContext], name: str) -> tuple[Link, ...]:
    """The links of a type at the finest level that has any; empty where no level does."""
    return next((context.links[name] for context in contexts if context.links.get(name)), ())


def default_links(contexts: Sequence[LinkContext]) -> tuple[Link, ...]:
    """The default, and its variants by language at the same level, the default first."""
    for context in contexts:
        if context.links.get(DEFAULT):
            return (*context.links[DEFAULT], *context.links.get(DEFAULT_MULTI, ()))
    return ()


def choose(
    links: Sequence[Link], languages: Sequence[str], quality: Callable[[str], float] | None = None
) -> Link | None:
    """The link that suits a request best, None where none is of a media type it takes.

    ``languages`` in the order of preference, ``quality`` says how welcome a media type is (0: not at all). Of links
    that suit equally the first wins; one without a language suits where nothing better does.
    """
    weighed = [(link, quality(link.media_type) if quality and link.media_type else 1.0) for link in links]
    fitting = [(link, weight) for link, weight in weighed if weight > 0]
    if not fitting:
        return None
    ranks = {tag.partition("-")[0].lower(): rank for rank, tag in reversed(list(enumerate(languages)))}
    missing = len(languages) + 1

    def rank(pair: tuple[Link, float]) -> tuple[int, float]:
        link, weight = pair
        is_neutral = missing - 1 if link.language is None else missing
        return (ranks.get(link.language or "", is_neutral), -weight)

    return min(fitting, key=rank)[0]
