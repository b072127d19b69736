import io
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from labels.images import qr_png, qr_svg
from labels.qr import printed_address, qr_matrix
from tests.labels.reading import SITE, code_number, read_by_opencv

ADDRESS = printed_address(SITE, code_number(5))
SYMBOL = qr_matrix(ADDRESS)
SVG = "{http://www.w3.org/2000/svg}"


def _pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def test_png_is_one_bit_with_its_resolution() -> None:
    picture = Image.open(io.BytesIO(qr_png(SYMBOL)))
    assert picture.mode == "1"
    assert picture.info["dpi"] == pytest.approx((203, 203), abs=0.01)
    assert picture.size == (37 * 4, 37 * 4)


def test_png_modules_are_whole_dots() -> None:
    pixels = _pixels(qr_png(SYMBOL, dots_per_module=3)) < 128
    blocks = pixels.reshape(37, 3, 37, 3)
    assert (blocks.all(axis=(1, 3)) | ~blocks.any(axis=(1, 3))).all()
    assert (blocks.any(axis=(1, 3))[4:-4, 4:-4] == np.array(SYMBOL.rows)).all()


def test_png_quiet_zone_is_white() -> None:
    pixels = _pixels(qr_png(SYMBOL))
    inner = np.zeros(pixels.shape, dtype=bool)
    inner[16:-16, 16:-16] = True
    assert (pixels[~inner] == 255).all()
    assert pixels[16, 16] == 0


def test_png_is_read_by_both_decoders() -> None:
    pixels = _pixels(qr_png(SYMBOL))
    assert zxingcpp.read_barcodes(pixels)[0].text == ADDRESS
    assert read_by_opencv(pixels) == ADDRESS


def test_svg_is_in_millimetres_with_a_title_and_a_white_ground() -> None:
    root = ET.fromstring(qr_svg(SYMBOL, title="Mã QR <lô> & 7"))  # noqa: S314 (our own output)
    assert float(root.attrib["width"].removesuffix("mm")) == pytest.approx(18.52, abs=0.01)
    assert root.attrib["width"] == root.attrib["height"]
    assert root.findtext(f"{SVG}title") == "Mã QR <lô> & 7"
    ground, modules = root.findall(f"{SVG}path")
    assert ground.attrib == {"fill": "#fff", "d": "M0 0h37v37H0z"}
    assert modules.attrib["fill"] == "#000"


def test_svg_path_draws_the_symbol() -> None:
    path = ET.fromstring(qr_svg(SYMBOL, title="QR")).findall(f"{SVG}path")[1].attrib["d"]  # noqa: S314 (our own output)
    dark = np.zeros((37, 37), dtype=bool)
    # Even-odd by columns: every vertical step toggles the cells to its right.
    for loop in path.split("z")[:-1]:
        _toggle(loop, dark)
    assert (dark[4:-4, 4:-4] == np.array(SYMBOL.rows)).all()
    assert dark.sum() == np.array(SYMBOL.rows).sum()


def _toggle(loop: str, dark: Any) -> None:
    words = loop.removeprefix("M").replace("h", " h").replace("v", " v").split()
    x, y = int(words[0]), int(words[1])
    first_y = y
    for word in words[2:]:
        amount = int(word[1:])
        if word[0] == "h":
            x += amount
        else:
            dark[min(y, y + amount) : max(y, y + amount), x:] ^= True
            y += amount
    if y != first_y:
        dark[min(y, first_y) : max(y, first_y), x:] ^= True
