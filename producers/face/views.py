"""Views of the producers' workspace."""

from flask import Blueprint

blueprint = Blueprint("producers", __name__, url_prefix="/producer")
