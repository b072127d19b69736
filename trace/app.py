"""The composition root: settings, database, every feature's routes. Only this module sees everybody."""

import os
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from sqlalchemy import Connection, Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from labels import api_runs as runs_api
from labels import views as labels
from labels import views_printers as printers
from labels import views_run_sheets as run_sheets
from producers import api as products_api
from producers.face import views as producers
from trace.accounts import api as organisations_api
from trace.accounts import views as accounts
from trace.accounts.access import init_access
from trace.authority import views as authority
from trace.batches import api as batches_api
from trace.core import health, outgoing, queue
from trace.core.api import Api
from trace.core.blobs import BlobStore
from trace.core.config import Settings
from trace.core.database import make_engine, session_factory
from trace.core.http import check_audiences, init_http
from trace.core.language import init_language, public_blueprint, public_prefix
from trace.core.logs import configure_logs
from trace.core.revision import newest_revision
from trace.core.static import static_version
from trace.epcis import api as epcis_queries
from trace.epcis import capture_api as epcis_capture
from trace.epcis import document_api as epcis_documents_api
from trace.events import api as custody_api
from trace.events import api_handover as handover_api
from trace.events import api_making as making_api
from trace.events import api_stamps as stamps_api
from trace.events import api_stock as stock_api
from trace.events import log_views as log_openings
from trace.jobs import make_app_queue
from trace.ledger import views as log
from trace.models import load_all
from trace.navigation import init_navigation
from trace.public import api as codes_api
from trace.public import (
    counting,
    guessing,
    hidden,
    keeping,
    place_views,
    recall_views,
    report_views,
    scan_views,
    share_views,
)
from trace.public import resolver_views as resolver
from trace.public import views as public
from trace.public.front import Front
from trace.recalls import api as trace_api
from trace.reports import pictures as report_pictures
from trace.scans import recorder
from trace.shops import views as shops

ROOT = Path(__file__).parent.parent


class ExactJSON(DefaultJSONProvider):
    """Numbers in JSON are exact: a quantity never passes through a binary float."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return super().loads(s, parse_float=_exact, parse_constant=_refuse, **kwargs)


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:  # an exponent of twenty digits
        raise ValueError(f"No number is as large or small as {text[:40]}.") from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON.")


def create_app(
    settings: Settings | None = None,
    bind: Engine | Connection | None = None,
    translations: Path = ROOT / "translations",
) -> Flask:
    """Build the application. ``bind`` replaces the engine of the settings (a test's connection)."""
    settings = settings or Settings.from_environment(os.environ)
    configure_logs(settings.log_level)
    load_all()
    app = Flask(
        "trace",
        root_path=str(ROOT),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.json = ExactJSON(app)
    app.config.update(
        ROOT=ROOT,
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        REVISION=newest_revision(),
        SESSION_COOKIE_NAME="ng_form",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(translations)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    # Between Flask and the proxies, who say where a request comes from.
    app.wsgi_app = Front(app.wsgi_app, app)  # type: ignore[method-assign, assignment]  # Flask documents it
    if settings.trusted_proxy_count:
        hops = settings.trusted_proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask documents it
    app.extensions["sessions"] = session_factory(bind or make_engine(settings.database_url))
    app.extensions["blobs"] = BlobStore(settings.blob_folder)
    # Papers of handovers: apart, so that no public address leads to them.
    app.extensions["papers"] = BlobStore(settings.blob_folder / "papers")
    app.extensions[report_pictures.STORE] = BlobStore(settings.blob_folder / "reports")
    app.extensions[outgoing.EXTENSION] = outgoing.Outgoing(loopback=settings.outgoing_loopback)
    app.extensions[queue.EXTENSION] = make_app_queue(app)
    app.extensions[guessing.EXTENSION] = guessing.new_guesses(settings)
    app.extensions[hidden.EXTENSION] = hidden.new_tries(settings)
    app.extensions[recorder.EXTENSION] = counting.new_recorder(app)
    keeping.init_keeping(app)
    scan_views.init_scanner(app)
    place_views.init_places(app)
    report_views.init_reports(app)
    recall_views.init_recalls(app)
    share_views.init_sharing(app)
    init_language(app)
    init_http(app)
    init_access(app)
    init_navigation(app)
    _register(app)
    app.url_defaults(static_version(Path(str(app.static_folder))))
    check_audiences(app)
    return app


def _register(app: Flask) -> None:
    for feature in (
        health,
        log,
        log_openings,
        accounts,
        producers,
        shops,
        labels,
        printers,
        run_sheets,
        authority,
    ):
        app.register_blueprint(feature.blueprint)
    # The same pages in each language: it is in the address, so that bytes depend on nothing else.
    for tag in app.config["LANGUAGES"]:
        app.register_blueprint(public.blueprint, url_prefix=public_prefix(tag), name=public_blueprint(tag))
    app.register_blueprint(share_views.blueprint)
    app.register_blueprint(resolver.blueprint)
    for epcis in (epcis_capture, epcis_queries):
        app.register_blueprint(epcis.blueprint)
    api = Api(app)
    for feature in (
        products_api,
        organisations_api,
        batches_api,
        custody_api,
        handover_api,
        making_api,
        stock_api,
        stamps_api,
        runs_api,
        trace_api,
        epcis_documents_api,
        codes_api,
    ):
        api.register_blueprint(feature.blueprint)
