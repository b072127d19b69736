"""The labels of a print run: laid out once, then only what differs from stamp to stamp is set anew.

What differs: the code as text, the stamp's number, the serial in a GS1 element string, and the symbol.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from labels.fonts import SEMIBOLD, ink, width_mm
from labels.layout import lay_out
from labels.placed import LabelLayout, PlacedText
from labels.qr import plan_symbol
from labels.qr_series import QrSeries
from labels.spec import LabelContent, SheetSpec
from labels.stacking import is_stacked, shape_of
from trace.core.short_codes import ALPHABET, pretty

# White that stays between a text and what stands beside it.
_AIR_MM = 0.3


@dataclass(frozen=True)
class Slot:
    """Where a part of what differs stands: letters ``start`` to ``stop`` of ``field``.

    ``before`` and ``after`` stand round them. ``placed`` is the text of the sample; what is wider than ``room_mm`` does
    not fit here.
    """

    placed: PlacedText
    field: str
    start: int
    stop: int
    before: str
    after: str
    room_mm: float
    is_centred: bool

    def text(self, values: dict[str, str]) -> str:
        """What stands here on the label of these values."""
        return f"{self.before}{values[self.field][self.start : self.stop]}{self.after}"

    def x_mm(self, width_mm: float) -> float:
        """The left end of a text so wide."""
        placed = self.placed
        return placed.x_mm + (self.sample_width_mm - width_mm) / 2 if self.is_centred else placed.x_mm

    @property
    def sample_width_mm(self) -> float:
        return width_mm(self.placed.text, self.placed.size_mm, self.placed.font)


class RunLabels:
    """Labels that are alike but for their code and number.

    ``content_of(code, number)`` is what one of them says; only code, number, address and element string may differ.
    ``most`` is the largest number. Raises what `lay_out` raises.
    """

    def __init__(
        self, content_of: Callable[[str, int], LabelContent], spec: SheetSpec, code_length: int, most: int
    ) -> None:
        self._content_of, self.spec = content_of, spec
        self.sample = content_of(sample_code(code_length), most)
        self.layout = lay_out(self.sample, spec)
        plan = plan_symbol(self.sample.address, spec.error_correction)
        self.symbols = QrSeries(
            self.address_of,
            code_length,
            spec.error_correction,
            has_mark=spec.has_mark,
            is_tight=self.layout.qr.version < plan.version,
        )
        self.slots, self.is_uniform = self._found_slots()
        kept = {id(slot.placed) for slot in self.slots}
        self.fixed_texts = tuple(text for text in self.layout.texts if id(text) not in kept)

    def address_of(self, code: str) -> str:
        """What the QR of the label with this code says."""
        return self._content_of(code, 1).address

    def lay_out(self, code: str, number: int) -> LabelLayout:
        """One label, finished: as `labels.layout.lay_out` would place it, or nearly so, at a fraction of the time."""
        texts = self.texts(code, number)
        if texts is None:
            return lay_out(self._content_of(code, number), self.spec)
        return replace(self.layout, qr=self.symbols.symbol(code), texts=(*self.fixed_texts, *texts))

    def texts(self, code: str, number: int) -> tuple[PlacedText, ...] | None:
        """The texts that differ, placed; None where one does not fit, and the label must be laid out by itself."""
        if not self.is_uniform:
            return None
        values = {"code": pretty(code), "number": str(number), "serial": code}
        made = []
        for slot in self.slots:
            text, placed = slot.text(values), slot.placed
            width = width_mm(text, placed.size_mm, placed.font)
            if width > slot.room_mm:
                return None
            made.append(replace(placed, text=text, x_mm=slot.x_mm(width)))
        return tuple(made)

    def _found_slots(self) -> tuple[tuple[Slot, ...], bool]:
        """The slots, and whether every value that differs was found whole."""
        sample = self.sample
        values = {"code": pretty(sample.code)}
        if sample.number:
            values["number"] = sample.number
        if sample.hri and sample.code in sample.hri:
            values["serial"] = sample.code
        found: list[Slot] = []
        whole = True
        for field, value in values.items():
            slots = list(self._slots_of(field, value))
            whole = whole and bool(slots) and slots[-1].stop == len(value)
            found += slots
        return tuple(found), whole

    def _slots_of(self, field: str, value: str) -> Iterator[Slot]:
        """Texts that hold the value, or one after the other its parts."""
        done = 0
        for text in self.layout.texts:
            if done == len(value):
                return
            if (value in text.text and field != "number") or text.text.split(" ")[-1] == value:
                at = text.text.index(value)
                start, stop = 0, len(value)
            elif field == "code" and value.startswith(text.text, done):
                at, start, stop = 0, done, done + len(text.text)
            else:
                continue
            before, after = text.text[:at], text.text[at + stop - start :]
            room = self._room(text)
            yield Slot(text, field, start, stop, before, after, room, is_stacked(self.spec))
            done = stop

    def _room(self, text: PlacedText) -> float:
        """How wide this text may grow: up to what stands beside it, or the edge of the label's box."""
        above, below = ink(text.text, text.font)
        top, bottom = text.baseline_mm - above * text.size_mm, text.baseline_mm + below * text.size_mm
        if is_stacked(self.spec):
            return shape_of(self.spec).room(top, bottom)
        limit = self.spec.content_width_mm
        for left, high, low in self._obstacles():
            if left > text.x_mm and high < bottom and low > top:
                limit = min(limit, left - _AIR_MM)
        return limit - text.x_mm

    def _obstacles(self) -> Iterator[tuple[float, float, float]]:
        """Left edge, top and bottom of whatever is printed, and of the symbol."""
        layout = self.layout
        for text in layout.texts:
            above, below = ink(text.text, text.font)
            yield (
                text.x_mm,
                text.baseline_mm - above * text.size_mm,
                text.baseline_mm + below * text.size_mm,
            )
        for tag in layout.tags:
            yield tag.x_mm, tag.y_mm, tag.y_mm + tag.height_mm
        yield layout.qr_x_mm, layout.qr_y_mm, layout.qr_y_mm + layout.qr.modules * self.spec.module_mm


@lru_cache(maxsize=8)
def sample_code(length: int) -> str:
    """A code whose ink reaches as far up and down as any, and which is about as wide as most: to lay a label out by."""
    lowest = max(ALPHABET, key=lambda letter: ink(letter, SEMIBOLD)[1])
    highest = max(ALPHABET, key=lambda letter: ink(letter, SEMIBOLD)[0])
    widths = sorted(ALPHABET, key=lambda letter: width_mm(letter, 1.0, SEMIBOLD))
    usual = widths[len(widths) // 2]
    return ((lowest + highest + 2 * usual) * length)[:length]
