"""Views of the producers' workspace: all of them, on one blueprint."""

from producers.face import (
    views_batches,
    views_copies,
    views_diary,
    views_harvest,
    views_links,
    views_products,
    views_reports,
    views_stamps,
    views_test_results,
    views_voiding,
)
from producers.face.blueprint import blueprint

__all__ = [
    "blueprint",
    "views_batches",
    "views_copies",
    "views_diary",
    "views_harvest",
    "views_links",
    "views_products",
    "views_reports",
    "views_stamps",
    "views_test_results",
    "views_voiding",
]
