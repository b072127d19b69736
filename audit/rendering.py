"""PDFs of labels by programs that did not write them: drawn and read by poppler, their codes read by zbar."""

import io
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from audit.findings import CannotAudit, Finding
from audit.tools import HERE, node, node_packages
from labels.bitmaps import for_dots
from labels.designs import DESIGNS, Design
from labels.dot_pdf import dots_pdf
from labels.layout import fit_modules, lay_out
from labels.pdf import sheet_pdf
from labels.qr import printed_address, readable_site
from labels.spec import DateLine, LabelContent, SheetSpec
from trace.core.short_codes import pretty

SITE = "https://check.hanoi.example.vn"
CODES = ("7K3QX9ZPAB", "VSFAHETBG8", "9JDMN42UAR")
DPIS = (203, 300)
KINDS: dict[str, Callable[[list[LabelContent], SheetSpec], bytes]] = {"lines": sheet_pdf, "dots": dots_pdf}
POPPLER = "pdftoppm", "pdftotext"
NO_POPPLER = (
    "poppler is not on this machine and no package for Linux carries it: labels were not drawn by pdftoppm nor read by "
    "pdftotext. Install poppler-utils, then start again."
)
WITHIN_S = 120


@dataclass(frozen=True)
class _Paper:
    """A PDF of one size and kind, and what it must say."""

    name: str
    pdf: bytes
    spec: SheetSpec
    labels: list[LabelContent]


def check() -> Finding:
    """Every ready size as lines and as dots, at 203 and 300 dpi: codes read by zbar, text by pdftotext."""
    has_poppler = all(shutil.which(program) for program in POPPLER)
    drawers = {"PDFium": _by_pdfium, **({"poppler": _by_poppler} if has_poppler else {})}
    rows, faults = [], []
    for design in DESIGNS:
        right: Counter[str] = Counter()
        asked = 0
        for paper in (paper for dpi in DPIS for paper in _papers(design, dpi)):
            wanted = sorted(label.address for label in paper.labels)
            asked += len(wanted)
            read = _read_by_zbar([draw(paper) for draw in drawers.values()])
            for drawer, texts in zip(drawers, read, strict=True):
                right[drawer] += sum((Counter(wanted) & Counter(texts)).values())
                if sorted(texts) != wanted:
                    faults.append(f"{paper.name}, drawn by {drawer}: zbar reads {texts}")
            lost = _lost_texts(paper) if has_poppler else []
            right["text"] += 0 if lost else len(wanted)
            faults += [f"{paper.name}: pdftotext finds no {field}" for field in lost]
        counts = (
            f"{right[what]} of {asked}" if has_poppler or what == "PDFium" else "not run"
            for what in ("PDFium", "poppler", "text")
        )
        rows.append((design.key, *counts))
    columns = ("size", "zbar on PDFium", "zbar on poppler", "text by poppler")
    not_run = () if has_poppler else (NO_POPPLER,)
    return Finding("PDFs of labels by poppler and zbar", columns, rows, faults, not_run)


def _papers(design: Design, dpi: int) -> list[_Paper]:
    spec = for_dots(design.spec, dpi)
    labels = [_label(code) for code in CODES[: min(len(CODES), spec.labels_per_page)]]
    spec = fit_modules(labels, spec)
    return [
        _Paper(f"{design.key} as {kind} at {dpi} dpi", make(labels, spec), spec, labels)
        for kind, make in KINDS.items()
    ]


def _label(code: str) -> LabelContent:
    return LabelContent(
        product_name="Cải ngọt hữu cơ",
        lot_number="CN-261121-01",
        dates=(DateLine("NSX", date(2026, 11, 21)), DateLine("HSD", date(2026, 12, 24))),
        code=code,
        address=printed_address(SITE, code),
        readable_site=readable_site(SITE),
        producer_name="HTX Rau hữu cơ Đông Cao",
        commune="xã Mê Linh",
    )


def _by_pdfium(paper: _Paper) -> Any:
    page = pdfium.PdfDocument(paper.pdf)[0]
    return page.render(scale=paper.spec.dpi / 72, grayscale=True).to_numpy().squeeze()


def _by_poppler(paper: _Paper) -> Any:
    drawn = _told(["pdftoppm", "-r", str(paper.spec.dpi), "-gray", "-f", "1", "-l", "1", "-"], paper.pdf)
    return np.asarray(Image.open(io.BytesIO(drawn)).convert("L"))


def _lost_texts(paper: _Paper) -> list[str]:
    """The fields of the labels that are not in what poppler extracts; lines may part a text anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "labels.pdf"
        file.write_bytes(paper.pdf)
        told = _told(["pdftotext", "-raw", "-enc", "UTF-8", str(file), "-"], b"")
    text = _joined(told.decode())
    lost = set()
    for label in paper.labels:
        left_out = lay_out(label, paper.spec).left_out
        fields = {
            "product_name": label.product_name,
            "lot_number": label.lot_number,
            "code": pretty(label.code),
            "producer_name": label.producer_name,
            "commune": label.commune,
            **{f"dates ({line.label})": f"{line.on:%d/%m/%Y}" for line in label.dates},
        }
        lost |= {
            field
            for field, value in fields.items()
            if field.split(" ")[0] not in left_out and _joined(value) not in text
        }
    return sorted(lost)


def _joined(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _read_by_zbar(pictures: list[Any]) -> list[list[str]]:
    # A symbol may stand as near to a label's edge as its quiet zone; on paper there is more white beyond it.
    bordered = [np.pad(picture, 20, constant_values=255) for picture in pictures]
    sizes = [str(side) for picture in bordered for side in reversed(picture.shape)]
    sent = b"".join(picture.tobytes() for picture in bordered)
    command = [*node(), str(HERE / "read_zbar.cjs"), *sizes]
    found: list[list[str]] = json.loads(_told(command, sent, {"NODE_PATH": str(node_packages())}))
    return found


def _told(command: list[str], sent: bytes, environ: dict[str, str] | None = None) -> bytes:
    try:
        return subprocess.run(
            command,
            input=sent,
            env={**os.environ, **(environ or {})},
            capture_output=True,
            timeout=WITHIN_S,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotAudit(f"{command[0]} does not run ({error}): see that it is installed whole.") from error
