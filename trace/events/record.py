"""The one place an event is written: row, goods, private values and leaf, in one transaction.

Services decide and move quantities, then call ``record_event``; nothing else adds to these tables. Within
``gathered`` the rows of many events are written together at its end.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

from trace.accounts.models import Location, Organisation, Party
from trace.accounts.permissions import Actor
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7
from trace.core.writing import Writes
from trace.events import documents
from trace.events.documents import Happening
from trace.events.handover_models import Shipment
from trace.events.leaf_values import leaf_values, lots_of
from trace.events.models import Event, EventGoods, EventPrivate
from trace.events.rules import is_late
from trace.gs1.digital_link import canonicalise
from trace.gs1.event_hash import event_hash
from trace.gs1.names import Names
from trace.ledger.models import Leaf
from trace.ledger.services import make_leaf

_NAMES = Names({documents.EXTENSION_PREFIX: documents.EXTENSION_NAMESPACE})
Row = TypeVar("Row", bound=Base)
_GATHERED = "gathered_events"
_SAID = "said_of_event"
_TABLES: tuple[Table, ...] = tuple(
    mapped.__table__  # type: ignore[misc]  # a mapped class's table, which its base calls a FromClause
    for mapped in (Event, EventGoods, EventPrivate, Leaf)
)


@dataclass(frozen=True)
class Aside:
    """What belongs to an event and is personal or free text: kept apart, committed to in the leaf, erasable."""

    party: Party | None = None
    on_behalf_of: UUID | None = None
    people: Sequence[Mapping[str, Any]] = ()
    attachments: Sequence[str] = ()
    note: str = ""


def is_gathering(session: Session) -> bool:
    """Whether events are being gathered."""
    return _GATHERED in session.info


@contextmanager
def gathered(session: Session) -> Iterator[None]:
    """Write the rows of all events recorded in the body together when it ends well; none if it raises.

    Within the body the events are not in the database yet: whoever asks for them there does not find them.
    """
    if _GATHERED in session.info:
        raise RuntimeError("events are being gathered already")
    session.info[_GATHERED] = writes = Writes(*_TABLES)
    try:
        yield
    finally:
        del session.info[_GATHERED]
    session.flush()
    writes.send(session)


@dataclass
class Said:
    """The words of a captured document for one event, columns by name; ``event`` once it is recorded."""

    words: Mapping[str, Any]
    event: Event | None = None


@contextmanager
def said(session: Session, words: Mapping[str, Any]) -> Iterator[Said]:
    """Write the one event recorded in the body in the words of a captured document.

    What a verb adds to ``extensions`` stays, as its postings are read from there.
    """
    session.info[_SAID] = found = Said(words)
    try:
        yield found
    finally:
        session.info.pop(_SAID, None)


def record_event(
    session: Session,
    actor: Actor,
    happening: Happening,
    *,
    location: Location | None = None,
    counterpart: Organisation | None = None,
    shipment: Shipment | None = None,
    aside: Aside = Aside(),
    alongside: Writes | None = None,
) -> Event:
    """Append one event with its leaf; the event it returns is as good as read back.

    ``alongside`` are rows to be written with it, unless events are being gathered.

    While events are being gathered it is not in the database yet, and belongs to no session.
    """
    kind = documents.KINDS[happening.verb]
    event_id = uuid7()
    now = clock.now()
    other = counterpart or aside.party
    row: dict[str, Any] = dict.fromkeys(_COLUMNS)
    row |= documents.lists_of(happening.goods)
    row |= {
        "id": event_id,
        "epcis_id": f"urn:uuid:{event_id}",
        "is_declaration": False,
        "is_foreign": False,
        "verb": happening.verb,
        "event_type": kind.event_type,
        "action": kind.action,
        "biz_step": kind.biz_step,
        "disposition": kind.disposition,
        "event_time": happening.event_time,
        "event_time_zone_offset": documents.OFFSET,
        "record_time": now,
        "device_time": happening.device_time,
        "organisation_id": actor.organisation_id,
        "location_id": location.id if location else None,
        "counterpart_id": counterpart.id if counterpart else None,
        "shipment_id": shipment.id if shipment else None,
        "organisation_kind": actor.organisation.kind,
        "commune": location.commune_code if location else None,
        "counterpart_kind": other.kind if other else None,
        "counterpart_commune": _commune_of(other),
        "marks": _marks(happening, aside, now),
        "read_point": happening.location_uri,
        "biz_location": happening.location_uri,
        "source_list": _owner("source", happening.source),
        "destination_list": _owner("destination", happening.destination),
        # Without a number of its own, two equal sales in one second would have one hash.
        "biz_transaction_list": [{"bizTransaction": f"urn:uuid:{happening.document or event_id}"}],
        "persistent_disposition": _dict(happening.persistent_disposition),
        "sealed_items": _dict(happening.sealed_items),
        "extensions": dict(happening.extensions),
    }
    row |= happening.fields
    captured: Said | None = session.info.pop(_SAID, None)
    if captured is not None:
        words = captured.words
        row |= {**words, "extensions": {**words.get("extensions", {}), **row["extensions"]}}
    event = _as_read(Event, row)
    if captured is not None:
        captured.event = event
    if not row["event_hash"]:
        row["event_hash"] = event_hash(documents.epcis_event(event), _NAMES)
        set_committed_value(event, "event_hash", row["event_hash"])
    private_row = {
        "event_id": event_id,
        "recorded_by": actor.user_id,
        "party_id": aside.party.id if aside.party else None,
        "on_behalf_of": aside.on_behalf_of,
        "people": [dict(one) for one in aside.people] or None,
        "attachments": list(aside.attachments) or None,
        "note": aside.note,
        "salts": b"",
    }
    leaf_row, private_row["salts"] = make_leaf(
        session,
        event_id,
        lots_of(named.lot for named in happening.goods),
        # Plain views of the rows: attributes of mapped objects take as long to read as the leaf to hash.
        leaf_values(
            cast("Event", SimpleNamespace(**row)), cast("EventPrivate", SimpleNamespace(**private_row))
        ),
    )
    _keep(session, row, _goods_rows(event_id, happening), private_row, leaf_row, alongside)
    if not is_gathering(session):
        make_transient_to_detached(event)
        session.add(event)
    return event


def _as_read(mapped: type[Row], row: Mapping[str, Any]) -> Row:
    """An object as if read from its row: no attribute of it counts as changed, and none is set one by one."""
    made: Row = mapped.__mapper__.class_manager.new_instance()
    instance_dict(made).update(row)
    return made


def _keep(
    session: Session,
    event: dict[str, Any],
    goods: list[dict[str, Any]],
    private: dict[str, Any],
    leaf: dict[str, Any],
    alongside: Writes | None,
) -> None:
    """Write the rows of one event, now or with those that are being gathered."""
    gathering: Writes | None = session.info.get(_GATHERED)
    writes = gathering or alongside or Writes()
    events_table, goods_table, private_table, leaves_table = _TABLES
    writes.insert(events_table, event)
    for one in goods:
        writes.insert(goods_table, one)
    writes.insert(private_table, private)
    writes.insert(leaves_table, leaf)
    if gathering is None:
        session.flush()  # what the event refers to comes first
        writes.send(session)


def _goods_rows(event_id: UUID, happening: Happening) -> list[dict[str, Any]]:
    return [
        {
            "event_id": event_id,
            "position": position,
            "role": str(named.role),
            # One form for all ways to write an EPC: what is asked for by URN is found under its Digital Link.
            "epc": canonicalise(named.epc) or named.epc,
            "lot": named.lot,
            "batch_id": named.batch_id,
            "unit_id": named.unit_id,
            "quantity": named.quantity,
            "uom": named.uom,
        }
        for position, named in enumerate(happening.goods)
    ]


def _marks(happening: Happening, aside: Aside, now: Any) -> list[str]:
    """Sorted codes of what a reader has to know about how this was said."""
    marks = set(happening.marks)
    if aside.party is not None:
        marks.add("one_sided")
    if aside.on_behalf_of is not None:
        marks.add("on_behalf")
    if is_late(happening.event_time, now):
        marks.add("late_entry")
    return sorted(marks)


def _owner(role: str, organisation_id: UUID | None) -> list[dict[str, Any]] | None:
    if organisation_id is None:
        return None
    return [{"type": "possessing_party", role: documents.party_uri(organisation_id)}]


def _dict(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(value) if value else None


def _commune_of(other: Organisation | Party | None) -> str | None:
    if isinstance(other, Organisation):
        return other.seat.commune_code
    return other.commune_code if other else None


_COLUMNS = tuple(column.name for column in _TABLES[0].columns)
