"""What an audit can find wrong, in plain words. How it is found is not decided here."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from trace.ledger import crosscheck

MOST_KEPT = 1000


class Fault(StrEnum):
    """What can be wrong with a log beside what ``crosscheck.Fault`` names."""

    CHECKPOINT_MISSING = "checkpoint-missing"
    CHECKPOINT_MALFORMED = "checkpoint-malformed"
    NOT_SIGNED = "not-signed"
    WITNESSES_MISSING = "witnesses-missing"
    CUT = "cut"
    SEEN_LONGER = "seen-longer"
    SEEN_DIFFERENT = "seen-different"
    ROOT_DIFFERENT = "root-different"
    LEAF_CHANGED = "leaf-changed"
    LEAF_TWICE = "leaf-twice"
    NOT_SERVED = "not-served"
    TILE_DIFFERENT = "tile-different"
    OPENINGS_NOT_SERVED = "openings-not-served"
    # Seen next to the database only.
    LEAF_LOST = "leaf-lost"
    VALUE_UNCOVERED = "value-uncovered"
    GOODS_DIFFERENT = "goods-different"
    FILED_DIFFERENTLY = "filed-differently"
    EVENT_UNLOGGED = "event-unlogged"


WORDS = {
    Fault.CHECKPOINT_MISSING: "the log serves no checkpoint",
    Fault.CHECKPOINT_MALFORMED: "the checkpoint cannot be read",
    Fault.NOT_SIGNED: "the checkpoint is not rightly signed by the log's key",
    Fault.WITNESSES_MISSING: "too few witnesses have cosigned the checkpoint",
    Fault.CUT: "entries that were published before are gone from here on",
    Fault.SEEN_LONGER: "somebody else was shown more entries; from here on they were cut, or are withheld",
    Fault.SEEN_DIFFERENT: "somebody else was shown another log of the same size",
    Fault.ROOT_DIFFERENT: "the signed root is not that of the entries: the log was rewritten, or never was as signed",
    Fault.LEAF_CHANGED: "this entry is not the one published before",
    Fault.LEAF_TWICE: "this entry stands in the log a second time",
    Fault.NOT_SERVED: "the checkpoint covers this entry and the log does not serve it",
    Fault.TILE_DIFFERENT: "the tile served is not made of the entries",
    Fault.OPENINGS_NOT_SERVED: "the log does not show what its entries say",
    Fault.LEAF_LOST: "the database has lost this entry",
    Fault.VALUE_UNCOVERED: "a value stands where nothing vouches for it: it was erased before, or its salt is gone",
    Fault.GOODS_DIFFERENT: "the goods the event is counted with are not those it names",
    Fault.FILED_DIFFERENTLY: "the event is filed under another party or place than it names",
    Fault.EVENT_UNLOGGED: "an event has no leaf",
    crosscheck.Fault.BUNDLE_MALFORMED: "the entries served from here on cannot be read",
    crosscheck.Fault.OPENINGS_MALFORMED: "what is shown for the entries cannot be read",
    crosscheck.Fault.LEAF_MALFORMED: "this entry is no leaf of a known version",
    crosscheck.Fault.LEAF_OF_ANOTHER_LOG: "this entry names another log",
    crosscheck.Fault.OPENING_MISSING: "the event of this entry is gone",
    crosscheck.Fault.OPENING_TWICE: "two events are shown for this entry",
    crosscheck.Fault.OPENING_OF_NO_LEAF: "an event is shown for an entry that is not there",
    crosscheck.Fault.FIELD_MISSING: "a field that can never be erased is not shown",
    crosscheck.Fault.FIELD_UNKNOWN: "a field is shown that is not public",
    crosscheck.Fault.FIELD_DIFFERENT: "the event was changed: the value shown is not the one recorded",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault; ``index`` is that of the first entry it concerns, None where it concerns no one entry."""

    fault: Fault | crosscheck.Fault
    index: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        where = "log" if self.index is None else f"entry {self.index}"
        return f"{where}: {WORDS[self.fault]}" + (f" ({self.detail})" if self.detail else "")


@dataclass(slots=True)
class Report:
    """What an audit found. ``findings`` holds the first thousand, ``counts`` all of them by kind."""

    origin: str = ""
    size: int = 0
    known_size: int = 0
    known_checkpoints: int = 0
    is_accepted: bool = False
    cosigned_by: tuple[str, ...] = ()
    cross_checked: int = 0
    hidden_fields: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    first_bad_index: int | None = None

    @property
    def is_clean(self) -> bool:
        return not self.counts

    def add(self, fault: Fault | crosscheck.Fault, index: int | None = None, detail: str = "") -> None:
        """Note a fault."""
        self.counts[fault] += 1
        if index is not None and (self.first_bad_index is None or index < self.first_bad_index):
            self.first_bad_index = index
        if len(self.findings) < MOST_KEPT:
            self.findings.append(Finding(fault, index, detail))
