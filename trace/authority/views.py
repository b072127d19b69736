"""Views of the authority: approval, search, recalls."""

from flask import Blueprint

blueprint = Blueprint("authority", __name__, url_prefix="/authority")
