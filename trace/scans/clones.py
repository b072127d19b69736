"""Whether the label of one item may have been copied: a score with its reasons, for people to look into. Pure.

A score decides nothing. Anybody can be paid to scan a photographed label in forty places, and the goods would be the
rival's: so what is found here opens a case for owner and authority, and no public verdict knows of it. Only a label
that is void, not in use or sold says so by itself (``trace.verdict.rules``).

Only scans whose place a person offered weigh anything, and the same scan again weighs nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from trace.core import communes
from trace.scans.rules import NOBODY, Device

MOST = 100
# No two places of the country are farther apart than this; nothing further need be compared.
FARTHEST_KM = 2500.0


class Reason(StrEnum):
    """Why a label may have been copied, in the order they are told."""

    VOID = "void"
    NEVER_ACTIVATED = "never_activated"
    AFTER_SALE = "after_sale"
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    MANY_PLACES = "many_places"


@dataclass(frozen=True, slots=True)
class Spot:
    """A commune, and where its middle is, in degrees."""

    commune: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """One scan of a label. ``spot`` None: nobody offered a place."""

    at: datetime
    device: Device
    spot: Spot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What is known of the label itself. ``sold_at``: when its one item was noted as sold."""

    is_void: bool = False
    is_active: bool = True
    sold_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From where on something is worth a look, and how much it weighs of ``MOST``."""

    places: int = 5
    places_within: timedelta = timedelta(days=2)
    # Faster than a coach on a motorway; flights land in few communes, and a short hop may be a wrong map.
    kilometres_an_hour: float = 150.0
    least_kilometres: float = 60.0
    # A buyer takes it home, and may give it away: two communes after its sale are nobody's copy.
    places_after_sale: int = 3
    after_sale: timedelta = timedelta(hours=1)
    case: int = 50
    weights: dict[Reason, int] = field(
        default_factory=lambda: {
            Reason.VOID: 60,
            Reason.NEVER_ACTIVATED: 60,
            Reason.AFTER_SALE: 40,
            Reason.IMPOSSIBLE_TRAVEL: 30,
            Reason.MANY_PLACES: 50,
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason with its figures: how many communes, or kilometres in how long."""

    reason: Reason
    places: int = 0
    kilometres: int = 0
    within: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """0 to ``MOST``. ``is_case``: worth the time of its owner and of the authority."""

    score: int
    is_case: bool
    findings: tuple[Finding, ...] = ()


def suspect(label: Label, sightings: Iterable[Sighting], thresholds: Thresholds | None = None) -> Suspicion:
    """How much speaks for a copy, and what; the order of the scans does not matter."""
    limits = thresholds or Thresholds()
    located = sorted(
        ((each.at, each.spot) for each in sightings if each.spot and each.device not in NOBODY),
        key=lambda pair: (pair[0], pair[1].commune, pair[1].latitude, pair[1].longitude),
    )
    findings = tuple(_findings(label, located, limits))
    score = min(MOST, sum(limits.weights[finding.reason] for finding in findings))
    return Suspicion(score=score, is_case=score >= limits.case, findings=findings)


def kilometres_between(one: Spot, other: Spot) -> float:
    """Along the ground, between the middles."""
    return communes.kilometres_between((one.latitude, one.longitude), (other.latitude, other.longitude))


_Located = Sequence[tuple[datetime, Spot]]


def _findings(label: Label, located: _Located, limits: Thresholds) -> Iterator[Finding]:
    seen_in = len({spot.commune for _at, spot in located})
    if label.is_void and seen_in:
        yield Finding(reason=Reason.VOID, places=seen_in)
    elif not label.is_active and seen_in:
        yield Finding(reason=Reason.NEVER_ACTIVATED, places=seen_in)
    if label.sold_at is not None:
        since = label.sold_at + limits.after_sale
        later = len({spot.commune for at, spot in located if at >= since})
        if later >= limits.places_after_sale:
            yield Finding(reason=Reason.AFTER_SALE, places=later)
    travel = _fastest(located, limits)
    if travel is not None:
        yield travel
    places = _most_places(located, limits.places_within)
    if places >= limits.places:
        yield Finding(reason=Reason.MANY_PLACES, places=places, within=limits.places_within)


def _fastest(located: _Located, limits: Thresholds) -> Finding | None:
    """The pair of scans that no road allows, the one in the least time."""
    longest = timedelta(hours=FARTHEST_KM / limits.kilometres_an_hour)
    found: tuple[timedelta, int] | None = None
    # Of one commune only the last scan before, and the first after, can be in less time than any other.
    last_of: dict[str, tuple[datetime, Spot]] = {}
    for at, spot in located:
        for before, other in last_of.values():
            within = at - before
            if other.commune == spot.commune or within > longest:
                continue
            kilometres = kilometres_between(other, spot)
            by_road = timedelta(hours=kilometres / limits.kilometres_an_hour)
            if kilometres >= limits.least_kilometres and within < by_road:
                found = min(found or (within, -round(kilometres)), (within, -round(kilometres)))
        last_of[spot.commune] = (at, spot)
    if found is None:
        return None
    return Finding(reason=Reason.IMPOSSIBLE_TRAVEL, kilometres=-found[1], within=found[0])


def _most_places(located: _Located, within: timedelta) -> int:
    """In how many communes it was scanned within one span of so long, at most."""
    most, first = 0, 0
    inside: dict[str, int] = {}
    for at, spot in located:
        inside[spot.commune] = inside.get(spot.commune, 0) + 1
        while at - located[first][0] > within:
            leaving = located[first][1].commune
            inside[leaving] -= 1
            if not inside[leaving]:
                del inside[leaving]
            first += 1
        most = max(most, len(inside))
    return most
