"""What was changed in master data."""

from decimal import Decimal

from sqlalchemy.orm import Session

from tests.factories import ProductFactory, actor_of_kind
from trace.core import clock
from trace.core.revisions import list_revisions, revise


def test_a_change_keeps_what_was_there_before(session: Session) -> None:
    actor = actor_of_kind(session)
    product = ProductFactory.create(session=session, actor=actor, brand="Cũ")
    revise(session, product, {"brand": "Mới", "natural_loss_percent": Decimal(5)}, actor.user_id)
    (revision,) = list_revisions(session, "products", product.id)
    assert revision.changes["brand"] == {"old": "Cũ", "new": "Mới"}
    assert revision.changes["natural_loss_percent"]["new"] == "5"
    assert revision.revised_by == actor.user_id


def test_changing_nothing_leaves_no_revision(session: Session) -> None:
    product = ProductFactory.create(session=session, actor=actor_of_kind(session), brand="Cũ")
    assert revise(session, product, {"brand": "Cũ"}, None) is None
    assert list_revisions(session, "products", product.id) == []


def test_revisions_come_in_their_order_and_since_a_moment(session: Session) -> None:
    product = ProductFactory.create(session=session, actor=actor_of_kind(session))
    revise(session, product, {"brand": "1"}, None)
    between = clock.now()
    revise(session, product, {"brand": "2"}, None)
    assert [r.changes["brand"]["new"] for r in list_revisions(session, "products", product.id)] == ["1", "2"]
    assert len(list_revisions(session, "products", product.id, since=between)) == 1
