"""The use cases of accounts, gathered under one name for pages, the command line and the demo; no code stands here.

None of them commits. Modules beside this one import from where a use case stands.
"""

from trace.accounts.services_approval import ChangedMeanwhile, approval_digest, approve, ask_for_changes
from trace.accounts.services_members import (
    LastOwner,
    accept_invitation,
    add_member,
    change_role,
    decline_invitation,
    remove_member,
)
from trace.accounts.services_organisations import (
    NewOrganisation,
    PhoneTaken,
    Place,
    TaxCodeTaken,
    add_location,
    change_location,
    change_organisation,
    create_authority,
    create_organisation,
    sign_up,
)
from trace.accounts.services_parties import add_party, change_party

__all__ = [
    "ChangedMeanwhile",
    "LastOwner",
    "NewOrganisation",
    "PhoneTaken",
    "Place",
    "TaxCodeTaken",
    "accept_invitation",
    "add_location",
    "add_member",
    "add_party",
    "approval_digest",
    "approve",
    "ask_for_changes",
    "change_location",
    "change_organisation",
    "change_party",
    "change_role",
    "create_authority",
    "create_organisation",
    "decline_invitation",
    "remove_member",
    "sign_up",
]
