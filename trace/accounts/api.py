"""Places and organisations for programs: where goods are, and who they may be shipped to."""

from typing import Any

import marshmallow as ma

from trace.accounts import queries
from trace.accounts.access import actor
from trace.accounts.models import Location, Organisation, OrganisationKind
from trace.core.api import Answer, ApiBlueprint
from trace.core.fields import Text
from trace.core.http import Audience, audience, db

blueprint = ApiBlueprint(
    "organisations", __name__, description="Own places, and those who may receive goods."
)


class LocationAnswer(Answer):
    """A place of your organisation."""

    id = ma.fields.UUID()
    code = ma.fields.String(metadata={"description": "The place's trace code, part of item 5."})
    name = ma.fields.String()
    address = ma.fields.String(attribute="address_as_written")
    commune_code = ma.fields.String()
    commune = ma.fields.String(attribute="commune.name")
    province = ma.fields.String(attribute="commune.province.name")
    closed_at = ma.fields.AwareDateTime(allow_none=True)


class LocationList(Answer):
    """Own places, the seat first."""

    items = ma.fields.List(ma.fields.Nested(LocationAnswer))


class ReceiverQuery(ma.Schema):
    """What to look for."""

    q = Text(required=True, longest=100, metadata={"description": "Part of the name; accents do not matter."})


class ReceiverAnswer(Answer):
    """An approved organisation, as far as another may know it."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    kind = ma.fields.String(metadata={"enum": [str(kind) for kind in OrganisationKind]})
    commune = ma.fields.String()


class ReceiverList(Answer):
    """At most 20, by name."""

    items = ma.fields.List(ma.fields.Nested(ReceiverAnswer))


@blueprint.route("/locations")
@audience(Audience.PROGRAM)
@blueprint.response(200, LocationList, description="The places")
def list_locations() -> dict[str, list[Location]]:
    """List the places of your organisation."""
    return {"items": actor().organisation.locations}


@blueprint.route("/organisations")
@audience(Audience.PROGRAM)
@blueprint.arguments(ReceiverQuery, location="query")
@blueprint.response(200, ReceiverList, description="Those whose name holds what was asked for")
def list_receivers(asked: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Find approved organisations that goods may be shipped to."""
    found = queries.list_receivers(db(), actor().organisation_id, asked["q"])
    return {"items": [_receiver(organisation) for organisation in found]}


def _receiver(organisation: Organisation) -> dict[str, Any]:
    return {
        "id": organisation.id,
        "name": organisation.name,
        "kind": organisation.kind,
        "commune": organisation.seat.commune.name,
    }
