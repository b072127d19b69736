"""What every PDF of labels says of itself, and how its labels are to come onto pages. No page is drawn here."""

from dataclasses import dataclass
from enum import StrEnum

from labels.pdf_file import Objects, text_string

_MAKER = "Nguồn Gốc"
_TITLE = "Tem truy xuất nguồn gốc"
# The first objects of every file.
CATALOG, INFO, ROOT = 1, 2, 3


class Flip(StrEnum):
    """How the printer turns the sheet for its back."""

    LONG_EDGE = "long-edge"
    SHORT_EDGE = "short-edge"


@dataclass(frozen=True)
class PageOptions:
    """How labels come onto pages.

    ``has_marks`` draws crop marks; on a roll the page grows by 6 mm a side and names the label in its TrimBox.
    ``back_text`` makes every second page the backs of the one before, mirrored as ``flip`` says. ``is_last_first``
    turns the order of pages round, for a roll that is wound up as it leaves the printer and used from its outer end.
    ``right_mm`` and ``down_mm`` shift everything, for a printer that draws a little off.
    """

    has_marks: bool = False
    back_text: str = ""
    flip: Flip = Flip.LONG_EDGE
    is_last_first: bool = False
    right_mm: float = 0.0
    down_mm: float = 0.0


def put_description(objects: Objects, flip: Flip | None) -> None:
    """Fill the catalogue and the title, which were reserved; ``flip`` where the sheets have backs."""
    # "Fit to page" shrinks the QR below its printer dots; this is the one way a file can ask for 100 %.
    wishes = "/PrintScaling /None"
    if flip is not None:
        edge = "Long" if flip is Flip.LONG_EDGE else "Short"
        wishes += f" /Duplex /DuplexFlip{edge}Edge"
    objects.put(
        CATALOG, f"<</Type/Catalog/Pages {ROOT} 0 R/Lang(vi)/ViewerPreferences<<{wishes}>>>>".encode()
    )
    title, maker = text_string(_TITLE), text_string(_MAKER)
    objects.put(INFO, b"<</Title %b/Author %b/Creator %b/Producer %b>>" % (title, maker, maker, maker))
