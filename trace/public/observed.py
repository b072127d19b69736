"""What was seen of a lot on its way, as the public is told: acts of the authority, breaches of the cold chain, meals.

Who looked after its own goods and found them well is its own affair; what the authority did, and what left the limits,
is everybody's.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from trace.accounts.models import Organisation
from trace.batches.models import Batch
from trace.core import clock
from trace.events.corrections import standing
from trace.events.models import Event, Verb
from trace.events.rules_stock import InspectionResult
from trace.events.services_observation import BREACH, OFFICIAL, result_of
from trace.events.temperatures import farthest_breach, limits_of, readings_of
from trace.events.texts_stock import RESULTS, breach_sentence
from trace.public import made, wording
from trace.public.pages import JourneyStep, Vouch
from trace.public.told import Told, given
from trace.recalls.hold_rules import HoldReason, ReleaseReason
from trace.recalls.hold_texts import AWAITED, RELEASES

# From here on kitchens are told as a count.
MOST_KITCHENS_TOLD = 3

NameOf = Callable[[Organisation], Told]


def observed_stages(batch: Batch, events: Sequence[Event], name_of: NameOf) -> list[JourneyStep]:
    """The stages of a lot at which somebody looked, in no order; ``name_of`` tells what the public may know of whom."""
    told = standing(events)
    return [
        *(_official(event) for event in told if OFFICIAL in event.marks and event.verb in _OFFICIAL_VERBS),
        *_breaches(batch, told, name_of),
        *_meals(told, name_of),
    ]


_OFFICIAL_VERBS = (Verb.INSPECT, Verb.SAMPLE, Verb.HOLD, Verb.RELEASE)


def _official(event: Event) -> JourneyStep:
    return JourneyStep(
        title=wording.official_title(event.verb),
        place=given(event.organisation.name),
        happened_on=clock.local(event.event_time).date(),
        who_says=wording.decided_by(event.organisation.name),
        vouch=Vouch.CHECKED,
        note=_said_officially(event),
    )


def _said_officially(event: Event) -> str | None:
    said = event.extensions
    match event.verb:
        case Verb.INSPECT:
            result = result_of(event)
            return None if result is InspectionResult.PENDING else str(RESULTS[result])
        case Verb.HOLD if said.get("reason") in set(HoldReason):
            return str(AWAITED[HoldReason(said["reason"])])
        case Verb.RELEASE if said.get("release_reason") in set(ReleaseReason):
            why = str(RELEASES[ReleaseReason(said["release_reason"])])
            return f"{why[:1].upper()}{why[1:]}."
    return None


def _breaches(batch: Batch, events: Sequence[Event], name_of: NameOf) -> list[JourneyStep]:
    """Of each organisation the reading that left the limits farthest: one line, however long a door stood open."""
    limits = limits_of(batch.seal)
    of_whom: dict[UUID, list[Event]] = {}
    for event in events:
        if BREACH in event.marks:
            of_whom.setdefault(event.organisation_id, []).append(event)
    steps = []
    for measured in of_whom.values():
        readings = [
            reading
            for event in measured
            for reading in readings_of(event.sensor_element_list, event.event_time)
        ]
        # An event may measure several lots, and only another of them minds.
        breach = farthest_breach(readings, limits)
        if breach is None:
            continue
        who = measured[0].organisation
        is_official = OFFICIAL in measured[0].marks
        name = given(who.name) if is_official else name_of(who)
        steps.append(
            JourneyStep(
                title=wording.measured_title(),
                place=name,
                happened_on=clock.local(breach.time).date(),
                who_says=wording.decided_by(name) if is_official else wording.declared_by_sender(name),
                vouch=Vouch.CHECKED if is_official else Vouch.DECLARED,
                marks=(breach_sentence(breach, limits),),
                is_breach=True,
                # An officer measures at somebody's place, and whose that is, is not told.
                spot=None if is_official else made.spot_of(batch, who),
            )
        )
    return steps


def _meals(events: Sequence[Event], name_of: NameOf) -> list[JourneyStep]:
    first: dict[UUID, Event] = {}
    for event in events:
        if event.verb == Verb.USE_UP:
            first.setdefault(event.organisation_id, event)
    if len(first) > MOST_KITCHENS_TOLD:
        earliest = min(first.values(), key=lambda event: event.event_time)
        return [_meal(earliest, wording.places_of([event.organisation.kind for event in first.values()]))]
    return [_meal(event, name_of(event.organisation)) for event in first.values()]


def _meal(event: Event, place: Told) -> JourneyStep:
    return JourneyStep(
        title=wording.used_title(),
        place=place,
        happened_on=clock.local(event.event_time).date(),
        who_says=wording.declared_by_sender(place),
        vouch=Vouch.DECLARED,
    )
