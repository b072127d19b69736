"""Services of API keys: made and stopped by owners, found by every request of a program. None of them commits."""

import secrets
from typing import cast
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from trace.accounts import queries
from trace.accounts.models import ApiKey, Location, Organisation
from trace.accounts.permissions import Actor, require_owner
from trace.accounts.security_log import Action, record
from trace.accounts.sessions import TOKEN_BYTES, hash_token
from trace.core import clock
from trace.core.errors import NotFound
from trace.core.reading import Reading

_API_KEY = Reading(
    "select {k}, {o}, {l} from api_keys k join organisations o on o.id = k.organisation_id"
    " left join locations l on l.organisation_id = o.id"
    " where k.key_hash = %s and k.revoked_at is null order by l.created_at, l.id",
    k=ApiKey,
    o=Organisation,
    l=Location,
)


def create_api_key(session: Session, actor: Actor, name: str) -> str:
    """A key for a program of this organisation; returned once, only its hash is kept."""
    require_owner(actor)
    assert actor.user_id is not None  # noqa: S101 - views give people, never keys, this service
    key = f"ng_{secrets.token_urlsafe(TOKEN_BYTES)}"
    stored = ApiKey(
        organisation_id=actor.organisation_id,
        name=name,
        key_hash=hash_token(key),
        hint=key[:8],
        created_by=actor.user_id,
    )
    session.add(stored)
    session.flush()
    record(session, Action.API_KEY_CREATED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=stored.id)  # fmt: skip
    return key


def revoke_api_key(session: Session, actor: Actor, key_id: UUID) -> None:
    """Stop a key of one's own organisation."""
    require_owner(actor)
    found = session.get(ApiKey, key_id)
    if found is None or found.organisation_id != actor.organisation_id or found.revoked_at is not None:
        raise NotFound(_l("There is no such key."), code="api-key-not-found")
    found.revoked_at = clock.now()
    record(session, Action.API_KEY_REVOKED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=key_id)  # fmt: skip


def revoke_api_keys_of(session: Session, actor: Actor, user_id: UUID) -> None:
    """Stop the keys that this person created for the acting organisation: they would outlive the person's rights."""
    for key in queries.list_api_keys(session, actor.organisation_id):
        if key.created_by == user_id:
            revoke_api_key(session, actor, key.id)


def find_api_key(session: Session, key: str) -> ApiKey | None:
    """The key that still works, with its organisation and that one's places."""
    rows = _API_KEY.all(session, hash_token(key))
    if not rows:
        return None
    found, organisation, _place = rows[0]
    set_committed_value(found, "organisation", organisation)
    set_committed_value(organisation, "locations", [place for _key, _organisation, place in rows if place])
    return cast("ApiKey", found)
