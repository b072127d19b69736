"""``lang`` is right on every element of every public page: names as given are Vietnamese, words are in the page's own.

A screen reader speaks each text by it, so a Vietnamese name in an English page must not be read as English.
"""

from datetime import date
from decimal import Decimal

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import (
    ActiveBatchFactory,
    BatchFactory,
    CertificateFactory,
    ProductFactory,
    a_key,
    actor_of_kind,
    give,
)
from tests.trace.public.spoken import VIETNAMESE, Spoken, languages_of, texts_of
from tests.trace.public.states import ROOT, STATES, rendered, rendered_home, small_app
from trace.accounts.models import OrganisationKind
from trace.events import services_making
from trace.recalls import services
from trace.recalls.rules import RecallClass, RecallReason
from trace.recalls.services import Decision


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return small_app(tmp_path_factory.mktemp("translations"))


def texts_in_english(pattern: str) -> frozenset[str]:
    found = set()
    for part in (ROOT / "translations/vi").glob(pattern):
        with part.open("rb") as file:
            found |= {
                one.id for one in read_po(file) if isinstance(one.id, str) and one.id and one.id != one.string
            }
    return frozenset(found)


@pytest.fixture(scope="module")
def english() -> frozenset[str]:
    """Every text of the service that reads otherwise in Vietnamese."""
    return texts_in_english("*.po")


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    """Those the small application has in both."""
    return texts_in_english("public.po")


def wrongly_spoken(page: str, language: str, english: frozenset[str]) -> list[Spoken]:
    """The texts a screen reader would speak in the wrong language."""
    assert languages_of(page) <= {"vi", "en"}
    return [
        one
        for one in texts_of(page)
        if (VIETNAMESE.search(one.text) and one.language != "vi")
        or (language == "vi" and one.language == "vi" and one.text in english)
        or (language == "en" and one.language == "vi" and one.text in english and len(one.text.split()) > 1)
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_spoken_as_it_is_written(
    small: Flask, known: frozenset[str], state: str, language: str
) -> None:
    assert wrongly_spoken(rendered(small, STATES[state], language), language, known) == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_home_is_spoken_as_it_is_written(small: Flask, known: frozenset[str], language: str) -> None:
    assert wrongly_spoken(rendered_home(small, language), language, known) == []


@pytest.fixture
def paths(session: Session) -> dict[str, str]:
    """Every kind of public page, by name, of goods that are really there."""
    producer, officer = actor_of_kind(session), actor_of_kind(session, OrganisationKind.AUTHORITY)
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    shop.organisation.is_named_publicly = True
    product = ProductFactory.create(
        session=session, actor=producer, brand="Hương Quê", description="Hái lúc rạng đông."
    )
    CertificateFactory.create(session=session, actor=producer, product_id=product.id)
    told = ActiveBatchFactory.create(session=session, actor=producer, product=product)
    give(session, told, producer, shop)
    for _ in range(5):
        give(session, told, producer, actor_of_kind(session, OrganisationKind.KITCHEN), "1")
    recalled = ActiveBatchFactory.create(session=session, actor=producer, product=product)
    (part,) = services_making.split(session, producer, recalled.id, [Decimal(5)], key=a_key()).batches
    services.recall(
        session, officer, recalled.id, RecallClass.HEALTH, RecallReason.MICROBIAL,
        Decision("12/QĐ-VD", date(2026, 1, 2)), typed_lot_number=recalled.lot_number,
    )  # fmt: skip
    draft = BatchFactory.create(session=session, actor=producer)
    session.commit()
    return {
        "home": "/",
        "scanner": "/scan",
        "log": "/log/",
        "recalls": "/thu-hoi",
        "no recall": "/thu-hoi?q=xyz",
        "lot": f"/T/{told.code}",
        "recalled": f"/T/{recalled.code}",
        "part": f"/T/{part.code}",
        "draft": f"/T/{draft.code}",
        "unknown": "/T/ABCDEFGHJK",
        "slip": "/T/ABC",
        "form of a report": f"/T/{told.code}/phan-anh",
        "report, number": "/phan-anh",
        "hidden code": f"/T/{told.code}/hidden",
        "confirmation": "/xn/abc",
        "error": "/nothing.here",
    }


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_spoken_as_it_is_written(
    app: Flask, paths: dict[str, str], english: frozenset[str], language: str
) -> None:
    client: FlaskClient = app.test_client()
    prefix = "/en" if language == "en" else ""
    wrong = {
        name: found
        for name, path in paths.items()
        if (found := wrongly_spoken(client.get(prefix + path).get_data(as_text=True), language, english))
    }
    assert wrong == {}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_says_its_language(app: Flask, paths: dict[str, str], language: str) -> None:
    client: FlaskClient = app.test_client()
    for path in paths.values():
        page = client.get(("/en" if language == "en" else "") + path).get_data(as_text=True)
        assert f'<html lang="{language}">' in page, path
