"""ZPL and TSPL: jobs are read back by printers built from the manuals, and the pages they print are read and compared."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
import zxingcpp

from labels.bitmaps import DotPage, dot_pages
from labels.printer_symbols import certain_correction
from labels.qr import QrSymbol, qr_matrix
from labels.spec import LabelContent, SheetSpec
from labels.tspl import tspl
from labels.zpl import zpl
from tests.labels.dots import DPIS, as_array, roll, two_across
from tests.labels.printers import NotInTheGrammar, PrintedPage, tspl_pages, zpl_pages
from tests.labels.reading import a_label, read_all_by_zxing, read_by_opencv

SHORT = "https://check.hanoi.vn"  # in bytes no larger than with changing modes: the printer's own QR
LONG = "https://check.hanoi.example.vn"  # one character too long for that


@dataclass(frozen=True)
class Language:
    """How a job is written, and how the printer built from the manual reads it."""

    write: Callable[[list[DotPage], SheetSpec, bool], bytes]
    read: Callable[[bytes, int], list[PrintedPage]]


LANGUAGES = {
    "zpl": Language(
        lambda pages, spec, turned: b"".join(zpl(pages, is_turned=turned)),
        lambda job, dpi: zpl_pages(job),
    ),
    "tspl": Language(lambda pages, spec, turned: b"".join(tspl(pages, spec, is_turned=turned)), tspl_pages),
}


@pytest.fixture(params=LANGUAGES, ids=str)
def language(request: pytest.FixtureRequest) -> Language:
    return LANGUAGES[request.param]


def _printed(
    language: Language, labels: list[LabelContent], spec: SheetSpec, start: int = 1
) -> tuple[list[DotPage], list[PrintedPage]]:
    pages = list(dot_pages(labels, spec, start=start))
    return pages, language.read(language.write(pages, spec, False), spec.dpi)


@pytest.mark.parametrize("dpi", DPIS)
@pytest.mark.parametrize("site", [SHORT, LONG])
def test_what_is_printed_leads_to_the_labels_page(language: Language, dpi: int, site: str) -> None:
    labels = [a_label(number, public_url=site) for number in range(3)]
    _, printed = _printed(language, labels, roll(dpi))
    assert [read_all_by_zxing(page.grey) for page in printed] == [[label.address] for label in labels]
    assert [read_by_opencv(page.grey) for page in printed] == [label.address for label in labels]


@pytest.mark.parametrize("dpi", DPIS)
def test_every_dot_but_the_printers_own_qr_is_ours(language: Language, dpi: int) -> None:
    label = a_label(public_url=SHORT, is_demo=True, product_name="BƯỞI DIỄN ĐẶC SẢN ẨM THỰC phở")
    ((ours,), (theirs,)) = _printed(language, [label], roll(dpi))
    placed = ours.symbols[0]
    side = placed.symbol.modules * placed.module
    symbol = np.s_[placed.y : placed.y + side, placed.x : placed.x + side]
    whole = as_array(ours.picture()) == 0
    # The printer may choose another mask; the finder patterns are where we put them, to the dot.
    finder = 7 * placed.module
    for corner in (np.s_[:finder, :finder], np.s_[-finder:, :finder], np.s_[:finder, -finder:]):
        assert np.array_equal(theirs.dark[symbol][corner], whole[symbol][corner])
    whole[symbol] = theirs.dark[symbol] = False
    assert np.array_equal(theirs.dark, whole)


def test_qr_goes_by_the_printers_command_where_its_size_is_certain(language: Language) -> None:
    label = a_label(public_url=SHORT)
    _, (page,) = _printed(language, [label], roll())
    assert page.commanded == [label.address]


def test_qr_goes_as_dots_where_firmware_could_make_it_larger(language: Language) -> None:
    ((ours,), (theirs,)) = _printed(language, [a_label(public_url=LONG)], roll())
    assert theirs.commanded == []
    assert np.array_equal(theirs.dark, as_array(ours.picture()) == 0)


@pytest.mark.parametrize("sign", ["^", "~", '"', "\\", "!"])
def test_qr_with_a_sign_of_the_languages_goes_as_dots(language: Language, sign: str) -> None:
    address = f"https://a.vn/{sign}"
    label = a_label(address=address)
    _, (page,) = _printed(language, [label], roll())
    assert page.commanded == []
    assert read_all_by_zxing(page.grey) == [address]


def _with_symbol(symbol: QrSymbol) -> DotPage:
    (page,) = dot_pages([a_label(public_url=SHORT)], roll())
    return replace(page, symbols=(replace(page.symbols[0], symbol=symbol, module=3),))


def test_qr_with_a_mark_goes_as_dots(language: Language) -> None:
    symbol = qr_matrix("https://a.vn/small", "H", has_mark=True)
    (page,) = language.read(language.write([_with_symbol(symbol)], roll(), False), 203)
    assert page.commanded == []
    assert read_all_by_zxing(page.grey) == [symbol.address]


@pytest.mark.parametrize("correction", ["L", "M", "Q", "H"])
def test_the_printers_qr_has_the_chosen_correction(language: Language, correction: str) -> None:
    # As long as the least version at this correction holds in bytes: then it holds no higher correction.
    length = {"L": 17, "M": 42, "Q": 32, "H": 44}[correction]
    symbol = qr_matrix("https://a.vn/".ljust(length, "s"), correction)
    (page,) = language.read(language.write([_with_symbol(symbol)], roll(), False), 203)
    (found,) = zxingcpp.read_barcodes(page.grey)
    assert (page.commanded, found.ec_level) == ([symbol.address], correction)


def test_certain_symbols_are_those_that_bytes_and_changing_modes_make_as_large() -> None:
    certain = 0
    for length in range(1, 40):
        address = "https://" + "A" * length
        (page,) = dot_pages([a_label(address=address)], roll())
        (placed,) = page.symbols
        level = certain_correction(placed)
        if level is None:
            continue
        certain += 1
        # zxing-cpp writes bytes as bytes, and changes modes as well as can be where it may.
        for text in ("a" * len(address), address):
            made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=str(level))
            side = np.array(made.to_image(scale=1, add_quiet_zones=False)).shape[0]
            assert side == placed.symbol.modules, length
    assert certain > 5


def test_copies_are_counted_by_the_printer(language: Language) -> None:
    _, printed = _printed(language, [a_label()] * 120, roll())
    assert [page.copies for page in printed] == [120]


def test_labels_across_are_printed_side_by_side(language: Language) -> None:
    labels = [a_label(number, public_url=SHORT) for number in range(3)]
    _, printed = _printed(language, labels, two_across(), start=2)
    assert [sorted(read_all_by_zxing(page.grey)) for page in printed] == [
        [labels[0].address],
        sorted(label.address for label in labels[1:]),
    ]


def test_a_turned_printer_gets_the_same_dots_and_turns_them() -> None:
    spec = roll()
    pages = list(dot_pages([a_label(public_url=LONG)], spec))
    (still,), (turned,) = (zpl_pages(LANGUAGES["zpl"].write(pages, spec, way)) for way in (False, True))
    assert np.array_equal(still.dark, turned.dark[::-1, ::-1])
    assert b"DIRECTION 1\r\n" in LANGUAGES["tspl"].write(pages, spec, False)
    assert b"DIRECTION 0\r\n" in LANGUAGES["tspl"].write(pages, spec, True)


def test_tspl_says_the_papers_size_and_gap_first() -> None:
    spec = roll()
    job = b"".join(tspl(dot_pages([a_label()], spec), spec, gap_mm=2.5))
    assert job.startswith(
        b"SIZE 50 mm,30 mm\r\nGAP 2.5 mm,0 mm\r\nDIRECTION 1\r\nREFERENCE 0,0\r\nCLS\r\nBITMAP "
    )
    assert job.endswith(b"PRINT 1,1\r\n")


def test_zpl_is_plain_ascii_from_start_to_end() -> None:
    job = b"".join(zpl(dot_pages([a_label(0), a_label(1)], roll())))
    assert job.decode("ascii").count("^XA\n") == job.count(b"^XZ\n") == 2


def test_the_reading_printer_refuses_what_the_manual_does_not_know() -> None:
    spec = roll()
    job = b"".join(tspl(dot_pages([a_label(public_url=SHORT)], spec), spec))
    for good, bad in (
        (b",M2,S7,", b",M3,S7,"),
        (b"PRINT 1,1", b"PRINT 0,1"),
        (b",0,", b",9,"),
        (b"\r\n", b"\n"),
    ):
        with pytest.raises(NotInTheGrammar):
            tspl_pages(job.replace(good, bad, 1), 203)
    with pytest.raises(NotInTheGrammar):
        zpl_pages(b"^XA^A0N,30,30^FDText^FS^XZ")
