import io
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pypdfium2 as pdfium
import pytest

from labels.designs import find_design
from labels.pdf import layouts_pdf
from labels.pdf_description import PageOptions
from labels.pdf_file import PdfFile
from labels.qr import printed_address
from labels.run_labels import RunLabels
from labels.run_pdf import RunPdf, make_groups
from labels.spec import A4_40, LabelContent, SheetSpec
from tests.labels.reading import a_label, page_raster, read_all_by_zxing
from trace.core.short_codes import ALPHABET, pretty

SITE = "https://check.hanoi.gov.vn"
CODES = tuple(f"7K3QX9ZPA{one}{other}DE" for one in ALPHABET for other in ALPHABET)
WIDE = "WWWWWWWWWWWWW"


def _labels(spec: SheetSpec = A4_40, sample: LabelContent | None = None) -> RunLabels:
    def content(code: str, number: int) -> LabelContent:
        return replace(
            sample or a_label(), code=code, number=str(number), address=printed_address(SITE, code)
        )

    return RunLabels(content, spec, 13, 1_000_000)


def _made(
    codes: Sequence[str], labels: RunLabels, options: PageOptions | None = None, start: int = 1
) -> bytes:
    pdf = RunPdf(labels, options or PageOptions(), start, len(codes))
    out = io.BytesIO()
    file = PdfFile(out)
    file.append(pdf.head)
    for group in make_groups(
        pdf, range(pdf.groups), lambda group: [(codes[at], at + 1) for at in pdf.labels_of(group)]
    ):
        file.append(group)
    pdf.finish(file)
    return out.getvalue()


def _spec(key: str) -> SheetSpec:
    design = find_design(key)
    assert design is not None
    return design.spec


def _text(pdf: bytes) -> str:
    return "".join(page.get_textpage().get_text_range() for page in pdfium.PdfDocument(pdf))


@pytest.mark.parametrize("dpi", [203, 300])
def test_every_symbol_of_a_sheet_is_read(dpi: int) -> None:
    found = read_all_by_zxing(page_raster(_made(CODES[:40], _labels()), dpi))
    assert sorted(found) == sorted(printed_address(SITE, code) for code in CODES[:40])


def test_the_text_that_can_be_selected_is_each_labels_own() -> None:
    lines = _text(_made(CODES[:40], _labels())).split("\r\n")
    assert lines.count(a_label().product_name) == 40
    assert [line for line in lines if line.isdigit()] == [str(number) for number in range(1, 41)]
    assert [line for line in lines if line.count("-") == 3] == [pretty(code) for code in CODES[:40]]
    assert f"Số lô {a_label().lot_number}" in lines


@pytest.mark.parametrize("key", ["a4-40", "roll-50x30", "round-30", "roll-35x22-3"])
def test_a_run_looks_as_its_labels_do_one_by_one(key: str) -> None:
    roll = replace(a_label(), lot_number="", dates=(), net_quantity="", ocop="", label_rules=())
    labels = _labels(_spec(key), roll)
    codes = [*CODES[:5], WIDE]
    one_by_one = layouts_pdf(
        [labels.lay_out(code, number) for number, code in enumerate(codes, start=1)], labels.spec
    )
    run = _made(codes, labels)
    for page in range(len(pdfium.PdfDocument(run))):
        mine, other = (_raster(pdf, page) for pdf in (run, one_by_one))
        assert np.abs(mine - other).max() <= 64  # edges of letters may be a shade apart
        assert np.abs(mine - other).mean() < 0.01


def _raster(pdf: bytes, page: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return np.asarray(pdfium.PdfDocument(pdf)[page].render(scale=3).to_pil().convert("L"), np.float64)


def test_groups_can_be_made_in_any_order() -> None:
    labels = _labels(_spec("roll-50x30"))
    codes = CODES[:150]
    pdf = RunPdf(labels, PageOptions(), 1, len(codes))
    assert pdf.groups == 3

    def group(at: int) -> bytes:
        return bytes(pdf.group(at, [(codes[one], one + 1) for one in pdf.labels_of(at)]).data)

    backwards = [group(at) for at in reversed(range(3))]
    assert [group(at) for at in range(3)] == backwards[::-1]


@pytest.mark.parametrize("start", [1, 7, 40])
def test_every_code_stands_in_the_file_once_and_in_order(start: int) -> None:
    codes = CODES[:950]
    numbers = re.findall(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]", _text(_made(codes, _labels(), start=start)))
    assert numbers == [pretty(code) for code in codes]


def test_the_last_row_comes_first_where_it_is_asked_for() -> None:
    spec = _spec("roll-35x22-2")
    roll = replace(a_label(), lot_number="", dates=(), net_quantity="", ocop="", label_rules=())
    codes = CODES[:301]
    run = _made(codes, _labels(spec, roll), PageOptions(is_last_first=True))
    document = pdfium.PdfDocument(run)
    assert len(document) == 151
    assert read_all_by_zxing(page_raster(run, 300)) == [printed_address(SITE, codes[300])]
    last = pdfium.PdfDocument(run)[150].get_textpage().get_text_range()
    assert pretty(codes[0]) in last
    assert pretty(codes[1]) in last


def test_backs_and_marks_are_on_every_page() -> None:
    options = PageOptions(has_marks=True, back_text="Bảo quản nơi khô ráo.")
    document = pdfium.PdfDocument(_made(CODES[:81], _labels(), options))
    assert len(document) == 6
    for page in (1, 3, 5):
        assert "Bảo quản nơi khô ráo." in document[page].get_textpage().get_text_range()


def test_a_label_of_a_long_run_takes_few_bytes() -> None:
    many, few = (len(_made(CODES[:count], _labels())) for count in (960, 40))
    assert (many - few) / 920 < 700
