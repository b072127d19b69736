"""One frozen dataclass for each officer's page, built from queries. Nothing is decided or changed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts import queries as account_queries
from trace.accounts import rules as account_rules
from trace.accounts.models import Approval, Membership, Organisation, Party, User
from trace.accounts.permissions import Actor
from trace.authority import queries
from trace.authority.blueprint import _
from trace.batches import queries as batch_queries
from trace.batches.models import Balance, Batch, Holding
from trace.copies.queries import count_open
from trace.events import queries as event_queries
from trace.events import queries_stock
from trace.events import rules as event_rules
from trace.events.handover_models import Hold, Shipment, ShipmentLine
from trace.events.models import Event, EventPrivate, Verb
from trace.events.texts import DISPOSAL_REASONS, VERBS, quantity_in_words
from trace.events.texts_stock import title_at_rest
from trace.recalls import queries as recall_queries
from trace.recalls.models import Recall
from trace.reports.queries import count_waiting
from trace.resolver.checking import count_waiting_gtins

MOST_ON_DESK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPage:
    """What waits for an officer."""

    waiting: Sequence[Organisation]
    waiting_count: int
    needs_changes_count: int
    recalls: Sequence[Recall]
    recall_count: int
    gtin_count: int
    copy_count: int
    report_count: int


@dataclass(frozen=True, slots=True)
class Compared:
    """One fact of two organisations side by side."""

    label: str
    here: str
    there: str
    is_alike: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicate:
    organisation: Organisation
    facts: Sequence[Compared]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationPage:
    """Everything an approval is decided on."""

    organisation: Organisation
    members: Sequence[Membership]
    near_duplicates: Sequence[NearDuplicate]
    approved_by: str

    @property
    def is_decidable(self) -> bool:
        return self.organisation.approval != Approval.APPROVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Goods handed to somebody without an account: what an officer can call."""

    party: Party | None
    quantity: Decimal
    by: str
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEvent:
    title: str
    who: str
    happened_at: datetime
    recorded_at: datetime
    is_late: bool
    quantity: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """Where all of a batch is, what is not known first."""

    batch: Batch
    balance: Balance | None
    words: str
    in_question: Sequence[ShipmentLine]
    on_the_way: Sequence[ShipmentLine]
    outside: Sequence[Outside]
    buyers: Sequence[Outside]
    holders: Sequence[Holding]
    events: Sequence[BatchEvent]
    recalls: Sequence[Recall]
    recall_in_force: Recall | None
    holds: Sequence[Hold]

    @property
    def is_paused(self) -> bool:
        return any(hold.ended_at is None for hold in self.holds)


def desk_page(session: Session, reader: Actor) -> DeskPage:
    """What waits for the authority, of which ``reader`` is, and which recalls are in force."""
    counts = queries.count_organisations(session)
    waiting = queries.list_organisations(session, Approval.PENDING, "", 1)
    recalls = recall_queries.list_recalls(session, in_force=True)
    return DeskPage(
        waiting=waiting.rows[:MOST_ON_DESK],
        waiting_count=counts.get(Approval.PENDING, 0),
        needs_changes_count=counts.get(Approval.NEEDS_CHANGES, 0),
        recalls=recalls.rows[:MOST_ON_DESK],
        recall_count=queries.count_recalls_in_force(session),
        gtin_count=count_waiting_gtins(session),
        copy_count=count_open(session, reader),
        report_count=count_waiting(session, reader),
    )


def organisation_page(session: Session, organisation: Organisation) -> OrganisationPage:
    """An organisation's file, with those it may be a second registration of."""
    approver = session.get(User, organisation.approved_by) if organisation.approved_by else None
    duplicates = account_queries.list_near_duplicates(session, organisation)
    return OrganisationPage(
        organisation=organisation,
        members=account_queries.list_members(session, organisation.id),
        near_duplicates=[
            NearDuplicate(organisation=other, facts=_compare(organisation, other)) for other in duplicates
        ],
        approved_by=approver.name if approver else "",
    )


