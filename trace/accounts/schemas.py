"""What the forms of accounts may hold. What it must mean (a number that exists, a free tax code) services decide."""

from enum import StrEnum

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.accounts.models import OrganisationKind, Role
from trace.core.fields import Choice, Id, Name, Secret, Text, Tick
from trace.core.language import languages

LONGEST_PHONE = 30
LONGEST_NAME = 120
# The summary on top of a form lists these without the labels of their fields, so each names its own.
NO_PHONE = _l("Write the mobile number.")
NO_PASSWORD = _l("Write the password.")
NO_NEW_PASSWORD = _l("Write a new password.")
NO_NAME = _l("Write the name of the organisation.")
NO_COMMUNE = _l("Choose the commune or ward from the list.")
NO_ADDRESS = _l("Write the address.")
NO_TELEPHONE = _l("Write the telephone of the organisation.")


class FoundedKind(StrEnum):
    """The kinds people may found; an authority is set up by the operator."""

    PRODUCER = OrganisationKind.PRODUCER
    PROCESSOR = OrganisationKind.PROCESSOR
    CARRIER = OrganisationKind.CARRIER
    SHOP = OrganisationKind.SHOP
    KITCHEN = OrganisationKind.KITCHEN


class SignUpForm(ma.Schema):
    name = Name(required=True, longest=LONGEST_NAME, empty=_l("Write the full name."))
    phone = Text(required=True, longest=LONGEST_PHONE, empty=NO_PHONE)
    password = Secret(required=True, empty=_l("Choose a password."))


class SignInForm(ma.Schema):
    phone = Text(required=True, longest=LONGEST_PHONE, empty=NO_PHONE)
    password = Secret(required=True, empty=NO_PASSWORD)


class RecoveryForm(ma.Schema):
    phone = Text(required=True, longest=LONGEST_PHONE, empty=NO_PHONE)
    code = Text(required=True, longest=40, empty=_l("Write the code as printed."))
    new_password = Secret(required=True, empty=NO_NEW_PASSWORD)


class PasswordForm(ma.Schema):
    old_password = Secret(required=True, empty=NO_PASSWORD)
    new_password = Secret(required=True, empty=NO_NEW_PASSWORD)


def _is_language(tag: str) -> None:
    if tag not in languages():
        raise ma.ValidationError(_l("Choose one."))


class LanguageForm(ma.Schema):
    language = ma.fields.String(required=True, validate=_is_language)


class ChosenOrganisationForm(ma.Schema):
    organisation_id = Id(required=True)


class OrganisationForm(ma.Schema):
    """A new organisation and its first place, in the order of the form: so its errors are listed."""

    kind = Choice(FoundedKind, required=True)
    name = Name(required=True, longest=LONGEST_NAME, empty=NO_NAME)
    organisation_phone = Text(required=True, longest=LONGEST_PHONE, empty=NO_TELEPHONE)
    tax_code = Text(longest=30, load_default="")
    commune_code = Text(required=True, longest=5, empty=NO_COMMUNE)
    address = Text(required=True, longest=300, empty=NO_ADDRESS)


class ProfileForm(ma.Schema):
    """What an owner may change of an organisation."""

    name = Name(required=True, longest=LONGEST_NAME, empty=NO_NAME)
    phone = Text(required=True, longest=LONGEST_PHONE, empty=NO_TELEPHONE)
    tax_code = Text(longest=30, load_default="")
    description = Text(longest=2000, multiline=True, load_default="")
    is_named_publicly = Tick()


class LocationForm(ma.Schema):
    name = Name(longest=LONGEST_NAME, load_default="")
    commune_code = Text(required=True, longest=5, empty=NO_COMMUNE)
    address = Text(required=True, longest=300, empty=NO_ADDRESS)


class MemberForm(ma.Schema):
    phone = Text(required=True, longest=LONGEST_PHONE, empty=NO_PHONE)
    role = Choice(Role, required=True)


class RoleForm(ma.Schema):
    role = Choice(Role, required=True)


class ApiKeyForm(ma.Schema):
    name = Name(required=True, longest=60, empty=_l("Write what the key is for."))
