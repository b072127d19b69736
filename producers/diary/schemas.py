"""What forms and programs send about the diary. Shapes only; whether the facts make sense is for the services."""

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from producers.diary.models import WorkKind
from producers.diary.rules import LONGEST_WAIT_DAYS
from trace.core.fields import Choice, Day, Id, Name, Whole


class WorkForm(ma.Schema):
    """What was done, in the order of its form."""

    kind = Choice(
        WorkKind,
        required=True,
        error_messages={
            "required": _l("Choose what was done."),
            "null": _l("Choose what was done."),
        },
    )
    done_on = Day(required=True, empty=_l("Write the day on which it was done."))
    used = Name(longest=120, load_default="")
    active_ingredient = Name(longest=120, load_default="")
    purpose = Name(longest=160, load_default="")
    waiting_days = Whole(low=0, high=LONGEST_WAIT_DAYS, load_default=None)
    party_id = Id(load_default=None)


class EntryForm(WorkForm):
    """A new entry: also for which product, and where."""

    product_id = Id(required=True, empty=_l("Choose a product."))
    location_id = Id(required=True, empty=_l("Choose a place."))
    batch_id = Id(load_default=None)
