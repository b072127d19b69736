"""Marks that stand in a page for what differs from one reading of it to the next, until they are replaced.

They are made anew for each page and cannot be guessed, so nothing anybody wrote can hold one.
"""

import random
import secrets
from dataclasses import dataclass
from datetime import datetime

from trace.core.clock import HANOI
from trace.core.short_codes import pretty

_CHANCE = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Marks:
    """``code`` as it stands in addresses, ``typed`` what was typed and is none, ``item`` whole blocks about one item.

    ``style`` is half of a page's bytes and the same on all: it is not kept with each. ``looked_up_at`` is a moment that
    no page tells otherwise.
    """

    code: str
    typed: str
    item: str
    style: str
    looked_up_at: datetime

    @classmethod
    def new(cls) -> "Marks":
        """Marks for one page."""
        moment = datetime(_CHANCE.randrange(3000, 9000), _CHANCE.randrange(1, 13), _CHANCE.randrange(1, 29),
                          _CHANCE.randrange(24), _CHANCE.randrange(60), tzinfo=HANOI)  # fmt: skip
        code, typed, item, style = (f"{letter}{secrets.token_hex(10)}" for letter in "xyzw")
        return cls(code, typed, item, style, moment)

    def names(self) -> dict[str, str]:
        """What stands for each mark, as it is written in a page."""
        return {
            self.code: "code",
            pretty(self.code): "pretty",
            self.typed: "typed",
            self.item: "item",
            self.style: "style",
            shown_iso(self.looked_up_at): "iso",
            shown(self.looked_up_at): "time",
        }


def shown_iso(moment: datetime) -> str:
    """A moment as programs read it in a page."""
    return moment.isoformat()


def shown(moment: datetime) -> str:
    """A moment as people read it; each scan of an item is told when it was first scanned, and ``strftime`` is slow."""
    return f"{moment.hour:02}:{moment.minute:02}, {moment.day:02}/{moment.month:02}/{moment.year:04}"
