"""Pictures of traces: what fits a phone, and what any lot may be called."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.recalls.drawing import WIDTH, draw, wrap
from trace.recalls.graph_events import Step
from trace.recalls.picture import Box, Line, Picture

NAMES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"], exclude_characters="\ufffe\uffff"), max_size=60
)


def test_long_names_are_wrapped_at_words_and_cut_with_a_sign() -> None:
    assert wrap("Rau muống nước ruộng xã Đông Anh", 12, 2) == ["Rau muống", "nước ruộng…"]
    assert wrap("Chè", 12) == ["Chè"]
    assert wrap("", 12) == []


@given(NAMES, st.integers(2, 30), st.integers(1, 4))
def test_no_line_is_longer_than_it_may_be(text: str, most: int, lines: int) -> None:
    wrapped = wrap(text, most, lines)
    assert len(wrapped) <= lines
    assert all(len(line) <= most for line in wrapped)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=6), min_size=1, max_size=4))
def test_every_box_lies_within_the_picture_and_whatever_it_is_called_it_is_xml(
    levels: list[list[str]],
) -> None:
    boxes = [
        [Box(f"{row} {place}", name, [name], "note") for place, name in enumerate(names)]
        for row, names in enumerate(levels)
    ]
    lines = [Line(boxes[0][0].key, boxes[-1][0].key, Step.SPLIT)] if len(boxes) > 1 else []
    drawn = ElementTree.fromstring(draw(Picture(boxes, lines), "title", "description"))  # noqa: S314 - our own
    _x, _y, width, height = map(float, drawn.get("viewBox", "").split())
    assert width == WIDTH
    for box in (element for element in drawn.iter() if element.tag == "rect"):
        left, top = float(box.get("x", 0)), float(box.get("y", 0))
        assert left >= 0
        assert left + float(box.get("width", 0)) <= width
        assert top + float(box.get("height", 0)) <= height


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><a href="//evil">', "a & b"])
def test_a_name_is_text_and_nothing_else(name: str) -> None:
    drawn = draw(Picture([[Box("one", name, [name], "note")]], []), name, name)
    assert "<script" not in drawn
    assert '//evil"' not in drawn
    assert {element.tag for element in ElementTree.fromstring(drawn).iter()} <= {  # noqa: S314 - our own
        "svg", "title", "desc", "defs", "marker", "path", "g", "rect", "text",
    }  # fmt: skip
