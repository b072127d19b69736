"""Files of print runs for the printer. Hidden codes stand in them and nowhere else, so they lie apart and expire.

Without hidden codes there is no file: the table is written from the codes whenever it is asked for.
"""

import contextlib
import csv
import io
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from flask_babel import lazy_gettext as _l

from labels.qr import printed_address
from trace.batches.services_runs import Part
from trace.core.config import Settings
from trace.core.errors import Refusal
from trace.core.local_state import write_private
from trace.core.short_codes import pretty

FOLDER = "runs"
# Excel takes a table for another alphabet unless it begins so.
_MARK = "\ufeff"
_HEAD = ("Số tem", "Mã tra cứu", "Địa chỉ QR")
_HEAD_SECRET = "Mã bí mật"  # noqa: S105 - the head of a column


class RunFileGone(Refusal):
    """The file of a run with hidden codes was removed, as was said when it was made; it cannot be made again."""

    code = "run-file-gone"
    http_status = 410

    def __init__(self) -> None:
        super().__init__(
            _l(
                "The file was removed after its 30 days. Hidden codes are kept nowhere else; order new labels."
            )
        )


class RunFiles:
    """One file for each part of each run, readable by the service alone."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.state_folder / FOLDER

    def keep(self, run_id: int, part: Part) -> None:
        """Write the hidden codes of a part, whole and durable, before the part is committed.

        A part that is made again, because a process died before its commit, takes the place of the one that was lost.
        """
        folder = self._of(run_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        rows = zip(part.codes, part.secrets, strict=True)
        lines = (f"{number},{code},{secret}\n" for number, (code, secret) in enumerate(rows, part.first))
        write_private(folder / f"{part.first:010d}.csv", "".join(lines))

    def read(self, run_id: int) -> Iterator[tuple[int, str, str]]:
        """Number, code and hidden code of each stamp in order. Raises ``RunFileGone``."""
        parts = sorted(self._of(run_id).glob("*.csv"))
        if not parts:
            raise RunFileGone
        return self._lines(parts)

    def remove(self, run_id: int) -> None:
        """Remove what is there; nothing happens where nothing is."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._of(run_id))

    def _lines(self, parts: Iterable[Path]) -> Iterator[tuple[int, str, str]]:
        for path in parts:
            for line in path.read_text(encoding="ascii").split():
                number, code, secret = line.split(",")
                yield int(number), code, secret

    def _of(self, run_id: int) -> Path:
        return self.folder / str(run_id)


def table(
    address: str, rows: Iterable[tuple[int, str] | tuple[int, str, str]], *, has_secrets: bool
) -> Iterator[str]:
    """The table for a print shop as CSV, some thousand lines at a time: number, code, address, hidden code."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write(_MARK)
    writer.writerow((*_HEAD, _HEAD_SECRET) if has_secrets else _HEAD)
    for count, (number, code, *secret) in enumerate(rows, start=1):
        writer.writerow((number, pretty(code), printed_address(address, code), *map(pretty, secret)))
        if count % 2_000 == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()
