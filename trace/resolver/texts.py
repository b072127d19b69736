"""What people call the link types of the GS1 Web Vocabulary that are used here."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

TYPE_LABELS: Mapping[str, Any] = {
    "pip": _l("About the product"),
    "instructions": _l("Instructions for use"),
    "recipeInfo": _l("Recipes"),
    "consumerHandlingStorageInfo": _l("How to keep it"),
    "ingredientsInfo": _l("Ingredients"),
    "nutritionalInfo": _l("Nutrition"),
    "allergenInfo": _l("Allergens"),
    "certificationInfo": _l("Certificates"),
    "sustainabilityInfo": _l("Environment and recycling"),
    "traceability": _l("Where it comes from"),
    "recallStatus": _l("Recall"),
    "hasRetailers": _l("Where to buy"),
    "homepage": _l("Website"),
    "relatedVideo": _l("Video"),
    "relatedImage": _l("Picture"),
    "socialMedia": _l("Social media"),
    "support": _l("Customer care"),
    "faqs": _l("Questions and answers"),
    "promotion": _l("Offers"),
    "masterData": _l("Product data for programs"),
    "epcis": _l("EPCIS events"),
}
