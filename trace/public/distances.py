"""How far one commune is from another, as the public is told: between their middles, as the crow flies. Pure."""

from typing import Final

from trace.core.communes import kilometres_between, middle_of
from trace.public.pages import Spot

# Communes are some kilometres across: closer than this two middles say nothing of the way between two places.
NEAREST_TOLD_KM: Final = 3
_ONE, _FIVE, _TEN = 1, 5, 10


def kilometres(one: Spot | None, other: Spot | None) -> int | None:
    """Kilometres between two places, rounded to 1 below 10, to 5 below 100, to 10 above.

    None where either commune is not told or not known, and where they are too near for a figure.
    """
    if one is None or other is None or one.commune_code == other.commune_code:
        return None
    start, end = middle_of(one.commune_code), middle_of(other.commune_code)
    if start is None or end is None:
        return None
    exact = kilometres_between(start, end)
    if exact < NEAREST_TOLD_KM:
        return None
    step = _ONE if exact < 10 else _FIVE if exact < 100 else _TEN
    return round(exact / step) * step
