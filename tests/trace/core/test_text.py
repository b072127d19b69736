"""Text as people type it: folded for search, tidied, cleaned of what never belongs in a field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.core.text import fold, has_forbidden_character, tidy


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Bưởi Diễn", "buoi dien"),
        ("ĐÔNG ANH", "dong anh"),
        ("  Giò   lụa ", "gio lua"),
        ("mật\u00a0ong", "mat ong"),
        ("Rượu đế", "ruou de"),
    ],
)
def test_search_folds_case_accents_and_d(typed: str, folded: str) -> None:
    assert fold(typed) == folded


def test_composed_and_decomposed_letters_fold_alike() -> None:
    assert fold("bu\u031bo\u031b\u0309i") == fold("bưởi") == "buoi"


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_tidying_composes_and_trims() -> None:
    assert tidy("  Bu\u031bo\u031b\u0309i \n Diễn ") == "Bưởi Diễn"


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800", "\x7f"])
def test_controls_and_marks_that_reorder_are_found(bad: str) -> None:
    assert has_forbidden_character(f"Giò{bad}lụa")


@pytest.mark.parametrize("good", ["Bưởi Diễn 🍊", "dòng\nmới", "cột\tmột", "e\u0301"])
def test_what_people_write_is_let_through(good: str) -> None:
    assert not has_forbidden_character(good)
