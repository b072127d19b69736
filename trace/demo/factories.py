"""Factories of whatever tests and the demo need, each calling the service that people use.

A factory takes the ``session`` and who acts, and states something plausible for everything else. Nothing here
writes a row: where no service leads, there is no factory.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from factory.base import Factory
from factory.declarations import LazyFunction, Sequence, SubFactory
from sqlalchemy.orm import Session

from producers import services as producer_services
from producers.models import Certificate, ExpiryKind, Product
from producers.services import ProductFacts
from trace.accounts import services_approval, services_organisations, services_parties
from trace.accounts.checks import phone_number
from trace.accounts.models import Organisation, OrganisationKind, Party, PartyKind, Role, User
from trace.accounts.permissions import Actor
from trace.accounts.services_organisations import NewOrganisation, Place
from trace.accounts.sessions import hash_password
from trace.batches import queries as batch_queries
from trace.batches import services as batch_services
from trace.batches.models import Batch, DateKind
from trace.batches.services import BatchFacts
from trace.core import clock
from trace.core.ids import uuid7
from trace.events import services_activation, services_shipping
from trace.events.handover_models import Shipment

# No number of ten digits begins with 01 in Vietnam (they moved to 03, 05, 07 and 08 in 2018): nobody is called.
NOBODYS_PREFIX = "01"
BA_DINH = "00004"
# Stands for a picture where no page shows it: the hash of nothing.
NO_PICTURE = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_OFFICER = "factories.officer"
_PERSON = "factories.person"


def _numbered(make: Callable[[int], str]) -> Any:
    """A name for each; the numbers in them have one length, or one name would stand in another ("… 1" in "… 12")."""
    return Sequence(make)  # type: ignore[no-untyped-call]  # the library annotates its factories only


def _each_time(make: Callable[[], Any]) -> Any:
    return LazyFunction(make)  # type: ignore[no-untyped-call]  # the library annotates its factories only


def _made_by(other: type[Factory[Any]]) -> Any:
    return SubFactory(other)  # type: ignore[no-untyped-call]  # the library annotates its factories only


def nobodys_phone(number: int) -> str:
    """A telephone number, as typed, that no subscriber can have."""
    return f"{NOBODYS_PREFIX}{number % 10**8:08d}"


@cache
def _hash_of_the_one_password() -> str:
    return hash_password(UserFactory.password)


def _sign_up(session: Session, phone: str, name: str, password: str, **more: Any) -> User:
    """As people do; only that the one password of tests is hashed once in a process: it takes a fifth of a second."""
    if password != UserFactory.password:
        return services_organisations.sign_up(session, phone, name, password, **more)
    number = phone_number(phone, "phone")
    return services_organisations.add_person(session, number, name, _hash_of_the_one_password(), **more)


class UserFactory(Factory[User]):
    """A person who signed up. Takes ``session``."""

    class Meta:
        model = _sign_up

    phone = _numbered(lambda n: nobodys_phone(90_000_000 + n))
    name = _numbered(lambda n: f"Người Ví Dụ {n:04d}")
    password = "mat khau chi de thu"  # noqa: S105 - of people in tests; the demo gives random ones


class NewOrganisationFactory(Factory[NewOrganisation]):
    """What the founder of an organisation states."""

    class Meta:
        model = NewOrganisation

    kind = OrganisationKind.PRODUCER
    name = _numbered(lambda n: f"Đơn vị Ví Dụ {n:04d}")
    phone = _numbered(lambda n: nobodys_phone(80_000_000 + n))
    place = Place(BA_DINH, "Số 1 phố Ví Dụ")


def _act(
    session: Session,
    *,
    owner: User | None,
    stated: NewOrganisation,
    is_approved: bool,
    is_demo: bool,
) -> Actor:
    founder = owner or _person(session)
    if stated.kind == OrganisationKind.AUTHORITY:
        organisation = services_organisations.create_authority(session, founder, stated, is_demo=is_demo)
    else:
        organisation = services_organisations.create_organisation(session, founder, stated, is_demo=is_demo)
        if is_approved:
            services_approval.approve(session, officer_of(session), organisation.id)
            # Approval reads the organisation anew; who lets go of the session still wants to know its place.
            session.refresh(organisation, ["locations"])
    return Actor(founder.id, organisation, Role.OWNER)


class ActorFactory(Factory[Actor]):
    """Somebody acting as owner of a new organisation, approved unless ``is_approved=False``.

    Takes ``session``. One person founds all unless ``owner`` names another. Organisation details: ``stated__kind``,
    ``stated__name``, ``stated__place``.
    """

    class Meta:
        model = _act

    owner = None
    stated = _made_by(NewOrganisationFactory)
    is_approved = True
    is_demo = False


def _register_product(session: Session, actor: Actor, picture_sha256: str | None, **facts: Any) -> Product:
    return producer_services.register_product(session, actor, ProductFacts(**facts), picture_sha256)


class ProductFactory(Factory[Product]):
    """A product in kilograms that keeps three days; any field of ``ProductFacts`` may be given.

    Takes ``session`` and ``actor`` (a producer).
    """

    class Meta:
        model = _register_product

    picture_sha256 = NO_PICTURE
    name = _numbered(lambda n: f"Cải ngọt {n:04d}")
    ocop_set = 1
    uom = "KGM"
    packaging_word = None
    expiry_kind = ExpiryKind.USE_BY
    shelf_life_days = 3
    natural_loss_percent = Decimal(3)
    standards = ("VietGAP",)


class CertificateFactory(Factory[Certificate]):
    """An OCOP certificate decided a year ago. Takes ``session``, ``actor`` and ``product_id``."""

    class Meta:
        model = producer_services.add_certificate

    decision_number = _numbered(lambda n: f"{n + 1}/QĐ-VD")
    decided_on = _each_time(lambda: clock.today() - timedelta(days=365))
    issuer = "Cơ quan cấp chứng nhận Ví Dụ"
    stars = 4


def _register_batch(
    session: Session,
    actor: Actor,
    *,
    product: Product | None,
    produced_on: date,
    lot_number: str | None,
    date_kind: DateKind,
    quantity: Decimal,
    expires_on: date | None,
) -> Batch:
    product = product or ProductFactory.create(session=session, actor=actor)
    facts = BatchFacts(
        product_id=product.id,
        location_id=actor.organisation.seat.id,
        lot_number=lot_number or batch_queries.next_lot_number(session, product.id, produced_on),
        date_kind=date_kind,
        produced_on=produced_on,
        quantity=quantity,
        expires_on=expires_on,
    )
    return batch_services.register_batch(session, actor, facts)


class BatchFactory(Factory[Batch]):
    """A draft of 100 units made today. Takes ``session`` and ``actor``; ``product`` is made unless given."""

    class Meta:
        model = _register_batch

    product = None
    produced_on = _each_time(clock.today)
    lot_number = None
    date_kind = DateKind.HARVEST
    quantity = Decimal(100)
    expires_on = None


def _activate_new(session: Session, actor: Actor, event_time: datetime | None, **stated: Any) -> Batch:
    batch: Batch = BatchFactory.create(session=session, actor=actor, **stated)
    services_activation.activate(session, actor, batch.id, event_time=event_time)
    return batch


class ActiveBatchFactory(Factory[Batch]):
    """An activated batch, all of it in the producer's hands. Takes what ``BatchFactory`` takes."""

    class Meta:
        model = _activate_new

    event_time = None


