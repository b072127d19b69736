"""The drawn way of a lot as its template needs it: stops from above, with what is written beside each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteLine:
    """One line of writing in the drawing, in ems from its top; ``is_given`` is Vietnamese on every page."""

    text: str
    y: float
    is_name: bool = False
    is_given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """One stop of the drawing, or where ``number`` is None the stops left out there.

    ``sign`` and ``leg`` are shapes of ``templates/public/_route.html``; ``leg_from`` is where the line down to it
    begins, None where it did not come from the stop above.
    """

    number: int | None
    sign: str
    y: float
    lines: tuple[RouteLine, ...]
    leg_from: float | None = None
    leg: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDrawing:
    """The way as a schematic, ``height`` ems high; never a map."""

    rows: tuple[RouteRow, ...]
    height: float
    stops: int
