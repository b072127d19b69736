"""Use cases of a product's links: add, change, take away. Changes are kept as revisions; never commits."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from producers import queries as product_queries
from trace.accounts.permissions import Actor, require_producer
from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.core.revisions import revise
from trace.resolver import queries, rules
from trace.resolver.models import MediaType, ProductLink
from trace.resolver.rules import TargetRefused


class LinkTaken(Refusal):
    """The product has a link of this type, language and kind of content."""

    code = "link-taken"


class TooManyLinks(Refusal):
    """A product has as many links as it may."""

    code = "too-many-links"


@dataclass(frozen=True)
class LinkFacts:
    """What a producer states of a link; ``link_type`` is a name of ``rules.CHOSEN_TYPES``, ``language`` two letters."""

    link_type: str
    href: str
    title: str
    language: str = "vi"
    media_type: MediaType = MediaType.PAGE


REFUSED_TARGETS = {
    "length": _l("Write an address of at most 500 characters."),
    "characters": _l("An address has no spaces, quotation marks or backslashes."),
    "not-https": _l("Write the whole address, beginning with https://"),
    "unreadable": _l("This is no address of a page. Copy it from the browser."),
    "name-before-host": _l("An address with a name before @ hides where it leads."),
    "port": _l("Leave out the port: a public page needs none."),
    "number-for-host": _l("Write the name of the site, not its number."),
    "not-public": _l("This site is not on the open internet."),
    "this-service": _l("This address leads back here. Link to a page of your own."),
}


def add_link(
    session: Session, actor: Actor, product_id: UUID, facts: LinkFacts, own_host: str = ""
) -> ProductLink:
    """Add a link to a product. Raises ``BadInput``, ``LinkTaken``, ``TooManyLinks``."""
    require_producer(actor)
    product = product_queries.get_product(session, actor.organisation_id, product_id)
    values = _columns(facts, own_host)
    if len(queries.list_links(session, product.id)) >= rules.MOST_LINKS:
        raise TooManyLinks(_l("A product has at most %(most)s links.", most=rules.MOST_LINKS))
    link = ProductLink(product_id=product.id, created_by=actor.user_id, **values)
    try:
        with session.begin_nested():
            session.add(link)
    except IntegrityError as error:
        raise _taken() from error
    return link


def change_link(
    session: Session, actor: Actor, link_id: UUID, facts: LinkFacts, own_host: str = ""
) -> ProductLink:
    """Change a link; what it was is kept. Raises as ``add_link``."""
    require_producer(actor)
    link = queries.get_link(session, actor.organisation_id, link_id)
    values = _columns(facts, own_host)
    try:
        with session.begin_nested():
            revise(session, link, values, actor.user_id)
    except IntegrityError as error:
        raise _taken() from error
    return link


def remove_link(session: Session, actor: Actor, link_id: UUID) -> ProductLink:
    """Take a link away; the row stays as history."""
    require_producer(actor)
    link = queries.get_link(session, actor.organisation_id, link_id)
    revise(session, link, {"removed_at": clock.now()}, actor.user_id)
    return link


def _columns(facts: LinkFacts, own_host: str) -> dict[str, Any]:
    if facts.link_type not in rules.CHOSEN_TYPES:
        raise BadInput(_l("Choose what the link leads to."), code="link-type-unknown", field="link_type")
    try:
        href = rules.clean_target(facts.href, own_host)
    except TargetRefused as refusal:
        raise BadInput(REFUSED_TARGETS[refusal.why], code="link-target-refused", field="href") from refusal
    return {**asdict(facts), "href": href, "media_type": str(facts.media_type)}


def _taken() -> LinkTaken:
    return LinkTaken(_l("There is already such a link in this language. Change that one."), field="link_type")
