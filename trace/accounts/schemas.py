"""What the forms of accounts may hold. What it must mean (a number that exists, a free tax code) services decide."""

from enum import StrEnum

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.accounts.models import OrganisationKind, Role
from trace.core.fields import Choice, Id, Secret, Text, Tick

LONGEST_PHONE = 30
LONGEST_NAME = 120


class FoundedKind(StrEnum):
    """The kinds people may found; an authority is set up by the operator."""

    PRODUCER = OrganisationKind.PRODUCER
    PROCESSOR = OrganisationKind.PROCESSOR
    CARRIER = OrganisationKind.CARRIER
    SHOP = OrganisationKind.SHOP
    KITCHEN = OrganisationKind.KITCHEN


class Language(StrEnum):
    VIETNAMESE = "vi"
    ENGLISH = "en"


class SignUpForm(ma.Schema):
    name = Text(required=True, longest=LONGEST_NAME)
    phone = Text(required=True, longest=LONGEST_PHONE)
    password = Secret(required=True)


class SignInForm(ma.Schema):
    phone = Text(required=True, longest=LONGEST_PHONE)
    password = Secret(required=True)


class RecoveryForm(ma.Schema):
    phone = Text(required=True, longest=LONGEST_PHONE)
    code = Text(required=True, longest=40)
    new_password = Secret(required=True)


class PasswordForm(ma.Schema):
    old_password = Secret(required=True)
    new_password = Secret(required=True)


class LanguageForm(ma.Schema):
    language = Choice(Language, required=True)


class ChosenOrganisationForm(ma.Schema):
    organisation_id = Id(required=True)


class _PlaceFields(ma.Schema):
    commune_code = Text(required=True, longest=5, empty=_l("Choose the commune or ward from the list."))
    address = Text(required=True, longest=300)


class OrganisationForm(_PlaceFields):
    """A new organisation and its first place."""

    kind = Choice(FoundedKind, required=True)
    name = Text(required=True, longest=LONGEST_NAME)
    organisation_phone = Text(required=True, longest=LONGEST_PHONE)
    tax_code = Text(longest=30, load_default="")


class ProfileForm(ma.Schema):
    """What an owner may change of an organisation."""

    name = Text(required=True, longest=LONGEST_NAME)
    phone = Text(required=True, longest=LONGEST_PHONE)
    tax_code = Text(longest=30, load_default="")
    description = Text(longest=2000, multiline=True, load_default="")
    is_named_publicly = Tick()


class LocationForm(_PlaceFields):
    name = Text(longest=LONGEST_NAME, load_default="")


class MemberForm(ma.Schema):
    phone = Text(required=True, longest=LONGEST_PHONE)
    role = Choice(Role, required=True)


class RoleForm(ma.Schema):
    role = Choice(Role, required=True)


class ApiKeyForm(ma.Schema):
    name = Text(required=True, longest=60)
