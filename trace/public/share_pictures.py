"""The picture of a lot for link previews: drawn once, kept as a file, named by what is on it.

It shows what is on the pack and nothing of the verdict: a messenger keeps it for ever. One is drawn at a time in a
process, and only for lots that exist: about 20 to 90 kB of disk for a lot whose link was ever shared. The folder may be
emptied at any time.
"""

import hashlib
import io
import json
import secrets
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

EXTENSION = "share_pictures"
WIDTH, HEIGHT = 1200, 630
# Raise it when the drawing changes: the address of every picture changes with it.
VERSION: Final = 1
DIGEST_LETTERS: Final = 24
WAIT_S: Final = 3.0
COLOURS: Final = 96
PAPER, INK, SOFT, LEAF, RULE = "#ffffff", "#15222b", "#4a5963", "#0b6b3a", "#d9dedb"
_EDGE, _PICTURE, _BAR = 60, 390, 110
SERVICE = "Nguồn Gốc"
LOT = "Số lô · Lot"
CALL = ("Mở trang để xem tình trạng lúc này", "Open the page for what is known now")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCard:
    """What stands on the picture; ``picture_sha256`` is empty where the product has none."""

    product_name: str
    lot_number: str
    producer_name: str
    commune: str
    picture_sha256: str
    site: str


def digest_of(card: ShareCard) -> str:
    """The name of a card's picture: another card has another."""
    content = json.dumps([VERSION, asdict(card)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:DIGEST_LETTERS]


class SharePictures:
    """Pictures by name in a folder. Drawing waits its turn: a flood of links costs one processor, not all."""

    def __init__(self, folder: Path, fonts: Path) -> None:
        self._folder = folder
        self._fonts = fonts
        self._turn = Lock()

    def find_or_draw(self, card: ShareCard, product_picture: Path | None) -> Path | None:
        """Where the picture is; None when others waited too long to be drawn."""
        name = digest_of(card)
        path = self._folder / name[:2] / f"{name}.png"
        if path.is_file():
            return path
        if not self._turn.acquire(timeout=WAIT_S):
            return None
        try:
            if not path.is_file():
                self._write(path, draw(card, product_picture, self._fonts))
        finally:
            self._turn.release()
        return path

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{secrets.token_hex(8)}.part")
        part.write_bytes(content)
        part.replace(path)


def draw(card: ShareCard | None, product_picture: Path | None, fonts: Path) -> bytes:
    """The picture as PNG, 1200 by 630; without a card the one for pages that are about no lot."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    if card is None:
        pen.text((_EDGE, 170), SERVICE, font=_font(fonts, 120, bold=True), fill=LEAF)
        pen.text((_EDGE, 345), "Hàng này từ đâu tới?", font=_font(fonts, 54), fill=INK)
        pen.text((_EDGE, 425), "Where does it come from?", font=_font(fonts, 40), fill=SOFT)
        pen.rectangle((0, HEIGHT - _BAR, WIDTH, HEIGHT), fill=LEAF)
    else:
        _draw_card(image, pen, card, product_picture, fonts)
    out = io.BytesIO()
    # A palette: a third of the bytes, and messengers draw it smaller anyway.
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_card(
    image: Image.Image, pen: ImageDraw.ImageDraw, card: ShareCard, product_picture: Path | None, fonts: Path
) -> None:
    left = _EDGE
    if product_picture is not None and product_picture.is_file():
        with Image.open(product_picture) as opened:
            fitted = ImageOps.fit(opened.convert("RGB"), (_PICTURE, _PICTURE))
        image.paste(fitted, (_EDGE, _EDGE))
        pen.rectangle((_EDGE, _EDGE, _EDGE + _PICTURE, _EDGE + _PICTURE), outline=RULE, width=2)
        left += _PICTURE + 44
    room = WIDTH - _EDGE - left
    top: float = _EDGE - 12
    for text, size, bold, colour, lines, gap in (
        (card.product_name, 56, True, INK, 2, 22),
        (LOT, 30, False, SOFT, 1, 0),
        (card.lot_number, 50, True, INK, 1, 22),
        (card.producer_name, 36, False, INK, 2, 2),
        (card.commune, 32, False, SOFT, 1, 0),
    ):
        font = _font(fonts, size, bold=bold)
        for line in _wrapped(text, font, room, lines):
            pen.text((left, top), line, font=font, fill=colour)
            top += round(size * 1.34)
        top += gap
    bar = HEIGHT - _BAR
    pen.rectangle((0, bar, WIDTH, HEIGHT), fill=LEAF)
    pen.text((_EDGE, bar + 30), SERVICE, font=_font(fonts, 38, bold=True), fill=PAPER)
    for number, line in enumerate(CALL):
        pen.text(
            (WIDTH - _EDGE, bar + 18 + number * 38), line, font=_font(fonts, 26), fill=PAPER, anchor="ra"
        )
    name_ends = _EDGE + _font(fonts, 38, bold=True).getlength(SERVICE) + 28
    left_over = WIDTH - _EDGE - name_ends - max(_font(fonts, 26).getlength(line) for line in CALL) - 28
    # Whole or not at all: half an address is another one.
    if _font(fonts, 26).getlength(card.site) <= left_over:
        pen.text((name_ends, bar + 40), card.site, font=_font(fonts, 26), fill=PAPER)


@cache
def _font(fonts: Path, size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts / f"be-vietnam-pro-{600 if bold else 400}.ttf"), size)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room: float, most: int) -> list[str]:
    """Text in at most so many lines, broken at words; what does not fit ends in "…"."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most:
        line = words.pop(0)
        while words and font.getlength(f"{line} {words[0]}") <= room:
            line += f" {words.pop(0)}"
        lines.append(line)
    if words:
        lines[-1] += " …"
    return [_cut(line, font, room) for line in lines]


def _cut(line: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    while len(line) > 1 and font.getlength(line) > room:
        line = line.rstrip(" …")[:-1].rstrip() + "…"
    return line
