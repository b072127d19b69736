"""The factories of the demo, for tests: ``ActiveBatchFactory.create(session=session, actor=producer)``."""

from decimal import Decimal

from sqlalchemy.orm import Session

from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.accounts.services_organisations import NewOrganisation
from trace.batches.models import Batch
from trace.core.ids import uuid7
from trace.demo.factories import (
    NO_PICTURE,
    ActiveBatchFactory,
    ActorFactory,
    BatchFactory,
    CertificateFactory,
    NewOrganisationFactory,
    PartyFactory,
    ProductFactory,
    ShipmentFactory,
    UserFactory,
    nobodys_phone,
    officer_of,
)
from trace.events import services_receiving

__all__ = [
    "NO_PICTURE",
    "ActiveBatchFactory",
    "ActorFactory",
    "BatchFactory",
    "CertificateFactory",
    "NewOrganisation",
    "NewOrganisationFactory",
    "PartyFactory",
    "ProductFactory",
    "ShipmentFactory",
    "UserFactory",
    "a_key",
    "actor_of_kind",
    "give",
    "nobodys_phone",
    "officer_of",
]


def actor_of_kind(session: Session, kind: OrganisationKind = OrganisationKind.PRODUCER) -> Actor:
    """The owner of a new, approved organisation of this kind."""
    return ActorFactory.create(session=session, stated__kind=kind)


def a_key() -> str:
    """An idempotency key nobody used."""
    return str(uuid7())


def give(session: Session, batch: Batch, sender: Actor, receiver: Actor, quantity: str = "10") -> None:
    """Ship and receive in full: the receiver now holds ``quantity``."""
    shipment = ShipmentFactory.create(
        session=session, actor=sender, batch=batch, to=receiver.organisation, quantity=Decimal(quantity)
    )
    services_receiving.receive(session, receiver, shipment.id)
