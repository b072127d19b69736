"""Pure decisions about batches: the ten items of the circular, lot numbers, what a movement does to a balance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

IF_ANY = (8, 9)  # of the ten items
FOOD_SAFETY_COMMITMENT = "food_safety_commitment"


@dataclass(frozen=True)
class TenItems:
    """The ten items of one batch as they stand; empty means missing.

    The minimum of Circular 02/2024/TT-BKHCN. Items 8 (brand) and 9 (expiry) are "if any": "không có" answers them.
    """

    product_name: str
    product_image: str
    producer_name: str
    producer_address: str
    place_code: str
    production_time: date | None
    trace_code: str
    brand: str
    expiry: date | None
    expiry_kind: str
    standards: tuple[str, ...]
    has_food_safety_commitment: bool

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the items that are missing, in order; empty when a label may be printed."""
        answered = {
            1: bool(self.product_name),
            2: bool(self.product_image),
            3: bool(self.producer_name),
            4: bool(self.producer_address),
            5: bool(self.place_code) and bool(self.trace_code) and self.production_time is not None,
            6: self.production_time is not None,
            7: bool(self.trace_code),
            8: True,
            9: self.expiry_kind == "none" or self.expiry is not None,
            10: bool(self.standards) or self.has_food_safety_commitment,
        }
        return tuple(number for number, is_there in answered.items() if not is_there)


class BatchState(StrEnum):
    """Where a batch stands for those who work with it, one word each; a recall outweighs a passed date."""

    DRAFT = "draft"
    ACTIVE = "active"
    RECALLED = "recalled"
    EXPIRED = "expired"  # use-by or best-before passed


def state_of(*, is_activated: bool, is_recalled: bool, expires_on: date | None, today: date) -> BatchState:
    """The state of a batch on a day; the last day of its shelf life still counts."""
    if not is_activated:
        return BatchState.DRAFT
    if is_recalled:
        return BatchState.RECALLED
    if expires_on is not None and expires_on < today:
        return BatchState.EXPIRED
    return BatchState.ACTIVE


def propose_lot_number(produced_on: date, taken: set[str]) -> str:
    """The first free ``ddmmyy-n`` of the day: short, in GS1's character set, with no meaning beyond the date."""
    count = 1
    while f"{produced_on:%d%m%y}-{count}" in taken:
        count += 1
    return f"{produced_on:%d%m%y}-{count}"


def seal_value(seal: Mapping[str, object], name: str) -> str:
    """One sealed item as text; empty where the seal (of an older form) has none."""
    value = seal.get(name)
    return value if isinstance(value, str) else ""
