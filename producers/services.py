"""Use cases of master data: products and their certificates. Changes are kept as revisions; never commits."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from producers import queries, rules
from producers.models import Certificate, ExpiryKind, Product
from trace.accounts.permissions import Actor, require_producer
from trace.core import clock
from trace.core.errors import BadInput, NotFound, Refusal
from trace.core.revisions import revise
from trace.core.text import fold
from trace.gs1.keys import is_valid_gtin, normalise_gtin


class ProductNameTaken(Refusal):
    """The organisation has a product of this name."""

    code = "product-name-taken"


@dataclass(frozen=True)
class ProductFacts:
    """What a producer states about a product. ``standards`` are as typed, one a line; weights in kilograms."""

    name: str
    ocop_set: int
    uom: str | None
    packaging_word: str | None
    expiry_kind: str
    shelf_life_days: int | None = None
    brand: str = ""
    net_content: str = ""
    description: str = ""
    second_unit: str | None = None
    usual_weight_kg: Decimal | None = None
    natural_loss_percent: Decimal = Decimal(0)
    gtin: str | None = None
    standards: tuple[str, ...] = ()
    has_food_safety_commitment: bool = False
    min_temperature: Decimal | None = None  # °C; either limit may be missing
    max_temperature: Decimal | None = None


def register_product(
    session: Session, actor: Actor, facts: ProductFacts, picture_sha256: str | None
) -> Product:
    """Add a product. Allowed before approval: it is a draft of one's own. Raises ``ProductNameTaken``."""
    require_producer(actor)
    product = Product(organisation_id=actor.organisation_id, picture_sha256=picture_sha256, **_columns(facts))
    product.organisation = actor.organisation
    try:
        with session.begin_nested():
            session.add(product)
    except IntegrityError as error:
        raise _name_taken() from error
    return product


def note_outside_product(
    session: Session,
    actor: Actor,
    *,
    name: str,
    ocop_set: int,
    uom: str | None,
    packaging_word: str | None,
    picture_sha256: str | None = None,
) -> Product:
    """Somebody else's goods under the name they came with: no product of the organisation's own, in no list of those.

    The same name in the same unit is the same goods; a picture that comes later is kept.
    """
    # In a list of their own: an own product may have the same name.
    folded = fold(f"{name} (nguon ngoai, {packaging_word or uom})")
    wanted = select(Product).where(
        Product.organisation_id == actor.organisation_id,
        Product.name_folded == folded,
        Product.archived_at.is_(None),
    )
    values = {
        "organisation_id": actor.organisation_id,
        "name": name,
        "name_folded": folded,
        "ocop_set": ocop_set,
        "uom": uom,
        "packaging_word": packaging_word,
        "picture_sha256": picture_sha256,
        "is_from_outside": True,
        "expiry_kind": ExpiryKind.NONE,
        "standards": [],
    }
    if session.scalar(wanted) is None:
        # Whoever notes the same goods at this moment: theirs it is.
        with suppress(IntegrityError), session.begin_nested():
            session.add(Product(organisation=actor.organisation, **values))
    product = session.scalars(wanted).one()
    if picture_sha256 and product.picture_sha256 is None:
        revise(session, product, {"picture_sha256": picture_sha256}, actor.user_id)
    return product


def change_product(
    session: Session, actor: Actor, product_id: UUID, facts: ProductFacts, picture_sha256: str | None
) -> Product:
    """Change a product; batches already activated keep what was sealed, the page says what changed since.

    A changed GTIN is a new claim and loses its check.
    """
    require_producer(actor)
    product = queries.get_product(session, actor.organisation_id, product_id)
    values = _columns(facts)
    if picture_sha256 is not None:
        values["picture_sha256"] = picture_sha256
    if values["gtin"] != product.gtin:
        values["gtin_checked_at"] = None
    try:
        with session.begin_nested():
            revise(session, product, values, actor.user_id)
    except IntegrityError as error:
        raise _name_taken() from error
    return product


def archive_product(session: Session, actor: Actor, product_id: UUID) -> None:
    """Take a product out of the lists; its batches and labels stay."""
    require_producer(actor)
    product = queries.get_product(session, actor.organisation_id, product_id)
    if product.archived_at is None:
        revise(session, product, {"archived_at": clock.now()}, actor.user_id)


