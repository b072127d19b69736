"""One frozen dataclass for each public page: everything its template may show, and nothing else.

No queries and no decisions here. Text fields are already in the page's language; names people gave (products,
producers, communes) stay as given and the templates mark them as Vietnamese.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from trace.core.language import DEFAULT, SOURCE, Tongue, with_country
from trace.public.folding import Stretch, fold
from trace.public.pages_growing import DiaryBlock, OfficialCheck, TestReport
from trace.public.pages_route import RouteDrawing
from trace.public.told import Told
from trace.verdict.rules import Verdict


class Tone(StrEnum):
    """The colour of a state; each goes with a shape and words, never alone."""

    OK = "ok"
    RECALL = "recall"
    EXPIRED = "expired"
    COPY = "copy"
    HELD = "held"
    NOTE = "note"
    UNKNOWN = "unknown"


class Shape(StrEnum):
    """Which drawing of ``templates/macros/shapes.html`` stands beside the title."""

    TICK_CIRCLE = "tick_circle"
    CROSS_OCTAGON = "cross_octagon"
    PAUSE_SQUARE = "pause_square"
    EXCLAMATION_CIRCLE = "exclamation_circle"
    EXCLAMATION_TRIANGLE = "exclamation_triangle"
    I_CIRCLE = "i_circle"
    QUESTION_CIRCLE = "question_circle"


class Vouch(StrEnum):
    """Who stands behind a fact; the page names them, the mark only repeats it."""

    DECLARED = "declared"
    CONFIRMED = "confirmed"
    CHECKED = "checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    label: str
    href: str

    @property
    def is_call(self) -> bool:
        return self.href.startswith("tel:")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFrame:
    """What surrounds every public page.

    ``site`` is the host to compare with the address bar; ``home_url`` and ``lookup_url`` are in the page's
    language; ``lookup_url`` takes ``?code=``. An operator without a support line has no telephone. ``origin`` is
    where the service is reached (``https://check.example``), ``path`` what was asked for there, without its query.
    """

    language: str
    tongues: tuple[Tongue, ...]
    origin: str
    path: str
    home_url: str
    recalls_url: str
    lookup_url: str
    operator_name: str
    operator_telephone: str | None
    site: str
    is_demo: bool = False

    @property
    def other_language(self) -> str:
        """The language in which a verdict's title is repeated: the one on the pack, there English."""
        return SOURCE if self.language == DEFAULT else DEFAULT

    @property
    def open_graph_locale(self) -> str:
        return with_country(self.language)

    @property
    def alternates(self) -> tuple[tuple[str, str], ...]:
        """This page in each language, as whole addresses without what was asked of it."""
        others = ((one.tag, one.url.partition("?")[0]) for one in self.tongues)
        return tuple((tag, self.origin + path) for tag, path in ((self.language, self.path), *others))

    @property
    def telephone_href(self) -> str | None:
        return telephone_href(self.operator_telephone) if self.operator_telephone else None


def telephone_href(telephone: str) -> str:
    """A ``tel:`` address of a number as people write it."""
    return "tel:" + "".join(c for c in telephone if c.isdigit() or c == "+")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictBand:
    """The verdict in words: lines 2 to 4 and 7 to 8 of the page.

    ``second_lines`` are what else is true, gravest first; ``withdrawal`` tells of a recall taken back; ``steps``
    are things to do, or for an unknown code its innocent causes; ``retype`` puts the field for the code above the
    button, holding what was typed.
    """

    verdict: Verdict
    tone: Tone
    shape: Shape
    title: str
    title_other_language: str
    sentence: str
    subtitle: str | None = None
    second_lines: tuple[str, ...] = ()
    withdrawal: str | None = None
    steps: tuple[str, ...] = ()
    caution: str | None = None
    caution_link: Link | None = None
    button: Link | None = None
    retype: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareCard:
    """What a person can hold against the pack in the hand."""

    product_name: str
    net_quantity: str
    lot_number: str
    producer_name: str
    commune: str
    date_label: str | None = None
    date_on: date | None = None
    picture_url: str | None = None
    dense_picture_url: str | None = None
    picture_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What a link to the page of a lot says of itself elsewhere, the verdict left out (``trace.public.sharing``).

    ``title`` is names and numbers alone, so it is Vietnamese on every page; addresses are whole. ``url`` is the page of
    the lot, whichever code led here; ``alternates`` are its languages: tag and address.
    """

    title: str
    description: str
    url: str
    alternates: tuple[tuple[str, str], ...]
    image_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OcopLine:
    """The certificate that was sealed; only made while it is valid."""

    stars: int
    decision_number: str
    decided_on: date
    expires_on: date
    issuer: str
    vouch: Vouch
    who_says: str
    mark: str | None = None  # "Removed on 22/11/2026"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where goods are, as the route names it: a commune, or in the page's words what kind of place.

    ``commune_code`` is empty for a household and wherever the commune is not told.
    """

    name: str
    commune_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyStep:
    """One stage. ``who_says`` names both sides where both said it; ``marks`` are late entries and corrections.

    ``is_missing`` is a handover whose receiver has not confirmed; ``is_breach`` a temperature outside the limits;
    ``note`` tells more ("delivered to 25 places"). ``days_since`` the stage before it; ``kilometres`` from the sender's
    commune, as the crow flies. ``spot`` is where the goods were then, ``sent_from`` where they came from: both are None
    where the stage moved nothing.
    """

    title: str
    place: Told
    happened_on: date
    who_says: str
    vouch: Vouch
    product_code: str | None = None
    place_code: str | None = None
    marks: tuple[str, ...] = ()
    note: str | None = None
    is_missing: bool = False
    is_breach: bool = False
    days_since: int = 0
    kilometres: int | None = None
    spot: Spot | None = None
    sent_from: Spot | None = None

    @property
    def stays_open(self) -> bool:
        """Whether it is never folded away: something is marked, missing or official here."""
        return self.is_missing or self.is_breach or bool(self.marks) or self.vouch is Vouch.CHECKED


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLine:
    """Another lot this one is of, with its own page; ``made_by`` and ``dates`` may be empty."""

    name: str
    lot_number: str
    made_by: str
    dates: str
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLots:
    """The lots a heap may be, or the lot a part was split from."""

    title: str
    text: str
    lots: tuple[LotLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One of the ten items. ``lines`` is empty where an "if any" item was answered with none."""

    number: int
    label: str
    lines: tuple[str, ...]
    who_says: str
    vouch: Vouch
    is_as_given: bool = True  # the value is in the producer's words, not in the page's language
    is_stated: bool = True  # or nobody said anything, and nobody stands behind it
    changed: str | None = None  # "Changed on 22/11/2026", with what changed


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateLine:
    name: str
    number: str
    issuer: str
    decided_on: date
    state: str  # "Valid until 01/03/2028", "Lapsed after 01/03/2025"
    is_lapsed: bool
    vouch: Vouch
    who_says: str
    mark: str | None = None  # "Added later, on 22/11/2026", "Removed on 22/11/2026"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One entry of a lot: ``index`` and ``covered_at`` (Hanoi wall clock) are None until a checkpoint covers it."""

    title: str
    index: int | None = None
    covered_at: datetime | None = None
    proof_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBlock:
    """The entries of one lot, and where the log is explained."""

    lines: tuple[LogLine, ...] = field(default=())
    about_url: str = ""

    @property
    def is_complete(self) -> bool:
        return all(line.index is not None for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanBlock:
    """Earlier scans of one item's code. ``first_at`` is on a Hanoi wall clock, None where none was counted.

    ``places``: in how many communes, as far as people said it; ``place_url`` is where they may.
    """

    first_at: datetime | None
    scans: int
    places: int = 0
    place_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """Everything a person sees who scanned a code, in any state.

    ``code`` is as printed (``7K3Q-X9ZP-AB``), or what was typed where it is malformed. ``looked_up_at`` is the
    server's time on a Hanoi wall clock: a screenshot then ages visibly. ``is_item``: the code stands on one item
    alone. All below ``band`` is empty for a code that has no activated batch.
    """

    frame: PublicFrame
    band: VerdictBand
    code: str
    looked_up_at: datetime
    is_item: bool = False
    sharing: Sharing | None = None
    compare: CompareCard | None = None
    who_vouches: str | None = None
    other_lots: OtherLots | None = None
    ocop: OcopLine | None = None
    journey: tuple[JourneyStep, ...] = field(default=())
    route: RouteDrawing | None = None
    items: tuple[Item, ...] = field(default=())
    certificates: tuple[CertificateLine, ...] = field(default=())
    test_results: tuple[TestReport, ...] = field(default=())
    official_checks: tuple[OfficialCheck, ...] = field(default=())
    diary: DiaryBlock | None = None
    producer_words: str | None = None
    words_changed: str | None = None
    receive_url: str | None = None
    report_url: str | None = None
    hidden_code_url: str | None = None
    scans: ScanBlock | None = None
    place_url: str | None = None  # of an item that stands for no lot: where to say that it was seen
    item_slot: str = ""  # where a kept page has what is told of one item alone put in when it is read
    log: LogBlock | None = None

    @property
    def language(self) -> str:
        return self.frame.language

    @property
    def stretches(self) -> tuple[Stretch[JourneyStep], ...]:
        """The journey with its long quiet runs folded."""
        return fold(self.journey, lambda step: step.stays_open)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """The front door: one field, and the ways in for those who work here. ``typed`` comes back after a slip."""

    frame: PublicFrame
    scan_url: str
    feed_url: str
    sign_in_url: str
    sign_up_url: str
    typed: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """What the log is, how far it has come, and how to check it oneself."""

    frame: PublicFrame
    size: int | None = None
    published_at: datetime | None = None
    verifier_key: str | None = None
    checkpoint_url: str = ""
    verifier_url: str = ""
