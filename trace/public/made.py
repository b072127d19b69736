"""What the public is told of lots made of other lots, or taken in from outside: links, first stages, who says so.

Lots, producers, communes and dates are told as they were sealed; never how much of what went in.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from trace.accounts.models import Organisation
from trace.batches.models import Batch, Origin
from trace.batches.rules import seal_value
from trace.core import clock
from trace.core.language import public_url
from trace.core.short_codes import pretty
from trace.events import queries_making, seals_made
from trace.public import speech, texts, wording
from trace.public.pages import JourneyStep, Link, LotLine, OtherLots, Spot, Vouch
from trace.public.told import Told, given, joined, words

Seal = Mapping[str, Any]
# From here on the harvests of the lots in a heap are told as one stage.
MOST_HARVESTS_TOLD = 3
HOME = "VN"


def who_says(batch: Batch, seal: Seal, sayer: str) -> str:
    """Who stands behind the sealed items of a lot; ``sayer`` is who made it up, as the public may know it."""
    if "from_outside" in seal:
        return wording.declared_by_taker(sayer)
    if "one_of" in seal:
        return wording.declared_of_heap(sayer)
    return wording.declared_by_producer(seal_value(seal, "producer_name"))


def is_said_by_others(seal: Seal) -> bool:
    """Whether the one line that says who stands behind the page cannot count the producer's items."""
    return "from_outside" in seal or "one_of" in seal


def other_lots(batch: Batch, seal: Seal) -> OtherLots | None:
    """The lots a heap may be, or the lot a part was split from, each with its own page; None for any other lot."""
    if seal.get("one_of"):
        lines = tuple(_line(lot) for lot in seal["one_of"])
        return OtherLots(title=wording.one_of_title(), text=wording.one_of_text(), lots=lines)
    if seal.get("split_from"):
        parent = seal["split_from"]
        line = LotLine(
            name=seal_value(seal, "product_name"),
            lot_number=parent["lot_number"],
            made_by="",
            dates="",
            link=_link(parent["code"]),
        )
        return OtherLots(title=wording.split_from_title(), text=wording.split_from_text(), lots=(line,))
    return None


def packed_with(lots: Sequence[Batch]) -> OtherLots | None:
    """The lots of a carton whose code was read; None where it holds one."""
    if not lots:
        return None
    lines = tuple(_line(seals_made.lot_of(batch)) for batch in lots)
    return OtherLots(title=wording.packed_title(len(lots)), text=wording.packed_text(), lots=lines)


def first_stages(session: Session, batch: Batch, seal: Seal, sayer: Told) -> list[JourneyStep]:
    """Where the way of a lot begins: its harvest or production, or what it was made of and taken in from."""
    if batch.activated_at is None:
        return []
    made_on = clock.local(batch.activated_at).date()
    if "from_outside" in seal:
        return [_from_outside(batch, seal, sayer)]
    steps = _harvests(seal["one_of"]) if "one_of" in seal else [_production(batch, seal)]
    if batch.origin == Origin.MERGED:
        came_from = steps[-1].spot if steps else None
        steps.append(_step(wording.merged_title(len(seal["one_of"])), sayer, made_on, batch, came_from))
    elif batch.origin == Origin.SPLIT:
        title = wording.split_title(seal["split_from"]["lot_number"])
        steps.append(_step(title, sayer, made_on, batch, sealed_spot(seal)))
    elif batch.origin == Origin.TRANSFORMED:
        steps = [*_ingredients(session, batch, seal), *steps]
    return steps


def sealed_spot(seal: Seal) -> Spot | None:
    """Where a lot began, as it was sealed; None where no commune was, or several were."""
    commune, code = seal_value(seal, "commune"), seal_value(seal, "commune_code")
    return Spot(commune, code) if commune and (code or "one_of" not in seal) else None


def spot_of(batch: Batch, organisation: Organisation) -> Spot:
    """Where an organisation keeps this lot; its producer keeps it where it was sealed."""
    sealed = sealed_spot(batch.seal or {}) if organisation.id == batch.producer_id else None
    commune = organisation.seat.commune
    return sealed or Spot(commune.name, commune.code)


