import pytest

from labels.fonts import FOLDER, REGULAR, SEMIBOLD, ink, missing_characters, size_for_x_height, width_mm

VIETNAMESE = "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"


def test_typeface_has_every_vietnamese_letter() -> None:
    assert missing_characters(VIETNAMESE + VIETNAMESE.upper()) == []


def test_typeface_has_every_character_of_lot_numbers() -> None:
    # GS1 General Specifications, figure 7.11-1.
    signs = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    assert missing_characters(signs) == []


@pytest.mark.parametrize("weight", [400, 600])
def test_page_fonts_weigh_less_than_25_kb(weight: int) -> None:
    assert (FOLDER / f"be-vietnam-pro-{weight}.woff2").stat().st_size < 25_000


def test_licence_stands_beside_the_fonts() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FOLDER / "OFL.txt").read_text(encoding="utf-8")


def test_ink_of_stacked_marks_is_measured() -> None:
    assert ink("Ẳ", SEMIBOLD)[0] == pytest.approx(1.215)
    assert ink("x", REGULAR) == pytest.approx((0.530, 0.0), abs=0.001)
    assert ink(" ", REGULAR) == (0.0, 0.0)


def test_widths_grow_with_the_size() -> None:
    assert width_mm("Cải ngọt", 4.0, REGULAR) == pytest.approx(2 * width_mm("Cải ngọt", 2.0, REGULAR))
    assert size_for_x_height(1.2) == pytest.approx(2.264, abs=0.001)
