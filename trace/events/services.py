"""The everyday verbs of custody, gathered under one name for pages, the API and EPCIS capture; no code stands here.

Each checks the rules, moves quantities and writes its event, in the caller's transaction. Verbs bound to a state
(activate, receive) happen once by state; verbs bound to a quantity (ship, sell, destroy) once by idempotency key.
Services beside this one import from the module a verb stands in.
"""

from trace.events.services_activation import (
    AlreadyActivated,
    ItemsMissing,
    Source,
    SourcesDiffer,
    activate,
)
from trace.events.services_leaving import destroy, sell
from trace.events.services_receiving import AlreadyReceived, ShipmentOver, receive
from trace.events.services_shipping import Receiver, ship

__all__ = [
    "AlreadyActivated",
    "AlreadyReceived",
    "ItemsMissing",
    "Receiver",
    "ShipmentOver",
    "Source",
    "SourcesDiffer",
    "activate",
    "destroy",
    "receive",
    "sell",
    "ship",
]
