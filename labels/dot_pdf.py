"""Sheets and rolls as PDF in the dots of a printer: each page one 1-bit picture, its text laid over it unseen.

For printers and programs that draw lines and letters in their own way: here nothing is left to draw. The text can be
selected and searched as in `labels.pdf`. Only drawing.
"""

import io
from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw

from labels.backs import lay_out_back, turned_place
from labels.bitmaps import dots, draw_fixed, place_symbol, symbol_picture
from labels.fonts import REGULAR, SEMIBOLD
from labels.layout import lay_out
from labels.marks import MARK_WIDTH_MM, crop_marks, mark_margin
from labels.pdf_description import CATALOG, INFO, ROOT, Flip, PageOptions, put_description
from labels.pdf_drawing import PT, names, text_ops
from labels.pdf_file import Objects, PdfFile, number
from labels.pdf_fonts import EmbeddedFont
from labels.placed import LabelLayout, PlacedText
from labels.spec import LabelContent, Place, SheetSpec

# What stands on a page: a label, or the text of a back, and where its content box lies.
_Item = tuple[Place, LabelLayout | tuple[PlacedText, ...]]


def dots_pdf(
    labels: Iterable[LabelContent], spec: SheetSpec, start: int = 1, options: PageOptions | None = None
) -> bytes:
    """The same pages as `labels.pdf.sheet_pdf` makes, in whole dots of ``spec.dpi``; ``spec`` is for dots (`for_dots`).

    The page has its exact size; the picture, of whole dots, may be up to half a dot smaller or larger. Raises what
    `sheet_pdf` raises, and `InkOutsideLabel`.
    """
    spec.check_start(start)
    layouts = [lay_out(label, spec) for label in labels]
    if not layouts:
        raise ValueError("no labels to print")
    return _Document(spec, options or PageOptions(), layouts).written(_sheets(layouts, spec, start))


def _sheets(
    layouts: Sequence[LabelLayout], spec: SheetSpec, start: int
) -> list[list[tuple[int, LabelLayout]]]:
    """Labels by page, each with its position there."""
    size, sheets = spec.labels_per_page, list[list[tuple[int, LabelLayout]]]()
    for at, layout in enumerate(layouts, start=start - 1):
        if at % size == 0 or not sheets:
            sheets.append([])
        sheets[-1].append((at % size, layout))
    return sheets