def add_certificate(
    session: Session,
    actor: Actor,
    product_id: UUID,
    *,
    decision_number: str,
    decided_on: date,
    issuer: str,
    stars: int,
) -> Certificate:
    """Note an OCOP decision; its expiry is derived, 36 months on."""
    require_producer(actor)
    product = queries.get_product(session, actor.organisation_id, product_id)
    if decided_on > clock.today():
        raise BadInput(
            _l("The decision cannot be dated in the future."), code="date-in-future", field="decided_on"
        )
    if stars not in (3, 4, 5):
        raise BadInput(
            _l("OCOP certificates carry 3, 4 or 5 stars."), code="stars-out-of-range", field="stars"
        )
    certificate = Certificate(
        product_id=product.id,
        decision_number=decision_number,
        decided_on=decided_on,
        issuer=issuer,
        stars=stars,
    )
    session.add(certificate)
    session.flush()
    session.refresh(certificate)
    return certificate


def remove_certificate(session: Session, actor: Actor, certificate_id: UUID) -> Certificate:
    """Take a wrongly noted certificate away; the row stays as history."""
    require_producer(actor)
    certificate = session.get(Certificate, certificate_id)
    if certificate is None or certificate.product.organisation_id != actor.organisation_id:
        raise NotFound(_l("There is no such certificate."), code="certificate-not-found")
    if certificate.removed_at is None:
        revise(session, certificate, {"removed_at": clock.now()}, actor.user_id)
    return certificate


def _columns(facts: ProductFacts) -> dict[str, object]:
    _check(facts)
    values: dict[str, object] = asdict(facts)
    values["standards"] = list(facts.standards)
    values["name_folded"] = fold(facts.name)
    values["gtin"] = normalise_gtin(facts.gtin) if facts.gtin else None
    if facts.expiry_kind == ExpiryKind.NONE:
        values["shelf_life_days"] = None
    return values


def _check(facts: ProductFacts) -> None:
    if facts.ocop_set not in rules.OCOP_SETS:
        raise BadInput(
            _l("Choose one of the 26 OCOP product sets."), code="ocop-set-unknown", field="ocop_set"
        )
    if facts.gtin and not is_valid_gtin(facts.gtin):
        raise BadInput(
            _l("A GTIN has 8, 12, 13 or 14 digits and a right check digit. Leave it empty if there is none."),
            code="gtin-malformed",
            field="gtin",
        )
    if facts.expiry_kind != ExpiryKind.NONE and not (
        facts.shelf_life_days and 1 <= facts.shelf_life_days <= rules.LONGEST_SHELF_LIFE_DAYS
    ):
        raise BadInput(
            _l("Say how many days it keeps, from 1 to 3650, or choose that it has no expiry date."),
            code="shelf-life-missing",
            field="shelf_life_days",
        )
    if not 0 <= facts.natural_loss_percent <= rules.MOST_NATURAL_LOSS_PERCENT:
        raise BadInput(
            _l("Natural loss is between 0 and 30 percent."),
            code="natural-loss-out-of-range",
            field="natural_loss_percent",
        )
    _check_temperatures(facts.min_temperature, facts.max_temperature)
    if (facts.second_unit is None) != (facts.usual_weight_kg is None):
        raise BadInput(
            _l("Give the second unit and what one of it usually weighs, or neither."),
            code="second-unit-incomplete",
            field="second_unit",
        )


def _check_temperatures(lowest: Decimal | None, highest: Decimal | None) -> None:
    """A cold chain has limits food is kept at, the lower one first; either may be missing."""
    low, high = rules.KEPT_BETWEEN
    for field, stated in (("min_temperature", lowest), ("max_temperature", highest)):
        if stated is not None and not low <= stated <= high:
            raise BadInput(
                _l("Goods are kept between %(low)s and %(high)s °C.", low=low, high=high),
                code="temperature-out-of-range",
                field=field,
            )
    if lowest is not None and highest is not None and lowest > highest:
        raise BadInput(
            _l("The lowest temperature comes before the highest."),
            code="temperatures-swapped",
            field="max_temperature",
        )


def _name_taken() -> ProductNameTaken:
    return ProductNameTaken(_l("There is already a product of this name."), field="name")
