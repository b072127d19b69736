"""Linksets: the document by both schemas, and the choice among links."""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # ships no annotations

from tests.trace.gs1.standards import need
from trace.gs1.linksets import (
    DEFAULT,
    LINK_TYPES,
    VOCABULARY,
    Link,
    LinkContext,
    choose,
    default_links,
    document,
    find_links,
    link_type_name,
)

VI = Link("https://a.example/vi", "Trang", "vi", "text/html")
EN = Link("https://a.example/en", "Page", "en", "text/html")
PDF = Link("https://a.example/vi.pdf", "Tờ rơi", "vi", "application/pdf")
PLAIN = Link("https://a.example/", "Default")
LOT = LinkContext("https://a.example/01/1/10/L", "Lot", {DEFAULT: (PLAIN,), "traceability": (VI,)})
PRODUCT = LinkContext("https://a.example/01/1", "Product", {DEFAULT: (EN,), "pip": (VI, EN)})


def errors(name: str, body: Any) -> list[str]:
    text = (need("resolver") / name).read_text(encoding="utf-8")
    return [error.message for error in Draft7Validator(json.loads(text)).iter_errors(body)]


def test_a_document_is_a_linkset_of_gs1() -> None:
    assert errors("gs1-linkset-schema.json", document([LOT, PRODUCT])) == []


def test_a_plain_document_is_a_linkset_of_the_rfc() -> None:
    assert errors("linkset-schema.json", document([LOT, PRODUCT], is_plain=True)) == []


def test_the_schemas_tell_good_from_bad() -> None:
    folder = need("resolver")
    good, bad = (
        json.loads((folder / f"{kind}-gs1-example.json").read_text("utf-8")) for kind in ("valid", "invalid")
    )
    assert errors("gs1-linkset-schema.json", good) == []
    assert errors("gs1-linkset-schema.json", bad)


def test_the_finest_level_that_has_a_type_answers() -> None:
    assert find_links([LOT, PRODUCT], "pip") == (VI, EN)
    assert default_links([LOT, PRODUCT]) == (PLAIN,)
    assert find_links([LOT, PRODUCT], "recipeInfo") == ()


@pytest.mark.parametrize(
    ("languages", "chosen"), [([], VI), (["en"], EN), (["en-GB", "vi"], EN), (["fr", "vi"], VI), (["fr"], VI)]
)
def test_the_language_most_welcome_is_chosen(languages: list[str], chosen: Link) -> None:
    assert choose([VI, EN], languages) is chosen


def test_one_without_a_language_suits_who_asks_for_none_of_the_others() -> None:
    assert choose([PLAIN, VI, EN], ["fr"]) is PLAIN
    assert choose([PLAIN, VI, EN], ["fr", "en"]) is EN
    assert choose([VI, PLAIN], []) is PLAIN


def test_a_media_type_nobody_takes_is_not_chosen() -> None:
    assert choose([VI, PDF], ["vi"], lambda kind: float(kind == "application/pdf")) is PDF
    assert choose([VI], ["vi"], lambda kind: 0.0) is None


@pytest.mark.parametrize("spelling", ["pip", "gs1:pip", VOCABULARY + "pip", "https://gs1.org/voc/pip"])
def test_a_link_type_has_one_name(spelling: str) -> None:
    assert link_type_name(spelling) == "pip"
    assert link_type_name(spelling) in LINK_TYPES
