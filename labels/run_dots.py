"""The labels of a run as pages of dots: what they share is drawn once, only code, number and symbol label by label."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from PIL import Image

from labels.bitmaps import (
    NO_SHIFT,
    DotPage,
    PlacedSymbol,
    Shift,
    dots,
    draw_fixed,
    layout_pages,
    line_of_letters,
    place_symbol,
    write,
)
from labels.placed import LabelLayout
from labels.qr import QrSymbol
from labels.run_labels import RunLabels

# Symbols made together: many at once are quicker, all of them would not fit into memory.
_AT_ONCE = 256

Row = tuple[int, str]


class RunDots:
    """Pages of dots of one run: ``labels`` laid out on a roll whose paper `labels.bitmaps.for_dots` has measured.

    The pages are those that `labels.bitmaps.layout_pages` draws of the same layouts, at a fraction of the time.
    """

    def __init__(self, labels: RunLabels, shift: Shift = NO_SHIFT) -> None:
        self._labels, self._spec, self._shift = labels, labels.spec, shift
        self._alike = lru_cache(maxsize=8)(self._draw_alike)

    def pages(self, rows: Iterable[Row], start: int = 1) -> Iterator[DotPage]:
        """The pages of (number, code) in their order, the first on position ``start`` of its row."""
        self._spec.check_start(start)
        across = self._spec.labels_per_page
        waiting: list[tuple[Row, QrSymbol] | None] = [None] * (start - 1)
        for some in _some(rows):
            for one in zip(some, self._symbols([code for _, code in some]), strict=True):
                waiting.append(one)
                if len(waiting) == across:
                    yield self._page(waiting)
                    waiting = []
        if any(waiting):
            yield self._page(waiting)

    def _page(self, row: list[tuple[Row, QrSymbol] | None]) -> DotPage:
        page = self._alike(tuple(one is not None for one in row)).copy()
        symbols: list[PlacedSymbol] = []
        for index, one in enumerate(row):
            if one is None:
                continue
            (number, code), symbol = one
            left, top = self._corner(index)
            texts = self._labels.texts(code, number)
            if texts is None:
                return self._by_itself(row)
            for text in texts:
                line = line_of_letters(text.text, text.size_mm, text.font, self._spec.dpi)
                write(page, text, line, self._spec.dpi, left, top)
            symbols.append(place_symbol(page, self._labels.layout, symbol, self._spec, left, top))
        return DotPage(page, tuple(symbols))

    def _by_itself(self, row: list[tuple[Row, QrSymbol] | None]) -> DotPage:
        """A row with a label that does not go as the others do."""
        first = next(index for index, one in enumerate(row) if one is not None)
        layouts: list[LabelLayout] = [
            self._labels.lay_out(code, number) for (number, code), _ in filter(None, row)
        ]
        (page,) = layout_pages(layouts, self._spec, start=first + 1, shift=self._shift)
        return page

    def _draw_alike(self, filled: tuple[bool, ...]) -> Image.Image:
        """What all labels have, on the positions of a row that are filled."""
        spec = self._spec
        page = Image.new("1", (dots(spec.page_width_mm, spec.dpi), dots(spec.page_height_mm, spec.dpi)), 1)
        for index, is_filled in enumerate(filled):
            if is_filled:
                draw_fixed(
                    page, self._labels.layout.tags, self._labels.fixed_texts, spec.dpi, *self._corner(index)
                )
        return page

    def _corner(self, index: int) -> tuple[int, int]:
        place, spec = self._spec.place(index), self._spec
        return (
            dots(place.x_mm + self._shift.right_mm, spec.dpi),
            dots(place.y_mm + self._shift.down_mm, spec.dpi),
        )

    def _symbols(self, codes: list[str]) -> Iterator[QrSymbol]:
        """The symbols of these codes, made together."""
        alike = self._labels.layout.qr
        for code, lines in zip(codes, self._labels.symbols.rows(codes).tolist(), strict=True):
            rows = tuple(tuple(bool(line >> x & 1) for x in range(alike.modules)) for line in lines)
            yield QrSymbol(
                address=self._labels.address_of(code),
                version=alike.version,
                rows=rows,
                error_correction=alike.error_correction,
                has_mark=alike.has_mark,
                drawn_correction=alike.drawn_correction,
            )


def _some(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        yield some
