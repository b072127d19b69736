"""What is chosen on the page of labels is printed by a label printer as its PDF has it: dot by dot, or refused."""

from typing import Any
from uuid import UUID

import numpy as np
import pypdfium2 as pdfium
import pytest
import zxingcpp

from tests.labels.dots import lies_near
from tests.labels.printers import PrintedPage, tspl_pages, zpl_pages
from tests.labels.reading import page_raster
from tests.producers.workspace import Workspace, visible

GTIN = "08935001800019"
CHOICES = {
    "nothing": "",
    "GS1 address": "form=gs1",
    "correction H and a mark": "ec=H&mark=true",
    "correction L": "ec=L",
    "EAN-13": "ean=true",
    "text of one's own": "text=Bảo+quản+lạnh,+rửa+sạch+trước+khi+dùng.",
    "small pack": "small=true&text=Bảo+quản+lạnh.",
    "dots a module": "dots=5",
    "all of them": "form=gs1&ec=H&mark=true&ean=true&small=true&text=Rửa+sạch.&dots=6",
}


@pytest.fixture
def batch_id(workspace: Workspace) -> UUID:
    """An activated batch of a product with a GTIN."""
    made = workspace.add_batch(workspace.add_product(gtin=GTIN), lot_number="221126-1")
    assert workspace.activate(made).status_code == 303
    return made


def _printer(workspace: Workspace, language: str, **changed: Any) -> str:
    form = {"name": language, "language": language, "dpi": "203", "design": "roll-100x150", "gap": "2"}
    answer = workspace.send("/labels/printers/new", **(form | {"offset_x": "0", "offset_y": "0"} | changed))
    assert answer.status_code == 303, visible(answer)
    return str(answer.headers["Location"]).partition("#")[0]


def _pages(workspace: Workspace, path: str, language: str, dpi: int) -> list[PrintedPage]:
    answer = workspace.client.get(path)
    assert answer.status_code == 200, visible(answer)
    return tspl_pages(answer.data, dpi) if language == "tspl" else zpl_pages(answer.data)


def _codes(raster: Any) -> set[tuple[str, str]]:
    """Every code that is read, with its kind."""
    return {(str(one.format), one.text) for one in zxingcpp.read_barcodes(raster)}


@pytest.mark.parametrize("language", ["tspl", "zpl"])
@pytest.mark.parametrize("name", CHOICES)
def test_the_same_choices_give_the_dots_of_the_pdf(
    workspace: Workspace, batch_id: UUID, language: str, name: str
) -> None:
    chosen = CHOICES[name]
    printer = _printer(workspace, language)
    (printed,) = _pages(workspace, f"{printer}/batches/{batch_id}/labels?{chosen}&count=1", language, 203)
    pdf = workspace.client.get(f"/labels/{batch_id}/sheet.pdf?{chosen}&size=roll-100x150&dpi=203&count=1")
    drawn = page_raster(pdf.data, 203)[: printed.dark.shape[0], : printed.dark.shape[1]]
    assert _codes(printed.grey) == _codes(drawn)
    ours = printed.dark.copy()
    for code in zxingcpp.read_barcodes(drawn):
        # A printer that draws the QR itself may choose another mask; what it reads is compared above.
        if code.format == zxingcpp.BarcodeFormat.QRCode and printed.commanded:
            corners = code.position
            top, left = corners.top_left.y - 8, corners.top_left.x - 8
            here = np.s_[top : corners.bottom_left.y + 9, left : corners.top_right.x + 9]
            ours[here], drawn[here] = False, 255
    assert lies_near(ours, drawn < 160, 2)
    assert lies_near(drawn < 60, ours, 2)


@pytest.mark.parametrize(("chosen", "format_", "text"), [
    ("form=gs1", "QR Code", f"http://LOCALHOST/01/{GTIN}/10/221126-1"),
    ("ean=true", "EAN-13", GTIN[1:]),
])  # fmt: skip
def test_what_is_read_is_what_was_chosen(
    workspace: Workspace, batch_id: UUID, chosen: str, format_: str, text: str
) -> None:
    path = f"{_printer(workspace, 'tspl')}/batches/{batch_id}/labels?{chosen}&count=1"
    (printed,) = _pages(workspace, path, "tspl", 203)
    assert (format_, text) in _codes(printed.grey)


def test_copies_and_the_start_in_a_row_are_those_asked_for(workspace: Workspace, batch_id: UUID) -> None:
    printer = _printer(workspace, "zpl", design="roll-35x22-2")
    path = f"{printer}/batches/{batch_id}/labels?count=6&start=2"
    first, whole, last = _pages(workspace, path, "zpl", 203)
    assert (first.copies, whole.copies, last.copies) == (1, 2, 1)
    half = first.dark.shape[1] // 2
    assert not first.dark[:, :half].any()
    assert not last.dark[:, half:].any()
    turned = _pages(workspace, f"{path}&last_first=true", "zpl", 203)
    assert [page.copies for page in turned] == [1, 2, 1]
    assert np.array_equal(turned[0].dark, last.dark)


def test_dots_a_module_keep_their_size_on_a_finer_head(workspace: Workspace, batch_id: UUID) -> None:
    printer = _printer(workspace, "tspl", dpi="300")
    path = f"{printer}/batches/{batch_id}/labels?count=1&dots=4&dpi=203"
    (printed,) = _pages(workspace, path, "tspl", 300)
    (code,) = zxingcpp.read_barcodes(printed.grey)
    side = code.position.top_right.x - code.position.top_left.x
    assert side % 6 == 0  # 4 dots of 203 dpi are 6 of 300


def test_a_start_on_other_paper_than_the_printers_is_not_taken_along(
    workspace: Workspace, batch_id: UUID
) -> None:
    _printer(workspace, "tspl", design="roll-35x22-2")
    answer = workspace.client.get(f"/labels/printers/for/{batch_id}?size=a4-40&start=17&count=5")
    assert answer.headers["Location"].endswith("?count=5")
    answer = workspace.client.get(f"/labels/printers/for/{batch_id}?size=roll-35x22-2&start=2&count=5")
    assert answer.headers["Location"].endswith("?count=5&start=2")


@pytest.mark.parametrize("chosen", ["back=true&text=Rửa+sạch.", "marks=true"])
def test_what_a_label_printer_cannot_do_is_refused_and_not_dropped(
    workspace: Workspace, batch_id: UUID, chosen: str
) -> None:
    printer = _printer(workspace, "tspl")
    for path in (f"{printer}/batches/{batch_id}", f"{printer}/batches/{batch_id}/labels"):
        answer = workspace.client.get(f"{path}?{chosen}&count=1")
        assert answer.status_code == 422
        assert "chỉ in một mặt" in visible(answer)


def test_a_page_printer_prints_backs_and_marks_as_the_page_of_labels_does(
    workspace: Workspace, batch_id: UUID
) -> None:
    printer = _printer(workspace, "pdf", design="a4-40")
    chosen = "back=true&text=Rửa+sạch+trước+khi+dùng.&flip=short-edge&marks=true&count=3&start=2"
    ours = workspace.client.get(f"{printer}/batches/{batch_id}/labels?{chosen}").data
    theirs = workspace.client.get(f"/labels/{batch_id}/sheet.pdf?{chosen}&size=a4-40").data
    assert len(pdfium.PdfDocument(ours)) == 2
    for page in range(2):
        assert np.array_equal(page_raster(ours, 203, page), page_raster(theirs, 203, page))
