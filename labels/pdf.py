"""Sheets and rolls of labels as PDF: exact millimetres, vector QR, selectable text in embedded fonts. Only drawing."""

import io
from collections.abc import Iterable, Mapping, Sequence

from labels.backs import lay_out_back, turned_place
from labels.fonts import REGULAR, SEMIBOLD
from labels.layout import lay_out
from labels.marks import MARK_WIDTH_MM, crop_marks, mark_margin
from labels.pdf_description import CATALOG, INFO, ROOT, Flip, PageOptions, put_description
from labels.pdf_drawing import PT, label_ops, names, text_ops
from labels.pdf_file import Objects, PdfFile, number
from labels.pdf_fonts import EmbeddedFont
from labels.placed import LabelLayout, PlacedText
from labels.spec import A4_40, LabelContent, Place, SheetSpec

# Behind the first objects of every file. Pages hang in groups from the root, so that no list grows with the file.
_RESOURCES, _FIRST_FREE = 4, 5
SHEETS_PER_GROUP = 64


def sheet_pdf(
    labels: Iterable[LabelContent],
    spec: SheetSpec = A4_40,
    start: int = 1,
    options: PageOptions | None = None,
) -> bytes:
    """The labels on as many pages as they need, the first one on position ``start`` (1 is top left, rows first).

    A page of a roll is one row of labels. The same labels always give the same bytes: no clock, no random id. Viewers
    are told not to scale. Raises `StartOutsideSheet`, `TextDoesNotFit`, `CharacterNotPrintable` or an address refusal
    before anything is drawn, and ValueError for no labels at all.
    """
    spec.check_start(start)
    return layouts_pdf([lay_out(label, spec) for label in labels], spec, start, options)


def layouts_pdf(
    placed: Sequence[LabelLayout],
    spec: SheetSpec,
    start: int = 1,
    options: PageOptions | None = None,
) -> bytes:
    """Finished layouts on pages; all that `sheet_pdf` promises of pages holds."""
    if not placed:
        raise ValueError("no labels to print")
    letters = "".join(text.text for layout in set(placed) for text in layout.texts)
    sheets = Sheets(spec, options or PageOptions(), start, len(placed), letters)
    out = io.BytesIO()
    file = PdfFile(out)
    forms = {layout: sheets.add_form(sheets.label_ops(layout)) for layout in dict.fromkeys(placed)}
    file.append(sheets.head())
    for group in range(sheets.groups):
        file.append(sheets.group(group, [f"/{forms[placed[at]]} Do" for at in sheets.labels_of(group)]))
    sheets.finish(file)
    return out.getvalue()


