from decimal import Decimal
from enum import StrEnum

import pytest

from trace.gs1 import vocabulary
from trace.gs1.vocabulary import BizStep, BizTransactionType, Disposition, ErrorReason, SourceDestType


@pytest.mark.parametrize("kind", [BizStep, Disposition, BizTransactionType, SourceDestType, ErrorReason])
def test_every_term_is_found_again_in_every_form(kind: type[StrEnum]) -> None:
    for term in kind:
        uri = vocabulary.uri_of(term)
        assert uri.startswith("https://ref.gs1.org/cbv/")
        assert vocabulary.find_term(kind, uri) is term
        assert vocabulary.find_term(kind, uri.replace("https://ref.gs1.org/cbv/", "cbv:")) is term
        assert vocabulary.find_term(kind, term.value) is term


def test_the_older_urn_names_the_same_term() -> None:
    assert vocabulary.find_term(BizStep, "urn:epcglobal:cbv:bizstep:shipping") is BizStep.SHIPPING


@pytest.mark.parametrize(
    "text", ["", "harvesting", "transforming", "cbv:Disp-shipping", "Shipping", "cbv:BizStep-"]
)
def test_a_word_the_standard_lacks_is_no_term(text: str) -> None:
    assert vocabulary.find_term(BizStep, text) is None


def test_the_vocabulary_is_complete() -> None:
    assert (len(BizStep), len(Disposition)) == (41, 33)
    assert len(vocabulary.MEASUREMENT_TYPES) == 72


def test_quantities_convert_exactly() -> None:
    assert vocabulary.convert(Decimal("1.5"), "TNE", "KGM") == Decimal(1500)
    assert vocabulary.convert(Decimal(250), "GRM", "KGM") == Decimal("0.25")
    assert vocabulary.convert(Decimal(330), "MLT", "LTR") == Decimal("0.33")
    assert vocabulary.convert(Decimal(12), None, None) == 12


@pytest.mark.parametrize(("one", "other"), [("KGM", "LTR"), ("KGM", None), (None, "KGM"), ("KGM", "XXX")])
def test_what_cannot_be_compared_is_not_converted(one: str | None, other: str | None) -> None:
    assert not vocabulary.are_comparable(one, other)
    with pytest.raises(ValueError, match="cannot be converted"):
        vocabulary.convert(Decimal(1), one, other)