def batch_page(session: Session, batch: Batch) -> BatchPage:
    """A batch's file: every gram of it, whoever has it."""
    lines = event_queries.list_batch_lines(session, batch.id)
    privates = event_queries.list_batch_privates(session, batch.id)
    events = event_queries.list_batch_events(session, batch.id)
    quantities = event_queries.event_quantities(session, batch.id)
    return BatchPage(
        batch=batch,
        balance=batch_queries.find_balance(session, batch.id),
        words=quantity_in_words(batch.quantity, batch),
        in_question=[line for line in lines if line.open_quantity],
        on_the_way=[line for line in lines if line.shipment.is_open],
        outside=[_handed(line.shipment, line.quantity) for line in lines if line.shipment.party_id],
        buyers=_buyers(events, privates, quantities),
        holders=batch_queries.list_holders(session, batch.id),
        events=[_event(event, privates.get(event.id), quantities.get(event.id)) for event in events],
        recalls=recall_queries.list_batch_recalls(session, batch.id),
        recall_in_force=recall_queries.find_recall_in_force(session, batch.id),
        holds=queries_stock.list_official_holds(session, batch.id),
    )


def _compare(here: Organisation, there: Organisation) -> list[Compared]:
    def place(organisation: Organisation) -> str:
        seat = organisation.seat
        return f"{seat.address_as_written}, {seat.commune.name}".strip(", ")

    return [
        Compared(_("Name"), here.name, there.name, account_rules.names_are_alike(here.name, there.name)),
        Compared(
            _("Telephone"),
            account_rules.readable_phone(here.phone),
            account_rules.readable_phone(there.phone),
            here.phone == there.phone,
        ),
        Compared(
            _("Tax code"),
            here.tax_code or _("None"),
            there.tax_code or _("None"),
            here.tax_code is not None and here.tax_code == there.tax_code,
        ),
        Compared(_("Address"), place(here), place(there), place(here) == place(there)),
    ]


def _handed(shipment: Shipment, quantity: Decimal) -> Outside:
    return Outside(
        party=shipment.party, quantity=quantity, by=shipment.sender.name, happened_at=shipment.shipped_at
    )


def _buyers(
    events: Sequence[Event], privates: Mapping[UUID, EventPrivate], quantities: Mapping[UUID, Decimal | None]
) -> list[Outside]:
    """Sales to somebody known by name; walk-in buyers are only a number in the balance."""
    found = []
    for event in events:
        private = privates.get(event.id)
        if event.verb == Verb.SELL and private is not None and private.party is not None:
            found.append(
                Outside(
                    party=private.party,
                    quantity=quantities.get(event.id) or Decimal(0),
                    by=event.organisation.name,
                    happened_at=event.event_time,
                )
            )
    return found


def _event(event: Event, private: EventPrivate | None, quantity: Decimal | None) -> BatchEvent:
    title = title_at_rest(event) or str(VERBS[Verb(event.verb)])
    party = private.party.name if private and private.party else None
    other = event.counterpart.name if event.counterpart else party
    if event.verb == Verb.SHIP and other:
        title = _("Shipped to %(name)s", name=other)
    elif event.verb == Verb.RECEIVE and other:
        title = _("Received from %(name)s", name=other)
    elif event.verb == Verb.SELL:
        title = _("Sold to %(name)s", name=party) if party else _("Sold to walk-in buyers")
    elif event.verb == Verb.DESTROY:
        reason = str(event.extensions.get("disposal_reason", event_rules.DisposalReason.OTHER))
        told = str(DISPOSAL_REASONS[event_rules.DisposalReason(reason)])
        title = _("Discarded: %(reason)s", reason=told.lower())
    return BatchEvent(
        title=title,
        who=event.organisation.name,
        happened_at=event.event_time,
        recorded_at=event.record_time,
        is_late=event_rules.is_late(event.event_time, event.record_time),
        quantity=quantity,
    )