class Sheets:
    """``count`` labels on sheets, as groups of pages that can be made one by one and in any order.

    ``letters`` are all that labels say, the back aside. Raises `StartOutsideSheet`, and what `lay_out_back` raises.
    """

    def __init__(self, spec: SheetSpec, options: PageOptions, start: int, count: int, letters: str) -> None:
        spec.check_start(start)
        self._spec, self._options, self._start, self._count = spec, options, start, count
        self._margin = mark_margin(spec, has_marks=options.has_marks)
        self._width = spec.page_width_mm + 2 * self._margin
        self._height = spec.page_height_mm + 2 * self._margin
        back = lay_out_back(options.back_text, spec) if options.back_text.strip() else ()
        letters += "".join(text.text for text in back)
        self.fonts: Mapping[str, EmbeddedFont] = {
            name: EmbeddedFont(name, letters) for name in (REGULAR, SEMIBOLD)
        }
        self.font_names = names(self.fonts)
        self._forms: list[str] = []
        self._has_back = bool(back)
        self._positions = [
            (self._at(spec.place(index)), self._marks(index)) for index in range(spec.labels_per_page)
        ]
        self._back = self.add_form("".join(self.text_ops(text) for text in back)) if back else ""
        self._sheets = -(-(start - 1 + count) // spec.labels_per_page)
        self._first_of_groups = _FIRST_FREE

    @property
    def groups(self) -> int:
        """How many groups of pages there are."""
        return -(-self._sheets // SHEETS_PER_GROUP)

    def labels_of(self, group: int) -> list[int]:
        """The labels of a group by their place in the order of labels, as they come onto its pages."""
        return [label for sheet in self._sheets_of(group) for label, _ in self._places(sheet)]

    def label_ops(self, layout: LabelLayout) -> str:
        """A label from the top left corner of its box, as operators."""
        return label_ops(layout, self._spec.module_mm, self.fonts, self.font_names)

    def text_ops(self, text: PlacedText) -> str:
        """A line of text from there."""
        return text_ops(text, self.fonts, self.font_names)

    def add_form(self, ops: str) -> str:
        """Something that is drawn often and stands in the file once; returns its name. Before `head` only."""
        self._forms.append(ops)
        return f"L{len(self._forms)}"

    def head(self) -> Objects:
        """What comes before all pages: fonts and forms."""
        objects = Objects(_FIRST_FREE)
        fonts = {self.font_names[name]: font.write(objects) for name, font in self.fonts.items()}
        box = (
            f"/Type/XObject/Subtype/Form/BBox[{number(-self._width * PT)} {number(-self._height * PT)} "
            f"{number(self._width * PT)} {number(self._height * PT)}]/Resources {_RESOURCES} 0 R"
        ).encode()
        forms = {
            f"L{at}": objects.add_stream(ops.encode(), box) for at, ops in enumerate(self._forms, start=1)
        }
        objects.put(
            _RESOURCES,
            f"<</Font<<{_listed(fonts)}>>/XObject<<{_listed(forms)}>>/ProcSet[/PDF/Text]>>".encode(),
        )
        self._first_of_groups = objects.first + objects.count
        return objects

    def group(self, group: int, drawn: Sequence[str]) -> Objects:
        """The pages of a group; ``drawn`` are its labels in the order of `labels_of`, as operators from their boxes."""
        objects = Objects(self._node(group))
        node = objects.reserve()
        pages: list[int] = []
        rest = iter(drawn)
        trim = self._trim_box()
        for sheet in self._sheets_of(group):
            places = [index for _, index in self._places(sheet)]
            contents = ["".join(self._placed(index, next(rest)) for index in places)]
            if self._has_back:
                contents.append("".join(self._backed(index) for index in places))
            for content in contents:
                stream = objects.add_stream(content.encode("ascii"))
                pages.append(
                    objects.add(f"<</Type/Page/Parent {node} 0 R/Contents {stream} 0 R{trim}>>".encode())
                )
        kids = " ".join(f"{page} 0 R" for page in pages)
        size = f"{number(self._width * PT)} {number(self._height * PT)}"
        objects.put(
            node,
            f"<</Type/Pages/Parent {ROOT} 0 R/Count {len(pages)}/Kids[{kids}]"
            f"/MediaBox[0 0 {size}]/Resources {_RESOURCES} 0 R>>".encode(),
        )
        return objects

    def finish(self, file: PdfFile) -> None:
        """What comes after all pages, and the end of the file."""
        objects = Objects(CATALOG)
        for _ in (CATALOG, INFO, ROOT):
            objects.reserve()
        kids = " ".join(f"{self._node(group)} 0 R" for group in range(self.groups))
        count = self._sheets * (2 if self._has_back else 1)
        objects.put(ROOT, f"<</Type/Pages/Count {count}/Kids[{kids}]>>".encode())
        put_description(objects, self._options.flip if self._has_back else None)
        file.append(objects)
        file.finish(CATALOG, INFO)

    def _node(self, group: int) -> int:
        """The number of a group's own object: each page has two, and all groups but the last are full."""
        pages = SHEETS_PER_GROUP * (2 if self._has_back else 1)
        return self._first_of_groups + group * (1 + 2 * pages)

    def _sheets_of(self, group: int) -> Sequence[int]:
        """Sheets by their number in the order of labels; the file may have the last one first."""
        inside = range(group * SHEETS_PER_GROUP, min((group + 1) * SHEETS_PER_GROUP, self._sheets))
        return [self._sheets - 1 - at for at in inside] if self._options.is_last_first else inside

    def _places(self, sheet: int) -> list[tuple[int, int]]:
        """Labels of a sheet with their positions on it."""
        size = self._spec.labels_per_page
        first = sheet * size - (self._start - 1)
        return [(label, label - first) for label in range(max(first, 0), min(first + size, self._count))]

    def _placed(self, index: int, drawn: str) -> str:
        at, marks = self._positions[index]
        return f"q {at} cm {drawn} Q\n{marks}"

    def _backed(self, index: int) -> str:
        """The back of the label at this position, where it lies once the sheet is turned."""
        turned = turned_place(self._spec, index, over_short_edge=self._options.flip is Flip.SHORT_EDGE)
        return f"q {self._at(turned)} cm /{self._back} Do Q\n"

    def _at(self, place: Place) -> str:
        """Moves the origin to a place on the page, the printer's own shift included."""
        x = place.x_mm + self._margin + self._options.right_mm
        y = self._height - (place.y_mm + self._margin + self._options.down_mm)
        return f"1 0 0 1 {number(x * PT)} {number(y * PT)}"

    def _trim_box(self) -> str:
        if not self._margin:
            return ""
        low, right, top = self._margin, self._width - self._margin, self._height - self._margin
        sides = " ".join(number(side * PT) for side in (low, low, right, top))
        return f"/TrimBox [ {sides} ]"

    def _marks(self, index: int) -> str:
        if not self._options.has_marks:
            return ""
        shift = self._margin
        lines = (
            self._line(x1 + shift, y1 + shift, x2 + shift, y2 + shift)
            for x1, y1, x2, y2 in crop_marks(self._spec, index)
        )
        return f"{number(MARK_WIDTH_MM * PT)} w\n" + "".join(lines)

    def _line(self, x1: float, y1: float, x2: float, y2: float) -> str:
        ends = (x1 * PT, (self._height - y1) * PT, x2 * PT, (self._height - y2) * PT)
        return "{} {} m {} {} l S\n".format(*map(number, ends))


def _listed(numbers: Mapping[str, int]) -> str:
    return "".join(f"/{name} {at} 0 R" for name, at in numbers.items())
