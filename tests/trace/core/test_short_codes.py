"""Short codes: every single slip and every swap of neighbours is found, exhaustively."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.core.short_codes import (
    ALPHABET,
    BATCH_LENGTH,
    LENGTHS,
    SERIAL_LENGTH,
    check_character,
    is_well_formed,
    new_code,
    new_codes,
    new_words,
    normalise,
    pretty,
)


def _codes(length: int, count: int) -> list[str]:
    """Codes that hold every symbol at every place, and some at random."""
    rng = random.Random(length)
    step = [(ALPHABET * 2)[n : n + length - 1] for n in range(len(ALPHABET))]
    bodies = step + ["".join(rng.choices(ALPHABET, k=length - 1)) for _ in range(count)]
    return [body + check_character(body) for body in bodies]


@pytest.mark.parametrize("length", LENGTHS)
def test_every_single_slip_is_found(length: int) -> None:
    for code in _codes(length, 20):
        for place in range(length):
            for wrong in ALPHABET:
                if wrong != code[place]:
                    assert not is_well_formed(code[:place] + wrong + code[place + 1 :])


@pytest.mark.parametrize("length", LENGTHS)
def test_every_swap_of_neighbours_is_found_wherever_it_falls(length: int) -> None:
    # All pairs of symbols at all places: the rest of the code does not matter to the difference of the sums.
    body = list(new_code(length)[:-1])
    for place in range(length - 2):
        for one in ALPHABET:
            for other in ALPHABET:
                if one == other:
                    continue
                body[place], body[place + 1] = one, other
                check = check_character("".join(body))
                swapped = [*body[:place], other, one, *body[place + 2 :], check]
                assert not is_well_formed("".join(swapped))


@pytest.mark.parametrize("length", LENGTHS)
def test_a_check_character_swapped_with_its_neighbour_is_found(length: int) -> None:
    for code in _codes(length, 200):
        if code[-1] != code[-2]:
            assert not is_well_formed(code[:-2] + code[-1] + code[-2])


def test_new_codes_are_well_formed_and_of_their_length() -> None:
    for length in (BATCH_LENGTH, SERIAL_LENGTH):
        assert len(new_code(length)) == length
        assert is_well_formed(new_code(length))


def test_letters_that_look_alike_are_in_no_code() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 31
    assert not set("01OIL") & set(ALPHABET)


@given(st.sampled_from(LENGTHS).map(new_code), st.sampled_from(["", " ", "-", ".", " - ", "–"]))
def test_a_code_is_read_in_any_case_with_any_separators(code: str, between: str) -> None:
    typed = between.join([code[:4], code[4:8], code[8:]]).lower()
    assert normalise(typed) == code
    assert normalise(pretty(code)) == code


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_without_an_error(typed: str) -> None:
    assert isinstance(is_well_formed(normalise(typed)), bool)


def test_what_is_far_too_long_is_not_read() -> None:
    assert normalise("A" * 41) == ""


@pytest.mark.parametrize("code", ["", "7", "7K3QX9ZPA", "7K3QX9ZPABC", "0K3QX9ZPAB", "７K3Q"])
def test_other_lengths_and_letters_are_malformed(code: str) -> None:
    assert not is_well_formed(code)


def test_codes_are_printed_in_fours() -> None:
    assert pretty("7K3QX9ZPAB") == "7K3Q-X9ZP-AB"


def test_many_codes_are_as_well_formed_as_one_and_use_every_symbol_alike() -> None:
    codes = new_codes(20_000)
    assert len(codes) == len(set(codes)) == 20_000
    assert all(len(code) == SERIAL_LENGTH and is_well_formed(code) for code in codes)
    counts = Counter("".join(code[:-1] for code in codes))
    usual = 20_000 * (SERIAL_LENGTH - 1) / len(ALPHABET)
    assert set(counts) == set(ALPHABET)
    assert all(abs(count - usual) < usual / 10 for count in counts.values())


def test_words_have_the_asked_length_and_number() -> None:
    words = list(new_words(7, 8))
    assert [len(word) for word in words] == [8] * 7
    assert set("".join(words)) <= set(ALPHABET)
