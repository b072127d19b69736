"""Filling an empty database with the demo: accounts first, then goods, then what happened to them.

Everything is done by the services people use, through the factories the tests use; nothing here writes a row. The
caller commits.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from producers.models import Product
from trace.accounts import services_approval, services_members, services_organisations
from trace.accounts.models import Organisation, Role, User
from trace.accounts.permissions import Actor
from trace.accounts.rules import readable_phone
from trace.accounts.services_organisations import NewOrganisation, Place
from trace.core import clock
from trace.core.blobs import BlobStore, store_picture
from trace.core.installation import DEMO_FILLED, set_fact
from trace.core.short_codes import ALPHABET
from trace.demo import catalogue, pictures
from trace.demo.catalogue import DemoOrganisation, DemoProduct
from trace.demo.factories import ActorFactory, CertificateFactory, ProductFactory, UserFactory, nobodys_phone
from trace.demo.growing import tell_growing, tell_testing
from trace.demo.making import tell_making
from trace.demo.reporting import tell_report
from trace.demo.stamping import tell_stamps
from trace.demo.stories import STORIES
from trace.demo.telling import Teller
from trace.demo.watching import tell_watching

# People nobody signs in as: they own the organisations whose sign-in is not printed. Five, because every account
# costs a password hash.
STAND_INS = 5
_PASSWORD_GROUPS, _PASSWORD_GROUP_LENGTH = 3, 4
_DAYS_A_MONTH = Decimal("30.44")


class DemoRefused(Exception):
    """The demo is not filled here; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class SignIn:
    """One ready account; ``role`` is the kind of its organisation, ``phone`` as people type it."""

    role: str
    phone: str
    password: str
    name: str


@dataclass(frozen=True)
class ScanAddress:
    """One code to try: ``path`` follows the public address."""

    path: str
    shows: str


@dataclass(frozen=True)
class DemoSummary:
    """What to print after filling, and how much there is."""

    sign_ins: tuple[SignIn, ...]
    scan_addresses: tuple[ScanAddress, ...]
    organisations: int
    batches: int


def fill(session: Session, blobs: BlobStore, *, today: date, is_public: bool) -> DemoSummary:
    """Fill the database and return what to print; the log must have its origin. Never commits.

    ``is_public`` is the settings' answer to whether strangers reach this installation. Raises ``DemoRefused`` there,
    and where anybody has an account already.
    """
    if is_public:
        raise DemoRefused(
            "The demo is never filled behind a public address: unset TRACE_PUBLIC_URL, or use DEMO=0."
        )
    if session.scalar(select(func.count()).select_from(User)):
        raise DemoRefused(
            "The demo fills an empty database only, and this one has accounts: use another, or DEMO=0."
        )
    set_fact(session, DEMO_FILLED, clock.now().isoformat())
    people = _People(session)
    actors = _found_organisations(session, people)
    products = _register_products(session, blobs, actors, today)
    teller = Teller(session, today, actors, products)
    tell_growing(session, actors, products["cai"][1])
    told = [(story, teller.tell(story)) for story in STORIES]
    fresh = next(batch for story, batch in told if story.product == "cai" and story.is_fresh)
    tell_testing(session, actors, told[0][1])
    made = tell_making(session, actors, products, fresh) + tell_watching(session, actors, products)
    labels = tell_stamps(session, actors, actors[catalogue.AUTHORITY.key], fresh)
    tell_report(session, blobs, actors[catalogue.AUTHORITY.key], fresh)
    session.flush()
    return DemoSummary(
        sign_ins=tuple(people.sign_ins),
        scan_addresses=(
            *(ScanAddress(f"/T/{batch.code}", story.shows) for story, batch in told if story.shows),
            *(ScanAddress(f"/T/{code}", shows) for shows, code in labels.items()),
        ),
        organisations=len(actors),
        batches=len(told) + len(made),
    )


