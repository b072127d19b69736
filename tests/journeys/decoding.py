"""Reading what was printed with programs that did not make it: PDFium draws, zxing-cpp and OpenCV decode."""

import cv2
import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def rasterise(pdf: bytes, dpi: int) -> list[Picture]:
    """Every page of a PDF as a grey picture, by PDFium."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [
            np.asarray(page.render(scale=dpi / 72, grayscale=True).to_numpy()).squeeze() for page in document
        ]
    finally:
        document.close()


def decode_by_zxing(page: Picture) -> list[str]:
    """The text of every QR that zxing-cpp finds on a page."""
    return [
        found.text
        for found in zxingcpp.read_barcodes(
            page, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
    ]


def decode_by_opencv(page: Picture, columns: int, rows: int) -> list[str]:
    """The text of every QR that OpenCV's Aruco detector finds, label by label of the sheet's grid."""
    detector = cv2.QRCodeDetectorAruco()
    height, width = page.shape[0] / rows, page.shape[1] / columns
    texts = []
    for row in range(rows):
        for column in range(columns):
            top, left = round(row * height), round(column * width)
            label = np.ascontiguousarray(
                page[top : round((row + 1) * height), left : round((column + 1) * width)]
            )
            text, _corners, _straight = detector.detectAndDecode(label)
            texts.append(str(text))
    return texts
