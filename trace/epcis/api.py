"""The query side of /epcis put together: one blueprint, its routes by noun in the modules named here."""

from trace.epcis import named_query_api, subscription_api
from trace.epcis.query_api import blueprint

ROUTES = (named_query_api, subscription_api)

__all__ = ["ROUTES", "blueprint"]