class _People:
    """Who signs up: the people whose sign-in is printed, and a few who stand in for all others."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.sign_ins: list[SignIn] = []
        self._made = 0
        self._stand_ins = [self._sign_up(f"Người Giữ Sổ {n + 1}", _new_password()) for n in range(STAND_INS)]
        self._turn = 0

    def owner_of(self, stated: DemoOrganisation) -> User:
        if stated.person is None:
            self._turn += 1
            return self._stand_ins[self._turn % STAND_INS]
        password = _new_password()
        user = self._sign_up(stated.person, password)
        role = str(stated.kind) if stated.key != catalogue.WAITING.key else f"{stated.kind}, not approved yet"
        self.sign_ins.append(SignIn(role, readable_phone(user.phone).replace(" ", ""), password, stated.name))
        return user

    def stand_in(self) -> User:
        return self._stand_ins[0]

    def _sign_up(self, name: str, password: str) -> User:
        self._made += 1
        return UserFactory.create(
            session=self.session, phone=nobodys_phone(self._made), name=name, password=password
        )


def _found_organisations(session: Session, people: _People) -> dict[str, Actor]:
    """Every organisation by its key: the authority first, because it lets the others in."""
    officer = _found(session, people, catalogue.AUTHORITY, 1)
    actors = {catalogue.AUTHORITY.key: officer}
    approved = (*catalogue.PRODUCERS, *catalogue.CARRIERS, *catalogue.KITCHENS, *catalogue.SHOPS)
    for number, stated in enumerate(approved, start=2):
        actor = actors[stated.key] = _found(session, people, stated, number)
        services_approval.approve(session, officer, actor.organisation_id)
        if stated.is_named_publicly:
            _name_publicly(session, actor)
    first = actors[catalogue.PRODUCERS[0].key]
    second = people.stand_in()
    invitation = services_members.add_member(session, first, second.phone, Role.OWNER)
    services_members.accept_invitation(session, second, invitation.id)
    waiting = _found(session, people, catalogue.WAITING, len(actors) + 1)
    actors[catalogue.WAITING.key] = waiting
    # The same telephone and nearly the same name as an approved one: what the approver has to look at.
    _found(session, people, catalogue.LOOK_ALIKE, 2)
    incomplete = _found(session, people, catalogue.NEEDS_CHANGES, len(actors) + 1)
    services_approval.ask_for_changes(session, officer, incomplete.organisation_id, catalogue.CHANGES_NOTE)
    return actors


def _found(session: Session, people: _People, stated: DemoOrganisation, number: int) -> Actor:
    return ActorFactory.create(
        session=session,
        owner=people.owner_of(stated),
        stated=NewOrganisation(
            kind=stated.kind,
            name=stated.name,
            phone=nobodys_phone(70_000_000 + number),
            place=Place(stated.commune_code, stated.address),
            description=stated.description,
        ),
        is_approved=False,
        is_demo=True,
    )


def _name_publicly(session: Session, actor: Actor) -> None:
    organisation: Organisation = actor.organisation
    services_organisations.change_organisation(
        session,
        actor,
        name=organisation.name,
        phone=organisation.phone,
        tax_code="",
        description=organisation.description,
        is_named_publicly=True,
    )


def _register_products(
    session: Session, blobs: BlobStore, actors: Mapping[str, Actor], today: date
) -> dict[str, tuple[DemoProduct, Product]]:
    products = {}
    for owner, stated in _makers():
        picture = (
            store_picture(session, blobs, pictures.draw(stated.picture), "picture")
            if stated.picture
            else None
        )
        product = ProductFactory.create(
            session=session,
            actor=actors[owner.key],
            picture_sha256=picture,
            name=stated.name,
            ocop_set=stated.ocop_set,
            uom=stated.measure,
            packaging_word=None if stated.measure else stated.unit,
            expiry_kind=stated.expiry_kind,
            shelf_life_days=stated.shelf_life_days,
            net_content=stated.net_content,
            brand=stated.brand,
            second_unit=stated.second_unit[0] if stated.second_unit else None,
            usual_weight_kg=stated.usual_weight,
            natural_loss_percent=Decimal(stated.loss_percent),
            gtin=stated.gtin,
            standards=stated.standards,
            has_food_safety_commitment=stated.has_commitment,
        )
        for stars, months in stated.certificates:
            CertificateFactory.create(
                session=session,
                actor=actors[owner.key],
                product_id=product.id,
                stars=stars,
                decided_on=today - timedelta(days=int(months * _DAYS_A_MONTH)),
            )
        products[stated.key] = (stated, product)
    return products


def _makers() -> Iterator[tuple[DemoOrganisation, DemoProduct]]:
    for owner in (*catalogue.PRODUCERS, catalogue.WAITING):
        for stated in owner.products:
            yield owner, stated


def _new_password() -> str:
    """Twelve random characters in groups: 59 bits, and fit to be typed on a phone."""
    groups = (
        "".join(secrets.choice(ALPHABET.lower()) for _ in range(_PASSWORD_GROUP_LENGTH))
        for _ in range(_PASSWORD_GROUPS)
    )
    return "-".join(groups)
