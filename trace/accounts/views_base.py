"""The blueprint of accounts and what its views share. Views are in ``views_<noun>.py``."""

import flask_babel
from flask import Blueprint, current_app, request, url_for

from trace.accounts import rules, texts
from trace.accounts.access import DEVICE_COOKIE, home_endpoint
from trace.accounts.user_agents import device_label

blueprint = Blueprint("accounts", __name__, url_prefix="/account")
LONGEST_TOKEN = 200


def _(message: str, **values: object) -> str:
    """``flask_babel.gettext``, typed."""
    return str(flask_babel.gettext(message, **values))


@blueprint.app_template_filter("phone")
def readable_phone(e164: str) -> str:
    """``+84912345678`` as people write it."""
    return rules.readable_phone(e164)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "kind_names": texts.KINDS,
        "approval_names": texts.APPROVALS,
        "approval_tones": texts.APPROVAL_TONES,
        "role_names": texts.ROLES,
        # Links between pages for strangers keep the language the address asked for.
    }


def secret_key() -> bytes:
    """What keeps numbers and addresses out of the table of failures."""
    key = current_app.secret_key
    return key.encode() if isinstance(key, str) else key or b""


def address() -> str:
    """The network address that failed tries are counted by; never stored as it is."""
    return request.remote_addr or ""


def label() -> str:
    """This browser in a few words."""
    return device_label(request.headers.get("User-Agent", "")) or _("Unknown device")


def device_token() -> str | None:
    """What this browser shows as a device that signed in before."""
    token = request.cookies.get(DEVICE_COOKIE)
    return token if token and len(token) <= LONGEST_TOKEN else None


def home() -> str:
    """Where the acting organisation's day begins."""
    return url_for(home_endpoint())
