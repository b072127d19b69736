"""The words of the lower half of the page: stages, places, papers, and who says so. The verdict's are in ``texts``."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from trace.events.models import Verb
from trace.public.speech import _, day, ngettext
from trace.public.told import Told, given, joined, told, words

FOOD_SAFETY_COMMITMENT: Final = _l("Food safety commitment of the producer")

# A place as the public may know it: its kind, with the commune where that is known.
KINDS: Final[Mapping[str, Any]] = {
    "producer": _l("a producer"),
    "processor": _l("a processor"),
    "carrier": _l("a carrier or distributor"),
    "shop": _l("a shop"),
    "kitchen": _l("a kitchen"),
    "trader": _l("a trader without an account"),
    "household": _l("a household"),
    "other": _l("a buyer without an account"),
}
ACTS: Final[Mapping[str, Any]] = {
    Verb.RECALL: _l("Recall"),
    Verb.END_RECALL: _l("Recall completed"),
    Verb.WITHDRAW_RECALL: _l("Recall withdrawn"),
}

OFFICIAL_ACTS: Final[Mapping[str, Any]] = {
    Verb.INSPECT: _l("Inspected by the authority"),
    Verb.SAMPLE: _l("The authority took a sample"),
    Verb.HOLD: _l("Sale paused, test result awaited"),
    Verb.RELEASE: _l("May be sold again"),
}


def declared_by_producer(name: str) -> Told:
    """Said by one side, the producer."""
    return told(_("Declared by the producer, %(name)s"), name=name)


def declared_by_sender(name: str) -> Told:
    """Said by one side of a handover."""
    return told(_("Declared by one side: %(name)s"), name=name)


def confirmed_by_both(sender: str, receiver: str) -> Told:
    """Said by both sides, both named."""
    return told(_("Confirmed by both sides: %(sender)s and %(receiver)s"), sender=sender, receiver=receiver)


def confirmed_some(sender: str, confirmed: int, total: int) -> Told:
    """Said by one sender and by some of the receivers."""
    return told(
        _("Declared by %(sender)s; %(confirmed)d of %(total)d confirmed by the receiver"),
        sender=sender,
        confirmed=confirmed,
        total=total,
    )


def declared_by_taker(name: str) -> Told:
    """Said by who took goods in from outside, and by nobody else."""
    return told(_("Declared only by who took the goods in: %(name)s"), name=name)


def declared_of_heap(name: str) -> Told:
    """Said by each producer of its lot, and of the heap by who laid it together."""
    return told(_("Declared by each producer of its own lot; laid together by %(name)s"), name=name)


def declared_by_each() -> str:
    """Said by several producers, each of its own lot."""
    return _("Declared by each producer of its own lot")


def one_of_title() -> str:
    """The heading over the lots of a heap."""
    return _("One of these lots")


def one_of_text() -> str:
    """What a heap is, in plain words."""
    return _(
        "Goods of several lots lie together here. What you hold is of one of them; nobody can say of which."
    )


def packed_title(lots: int) -> str:
    """The heading over the lots of a carton."""
    return ngettext("%(num)d lot in this carton", "%(num)d lots in this carton", lots)


def packed_text() -> str:
    """What the code of a carton says, in plain words."""
    return _("This is the code of a carton. Above stands the lot in it that has the gravest message.")


def split_from_title() -> str:
    """The heading over the lot a part was split from."""
    return _("Part of a larger lot")


def split_from_text() -> str:
    """What a part is, in plain words."""
    return _("This lot was split from the lot below: the same goods, the same producer, the same dates.")


def made_on(when: str) -> str:
    """When one lot of a heap was harvested or made."""
    return _("Made on %(date)s", date=when)


def merged_title(lots: int) -> str:
    """The stage at which lots were laid together."""
    return ngettext("%(num)d lot laid together", "%(num)d lots laid together", lots)


def split_title(lot_number: str) -> str:
    """The stage at which a part was split off."""
    return _("Split from lot %(lot)s", lot=lot_number)


def several_origins(lots: int) -> str:
    """The harvests of many lots as one stage."""
    return ngettext("Harvest or production of %(num)d lot", "Harvest or production of %(num)d lots", lots)


def lot_origin_title(lot_number: str) -> str:
    """The first stage of one lot of a heap."""
    return _("Harvest or production of lot %(lot)s", lot=lot_number)


def made_of(lots: int) -> str:
    """What went into a processed lot."""
    return ngettext("Made of %(num)d lot", "Made of %(num)d lots", lots)


def taken_in_title() -> str:
    """The first stage of goods from outside."""
    return _("Taken in from outside")


def taken_in_note() -> str:
    """What that means."""
    return _("What came before is not recorded here.")


def place_not_stated() -> Told:
    """A place nobody stated."""
    return words(_("place not stated"))


def not_stated() -> str:
    """One of the ten items nobody stated."""
    return _("Not stated")


def country_name(code: str) -> str:
    """A country in the page's language, by its ISO 3166 letters."""
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


