"""Views of custody: what is in hand and what is coming; receive, ship, sell, destroy."""

from flask import Blueprint

blueprint = Blueprint("shops", __name__, url_prefix="/goods")
