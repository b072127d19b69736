"""Printers made of what the manuals say, for tests: they read a job byte by byte, refuse what the grammar does not
know, and leave the pages they would print. QRs are drawn by zxing-cpp, which did not make ours."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import zxingcpp

_TSPL_END = b"\r\n"
_NUMBER = rb"(0|[1-9][0-9]*)"
_LENGTH = rb"((?:0|[1-9][0-9]*)(?:\.[0-9]+)?) mm"
_TSPL_LINES = {
    name: re.compile(pattern)
    for name, pattern in {
        "SIZE": rb"SIZE " + _LENGTH + rb"," + _LENGTH,
        "GAP": rb"GAP " + _LENGTH + rb"," + _LENGTH,
        "DIRECTION": rb"DIRECTION ([01])",
        "REFERENCE": rb"REFERENCE " + _NUMBER + rb"," + _NUMBER,
        "CLS": rb"CLS",
        "QRCODE": rb"QRCODE "
        + _NUMBER
        + rb","
        + _NUMBER
        + rb',([LMQH]),([1-9]|10),A,0,M2,S([0-8]),"([ !#-~]{1,2048})"',
        "PRINT": rb"PRINT ([1-9][0-9]{0,8}),([1-9][0-9]{0,8})",
    }.items()
}
_TSPL_BITMAP = re.compile(rb"BITMAP " + b",".join([_NUMBER] * 4) + rb",([012]),")


class NotInTheGrammar(AssertionError):
    """The printer would not understand the job."""


@dataclass
class PrintedPage:
    """What would be on paper: ``dark`` is True where a dot burns; QR texts as the commands gave them."""

    dark: Any
    copies: int
    commanded: list[str]

    @property
    def grey(self) -> Any:
        """The page for a reader of QRs."""
        return np.where(self.dark, 0, 255).astype(np.uint8)


def tspl_pages(job: bytes, dpi: int) -> list[PrintedPage]:
    """Every page of a TSPL job. Raises `NotInTheGrammar` at the first byte that does not belong."""
    printed: list[PrintedPage] = []
    page: PrintedPage | None = None
    size: tuple[int, int] | None = None
    at = 0
    while at < len(job):
        bitmap = _TSPL_BITMAP.match(job, at)
        if bitmap:
            x, y, per_row, rows, mode = (int(number) for number in bitmap.groups())
            at = bitmap.end() + per_row * rows
            data = job[bitmap.end() : at]
            _demand(page is not None and mode == 0 and per_row > 0 and rows > 0, job, bitmap.start())
            _demand(len(data) == per_row * rows and job[at : at + 2] == _TSPL_END, job, at)
            assert page is not None
            # A bit that is 0 burns; mode 0 overwrites.
            _paint(
                page.dark, x, y, np.frombuffer(data, np.uint8).reshape(rows, per_row) ^ 0xFF, overwrite=True
            )
            at += 2
            continue
        end = job.find(_TSPL_END, at)
        _demand(end >= 0, job, at)
        line, at = job[at:end], end + 2
        name = line.split(b" ")[0].decode("ascii", "replace")
        found = _TSPL_LINES[name].fullmatch(line) if name in _TSPL_LINES else None
        _demand(found is not None, job, at)
        assert found is not None
        if name == "SIZE":
            size = (round(float(found[2]) * dpi / 25.4), round(float(found[1]) * dpi / 25.4))
        elif name == "CLS":
            assert size is not None
            page = PrintedPage(np.zeros(size, bool), 0, [])
        elif name == "QRCODE":
            assert page is not None
            x, y, module = int(found[1]), int(found[2]), int(found[4])
            _paint_qr(page, found[6].decode(), found[3].decode(), x, y, module)
        elif name == "PRINT":
            assert page is not None
            page.copies = int(found[1]) * int(found[2])
            printed.append(page)
    return printed


def zpl_pages(job: bytes) -> list[PrintedPage]:
    """Every page of a ZPL job: ^FO, ^GFA, ^BQ, ^BY, ^FD and the sizes; anything else is `NotInTheGrammar`."""
    printer = _ZplPrinter()
    text = job.decode("ascii").replace("\n", "")
    assert text.startswith("^")
    for command in text[1:].split("^"):
        printer.obey(command)
    return printer.printed


class _ZplPrinter:
    """The commands of our jobs, each with the form the guide gives it."""

    FORMS = MappingProxyType(
        {
            "XA": r"",
            "PW": r"([0-9]+)",
            "LL": r"([0-9]+)",
            "LH": r"0,0",
            "PO": r"([NI])",
            "BY": r"(?:[1-9]|10),(?:2|3),([0-9]+)",
            "FO": r"([0-9]+),([0-9]+)",
            "BQ": r"N,2,([1-9]|10)",
            "FD": r"([HQML])A,([!-~]+)",
            "GF": r"A,([0-9]+),([0-9]+),([0-9]+),([0-9A-F,]+)",
            "FS": r"",
            "PQ": r"([1-9][0-9]{0,7})",
            "XZ": r"",
        }
    )

    def __init__(self) -> None:
        self.printed: list[PrintedPage] = []
        self.set: dict[str, tuple[str, ...]] = {}
        self.todo: list[Callable[[PrintedPage], None]] = []

    def obey(self, command: str) -> None:
        name, rest = command[:2], command[2:]
        found = re.fullmatch(self.FORMS[name], rest) if name in self.FORMS else None
        if found is None:
            raise NotInTheGrammar(command[:60])
        if name == "XA":
            self.set, self.todo = {"PQ": ("1",), "BY": ("10",)}, []
        elif name == "FD":
            self._qr_code(*found.groups())
        elif name == "GF":
            x, y = (int(number) for number in self.set["FO"])
            graphic = _graphic(*found.groups())
            self.todo.append(lambda page: _paint(page.dark, x, y, graphic, overwrite=False))
        elif name == "XZ":
            self._print()
        else:
            self.set[name] = found.groups()

    def _qr_code(self, correction: str, text: str) -> None:
        x, y = (int(number) for number in self.set["FO"])
        sunk = y + int(self.set["BY"][0])
        module = int(self.set.pop("BQ")[0])
        self.todo.append(lambda page: _paint_qr(page, text, correction, x, sunk, module))

    def _print(self) -> None:
        (width,), (height,), (copies,) = (self.set[name] for name in ("PW", "LL", "PQ"))
        page = PrintedPage(np.zeros((int(height), int(width)), bool), int(copies), [])
        for paint in self.todo:
            paint(page)
        if self.set.get("PO") == ("I",):
            page.dark = page.dark[::-1, ::-1]
        self.printed.append(page)


def _graphic(sent: str, whole: str, per_row: str, data: str) -> Any:
    """The bytes of a graphic field; a comma in the data fills its row with 00."""
    assert sent == whole
    assert 1 <= int(whole) <= 99_999
    width = 2 * int(per_row)
    rows, row = [], ""
    for sign in data:
        row = row.ljust(width, "0") if sign == "," else row + sign
        if len(row) == width:
            rows.append(bytes.fromhex(row))
            row = ""
    assert not row
    assert len(rows) * int(per_row) == int(whole)
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), int(per_row))


def _paint(dark: Any, x: int, y: int, data: Any, *, overwrite: bool) -> None:
    bits = np.unpackbits(data, axis=1).astype(bool)
    bits = bits[: dark.shape[0] - y, : dark.shape[1] - x]  # a block's last byte may reach beyond the paper
    there = dark[y : y + bits.shape[0], x : x + bits.shape[1]]
    dark[y : y + bits.shape[0], x : x + bits.shape[1]] = bits if overwrite else bits | there


def _paint_qr(page: PrintedPage, text: str, correction: str, x: int, y: int, module: int) -> None:
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=correction)
    small = np.array(symbol.to_image(scale=1, add_quiet_zones=False)) < 128
    large = np.kron(small, np.ones((module, module))) > 0
    there = page.dark[y : y + large.shape[0], x : x + large.shape[1]]
    assert there.shape == large.shape, "the QR reaches beyond the paper"
    there |= large
    page.commanded.append(text)


def _demand(is_so: bool, job: bytes, at: int) -> None:
    if not is_so:
        raise NotInTheGrammar(job[max(0, at - 60) : at + 60])
