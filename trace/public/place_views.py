"""Where an item was scanned: a page on which whoever holds it may say in which commune, if they like.

Nothing is asked for before a button is pressed. Coordinates are sent once, to suggest the nearest commune, and are
kept and logged nowhere; what is kept is the commune that was confirmed. No cookie, and no address: who says it again
and again is slowed by a keyed hash in memory.
"""

import math
from dataclasses import dataclass

from flask import Flask, Response, current_app, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from trace.accounts import queries as account_queries
from trace.accounts.models import Commune, Province
from trace.batches import stamp_queries
from trace.batches.stamp_queries import Stamp
from trace.copies import services
from trace.core.communes import nearest_to
from trace.core.errors import NotFound
from trace.core.http import Audience, audience, by_secret_address, content_security_policy, db
from trace.core.language import public_url
from trace.core.short_codes import is_well_formed, normalise, pretty
from trace.core.strangers import Meter, Rate, source_of
from trace.public import build, guessing
from trace.public.answers import inline_style, render
from trace.public.pages import PublicFrame
from trace.public.views import blueprint
from trace.scans.rules import device_of

EXTENSION = "places_told"
# Who holds one pack says it once; a stall with one connection for all its buyers is not slowed by ten.
RATE = Rate(free=10, per_second=10 / 3600)
# The one page that may ask a phone where it is, and only when its button is pressed.
PERMISSIONS = "camera=(), geolocation=(self), microphone=()"
LONGEST_DEGREES = 12
STATUS = {"slowed": 429, "choose": 422}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacePage:
    """The question, or what came of the answer.

    ``state``: ask, near (``chosen`` is suggested), nowhere, choose, slowed (``wait`` in minutes), told, told_lately.
    """

    frame: PublicFrame
    state: str
    code: str
    code_url: str
    place_url: str
    provinces: list[Province]
    communes: list[Commune]
    province_code: str
    chosen: Commune | None = None
    wait: int = 0

    @property
    def is_over(self) -> bool:
        return self.state in ("told", "told_lately")


def init_places(app: Flask) -> None:
    """Give the application the counts of this process."""
    app.extensions[EXTENSION] = Meter(RATE)


@blueprint.route("/T/<code>/noi-quet", methods=["GET", "POST"])
@audience(Audience.PUBLIC)
@by_secret_address  # nobody's account is used, and a form of another site is refused by where it comes from
def show_places(code: str) -> ResponseReturnValue:
    """Say in which commune an item was scanned: by the phone's position, or from a list."""
    guessing.admit()
    stamp = _stamp(code)
    if request.method == "GET":
        told = request.args.get("told")
        state = {"1": "told", "0": "told_lately"}.get(told or "", "ask")
        return _answer(_page(stamp, state, province_code=request.args.get("province", "")))
    if "commune_code" in request.form:
        return _take(stamp)
    return _suggest(stamp)


def _stamp(typed: str) -> Stamp:
    """The stamp of a code that stands on one item alone. Raises ``NotFound`` for any other."""
    code = normalise(typed)
    stamp = stamp_queries.find_stamp(db(), code) if is_well_formed(code) else None
    if stamp is None:
        guessing.note_unknown()
        raise NotFound(_("There is nothing at this address."))
    return stamp


def _suggest(stamp: Stamp) -> Response:
    """The page with the commune nearest to the position that was sent; the position ends here."""
    point = [_degrees(request.form.get(name, "")) for name in ("latitude", "longitude")]
    code = nearest_to(point[0], point[1]) if point[0] is not None and point[1] is not None else None
    chosen = account_queries.find_commune(db(), code) if code else None
    return _answer(_page(stamp, "near" if chosen else "nowhere", chosen=chosen))


def _take(stamp: Stamp) -> ResponseReturnValue:
    chosen = account_queries.find_commune(db(), request.form.get("commune_code", "")[:5])
    if chosen is None:
        return _answer(_page(stamp, "choose", province_code=request.form.get("province", "")))
    meter: Meter = current_app.extensions[EXTENSION]
    source = source_of(request.remote_addr or "")
    wait = meter.wait(source)
    if wait:
        answer = _answer(_page(stamp, "slowed", chosen=chosen, wait=math.ceil(wait / 60)))
        answer.headers["Retry-After"] = str(wait)
        return answer
    meter.count(source)
    thresholds = services.thresholds_of(current_app.config["SETTINGS"])
    device = device_of(request.user_agent.string)
    is_noted = services.note_place(db(), stamp, device, chosen.code, thresholds)
    db().commit()
    return redirect(public_url("public.show_places", code=stamp.code.code, told=int(is_noted)), 303)


def _page(
    stamp: Stamp, state: str, *, province_code: str = "", chosen: Commune | None = None, wait: int = 0
) -> PlacePage:
    provinces = account_queries.list_provinces(db())
    asked = chosen.province_code if chosen else province_code
    known = asked if asked in {one.code for one in provinces} else account_queries.HANOI_CODE
    code = stamp.code.code
    return PlacePage(
        frame=build.frame(db()),
        state=state,
        code=pretty(code),
        code_url=public_url("public.show_code", code=code),
        place_url=public_url("public.show_places", code=code),
        provinces=provinces,
        communes=account_queries.list_communes(db(), known),
        province_code=known,
        chosen=chosen,
        wait=wait,
    )


def _answer(page: PlacePage) -> Response:
    answer = make_response(render("public/places.html", page), STATUS.get(page.state, 200))
    _css, style_hash = inline_style()
    answer.headers["Content-Security-Policy"] = content_security_policy(
        style_src=f"'self' 'sha256-{style_hash}'"
    )
    answer.headers["Permissions-Policy"] = PERMISSIONS
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _degrees(typed: str) -> float | None:
    try:
        read = float(typed[:LONGEST_DEGREES])
    except ValueError:
        return None
    return read if math.isfinite(read) else None
