"""Pages in pieces: whatever is put between them, the answer is a gzip stream of exactly that text."""

import gzip

from hypothesis import given
from hypothesis import strategies as st

from trace.kept.pieces import cut, fill_gzip, fill_plain, pack, put_in, squeeze, unpack

MARKS = {"@one@": "one", "@two@": "two"}
TEXT = st.text(st.characters(exclude_characters="@", codec="utf-8"), max_size=400)
PARTS = st.lists(st.tuples(TEXT, st.sampled_from(sorted(MARKS))), max_size=6)


def with_values(text: str, values: dict[str, str]) -> str:
    for mark, name in MARKS.items():
        text = text.replace(mark, values[name])
    return text


@given(PARTS, TEXT, TEXT, TEXT)
def test_what_is_filled_reads_as_the_text_with_its_values(
    parts: list[tuple[str, str]], end: str, one: str, two: str
) -> None:
    text = "".join(before + mark for before, mark in parts) + end
    page = unpack(pack(cut(text, MARKS)))
    values = {"one": one, "two": two}
    filled = {name: value.encode() for name, value in values.items()}
    assert gzip.decompress(fill_gzip(page, filled)).decode() == with_values(text, values)
    assert fill_plain(page, filled).decode() == with_values(text, values)


def test_a_page_without_gaps_is_one_piece() -> None:
    page = cut("the same for everybody", {})
    assert page.gaps == ()
    assert gzip.decompress(fill_gzip(page, {})) == b"the same for everybody"


def test_a_value_longer_than_a_stored_block_goes_into_several() -> None:
    page = cut("before @one@ after", {"@one@": "one"})
    long = b"0123456789" * 20_000
    assert gzip.decompress(fill_gzip(page, {"one": long})) == b"before " + long + b" after"


def test_a_mark_that_occurs_twice_is_filled_twice() -> None:
    page = cut("@one@ and @one@", MARKS)
    assert gzip.decompress(fill_gzip(page, {"one": b"x"})) == b"x and x"


@given(PARTS, TEXT, TEXT, TEXT)
def test_what_pages_share_is_put_in_once_and_read_like_any_value(
    parts: list[tuple[str, str]], end: str, one: str, two: str
) -> None:
    text = "".join(before + mark for before, mark in parts) + end
    page = put_in(cut(text, MARKS), "two", squeeze(two))
    assert "two" not in page.gaps
    assert gzip.decompress(fill_gzip(page, {"one": one.encode()})).decode() == with_values(
        text, {"one": one, "two": two}
    )


def test_what_is_shared_weighs_nothing_on_a_page() -> None:
    page = cut("before @one@ after", MARKS)
    assert put_in(page, "one", squeeze("long " * 1000)).weight == page.weight