class PartyFactory(Factory[Party]):
    """Somebody without an account in the address book. Takes ``session`` and ``actor``."""

    class Meta:
        model = services_parties.add_party

    kind = PartyKind.TRADER
    name = _numbered(lambda n: f"Thương lái Ví Dụ {n:04d}")


def _ship(
    session: Session, actor: Actor, batch: Batch, to: Organisation | None, party: Party | None, **rest: Any
) -> Shipment:
    receiver = services_shipping.Receiver(to.id if to else None, party.id if party else None)
    return services_shipping.ship(session, actor, batch.id, receiver=receiver, **rest)


class ShipmentFactory(Factory[Shipment]):
    """Ten units on their way. Takes ``session``, ``actor``, ``batch`` and ``to`` (or ``party``)."""

    class Meta:
        model = _ship

    to = None
    party = None
    quantity = Decimal(10)
    key = _each_time(lambda: str(uuid7()))


def _person(session: Session) -> User:
    if _PERSON not in session.info:
        session.info[_PERSON] = UserFactory.create(session=session)
    person: User = session.info[_PERSON]
    return person


def officer_of(session: Session) -> Actor:
    """The officer who approves what the factories make with this session; set up at the first call."""
    if _OFFICER not in session.info:
        session.info[_OFFICER] = ActorFactory.create(
            session=session, stated__kind=OrganisationKind.AUTHORITY, stated__name="Cơ quan quản lý Ví Dụ"
        )
    officer: Actor = session.info[_OFFICER]
    return officer
