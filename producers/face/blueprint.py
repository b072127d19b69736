"""The producers' blueprint, apart from the views so that they can stand in several modules."""

from flask import Blueprint

blueprint = Blueprint("producers", __name__, url_prefix="/producer")
