"""Programs that did not make the labels: PDFium draws and reads text, zxing-cpp and OpenCV read the QRs."""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium
import zxingcpp

from labels.qr import printed_address, readable_site
from labels.spec import A4_40, DateLine, LabelContent, SheetSpec
from trace.core.short_codes import ALPHABET, check_character

MM_PER_POINT = 25.4 / 72
SITE = "https://check.hanoi.example.vn"


def code_number(number: int) -> str:
    """A well-formed batch code that is the same in every run."""
    body = "".join(Random(number).choices(ALPHABET, k=9))
    return body + check_character(body)


def a_label(number: int = 0, *, public_url: str = SITE, **changes: Any) -> LabelContent:
    """An ordinary label; ``changes`` replace its fields."""
    code = code_number(number)
    fields: dict[str, Any] = {
        "product_name": "Cải ngọt hữu cơ",
        "lot_number": f"CN-261121-{number:02}",
        "dates": (DateLine("NSX", date(2026, 11, 21)), DateLine("HSD", date(2026, 11, 24))),
        "code": code,
        "address": printed_address(public_url, code),
        "readable_site": readable_site(public_url),
        "producer_name": "HTX Rau hữu cơ Đông Cao",
        "commune": "xã Mê Linh",
        "is_demo": False,
    }
    return LabelContent(**(fields | changes))


def page_raster(pdf: bytes, dpi: float, page: int = 0) -> Any:
    """One page as an array of grey values, drawn by PDFium."""
    document = pdfium.PdfDocument(pdf)
    try:
        return (
            document[page]
            .render(scale=dpi / 72, grayscale=True)
            .to_numpy()
            .reshape(*_pixels(document[page], dpi))
        )
    finally:
        document.close()


def _pixels(page: Any, dpi: float) -> tuple[int, int]:
    width, height = page.get_size()
    return int(np.ceil(height * dpi / 72)), int(np.ceil(width * dpi / 72))


def label_crop(raster: Any, dpi: int, index: int, spec: SheetSpec = A4_40) -> Any:
    """The part of a page's raster that is label ``index``."""
    row, column = divmod(index, spec.columns)
    per_mm = dpi / 25.4
    top, left = row * spec.label_height_mm * per_mm, column * spec.label_width_mm * per_mm
    bottom, right = top + spec.label_height_mm * per_mm, left + spec.label_width_mm * per_mm
    return raster[round(top) : round(bottom), round(left) : round(right)]


def read_all_by_zxing(raster: Any) -> list[str]:
    """Every QR on a raster, by zxing-cpp."""
    return [found.text for found in zxingcpp.read_barcodes(raster)]


def read_by_opencv(raster: Any) -> str:
    """The one QR on a raster, by OpenCV's Aruco detector; empty when it finds none.

    The detector looks for finder patterns at few scales and misses a symbol that sits badly between them; a phone
    moves until it reads, this tries other borders and sizes.
    """
    detector = cv2.QRCodeDetectorAruco()
    for border, scale in ((20, 1.0), (0, 1.0), (40, 1.5), (20, 2.0), (60, 0.8)):
        sized = cv2.resize(
            np.ascontiguousarray(raster), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
        )
        padded = cv2.copyMakeBorder(sized, border, border, border, border, cv2.BORDER_CONSTANT, value=255)
        text, _, _ = detector.detectAndDecode(padded)
        if text:
            return str(text)
    return ""


@dataclass(frozen=True)
class Character:
    """One drawn character and its ink box in millimetres from the page's top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def characters(pdf: bytes, page: int = 0) -> list[Character]:
    """The ink box of every visible character of a page, as PDFium sees it."""
    document = pdfium.PdfDocument(pdf)
    text_page = document[page].get_textpage()
    height = document[page].get_height()
    found = []
    for index in range(text_page.count_chars()):
        text = text_page.get_text_range(index, 1)
        left, bottom, right, top = text_page.get_charbox(index)
        if text.strip():
            box = (left, height - top, right, height - bottom)
            found.append(Character(text, *(side * MM_PER_POINT for side in box)))
    document.close()
    return found


def label_text(pdf: bytes, index: int, page: int = 0, spec: SheetSpec = A4_40) -> str:
    """The text that a person selects on label ``index``, white space made single."""
    document = pdfium.PdfDocument(pdf)
    row, column = divmod(index, spec.columns)
    height = document[page].get_height()
    text = (
        document[page]
        .get_textpage()
        .get_text_bounded(
            left=column * spec.label_width_mm / MM_PER_POINT,
            right=(column + 1) * spec.label_width_mm / MM_PER_POINT,
            top=height - row * spec.label_height_mm / MM_PER_POINT,
            bottom=height - (row + 1) * spec.label_height_mm / MM_PER_POINT,
        )
    )
    document.close()
    return " ".join(text.split())
