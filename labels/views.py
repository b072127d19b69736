"""Views of labels: one QR, one sheet."""

from flask import Blueprint

blueprint = Blueprint("labels", __name__, url_prefix="/labels")
