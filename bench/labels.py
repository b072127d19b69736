"""Labels: how fast a run becomes a finished A4 PDF, in how much memory, in how many bytes.

Each label has a QR and a code of its own and four lines of Vietnamese text. Beside it, on the same codes:

* zint_ratio: labels a second over the bare QR PNGs a second that ``zint --batch`` makes on one core; we use them all.
* naive_ratio: the same over a plain loop of ``qrcode`` and ``fpdf2``, which says the same four lines.
* peak_mb_100k, peak_mb_1m: the most memory that the process held, start of Python included.
* bytes_per_label: of the PDF of 100,000 labels.

Every figure is of whole processes, Python's start included; ours and its anchors take turns, medians count. Prints a
table, then one JSON line. Run from the root: ``PYTHONPATH=. .venv/bin/python bench/labels.py``.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

if __name__ == "labels":
    # The other scripts of this folder find this file where they mean the package: lead them on to it.
    __path__ = [str(Path(__file__).resolve().parent.parent / "labels")]

MAKERS = Path(__file__).with_name("_label_makers.py")
ROUNDS = 3
LABELS, MOST, OF_ZINT, OF_LOOP = 100_000, 1_000_000, 20_000, 400
MEGA = 1_000_000


def main() -> None:
    """Measure, print the table and the JSON line."""
    zint = shutil.which("zint")
    if zint is None:
        sys.exit("This needs zint, the barcode generator: `apt-get install zint`, `brew install zint`.")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        codes, texts = folder / "codes", folder / "texts"
        _process("codes", codes, MOST, texts)
        ours, pngs, loops, peaks = [], [], [], []
        for _ in range(ROUNDS):
            speed, peak, size = _process("ours", codes, LABELS, folder / "ours.pdf")
            ours.append(speed)
            peaks.append(peak)
            pngs.append(_zint(zint, texts, folder / "png"))
            loops.append(_process("loop", codes, OF_LOOP, folder / "loop.pdf")[0])
        most_speed, most_peak, most_size = _process("ours", codes, MOST, folder / "ours.pdf")
    print(f"{'labels a second, PDF of 100,000':>44} {_all(ours)}")
    print(f"{'labels a second, PDF of 1,000,000':>44} {most_speed:>9,.0f}")
    print(f"{'QR PNGs a second, zint --batch, one core':>44} {_all(pngs)}")
    print(f"{'labels a second, loop of qrcode and fpdf2':>44} {_all(loops)}")
    print(f"{'PDF of 1,000,000 labels, MB':>44} {most_size / MEGA:>9,.0f}")
    figures = {
        "zint_ratio": statistics.median(ours) / statistics.median(pngs),
        "naive_ratio": statistics.median(ours) / statistics.median(loops),
        "peak_mb_100k": max(peaks),
        "peak_mb_1m": most_peak,
        "bytes_per_label": size / LABELS,
    }
    print(json.dumps({name: round(figure, 2) for name, figure in figures.items()}))


def _process(kind: str, codes: Path, count: int, out: Path) -> tuple[float, float, int]:
    """Labels a second, the most memory in MB and the size of the file, of a process of this script."""
    began = time.perf_counter()
    command = [sys.executable, "-P", str(MAKERS), kind, str(codes), str(count), str(out)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return count / (time.perf_counter() - began), float(told), out.stat().st_size


def _zint(zint: str, texts: Path, folder: Path) -> float:
    """PNGs a second of one zint on one core."""
    folder.mkdir()
    some = folder / "texts"
    with texts.open(encoding="ascii") as lines:
        some.write_text("".join(islice(lines, OF_ZINT)), encoding="ascii")
    arguments = ["--batch", "--barcode=QRCODE", "--secure=2", f"--input={some}", "--filetype=PNG"]
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})
    began = time.perf_counter()
    try:
        subprocess.run([zint, *arguments, f"--output={folder}/~~~~~~~.png"], check=True, capture_output=True)
        took = time.perf_counter() - began
    finally:
        os.sched_setaffinity(0, everywhere)
    made = sum(1 for _ in folder.glob("*.png"))
    shutil.rmtree(folder)
    if made != OF_ZINT:
        sys.exit(f"zint made {made} pictures of {OF_ZINT}.")
    return OF_ZINT / took


def _all(speeds: list[float]) -> str:
    told = f"{statistics.median(speeds):>9,.0f}"
    return f"{told}   ({', '.join(f'{speed:,.0f}' for speed in speeds)})"


if __name__ == "__main__":
    main()
