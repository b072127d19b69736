"""Where communes are: the middle of each of today's list, and which is nearest to a point.

Names and codes are in the database (``trace.accounts``); here are only figures that never change between two versions
of the service. Source and licence: docs/domain.md, "Places".
"""

import csv
import math
from functools import cache
from pathlib import Path

MIDDLES = Path(__file__).with_name("commune_middles.csv")
EARTH_KM = 6371.0
# The largest commune is some 40 km across; what is farther from every middle is not in the country.
FARTHEST_KM = 60.0

Point = tuple[float, float]


def middle_of(commune_code: str) -> Point | None:
    """Latitude and longitude of the middle of a commune, in degrees (WGS 84); None for a code that is none."""
    return _middles().get(commune_code)


def nearest_to(latitude: float, longitude: float) -> str | None:
    """The code of the commune whose middle is nearest; None where none is within ``FARTHEST_KM``.

    Its border is not known here: beside a large commune a point may be in that one, so people must be able to
    choose another.
    """
    point = (latitude, longitude)
    code, middle = min(_middles().items(), key=lambda known: _roughly(known[1], point))
    return code if kilometres_between(middle, point) <= FARTHEST_KM else None


def kilometres_between(one: Point, other: Point) -> float:
    """Along the ground as the crow flies, by the haversine formula."""
    lat, other_lat = math.radians(one[0]), math.radians(other[0])
    half = (
        math.sin((other_lat - lat) / 2) ** 2
        + math.cos(lat) * math.cos(other_lat) * math.sin(math.radians(other[1] - one[1]) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _roughly(one: Point, other: Point) -> float:
    """Orders points of one country by distance without the haversine of each."""
    east = (one[1] - other[1]) * math.cos(math.radians(other[0]))
    return (one[0] - other[0]) ** 2 + east**2


@cache
def _middles() -> dict[str, Point]:
    with MIDDLES.open(encoding="ascii", newline="") as lines:
        return {
            row["commune_code"]: (float(row["latitude"]), float(row["longitude"]))
            for row in csv.DictReader(lines)
        }
