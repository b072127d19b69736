"""Views of accounts: signing up and in, devices, organisations, members, recovery.

Each noun has a module of its own; importing them here puts their routes on the one blueprint.
"""

from trace.accounts import (
    views_account,
    views_keys,
    views_members,
    views_organisation,
    views_places,
    views_signing,
)
from trace.accounts.views_base import blueprint

__all__ = [
    "blueprint",
    "views_account",
    "views_keys",
    "views_members",
    "views_organisation",
    "views_places",
    "views_signing",
]
