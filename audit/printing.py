"""Printer jobs by programs that did not write them: ZPL drawn by zpl-renderer-js, its QR read by zxing-cpp."""

import io
import os
import subprocess
from datetime import date

import numpy as np
import zxingcpp
from PIL import Image

from audit.findings import CannotAudit, Finding
from audit.tools import HERE, node, node_packages
from labels.bitmaps import DotPage, dot_pages, for_dots
from labels.designs import DESIGNS, Design
from labels.printer_symbols import certain_correction
from labels.qr import printed_address, readable_site
from labels.spec import DateLine, LabelContent
from labels.zpl import zpl

# One whose QR the printer draws itself, one whose QR goes as dots (docs/labels.md, "Label printers").
SITES = ("https://check.hanoi.vn", "https://check.hanoi.example.vn")
DOTS_PER_MM = 8
DPI = 203
CODE = "7K3QX9ZPAB"


def check() -> Finding:
    """Every roll of one label across: the drawn page must be ours, dot by dot, but for the mask of the printer's QR."""
    rows, faults = [], []
    for design in DESIGNS:
        # The renderer counts 8 dots to a millimetre; widths that are no whole number of them it rounds in its own way.
        if not design.spec.is_roll or design.spec.columns > 1:
            continue
        for site in SITES:
            page = _page(design, site)
            wrong, texts = _compare(page, _drawn(design, page))
            by_command = all(certain_correction(placed) for placed in page.symbols)
            rows.append((design.key, "^BQ" if by_command else "^GF", str(wrong), str(len(texts))))
            if wrong or texts != [placed.symbol.address for placed in page.symbols]:
                faults.append(f"{design.key} at {site}: {wrong} dots differ, read {texts}")
    return Finding("ZPL by another renderer", ("roll", "QR by", "dots that differ", "QRs read"), rows, faults)


def _page(design: Design, site: str) -> DotPage:
    label = LabelContent(
        product_name="Bưởi Diễn Ẩm Thực",
        lot_number="BD-261121-01",
        dates=(DateLine("NSX", date(2026, 11, 21)), DateLine("HSD", date(2026, 12, 24))),
        code=CODE,
        address=printed_address(site, CODE),
        readable_site=readable_site(site),
        producer_name="HTX Rau hữu cơ Đông Cao",
    )
    (page,) = dot_pages([label], for_dots(design.spec, DPI))
    return page


def _drawn(design: Design, page: DotPage) -> Image.Image:
    size = [design.spec.page_width_mm, design.spec.page_height_mm, DOTS_PER_MM]
    try:
        done = subprocess.run(
            [*node(), str(HERE / "render_zpl.cjs"), *(str(number) for number in size)],
            input=b"".join(zpl([page])),
            env={**os.environ, "NODE_PATH": str(node_packages())},
            capture_output=True,
            timeout=120,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotAudit(f"The renderer of ZPL does not run ({error}): see that Node runs here.") from error
    return Image.open(io.BytesIO(done.stdout)).convert("L")


def _compare(page: DotPage, drawn: Image.Image) -> tuple[int, list[str]]:
    ours, theirs = np.asarray(page.picture().convert("L")) < 128, np.asarray(drawn) < 128
    height, width = min(ours.shape[0], theirs.shape[0]), min(ours.shape[1], theirs.shape[1])
    differs = ours[:height, :width] != theirs[:height, :width]
    for placed in page.symbols:
        if certain_correction(placed):
            side = placed.symbol.modules * placed.module
            differs[placed.y : placed.y + side, placed.x : placed.x + side] = False
    return int(differs.sum()), [found.text for found in zxingcpp.read_barcodes(np.asarray(drawn))]
