"""The PDF of a print run: what its labels share is drawn once in the file, the rest as fast as it can be said.

Groups of pages are made one by one and know nothing of each other: no run is too long for memory, and a job that was
cut off goes on behind the last group it wrote.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from string import digits

from labels.fonts import width_mm
from labels.pdf import Sheets
from labels.pdf_description import PageOptions
from labels.pdf_drawing import PT, SymbolPaths, symbol_matrix, tag_ops
from labels.pdf_file import Objects, PdfFile, number
from labels.run_labels import RunLabels, Slot
from trace.core.short_codes import ALPHABET, pretty

Stamps = Sequence[tuple[str, int]]
# A width is added up from letters; what is cut off on the way is far below this.
_ROUNDING_MM = 0.001


class RunPdf:
    """``count`` labels of a run on sheets or a roll. Raises what `Sheets` raises.

    `head`, then each of `groups`, then `finish` go into the file, in this order.
    """

    def __init__(self, labels: RunLabels, options: PageOptions, start: int, count: int) -> None:
        self._labels = labels
        said = "".join(text.text for text in labels.layout.texts)
        self._sheets = Sheets(labels.spec, options, start, count, f"{said}{pretty(ALPHABET)}{digits}")
        fixed = "".join(map(self._sheets.text_ops, labels.fixed_texts))
        self._form = self._sheets.add_form(tag_ops(labels.layout.tags) + fixed)
        self._slots = tuple(_Slot(slot, self._sheets) for slot in labels.slots)
        self._paths = SymbolPaths(labels.symbols.side)
        self._matrix = symbol_matrix(labels.layout, labels.spec.module_mm)
        self.head = self._sheets.head()

    @property
    def groups(self) -> int:
        """How many groups of pages there are."""
        return self._sheets.groups

    def labels_of(self, group: int) -> list[int]:
        """Which labels, counted from 0, stand in a group, in the order in which `group` wants them."""
        return self._sheets.labels_of(group)

    def group(self, group: int, stamps: Stamps) -> Objects:
        """A group of pages with these codes and numbers, in the order of `labels_of`."""
        return self._sheets.group(group, list(self._drawn(stamps)))

    def finish(self, file: PdfFile) -> None:
        """What comes last."""
        self._sheets.finish(file)

    def _drawn(self, stamps: Stamps) -> Iterator[str]:
        paths = self._paths.paths(self._labels.symbols.rows([code for code, _ in stamps]))
        for (code, stamp), path in zip(stamps, paths, strict=True):
            texts = self._texts(code, stamp)
            if texts is None:
                yield self._sheets.label_ops(self._labels.lay_out(code, stamp))
            else:
                yield f"/{self._form} Do\n{texts}{self._matrix}\n{path}f"

    def _texts(self, code: str, stamp: int) -> str | None:
        """What differs, as operators; None where something is too wide for its place."""
        if not self._labels.is_uniform:
            return None
        values = {"code": pretty(code), "number": str(stamp), "serial": code}
        drawn = ""
        for slot in self._slots:
            ops = slot.ops(values)
            if ops is None:
                return None
            drawn += ops
        return drawn


def make_groups(pdf: RunPdf, groups: Iterable[int], stamps_of: Callable[[int], Stamps]) -> Iterator[Objects]:
    """Groups in their order, some at once: most of the work is done by zlib and numpy, outside Python's lock.

    ``stamps_of`` is asked in the caller's thread, a few groups ahead.
    """
    workers = os.cpu_count() or 1
    waiting: deque[Future[Objects]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for group in groups:
            waiting.append(pool.submit(pdf.group, group, stamps_of(group)))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Slot:
    """A slot with everything computed that every label has in common."""

    def __init__(self, slot: Slot, sheets: Sheets) -> None:
        placed = slot.placed
        self._slot = slot
        self._hex = sheets.fonts[placed.font].hex
        self._widths = {
            letter: width_mm(letter, placed.size_mm, placed.font)
            for letter in f"{slot.before}{pretty(ALPHABET)}{digits}{slot.after}"
        }
        self._font = f"BT /{sheets.font_names[placed.font]} {number(placed.size_mm * PT)} Tf"
        self._y = number(-placed.baseline_mm * PT)

    def ops(self, values: dict[str, str]) -> str | None:
        """The text of these values as operators; None where it is too wide."""
        text = self._slot.text(values)
        width = sum(map(self._widths.__getitem__, text))
        if width > self._slot.room_mm - _ROUNDING_MM:
            return None
        drawn = "".join(map(self._hex.__getitem__, text))
        return f"{self._font} {number(self._slot.x_mm(width) * PT)} {self._y} Td <{drawn}> Tj ET\n"