class _Document:
    """A file of such pages; equal pages share their picture."""

    def __init__(self, spec: SheetSpec, options: PageOptions, layouts: Sequence[LabelLayout]) -> None:
        self._spec, self._options = spec, options
        self._margin = mark_margin(spec, has_marks=options.has_marks)
        self._width = spec.page_width_mm + 2 * self._margin
        self._height = spec.page_height_mm + 2 * self._margin
        self._back = lay_out_back(options.back_text, spec) if options.back_text.strip() else ()
        texts = [*self._back, *(text for layout in set(layouts) for text in layout.texts)]
        letters = "".join(text.text for text in texts)
        self._objects = Objects(CATALOG)
        for _ in (CATALOG, INFO, ROOT):
            self._objects.reserve()
        self._fonts = {name: EmbeddedFont(name, letters) for name in (REGULAR, SEMIBOLD)}
        self._names = names(self._fonts)
        listed = "".join(
            f"/{self._names[name]} {font.write(self._objects)} 0 R" for name, font in self._fonts.items()
        )
        self._font_list = f"/Font<<{listed}>>"
        self._known: dict[tuple[_Item, ...], str] = {}

    def written(self, sheets: Sequence[Sequence[tuple[int, LabelLayout]]]) -> bytes:
        """The whole file."""
        pages: list[int] = []
        for sheet in reversed(sheets) if self._options.is_last_first else sheets:
            indices = [index for index, _ in sheet]
            pages.append(self._page([(self._spec.place(at), layout) for at, layout in sheet], indices))
            if self._back:
                over_short_edge = self._options.flip is Flip.SHORT_EDGE
                turned = (turned_place(self._spec, at, over_short_edge=over_short_edge) for at in indices)
                pages.append(self._page([(place, self._back) for place in turned], []))
        self._finish(pages)
        out = io.BytesIO()
        file = PdfFile(out)
        file.append(self._objects)
        file.finish(CATALOG, INFO)
        return out.getvalue()

    def _page(self, items: Sequence[_Item], marked: Sequence[int]) -> int:
        key = tuple(items)
        if key not in self._known:
            self._known[key] = self._drawn(items, marked)
        return self._objects.add(f"<</Type/Page/Parent {ROOT} 0 R{self._known[key]}{self._trim()}>>".encode())

    def _trim(self) -> str:
        """Where the paper of a roll lies on a page that carries marks."""
        if not self._margin:
            return ""
        right, top = self._width - self._margin, self._height - self._margin
        sides = " ".join(number(side * PT) for side in (self._margin, self._margin, right, top))
        return f"/TrimBox[{sides}]"

    def _drawn(self, items: Sequence[_Item], marked: Sequence[int]) -> str:
        """The picture and its text; returns what the page says of them."""
        dpi = self._spec.dpi
        picture = Image.new("1", (dots(self._width, dpi), dots(self._height, dpi)), 1)
        unseen: list[str] = []
        for place, item in items:
            x = place.x_mm + self._margin + self._options.right_mm
            y = place.y_mm + self._margin + self._options.down_mm
            self._draw(picture, item, dots(x, dpi), dots(y, dpi))
            texts = item.texts if isinstance(item, LabelLayout) else item
            words = "".join(text_ops(text, self._fonts, self._names) for text in texts)
            unseen.append(f"q 1 0 0 1 {number(x * PT)} {number((self._height - y) * PT)} cm\n{words}Q\n")
        if self._options.has_marks:
            self._mark(picture, marked)
        image = self._objects.add_stream(
            picture.tobytes(),
            f"/Type/XObject/Subtype/Image/Width {picture.width}/Height {picture.height}"
            "/ColorSpace/DeviceGray/BitsPerComponent 1".encode(),
        )
        wide, high = (side * 72 / dpi for side in picture.size)
        low = self._height * PT - high
        drawn = f"q {wide:.6f} 0 0 {high:.6f} 0 {low:.6f} cm /P Do Q\n3 Tr\n{''.join(unseen)}"
        content = self._objects.add_stream(drawn.encode("ascii"))
        return f"/Contents {content} 0 R/Resources<<{self._font_list}/XObject<</P {image} 0 R>>>>"

    def _draw(
        self, picture: Image.Image, item: LabelLayout | tuple[PlacedText, ...], left: int, top: int
    ) -> None:
        if not isinstance(item, LabelLayout):
            draw_fixed(picture, (), item, self._spec.dpi, left, top)
            return
        draw_fixed(picture, item.tags, item.texts, self._spec.dpi, left, top)
        symbol = place_symbol(picture, item, item.qr, self._spec, left, top)
        picture.paste(symbol_picture(item.qr, symbol.module), (symbol.x, symbol.y))

    def _mark(self, picture: Image.Image, indices: Sequence[int]) -> None:
        pen, dpi = ImageDraw.Draw(picture), self._spec.dpi
        thick = max(1, dots(MARK_WIDTH_MM, dpi))
        for index in indices:
            for line in crop_marks(self._spec, index):
                pen.line([dots(end + self._margin, dpi) for end in line], fill=0, width=thick)

    def _finish(self, pages: Sequence[int]) -> None:
        kids = " ".join(f"{page} 0 R" for page in pages)
        size = f"{number(self._width * PT)} {number(self._height * PT)}"
        self._objects.put(
            ROOT, f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]/MediaBox[0 0 {size}]>>".encode()
        )
        put_description(self._objects, self._options.flip if self._back else None)
