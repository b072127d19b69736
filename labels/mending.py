"""The ten items by name, and where a producer mends a missing one. Texts and addresses, no decisions."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from trace.batches.gate import Obstacle
from trace.batches.models import Batch

# The field of the form where an item is mended; the others stand on the organisation's page.
_PRODUCT_FIELDS = {1: "name", 2: "picture", 8: "brand", 10: "standards"}
_BATCH_FIELDS = {5: "location_id", 6: "produced_on", 7: "lot_number", 9: "expires_on"}


@dataclass(frozen=True)
class Mending:
    """One thing to do: the words of the link and where it leads."""

    label: str
    url: str


def mend_item(number: int, batch: Batch) -> Mending:
    """Where item ``number`` of this draft can be added."""
    if number in _PRODUCT_FIELDS:
        anchor = f"f-{_PRODUCT_FIELDS[number]}"
        labels = {2: _("Add a picture"), 10: _("Add a standard or a commitment")}
        url = url_for("producers.change_product", product_id=batch.product_id, batch=batch.id, _anchor=anchor)
        return Mending(labels.get(number, _("Change the product")), url)
    if number in _BATCH_FIELDS:
        anchor = f"f-{_BATCH_FIELDS[number]}"
        return Mending(
            _("Change the batch"), url_for("producers.change_batch", batch_id=batch.id, _anchor=anchor)
        )
    return Mending(_("Change the organisation"), url_for("accounts.show_organisation"))


@dataclass(frozen=True)
class ToldObstacle:
    """An obstacle in words, with the step that takes it away."""

    text: str
    step: Mending | None
    is_grave: bool = False


def tell_obstacle(obstacle: Obstacle, batch: Batch) -> ToldObstacle:
    """What stands in the way of a label, and what to do now."""
    to_batch = url_for("producers.show_batch", batch_id=batch.id)
    if obstacle is Obstacle.RECALLED:
        return ToldObstacle(
            _("This batch is recalled. No labels are printed for it."),
            Mending(_("See the batch"), to_batch),
            is_grave=True,
        )
    if obstacle is Obstacle.HELD:
        return ToldObstacle(
            _(
                "The sale of this batch is paused, or it is under review. Labels open again when that is over."
            ),
            Mending(_("See the batch"), to_batch),
            is_grave=True,
        )
    if obstacle is Obstacle.NOT_APPROVED:
        return ToldObstacle(
            _(
                "Your organisation is still waiting for approval. Labels open after approval; drafts are kept."
            ),
            Mending(_("See the organisation"), url_for("accounts.show_organisation")),
        )
    if obstacle is Obstacle.NOT_ACTIVATED:
        return ToldObstacle(
            _("The batch is not activated yet. A label printed now would lead nowhere."),
            Mending(_("Activate the batch"), to_batch),
        )
    return ToldObstacle(_("Some of the ten items are missing. A label must not be empty."), None)
