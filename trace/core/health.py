"""Is it alive, is it ready: two addresses for whoever watches the service."""

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from trace.core.http import Audience, audience, db
from trace.core.revision import stored_revision

blueprint = Blueprint("health", __name__)
# A worker writes its heartbeat every ten seconds; three missed ones mean it is gone.
WORKER_SILENT_AFTER_SECONDS = 30


@blueprint.get("/healthz")
@audience(Audience.PUBLIC)
def show_alive() -> Response:
    """This process answers."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
@audience(Audience.PUBLIC)
def show_ready() -> tuple[Response, int]:
    """Database, worker and schema revision are as they should be; 503 where one is not."""
    checks = {"database": False, "schema": False, "worker": False}
    try:
        session = db()
        checks["database"] = session.scalar(text("select 1")) == 1
        checks["schema"] = stored_revision(session) == current_app.config["REVISION"]
        checks["worker"] = bool(
            session.scalar(
                text(
                    "select exists (select from procrastinate_workers "
                    "where last_heartbeat > now() - make_interval(secs => :silent))"
                ),
                {"silent": WORKER_SILENT_AFTER_SECONDS},
            )
        )
    except SQLAlchemyError:
        pass  # the checks that were not reached stay false, which is the answer
    is_ready = all(checks.values())
    return jsonify(ready=is_ready, **checks), 200 if is_ready else 503