def _production(batch: Batch, seal: Seal) -> JourneyStep:
    # The producer gave the lot its first number; a part has a number of its own.
    code = seal["split_from"]["code"] if "split_from" in seal else batch.code
    return JourneyStep(
        title=wording.origin_title(batch.date_kind),
        place=given(f"{seal['producer_name']}, {seal['commune']}, {seal['province']}"),
        happened_on=batch.produced_on,
        who_says=wording.declared_by_producer(seal["producer_name"]),
        vouch=Vouch.DECLARED,
        product_code=pretty(code),
        place_code=pretty(seal["place_code"]),
        spot=sealed_spot(seal),
    )


def _harvests(lots: Sequence[Mapping[str, str]]) -> list[JourneyStep]:
    """The harvests of the lots in a heap; those nobody dated have no stage."""
    dated = [lot for lot in lots if lot["production_time"]]
    if len(dated) > MOST_HARVESTS_TOLD:
        communes = dict.fromkeys(lot["commune"] for lot in dated if lot["commune"])
        return [
            JourneyStep(
                title=wording.several_origins(len(dated)),
                place=given(", ".join(communes)),
                happened_on=min(date.fromisoformat(lot["production_time"]) for lot in dated),
                who_says=wording.declared_by_each(),
                vouch=Vouch.DECLARED,
            )
        ]
    return [
        JourneyStep(
            title=wording.lot_origin_title(lot["lot_number"]),
            place=given(", ".join(filter(None, (lot["producer_name"], lot["commune"], lot["province"])))),
            happened_on=date.fromisoformat(lot["production_time"]),
            who_says=wording.declared_by_producer(lot["producer_name"])
            if lot["producer_name"]
            else wording.declared_by_each(),
            vouch=Vouch.DECLARED,
            product_code=pretty(lot["code"]),
            spot=Spot(lot["commune"]) if lot["commune"] else None,
        )
        for lot in dated
    ]


def _ingredients(session: Session, batch: Batch, seal: Seal) -> list[JourneyStep]:
    """What a processed lot was made of: how many lots, from which communes, never which or how much."""
    inputs = queries_making.list_inputs(session, batch.id)
    if not inputs:
        return []
    communes = dict.fromkeys(seal_value(one.seal or {}, "commune") for one in inputs)
    return [
        JourneyStep(
            title=wording.made_of(len(inputs)),
            place=given(", ".join(filter(None, communes))) or wording.place_not_stated(),
            happened_on=min(one.produced_on for one in inputs),
            who_says=wording.declared_by_producer(seal_value(seal, "producer_name")),
            vouch=Vouch.DECLARED,
        )
    ]


def _from_outside(batch: Batch, seal: Seal, sayer: Told) -> JourneyStep:
    taken_in_on = date.fromisoformat(seal["from_outside"]["taken_in_on"])
    country = seal_value(seal, "country")
    stated = filter(None, (seal_value(seal, "commune"), seal_value(seal, "province")))
    parts = [given(part) for part in stated]
    if country and country != HOME:
        parts.append(words(wording.country_name(country)))
    place = joined(", ", parts)
    return JourneyStep(
        title=wording.taken_in_title(),
        place=place or wording.place_not_stated(),
        happened_on=taken_in_on,
        who_says=wording.declared_by_taker(sayer),
        vouch=Vouch.DECLARED,
        product_code=pretty(batch.code),
        note=wording.taken_in_note(),
        spot=sealed_spot(seal),
    )


def _step(title: str, sayer: Told, happened_on: date, batch: Batch, came_from: Spot | None) -> JourneyStep:
    return JourneyStep(
        title=title,
        place=sayer,
        happened_on=happened_on,
        who_says=wording.declared_by_sender(sayer),
        vouch=Vouch.DECLARED,
        product_code=pretty(batch.code),
        spot=spot_of(batch, batch.organisation),
        sent_from=came_from,
    )


def _line(lot: Mapping[str, str]) -> LotLine:
    made_on, expiry = lot.get("production_time", ""), lot.get("expiry", "")
    dates = []
    if made_on:
        dates.append(wording.made_on(speech.day(date.fromisoformat(made_on))))
    if expiry:
        label = str(texts.DATE_LABELS[lot["expiry_kind"]])
        dates.append(f"{label}: {speech.day(date.fromisoformat(expiry))}")
    return LotLine(
        name=lot["product_name"],
        lot_number=lot["lot_number"],
        made_by=", ".join(filter(None, (lot["producer_name"], lot["commune"]))),
        dates=" · ".join(dates),
        link=_link(lot["code"]),
    )


def _link(code: str) -> Link:
    return Link(label=pretty(code), href=public_url("public.show_code", code=code))
