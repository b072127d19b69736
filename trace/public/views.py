"""Views of the public pages: the same bytes for everybody, no cookie, language in the address."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)
