"""Views of a product's links: which pages its barcode leads to beside the record."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from producers.face import links
from producers.face.blueprint import blueprint
from producers.face.links import LinkForm
from trace.accounts.access import actor
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.resolver import queries, services
from trace.resolver.models import MediaType
from trace.resolver.services import LinkFacts


@blueprint.route("/products/<uuid:product_id>/links", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def list_links(product_id: UUID) -> ResponseReturnValue:
    """The links of a product, and the form for one more."""
    form = Form.opened({"language": "vi", "media_type": MediaType.PAGE})
    if request.method == "POST":
        with form.guard():
            facts = LinkFacts(**form.load(LinkForm()))
            services.add_link(db(), actor(), product_id, facts, _own_host())
            db().commit()
            flash(_("The link is saved."), "ok")
            return redirect(url_for("producers.list_links", product_id=product_id), 303)
    page = links.links_page(db(), actor().organisation_id, product_id, _root())
    return render_template("producers/list_links.html", page=page, form=form, **_choices()), form.status


@blueprint.route("/links/<uuid:link_id>", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def change_link(link_id: UUID) -> ResponseReturnValue:
    """Change one link; what it was is kept."""
    link = queries.get_link(db(), actor().organisation_id, link_id)
    product = link.product
    names = ("link_type", "href", "title", "language", "media_type")
    form = Form.opened({name: getattr(link, name) for name in names})
    if request.method == "POST":
        with form.guard():
            services.change_link(db(), actor(), link_id, LinkFacts(**form.load(LinkForm())), _own_host())
            db().commit()
            flash(_("The link is saved."), "ok")
            return redirect(url_for("producers.list_links", product_id=product.id), 303)
    page = render_template("producers/change_link.html", link=link, product=product, form=form, **_choices())
    return page, form.status


@blueprint.post("/links/<uuid:link_id>/remove")
@audience(Audience.PRODUCER)
def remove_link(link_id: UUID) -> ResponseReturnValue:
    """Take a link away."""
    link = services.remove_link(db(), actor(), link_id)
    db().commit()
    flash(_("The link is taken away."), "ok")
    return redirect(url_for("producers.list_links", product_id=link.product_id), 303)


def _choices() -> dict[str, Any]:
    return {"types": links.TYPES, "languages": links.LANGUAGES, "media_types": links.MEDIA_TYPES}


def _root() -> str:
    settings = current_app.config["SETTINGS"]
    return str(settings.public_url or request.host_url).rstrip("/")


def _own_host() -> str:
    return urlsplit(_root()).netloc
