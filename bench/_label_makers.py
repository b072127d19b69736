"""What ``labels.py`` measures, each in a process of its own: our PDF of a run, and a plain loop that makes one too.

A file apart, run with ``-P``: a script named like the package ``labels`` would be imported in its stead. Prints the
most memory that the process held, in MB. The underscore keeps it out of ``make bench``.
"""

import os
import resource
import sys
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path

import qrcode
from fpdf import FPDF

from labels.fonts import FOLDER
from labels.pdf_description import PageOptions
from labels.pdf_file import PdfFile
from labels.qr import printed_address
from labels.run_labels import RunLabels
from labels.run_pdf import RunPdf, make_groups
from labels.spec import A4_40, CODE_WORD, LOT_NUMBER_WORD, DateLine, LabelContent
from trace.core.short_codes import SERIAL_LENGTH, new_codes, pretty

SITE = "https://check.example.vn"
NAME, LOT, PRODUCER = "Cải ngọt hữu cơ", "CN-261121-01", "HTX Rau hữu cơ Đông Cao"
DATES = (DateLine("NSX", date(2026, 11, 21)), DateLine("HSD", date(2026, 11, 24)))
KIB, MEGA = 1024, 1_000_000


def make_codes(codes: Path, count: int, texts: Path) -> None:
    """Codes, a line each, and in ``texts`` what their QRs say."""
    made = new_codes(count, SERIAL_LENGTH)
    codes.write_text("\n".join(made) + "\n", encoding="ascii")
    texts.write_text("".join(f"{printed_address(SITE, code)}\n" for code in made), encoding="ascii")


def make_ours(codes: Path, count: int, out: Path) -> None:
    """A run as its job makes it, codes read from a file instead of the database."""

    def content(code: str, number: int) -> LabelContent:
        return LabelContent(
            product_name=NAME,
            lot_number=LOT,
            dates=DATES,
            code=code,
            address=printed_address(SITE, code),
            readable_site="check.example.vn",
            producer_name=PRODUCER,
        )

    pdf = RunPdf(RunLabels(content, A4_40, SERIAL_LENGTH, count), PageOptions(), 1, count)
    with out.open("wb") as file, codes.open(encoding="ascii") as lines:
        written = PdfFile(file)
        written.append(pdf.head)

        def stamps(group: int) -> list[tuple[str, int]]:
            labels = pdf.labels_of(group)
            return [(next(lines).strip(), label + 1) for label in labels]

        for group in make_groups(pdf, range(pdf.groups), stamps):
            written.append(group)
        pdf.finish(written)
        file.flush()
        os.fsync(file.fileno())


def make_loop(codes: Path, count: int, out: Path) -> None:
    """What one writes first: a picture of each QR, placed on a grid, with the text beside it."""
    pdf = FPDF(unit="mm", format="A4")
    pdf.add_font("label", fname=FOLDER / "be-vietnam-pro-400.ttf")
    pdf.set_auto_page_break(False)
    pdf.set_font("label", size=7)
    dates = "  ".join(f"{line.label} {line.on:%d/%m/%Y}" for line in DATES)
    for at, code in enumerate(_some(codes, count)):
        if at % A4_40.labels_per_page == 0:
            pdf.add_page()
        place = A4_40.place(at)
        picture = qrcode.make(
            printed_address(SITE, code), error_correction=qrcode.constants.ERROR_CORRECT_M, border=0
        )
        pdf.image(picture.get_image(), place.x_mm, place.y_mm, 14.5)
        lines = (NAME, f"{LOT_NUMBER_WORD} {LOT}", dates, PRODUCER, f"{CODE_WORD} {pretty(code)}")
        for number, line in enumerate(lines):
            pdf.text(place.x_mm + 16.5, place.y_mm + 3 + 3.2 * number, line)
    pdf.output(str(out))


def _some(codes: Path, count: int) -> Iterator[str]:
    with codes.open(encoding="ascii") as lines:
        yield from (line.strip() for line in islice(lines, count))


if __name__ == "__main__":
    make = {"codes": make_codes, "ours": make_ours, "loop": make_loop}[sys.argv[1]]
    make(Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / MEGA)