def decided_by(name: str) -> Told:
    """An act of the authority."""
    return told(_("Recorded by the authority: %(name)s"), name=name)


def origin_title(date_kind: str) -> str:
    """The first stage."""
    return _("Harvest") if date_kind == "harvest" else _("Production")


def handover_title(*, is_received: bool, has_account: bool) -> str:
    """A stage between two hands."""
    if is_received:
        return _("Handed over and received")
    return _("On the way, waiting for the receiver") if has_account else _("Handed over")


def delivered_to(kinds: Sequence[str]) -> Told:
    """Many deliveries in one stage: "Delivered to 25 shops"."""
    return told(_("Delivered to %(places)s"), places=places_of(kinds))


def in_communes(communes: int) -> Told:
    """Where many places are, as far as that is told."""
    if not communes:
        return place_not_stated()
    return words(ngettext("in %(num)d commune", "in %(num)d communes", communes))


def unconfirmed_deliveries(count: int) -> str:
    """Handovers past their grace in one stage."""
    return ngettext("%(num)d delivery not confirmed yet", "%(num)d deliveries not confirmed yet", count)


def sale_title() -> str:
    """The last stage."""
    return _("Sold to buyers")


def act_title(verb: str) -> str:
    """What the authority did."""
    return str(ACTS[verb])


def official_title(verb: str) -> str:
    """What the authority looked at, paused or released."""
    return str(OFFICIAL_ACTS[verb])


def measured_title() -> str:
    """A stage at which somebody read a thermometer."""
    return _("Temperature measured")


def used_title() -> str:
    """The last stage of what became a meal."""
    return _("Used up in a kitchen")


def party_place(kind: str, commune: str | None) -> Told:
    """A place by kind and commune: "a shop in Phường Ba Đình"."""
    word = words(str(KINDS.get(kind, KINDS["other"])))
    return told(_("%(kind)s in %(commune)s"), kind=word, commune=commune) if commune else word


def places_of(kinds: Sequence[str]) -> Told:
    """Many places by kind: "23 shops, 2 kitchens"."""
    counts = Counter(kinds)
    if not counts:
        return words(str(KINDS["other"]))
    return words(", ".join(_counted(kind, count) for kind, count in counts.most_common()))


def _counted(kind: str, count: int) -> str:
    match kind:
        case "producer":
            return ngettext("%(num)d producer", "%(num)d producers", count)
        case "processor":
            return ngettext("%(num)d processor", "%(num)d processors", count)
        case "carrier":
            return ngettext("%(num)d distributor", "%(num)d distributors", count)
        case "trader":
            return ngettext("%(num)d trader without an account", "%(num)d traders without an account", count)
        case "household":
            return ngettext("%(num)d household", "%(num)d households", count)
        case "other":
            return ngettext("%(num)d buyer without an account", "%(num)d buyers without an account", count)
        case "kitchen":
            return ngettext("%(num)d kitchen", "%(num)d kitchens", count)
        case _:
            return ngettext("%(num)d shop", "%(num)d shops", count)


def named_places(names: Sequence[str]) -> Told | None:
    """Those of many places that wish to be named."""
    if not names:
        return None
    return told(_("Among them: %(names)s"), names=joined(", ", [given(name) for name in sorted(set(names))]))


def stage_line(date_kind: str, product_code: str, place_code: str, when: str) -> str:
    """Item 5: a stage with product code, place code and time."""
    return _(
        "%(stage)s: product code %(product)s, place code %(place)s, %(when)s",
        stage=origin_title(date_kind),
        product=product_code,
        place=place_code,
        when=when,
    )


def picture_sealed(digest: str) -> str:
    """Item 2: the picture above is the one that was sealed."""
    return _("Picture as shown above (fingerprint %(digest)s)", digest=digest)


def changed_on(when: date, new: str) -> str:
    """A later change of a sealed fact; the new value only where it is one line of text."""
    if new:
        return _("Changed on %(date)s to: %(new)s", date=day(when), new=new)
    return _("Changed on %(date)s", date=day(when))


def added_later(when: date) -> str:
    """An entry made more than a day after what it tells."""
    return _("Added later, on %(date)s", date=day(when))


def removed(when: date) -> str:
    """A paper the producer took away after it was sealed."""
    return _("Removed on %(date)s", date=day(when))


def ocop_paper(stars: int) -> str:
    """What an OCOP certificate is called."""
    return _("OCOP certificate, %(stars)d stars", stars=stars)


def paper_state(expires_on: date, today: date) -> str:
    """Whether a paper still holds."""
    if expires_on < today:
        return _("Lapsed after %(date)s", date=day(expires_on))
    return _("Valid until %(date)s", date=day(expires_on))
