"""What a link to a public page says of itself elsewhere: title, description, address, picture. Never the verdict.

A preview is copied by messengers and search engines and stays there; what is true of a lot now does not
(docs/decisions/0004-pages-in-search-engines.md).
"""

from urllib.parse import urlsplit

from flask import current_app, url_for

from trace.batches.models import Batch
from trace.core.language import languages, public_url_in
from trace.public import share_pictures
from trace.public.pages import CompareCard, PublicFrame, Sharing
from trace.public.share_pictures import ShareCard
from trace.public.speech import _


def sharing_of(batch: Batch, card: CompareCard, frame: PublicFrame) -> Sharing:
    """What links to the page of an activated lot say."""
    maker = ", ".join(part for part in (card.producer_name, card.commune) if part)
    pages = tuple(
        (tag, frame.origin + public_url_in(tag, "public.show_code", code=batch.code)) for tag in languages()
    )
    picture = url_for(
        "sharing.show_picture", code=batch.code, digest=share_pictures.digest_of(share_card(card))
    )
    return Sharing(
        title=" · ".join(part for part in (card.product_name, card.lot_number, card.producer_name) if part),
        description=_(
            "%(product)s, lot number %(lot)s. %(maker)s. Where this lot came from, step by step, and who says so.",
            product=card.product_name,
            lot=card.lot_number,
            maker=maker,
        ),
        url=dict(pages)[frame.language],
        alternates=pages,
        image_url=frame.origin + picture,
    )


def share_card(card: CompareCard) -> ShareCard:
    """What the picture of a lot shows: what is on the pack, and nothing that can change.

    The site stands on it where the operator states one: who asks must not choose what is drawn.
    """
    return ShareCard(
        product_name=", ".join(part for part in (card.product_name, card.net_quantity) if part),
        lot_number=card.lot_number,
        producer_name=card.producer_name,
        commune=card.commune,
        picture_sha256=card.picture_sha256,
        site=urlsplit(current_app.config["SETTINGS"].public_url or "").netloc,
    )
