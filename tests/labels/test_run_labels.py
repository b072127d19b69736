from collections.abc import Callable
from dataclasses import replace

import pytest

from labels.designs import DESIGNS
from labels.fonts import ink, width_mm
from labels.layout import lay_out
from labels.placed import LabelLayout, PlacedText
from labels.qr import printed_address
from labels.run_labels import RunLabels
from labels.spec import A4_40, LabelContent, SheetSpec
from tests.labels.reading import a_label
from trace.core.short_codes import pretty

SITE = "https://check.hanoi.gov.vn"
NARROW, WIDE = "JJJJJJJJJJJJJ", "WWWWWWWWWWWWW"
CODES = ("7K3QX9ZPABCDE", "QJQJQJQJQJQJQ", "2222222222222", NARROW, WIDE)
SPECS = {design.key: design.spec for design in DESIGNS}


def _contents(sample: LabelContent) -> Callable[[str, int], LabelContent]:
    def content(code: str, number: int) -> LabelContent:
        return replace(sample, code=code, number=str(number), address=printed_address(SITE, code))

    return content


def _of_roll() -> LabelContent:
    return replace(a_label(), lot_number="", dates=(), net_quantity="", ocop="", label_rules=())


def _run(spec: SheetSpec, sample: LabelContent | None = None) -> RunLabels:
    return RunLabels(_contents(sample or _of_roll()), spec, 13, 1_234_567)


def _boxes(layout: LabelLayout) -> list[tuple[PlacedText, float, float, float, float]]:
    boxes = []
    for text in layout.texts:
        above, below = (part * text.size_mm for part in ink(text.text, text.font))
        right = text.x_mm + width_mm(text.text, text.size_mm, text.font)
        boxes.append((text, text.x_mm, right, text.baseline_mm - above, text.baseline_mm + below))
    return boxes


@pytest.mark.parametrize("key", SPECS)
@pytest.mark.parametrize("code", CODES)
def test_no_code_touches_what_stands_beside_it(key: str, code: str) -> None:
    spec = SPECS[key]
    boxes = _boxes(_run(spec).lay_out(code, 1_000_000))
    for text, left, right, top, bottom in boxes:
        assert left >= -0.001
        assert right <= spec.content_width_mm + 0.001
        for other, other_left, other_right, other_top, other_bottom in boxes:
            is_apart = (
                right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top
            )
            assert text is other or is_apart, (text.text, other.text)


@pytest.mark.parametrize("key", SPECS)
def test_each_label_says_its_own_code_and_number(key: str) -> None:
    layout = _run(SPECS[key]).lay_out("7K3QX9ZPABCDE", 42)
    said = "".join(text.text for text in layout.texts)
    assert pretty("7K3QX9ZPABCDE") in said
    assert "42" in said
    assert layout.qr.address == printed_address(SITE, "7K3QX9ZPABCDE")


def test_labels_of_a_run_differ_in_nothing_else() -> None:
    labels = _run(A4_40, a_label())
    one, other = labels.lay_out("7K3QX9ZPABCDE", 7), labels.lay_out("EDCBAPZ9XQ3K7", 8)
    values = {pretty("7K3QX9ZPABCDE"), pretty("EDCBAPZ9XQ3K7"), "7", "8"}
    assert {text for text in one.texts if text.text not in values} == {
        text for text in other.texts if text.text not in values
    }
    assert {(text.x_mm, text.baseline_mm, text.size_mm) for text in one.texts} == {
        (text.x_mm, text.baseline_mm, text.size_mm) for text in other.texts
    }


def test_a_label_looks_as_it_would_by_itself() -> None:
    contents = _contents(a_label())
    alone = lay_out(contents("7K3QX9ZPABCDE", 1_234_567), A4_40)
    of_run = RunLabels(contents, A4_40, 13, 1_234_567).lay_out("7K3QX9ZPABCDE", 1_234_567)
    assert replace(of_run, texts=()) == replace(alone, texts=())
    assert set(of_run.texts) == set(alone.texts)


def test_a_code_too_wide_for_its_place_is_laid_out_by_itself() -> None:
    labels = _run(SPECS["round-30"])
    assert labels.texts(WIDE, 1) is None
    assert labels.lay_out(WIDE, 1) == lay_out(_contents(_of_roll())(WIDE, 1), labels.spec)


def test_the_serial_of_an_element_string_changes_with_the_code() -> None:
    def content(code: str, number: int) -> LabelContent:
        return replace(
            a_label(), code=code, address=printed_address(SITE, code), hri=f"(01)08935001800019(21){code}"
        )

    labels = RunLabels(content, SPECS["avery-l7165"], 13, 1)
    said = {text.text for text in labels.lay_out("7K3QX9ZPABCDE", 1).texts}
    assert "(01)08935001800019(21)7K3QX9ZPABCDE" in said
    assert labels.is_uniform
