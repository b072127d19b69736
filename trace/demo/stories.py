"""What happens to the demo's own harvests and products: drafts, handovers, sales, disposals, recalls, past dates.

What is split, packed, mixed or taken in from outside is told in ``making``; a paused sale and goods under review,
with measured temperatures, in ``watching``.

A story is a batch and the steps that follow its activation. A step without ``hours_ago`` falls in the last eighteen
hours, before the public page calls an entry a late one; where the state itself is old (a handover nobody
confirmed, goods past their date) the hours stand in the story and the page says that they were added later.

Two states no service leads to, and none is made up here: goods sold before their use-by date that has passed since
(nothing is sold after it, and the demo is filled today), and a batch activated on an earlier day.
"""

from dataclasses import dataclass
from decimal import Decimal

from trace.events.rules import DisposalReason
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason


@dataclass(frozen=True)
class Ship:
    """``to`` is an organisation's key, or "party:" and a name for somebody without an account."""

    to: str
    quantity: Decimal
    hours_ago: float | None = None
    by: str = ""


@dataclass(frozen=True)
class Receive:
    """The last shipment arrives, all of it but ``missing``."""

    missing: Decimal = Decimal(0)
    hours_ago: float | None = None


@dataclass(frozen=True)
class Sell:
    quantity: Decimal
    by: str
    hours_ago: float | None = None


@dataclass(frozen=True)
class Destroy:
    quantity: Decimal
    by: str
    reason: DisposalReason
    hours_ago: float | None = None


@dataclass(frozen=True)
class StartRecall:
    """By decision, or the producer's own will (``is_voluntary``)."""

    recall_class: RecallClass
    reason: RecallReason
    is_voluntary: bool = False


@dataclass(frozen=True)
class EndRecall:
    pass


@dataclass(frozen=True)
class WithdrawRecall:
    reason: WithdrawalReason


Step = Ship | Receive | Sell | Destroy | StartRecall | EndRecall | WithdrawRecall


@dataclass(frozen=True)
class Story:
    """One batch: made ``days_ago``; ``shows`` names the scan address that is printed for it."""

    product: str
    days_ago: int
    quantity: Decimal
    steps: tuple[Step, ...] = ()
    is_draft: bool = False
    shows: str = ""

    @property
    def is_fresh(self) -> bool:
        """Activated, and nothing happened to it: all of it is with who made it."""
        return not self.is_draft and not self.steps


def _ship(to: str, quantity: str, hours: float | None = None, by: str = "") -> Ship:
    return Ship(to, Decimal(quantity), hours, by)


def _deliver(
    to: str, quantity: str, missing: str = "0", hours: float | None = None, by: str = ""
) -> tuple[Step, Step]:
    """Shipped, and received two hours later."""
    received = hours - 2 if hours is not None else None
    return _ship(to, quantity, hours, by), Receive(Decimal(missing), received)


def _sell(by: str, quantity: str) -> Sell:
    return Sell(Decimal(quantity), by)


def _destroy(by: str, quantity: str, reason: DisposalReason, hours: float | None = None) -> Destroy:
    return Destroy(Decimal(quantity), by, reason, hours)


def _story(product: str, days_ago: int, quantity: str, *steps: Step, shows: str = "") -> Story:
    return Story(product, days_ago, Decimal(quantity), steps, shows=shows)


def _draft(product: str, days_ago: int, quantity: str) -> Story:
    return Story(product, days_ago, Decimal(quantity), is_draft=True)


_HEALTH, _QUALITY, _LABELLING = RecallClass.HEALTH, RecallClass.QUALITY, RecallClass.LABELLING

