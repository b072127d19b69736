"""Names for people of the kinds, states and roles of accounts, in every language. Used by every face."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.accounts.models import Approval, OrganisationKind, Role

KINDS: Final[Mapping[str, Any]] = {
    OrganisationKind.PRODUCER: _l("Producer"),
    OrganisationKind.PROCESSOR: _l("Processor"),
    OrganisationKind.CARRIER: _l("Carrier or distributor"),
    OrganisationKind.SHOP: _l("Shop"),
    OrganisationKind.KITCHEN: _l("Kitchen"),
    OrganisationKind.AUTHORITY: _l("Authority"),
}

KIND_HINTS: Final[Mapping[str, Any]] = {
    OrganisationKind.PRODUCER: _l("Grows, raises or gathers: cooperative, farm, household"),
    OrganisationKind.PROCESSOR: _l("Prepares, processes or packs: milk, tea, sausage, vermicelli"),
    OrganisationKind.CARRIER: _l("Carries, stores or trades wholesale"),
    OrganisationKind.SHOP: _l("Sells to consumers: shop, supermarket, market stall"),
    OrganisationKind.KITCHEN: _l("Cooks for others: school, canteen, restaurant"),
}

APPROVALS: Final[Mapping[str, Any]] = {
    Approval.PENDING: _l("Waiting for approval"),
    Approval.APPROVED: _l("Approved"),
    Approval.NEEDS_CHANGES: _l("Something is missing"),
}

# The tone of a chip (templates/macros/parts.html).
APPROVAL_TONES: Final[Mapping[str, str]] = {
    Approval.PENDING: "note",
    Approval.APPROVED: "ok",
    Approval.NEEDS_CHANGES: "copy",
}

ROLES: Final[Mapping[str, Any]] = {Role.OWNER: _l("Owner"), Role.STAFF: _l("Staff")}

ROLE_HINTS: Final[Mapping[str, Any]] = {
    Role.OWNER: _l("Everything, and also: members, profile, recovery codes, keys for programs"),
    Role.STAFF: _l("Daily work: lots, labels, giving and receiving goods"),
}

# Fields of organisations and places, as their history names them.
FIELDS: Final[Mapping[str, Any]] = {
    "name": _l("Name"),
    "phone": _l("Telephone"),
    "tax_code": _l("Tax code"),
    "description": _l("Introduction"),
    "is_named_publicly": _l("Named on public pages"),
    "commune_code": _l("Commune or ward"),
    "address_as_written": _l("Address"),
}
# Kept beside another field for searching; nothing a person changed.
DERIVED_FIELDS: Final = frozenset({"name_folded"})
