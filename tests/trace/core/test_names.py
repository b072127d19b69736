"""Names stand on labels: only what the label's typeface draws."""

import marshmallow as ma
import pytest

from labels.fonts import missing_characters
from trace.core.errors import BadInput
from trace.core.fields import Name, load
from trace.core.text import is_printable


class _Schema(ma.Schema):
    name = Name(required=True)


def test_the_typeface_draws_every_character_a_name_may_have() -> None:
    allowed = "".join(chr(code) for code in range(0x20, 0x3000) if is_printable(chr(code)))
    assert missing_characters(allowed) == []


def test_every_vietnamese_letter_is_allowed() -> None:
    letters = "aăâeêioôơuưyđbcdghklmnpqrstvxfjwz"
    marked = "àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
    assert all(is_printable(c) and is_printable(c.upper()) for c in letters + marked)


@pytest.mark.parametrize("name", ["Bưởi 🍊", "تفاح", "Bưởi <b>", "橙", "Táo\u202e", "a\x00b"])
def test_names_that_no_label_can_carry_are_refused(name: str) -> None:
    with pytest.raises(BadInput) as refusal:
        load(_Schema(), {"name": name})
    assert "name" in refusal.value.errors


def test_letters_typed_in_parts_are_joined() -> None:
    assert load(_Schema(), {"name": "  Bưởi   Diễn "}) == {"name": "Bưởi Diễn"}
