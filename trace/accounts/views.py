"""Views of accounts: signing up and in, devices, organisations, members, recovery."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__, url_prefix="/account")
