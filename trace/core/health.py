"""Is it alive, is it ready: two addresses for whoever watches the service."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from trace.core.http import Audience, audience, db

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


def stored_revision(session: Session) -> str | None:
    """The revision the database is at."""
    revision: str | None = session.scalar(text("select version_num from alembic_version"))
    return revision


def expected_revision(root: Path) -> str:
    """The newest revision this code knows."""
    config = Config()
    config.set_main_option("script_location", str(root / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    head = ScriptDirectory.from_config(config).get_current_head()
    if head is None:
        raise RuntimeError("There are no migrations.")
    return head
