"""One event of the record written alone, as it was recorded: for whoever recorded it, never for others.

Documents of what a reader may see are written by ``answers`` from what ``visibility`` shows.
"""

from typing import Any

from trace.epcis.context import EPCIS_CONTEXT
from trace.epcis.rows import event_of
from trace.events.models import Event


def bare_event_json(row: Event) -> dict[str, Any]:
    """One event that stands alone, with its context; numbers are ``Decimal``, exact."""
    event = event_of(row)
    context = [EPCIS_CONTEXT, dict(event.namespaces)] if event.namespaces else [EPCIS_CONTEXT]
    return {"@context": context, **event.to_json()}