STORIES = (
    # Vegetables: most of what a day brings.
    _story("cai", 1, "120", *_deliver("shop1", "30", "1.2"), *_deliver("shop2", "20"), *_deliver("bep1", "25"),
           _ship("party:Chị Ví Dụ bán rau", "15"), _sell("shop1", "12"), _sell("shop2", "6.5"), shows="no warning"),
    _story("cai", 0, "90"),
    _draft("cai", 0, "60"),
    _story("cai", 2, "100", _ship("shop3", "40", 46)),
    _story("cai", 5, "80", *_deliver("shop4", "30", "0.8", 110), _destroy("shop4", "5", DisposalReason.EXPIRED),
           shows="past its use-by date"),
    _story("cai", 1, "50", _ship("party:Thương lái Ví Dụ", "50")),
    _story("suhao", 1, "200", *_deliver("kho", "150"), *_deliver("shop5", "40", by="kho"),
           *_deliver("shop6", "40", "5", by="kho"), _ship("shop7", "30", by="kho")),
    _story("suhao", 3, "150", *_deliver("shop8", "40", hours=60), _ship("shop9", "30", 40),
           StartRecall(_HEALTH, RecallReason.PESTICIDE_RESIDUE), _destroy("shop8", "40", DisposalReason.RECALLED),
           shows="recalled: do not eat"),
    _story("cachua", 2, "100", _ship("shop1", "25"), *_deliver("bep3", "30", "1")),
    _story("cachua", 4, "60", *_deliver("shop10", "60"), _sell("shop10", "60")),
    _draft("bidao", 0, "70"),
    # Fruit.
    _story("buoi", 6, "800", *_deliver("kho", "500"), *_deliver("shop11", "100", by="kho"),
           *_deliver("shop12", "120", by="kho"), *_deliver("shop13", "80", by="kho"),
           *_deliver("shop14", "60", by="kho"), _sell("shop11", "35"), _sell("shop13", "12")),
    _story("buoi", 60, "300", *_deliver("shop15", "50", hours=1300)),
    _story("buoi", 3, "400", _ship("party:Thương lái Minh Họa", "350")),
    _draft("buoi", 1, "200"),
    _story("cam", 3, "250", *_deliver("shop16", "60", "1.5"), _sell("shop16", "20")),
    _story("cam", 20, "180", *_deliver("shop17", "40", hours=440)),
    _story("cam", 2, "150", *_deliver("shop18", "20"),
           StartRecall(_LABELLING, RecallReason.WRONG_DATE, is_voluntary=True)),
    # Poultry and eggs.
    _story("ga", 1, "90", *_deliver("bep2", "30"), _ship("shop1", "20")),
    _story("ga", 2, "120", *_deliver("shop19", "25"), StartRecall(_HEALTH, RecallReason.VETERINARY_RESIDUE),
           _destroy("shop19", "25", DisposalReason.RECALLED), _destroy("ga", "95", DisposalReason.RECALLED),
           EndRecall()),
    _story("ga", 7, "60", *_deliver("shop19", "20", hours=150)),
    _story("trung", 3, "1200", *_deliver("shop20", "200", "2")),
    _story("trung", 2, "600", *_deliver("shop21", "100"), StartRecall(_HEALTH, RecallReason.MICROBIAL),
           WithdrawRecall(WithdrawalReason.RETEST_PASSED), _sell("shop21", "30")),
    _story("trung", 0, "500"),
    # Milk.
    _story("sua", 1, "400", *_deliver("xe", "200"), *_deliver("shop1", "50", by="xe"),
           *_deliver("shop22", "50", by="xe"), *_deliver("bep1", "40", by="xe"), _sell("shop1", "30")),
    _story("sua", 3, "300", *_deliver("shop23", "60"),
           StartRecall(_QUALITY, RecallReason.SPOILED, is_voluntary=True)),
    _story("sua", 9, "200", *_deliver("shop24", "50", hours=200), _destroy("shop24", "20", DisposalReason.EXPIRED)),
    _story("sua", 2, "250", _ship("shop5", "60", 47), _ship("xe", "80")),
    _story("suachua", 5, "1000", *_deliver("shop25", "120"), _sell("shop25", "40")),
    _draft("suachua", 2, "600"),
    # Tea and lotus tea.
    _story("che", 40, "500", *_deliver("shop2", "40"), _sell("shop2", "12")),
    _story("che", 10, "300"),
    _story("che", 600, "100"),
    _story("trasen", 100, "200", *_deliver("shop14", "20"), _sell("shop14", "3")),
    _story("trasen", 20, "80"),
    # Young rice, patties, vermicelli, mushrooms.
    _story("com", 1, "40", *_deliver("shop3", "10", "0.2"), _sell("shop3", "6")),
    _story("com", 3, "30", *_deliver("shop6", "8", hours=66)),
    _draft("com", 0, "25"),
    _story("chacom", 2, "150", *_deliver("bep3", "40")),
    _story("mien", 30, "800", *_deliver("kho", "300"), *_deliver("shop8", "60", by="kho"),
           _ship("party:Thương lái Ví Dụ", "100")),
    _story("mien", 15, "400", *_deliver("shop9", "50"), StartRecall(_LABELLING, RecallReason.WRONG_CONTENT),
           EndRecall()),
    _story("mien", 5, "200", _sell("mien", "200")),
    # Through many hands in one day: a long way, told in folds.
    _story("mien", 4, "100", *_deliver("kho", "90"), *_deliver("xe", "88", by="kho"),
           *[step for number in range(2, 24)
             for step in _deliver(f"shop{number}", str(88 - number), by=f"shop{number - 1}" if number > 2 else "xe")],
           _ship("shop24", "60", by="shop23"), shows="a long way"),
    _story("nam", 1, "60", *_deliver("shop9", "15", "2"), *_deliver("shop10", "10", "0.4")),
    _story("nam", 2, "45", _ship("bep2", "12", 46)),
    _story("nam", 0, "30", _destroy("nam", "3", DisposalReason.SPOILED)),
    _story("nam", 6, "40", *_deliver("shop11", "10", "0.3", 120)),
    # Honey, sauce, cakes, rice.
    _story("mat", 90, "300", *_deliver("shop12", "24"), *_deliver("shop13", "24"), _sell("shop12", "5")),
    _story("matkhoi", 60, "120", *_deliver("banh", "40"), _ship("party:Quán nước Ví Dụ", "5.5")),
    _story("mat", 200, "150", *_deliver("shop15", "12"), StartRecall(_QUALITY, RecallReason.BELOW_DECLARED_QUALITY)),
    _story("tuong", 50, "400", *_deliver("shop15", "30"), _ship("shop16", "30", 60)),
    _story("tuong", 400, "100", *_deliver("shop17", "12", hours=700)),
    _story("chelam", 12, "260", *_deliver("shop18", "40"), _destroy("shop18", "4", DisposalReason.DAMAGED)),
    _story("chelam", 100, "120"),
    _story("keolac", 30, "300", *_deliver("shop19", "50"), StartRecall(_HEALTH, RecallReason.ALLERGEN_UNDECLARED),
           _ship("banh", "50", by="shop19"), Receive(), _destroy("banh", "50", DisposalReason.RECALLED)),
    _story("gao", 25, "150", *_deliver("shop20", "20"), *_deliver("bep3", "30")),
    _draft("gao", 1, "90"),
    _story("khoai", 4, "500", _ship("party:Thương lái Thử Nghiệm", "300"), *_deliver("shop21", "50", "1")),
    # Not food: no date, or a date and nobody to eat it.
    _story("gio", 30, "60", *_deliver("shop22", "12"), _sell("shop22", "2")),
    _story("gio", 10, "40", StartRecall(_QUALITY, RecallReason.OTHER_QUALITY),
           WithdrawRecall(WithdrawalReason.WRONG_LOT)),
    _story("khay", 45, "30"),
    _story("tinhdau", 80, "200", *_deliver("shop23", "24"), _sell("shop23", "6")),
    # Processors.
    _story("giolua", 1, "80", *_deliver("shop1", "15"), *_deliver("shop24", "10", "0.1"), _ship("bep1", "12"),
           _sell("shop1", "4")),
    _story("giolua", 3, "60", *_deliver("shop4", "10"), StartRecall(_HEALTH, RecallReason.MICROBIAL)),
    _story("giolua", 10, "40"),
    _draft("giolua", 0, "55"),
    _story("salad", 1, "120", *_deliver("shop25", "30"), _ship("shop2", "30")),
    _story("salad", 2, "100", *_deliver("shop13", "20"), _ship("shop7", "40", 44)),
    # Of the organisation that still waits: a draft is all it may have.
    _draft("hoacuc", 0, "300"),
)  # fmt: skip
