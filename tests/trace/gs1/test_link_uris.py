"""Digital Link addresses: the tables of the standard, and what they leave out."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.gs1.standards import need
from trace.gs1.keys import CHARACTER_SET_82
from trace.gs1.link_uris import (
    QUALIFIERS,
    Fault,
    MalformedLink,
    build_link,
    decode_path,
    decode_query,
    encode_path,
    encode_query,
    is_lawful_order,
    looks_compressed,
    parse_link,
)

GTIN = "08935001725220"
TABLES = ("dl_parse", "dl_generate", "dl_percent_encoding", "dl_path_ai_sequences")


def table(name: str) -> Any:
    return json.loads((need("digital-link") / f"{name}.json").read_text(encoding="utf-8"))


def test_addresses_of_the_standard_are_taken_or_refused_as_it_says() -> None:
    wrong = []
    for case in table("dl_parse")["cases"]:
        flags = case.get("flags", {})
        if flags.get("permitUnknownAIs"):
            continue  # an option of that parser; identifiers nobody defined are never taken here
        try:
            link = parse_link(
                case["uri"],
                short_gtins=flags.get("permitZeroSuppressedGTIN", False),
                short_names=flags.get("permitConvenienceAlphas", False),
            )
        except MalformedLink:
            got = None
        else:
            got = link.element_string
        if got != (case["bracketless"] if case["ok"] else None):
            wrong.append((case["uri"], got))
    assert wrong == []


def test_addresses_are_written_as_the_standard_does() -> None:
    wrong = []
    for case in table("dl_generate")["cases"]:
        elements = re.findall(r"\((\d{2,4})\)([^(]*)", case["ai"])
        try:
            made = build_link(elements, case["stem"] or "https://id.gs1.org")
        except MalformedLink:
            made = ""
        if made != case["uri"]:
            wrong.append((case["ai"], made))
    assert wrong == []


def test_percent_coding_is_that_of_the_standard() -> None:
    cases = table("dl_percent_encoding")
    for case in cases["unescape"]:
        assert (decode_path(case["in"]), decode_query(case["in"])) == (case["path"], case["query"])
    for case in cases["escape"]:
        assert (encode_path(case["in"]), encode_query(case["in"])) == (case["path"], case["query"])


def test_the_sequences_of_the_standard_are_lawful_and_no_others() -> None:
    lawful = {tuple(names) for names in table("dl_path_ai_sequences")["valid"]}
    for names in lawful:
        assert names[0] in QUALIFIERS
        assert is_lawful_order(names[0], names[1:])
    qualifiers = {ai for rows in QUALIFIERS.values() for row in rows for ai in row}
    for key in QUALIFIERS:
        for first in qualifiers:
            assert is_lawful_order(key, [first]) == ((key, first) in lawful)
            for second in qualifiers - {first}:
                assert is_lawful_order(key, [first, second]) == ((key, first, second) in lawful)


@pytest.mark.parametrize(
    ("rest", "fault"),
    [
        (f"/01/{GTIN}/21/S/10/L", Fault.QUALIFIERS),
        (f"/01/{GTIN}/foo", Fault.QUALIFIERS),
        (f"/01/{GTIN}/10/L/foo", Fault.QUALIFIERS),
        (f"/01/{GTIN}/254/X", Fault.QUALIFIERS),
        (f"/01/{GTIN}/10/" + "L" * 21, Fault.QUALIFIERS),
        (f"/01/{GTIN}/10/L%C3%B4", Fault.QUALIFIERS),
        (f"/01/{GTIN}/10/a%20b", Fault.QUALIFIERS),
        ("/01/08935001725221", Fault.CHECK_DIGIT),
        ("/01/0893500172522", Fault.CHECK_DIGIT),
        ("/01/12345", Fault.KEY),
        ("/01/x", Fault.KEY),
        ("/01", Fault.NO_KEY),
        ("/01/", Fault.NO_KEY),
        (f"/01/{GTIN}?17=abc", Fault.ATTRIBUTE),
        (f"/01/{GTIN}?10=L", Fault.ATTRIBUTE),
        (f"/01/{GTIN}?89=L", Fault.ATTRIBUTE),
        (f"/01/{GTIN}?17=261122&17=261122", Fault.ATTRIBUTE),
        (f"/01/{GTIN}?x=<", Fault.CHARACTER),
        (f"/01/{GTIN}/DBUMgkX4tNHD", Fault.COMPRESSED),
        (f"/01/{GTIN}?x=" + "a" * 2000, Fault.TOO_LONG),
    ],
)
def test_what_is_wrong_is_named(rest: str, fault: Fault) -> None:
    with pytest.raises(MalformedLink) as refused:
        parse_link("https://example.com" + rest, short_gtins=True, check_digits=True)
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("in_words", "in_numbers"),
    [
        (f"/gtin/{GTIN}/cpv/V/lot/L/ser/S", f"/01/{GTIN}/22/V/10/L/21/S"),
        ("/gln/8935001725220/glnx/E", "/414/8935001725220/254/E"),
        ("/gsrn/893500172522000018/srin/7", "/8018/893500172522000018/8019/7"),
        ("/cpid/8935001AB/cpsn/12", "/8010/8935001AB/8011/12"),
    ],
)
def test_words_of_early_releases_are_the_numbers_they_stood_for(in_words: str, in_numbers: str) -> None:
    read = parse_link("https://a" + in_words, short_names=True)
    assert read == parse_link("https://a" + in_numbers)
    with pytest.raises(MalformedLink):
        parse_link("https://a" + in_words)


@pytest.mark.parametrize("ai", ["410", "411", "412", "413", "415", "416"])
def test_the_check_digit_of_a_place_in_the_query_is_held_to(ai: str) -> None:
    assert parse_link(f"https://a/01/{GTIN}?{ai}=8935001725220", check_digits=True)
    with pytest.raises(MalformedLink):
        parse_link(f"https://a/01/{GTIN}?{ai}=8935001725221", check_digits=True)


@pytest.mark.parametrize("gtin", ["00000096385074", "96385074"])
def test_a_gtin_of_any_length_is_fourteen_digits(gtin: str) -> None:
    assert parse_link(f"https://a/01/{gtin}", short_gtins=True, check_digits=True).key == "00000096385074"


def test_a_semicolon_parts_attributes_as_an_ampersand_does() -> None:
    read = parse_link(f"https://a/01/{GTIN}?17=261122;3103=000195&99=A%3BB")
    assert read.attributes == (("17", "261122"), ("3103", "000195"), ("99", "A;B"))


def test_a_day_that_is_none_does_not_hide_the_goods() -> None:
    assert parse_link(f"https://a/01/{GTIN}?17=260230", check_digits=True).key == GTIN


def test_a_slash_at_the_end_changes_nothing() -> None:
    assert parse_link(f"https://a/01/{GTIN}/10/L/") == parse_link(f"https://a/01/{GTIN}/10/L")


def test_names_that_are_no_identifiers_are_left_to_others() -> None:
    link = parse_link(f"https://a/01/{GTIN}?utm_source=x&linkType=gs1:pip&17=261122&=&y")
    assert link.attributes == (("17", "261122"),)


@pytest.mark.parametrize("segment", ["ARHKVAdpQg", "AQnYUc1gmiERBhQ", "DBUMgkX4tNHD"])
def test_a_compressed_address_is_told_from_a_word(segment: str) -> None:
    assert looks_compressed(segment)


@pytest.mark.parametrize(
    "word", ["foo", "thu-hoi", "wp-login", "apple-touch-icon", "mot-trang-khong-co", "ARHK!AdpQg"]
)
def test_words_are_not_taken_for_compressed_addresses(word: str) -> None:
    assert not looks_compressed(word)


@given(
    lot=st.text(alphabet=sorted(CHARACTER_SET_82), min_size=1, max_size=20),
    serial=st.text(alphabet=sorted(CHARACTER_SET_82), min_size=1, max_size=20),
    note=st.text(alphabet=sorted(CHARACTER_SET_82), min_size=1, max_size=90),
)
def test_what_is_written_reads_the_same(lot: str, serial: str, note: str) -> None:
    link = parse_link(
        build_link([("01", GTIN), ("10", lot), ("21", serial), ("99", note)], "https://a.example")
    )
    assert link.qualifiers == (("10", lot), ("21", serial))
    assert link.attributes == (("99", note),)


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    for uri in (text, "https://a/01/" + text, f"https://a/01/{GTIN}?" + text):
        try:
            parse_link(uri, short_gtins=True, short_names=True, check_digits=True)
        except MalformedLink:
            continue
