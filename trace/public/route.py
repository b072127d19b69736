"""The way of a lot as a schematic: the stops in order, what joins them, and where each stands in the drawing. Pure.

Not a map: nothing here is to scale. Stops are communes, or the kind of place where the commune is not told. Lengths are
ems, so that the drawing grows with the reader's letters; lines are broken here, because a drawing does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from textwrap import wrap
from typing import Final

from trace.public.folding import fold
from trace.public.pages import JourneyStep, Spot, Vouch
from trace.public.pages_route import RouteDrawing, RouteLine, RouteRow

# At this width no line leaves a screen of 360 px (static/css/public.css, .route).
LONGEST_LINE: Final = 20
LINE, SPACE, TOP, RADIUS = 1.4, 1.0, 1.2, 0.75
FIRST_OPEN, LAST_OPEN, LONGEST_WHOLE = 3, 3, 9


class Sign(StrEnum):
    """The shape of a stop: who says that the goods came there."""

    START = "start"
    CONFIRMED = "confirmed"
    DECLARED = "declared"
    WAITING = "waiting"
    MEASURED = "measured"  # nobody moved them: a thermometer was read where the route does not lead
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class Stop:
    """``came_from`` is the number of the stop the goods came from; None at the start, or where it is not told."""

    number: int
    spot: Spot
    sign: Sign
    came_from: int | None = None
    kilometres: int | None = None
    has_breach: bool = False

    @property
    def stays_open(self) -> bool:
        return self.has_breach or self.sign is Sign.WAITING


@dataclass(frozen=True, slots=True)
class Speech:
    """The words of a drawing, in the page's language."""

    of_sign: Callable[[Sign], str]
    distance: Callable[[int], str]
    came_from: Callable[[int], str]
    breach: Callable[[], str]
    left_out: Callable[[int], str]


def stops_of(steps: Sequence[JourneyStep]) -> tuple[Stop, ...]:
    """The stops of a way, numbered from 1 in their order; a stay in one commune is one stop."""
    stops: list[Stop] = []
    for step in steps:
        if step.spot is None:
            continue
        here = _latest(stops, step.spot)
        if step.is_breach:
            if here is None:
                here = Stop(len(stops) + 1, step.spot, Sign.MEASURED)
                stops.append(here)
            stops[here.number - 1] = replace(here, has_breach=True)
        elif here is not None and here is stops[-1] and step.spot.commune_code:
            stops[-1] = replace(here, sign=_weaker(here.sign, _sign_of(step)))
        else:
            sender = _latest(stops, step.sent_from) if step.sent_from else None
            stops.append(
                Stop(
                    len(stops) + 1,
                    step.spot,
                    _sign_of(step) if stops or step.is_missing or step.sent_from else Sign.START,
                    came_from=sender.number if sender else None,
                    kilometres=step.kilometres,
                )
            )
    return tuple(stops)


def draw(steps: Sequence[JourneyStep], speech: Speech) -> RouteDrawing | None:
    """The drawing of a way; None where the goods are told to have been in one place only."""
    stops = stops_of(steps)
    if len(stops) < 2:
        return None
    rows: list[RouteRow] = []
    drawn: dict[int, float] = {}
    y = TOP
    stretches = fold(
        stops, lambda stop: stop.stays_open, first=FIRST_OPEN, last=LAST_OPEN, unfolded=LONGEST_WHOLE
    )
    for stretch in stretches:
        if stretch.is_folded:
            line = RouteLine(text=speech.left_out(len(stretch.stages)), y=y)
            rows.append(
                RouteRow(
                    number=None,
                    sign=Sign.LEFT_OUT,
                    y=y,
                    lines=(line,),
                    leg_from=rows[-1].y,
                    leg=Sign.LEFT_OUT,
                )
            )
            y += LINE + SPACE
            continue
        for stop in stretch.stages:
            above = rows[-1] if rows else None
            row = _row(stop, y, above, speech, is_above_drawn=stop.came_from in drawn)
            rows.append(row)
            drawn = {stop.number: y}
            y = row.lines[-1].y + LINE + SPACE
    return RouteDrawing(rows=tuple(rows), height=round(y - SPACE, 2), stops=len(stops))


def _row(stop: Stop, y: float, above: RouteRow | None, speech: Speech, *, is_above_drawn: bool) -> RouteRow:
    is_after_fold = above is not None and above.number is None
    follows = is_above_drawn or (is_after_fold and stop.came_from == stop.number - 1)
    texts = [(text, True) for text in wrap(stop.spot.name, LONGEST_LINE)]
    said = [speech.of_sign(stop.sign)]
    if stop.came_from is not None and not follows:
        said.append(speech.came_from(stop.came_from))
    if stop.kilometres is not None:
        said.append(speech.distance(stop.kilometres))
    if stop.has_breach and stop.sign is not Sign.MEASURED:
        said.append(speech.breach())
    texts += [(text, False) for one in said for text in wrap(one, LONGEST_LINE)]
    is_given = bool(stop.spot.commune_code)
    return RouteRow(
        number=stop.number,
        sign="breach" if stop.has_breach else stop.sign,
        y=round(y, 2),
        lines=tuple(
            RouteLine(text=text, y=round(y + place * LINE, 2), is_name=is_name, is_given=is_name and is_given)
            for place, (text, is_name) in enumerate(texts)
        ),
        leg_from=above.y if above is not None and follows else None,
        leg=Sign.LEFT_OUT if is_after_fold else stop.sign,
    )


def _sign_of(step: JourneyStep) -> Sign:
    if step.is_missing:
        return Sign.WAITING
    return Sign.CONFIRMED if step.vouch is Vouch.CONFIRMED else Sign.DECLARED


_STRENGTH: Final = (Sign.WAITING, Sign.DECLARED, Sign.START, Sign.CONFIRMED)


def _weaker(one: Sign, other: Sign) -> Sign:
    """What is said of a stay that several stages make up: as little as of the least of them; a start stays one."""
    if Sign.WAITING not in (one, other) and Sign.START in (one, other):
        return Sign.START
    return min(one, other, key=_order)


def _order(sign: Sign) -> int:
    return _STRENGTH.index(sign) if sign in _STRENGTH else len(_STRENGTH)


def _latest(stops: Sequence[Stop], spot: Spot) -> Stop | None:
    return next((stop for stop in reversed(stops) if stop.spot == spot), None)
