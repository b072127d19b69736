"""Events of the trace graph in one line each, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from trace.recalls.graph_events import GraphEvent, Named, Step

MORNING = datetime(2026, 11, 1, 6, tzinfo=UTC)


def at(hour: int) -> datetime:
    return MORNING + timedelta(hours=hour)


class Story:
    """Collects events; ids are e1, e2, …, an hour apart, recorded when they happen unless said otherwise.

    Names that begin with "box" are cartons.
    """

    def __init__(self) -> None:
        self.events: list[GraphEvent] = []

    def tell(
        self,
        step: Step,
        *,
        by: str = "farm",
        to: str | None = None,
        hour: int | None = None,
        recorded: int | None = None,
        transformation_id: str | None = None,
        document: str | None = None,
        **goods: str | Sequence[str],
    ) -> GraphEvent:
        number = len(self.events) + 1
        when = at(number if hour is None else hour)
        listed = [
            Named(role, epc, None, not epc.startswith("box"))
            for role, names in goods.items()
            for epc in ([names] if isinstance(names, str) else names)
        ]
        giver, taker = (to, by) if step is Step.RECEIVE else (by, to)
        event = GraphEvent(
            f"e{number}", step, when, when if recorded is None else at(recorded), by, giver, taker, listed,
            transformation_id=transformation_id, document=document,
        )  # fmt: skip
        self.events.append(event)
        return event

    def begin(self, *lots: str, by: str = "farm", hour: int | None = None) -> GraphEvent:
        return self.tell(Step.BEGIN, by=by, hour=hour, object=lots)

    def split(self, lot: str, *into: str, by: str = "farm") -> GraphEvent:
        return self.tell(Step.SPLIT, by=by, input=lot, output=into)

    def merge(self, *lots: str, into: str, by: str = "farm") -> GraphEvent:
        return self.tell(Step.MERGE, by=by, input=lots, output=into)

    def make(self, *lots: str, into: str, by: str = "farm", hour: int | None = None) -> GraphEvent:
        return self.tell(Step.TRANSFORM, by=by, input=lots, output=into, hour=hour)

    def pack(self, *goods: str, into: str, by: str = "farm") -> GraphEvent:
        return self.tell(Step.PACK, by=by, parent=into, child=goods)

    def unpack(self, box: str, *goods: str, by: str = "farm") -> GraphEvent:
        return self.tell(Step.UNPACK, by=by, parent=box, child=goods)

    def hand(self, lot: str, giver: str, taker: str) -> None:
        """Ship and receive."""
        number = f"shipment {len(self.events) + 1}"
        self.tell(Step.SHIP, by=giver, to=taker, object=lot, document=number)
        self.tell(Step.RECEIVE, by=taker, to=giver, object=lot, document=number)

    def declare_wrong(self, event: GraphEvent, recorded: int | None = None) -> None:
        when = at(len(self.events) + 1 if recorded is None else recorded)
        self.events.append(event._replace(recorded_at=when, is_declaration=True))
