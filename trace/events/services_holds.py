"""Verbs by which a holder sets its own goods aside and releases them. Nobody else sees it.

Once by state: setting aside twice is setting aside once. The authority's pause of a whole batch is in
``trace.recalls.holds``.
"""

from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved
from trace.core import clock
from trace.events import desk, queries_stock, rules
from trace.events.desk import PLAIN, Around, Taken
from trace.events.documents import Happening, goods_of
from trace.events.handover_models import Hold
from trace.events.models import Event, Verb
from trace.events.rules_stock import AlreadySetAside, NotOnHold, SetAsideReason


def hold(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    reason: SetAsideReason,
    *,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Hold:
    """Set the organisation's goods of a batch aside: until released they are neither sold, served nor passed on.

    Raises ``NotTheHolder``, ``AlreadySetAside`` (for another reason).
    """
    require_approved(actor)
    taken = desk.lock_goods(session, actor, batch_id)
    standing = queries_stock.find_hold(session, batch_id, actor.organisation_id)
    if standing is not None:
        if standing.reason != reason:
            raise AlreadySetAside(_l("These goods are set aside already. Release them first."))
        return standing
    if taken.holding.quantity <= 0:
        raise rules.NotTheHolder(_l("Your organisation holds none of this batch."))
    when = desk.when_moved(session, actor, taken.batch, event_time, around)
    made = Hold(
        batch_id=taken.batch.id,
        organisation_id=actor.organisation_id,
        is_official=False,
        reason=str(reason),
        started_at=when.event_time,
    )
    session.add(made)
    session.flush()
    taken.holding.is_set_aside = True
    _record(session, actor, Verb.HOLD, taken, made, when, {"reason": str(reason)}, note, around)
    return made


def release(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    *,
    note: str = "",
    around: Around = PLAIN,
) -> Hold:
    """Let goods that were set aside move again. Raises ``NotOnHold``."""
    require_approved(actor)
    taken = desk.lock_goods(session, actor, batch_id)
    standing = queries_stock.find_hold(session, batch_id, actor.organisation_id)
    if standing is None:
        raise NotOnHold(_l("These goods are not set aside: they were released, or never were."))
    when = desk.When(clock.now())
    standing.ended_at = when.event_time
    taken.holding.is_set_aside = False
    _record(session, actor, Verb.RELEASE, taken, standing, when, {}, note, around)
    return standing


def _record(
    session: Session,
    actor: Actor,
    verb: Verb,
    taken: Taken,
    about: Hold,
    when: desk.When,
    extensions: dict[str, str],
    note: str,
    around: Around,
) -> Event:
    place = desk.place_of(session, actor, around)
    happening = Happening(
        verb=verb,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=goods_of({taken.batch: taken.holding.quantity}),
        location_uri=place.uri,
        document=about.id,
        extensions=extensions,
    )
    aside = desk.aside_of(session, actor, around, note=note)
    return desk.carry_out(session, actor, happening, location=place, aside=aside, known=[taken.holding])
