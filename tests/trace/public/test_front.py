"""In front of the application: what cannot be answered from there is answered by the application, as a page."""

from pathlib import Path

from werkzeug.test import create_environ

from tests.conftest import build_app
from trace.core.database import make_engine
from trace.core.short_codes import new_code


def test_with_no_connection_free_a_scan_is_answered_with_a_page_that_says_so(
    fresh_database: str, tmp_path: Path
) -> None:
    engine = make_engine(fresh_database, pool_size=1, max_overflow=0, pool_timeout=0.05)
    app = build_app(engine, engine, tmp_path, TRACE_PUBLIC_URL="http://localhost")
    with engine.connect():
        answer = app.test_client().get(f"/T/{new_code()}")
    assert answer.status_code == 503
    assert "<h1" in answer.get_data(as_text=True)
    engine.dispose()


def test_the_web_server_is_handed_the_whole_answer_at_once(fresh_database: str, tmp_path: Path) -> None:
    engine = make_engine(fresh_database)
    app = build_app(engine, engine, tmp_path, TRACE_PUBLIC_URL="http://localhost")
    path = f"/T/{new_code()}"
    app.test_client().get(path)  # makes the page of codes that are not there
    sent = app.wsgi_app(create_environ(path, "http://localhost"), lambda *_: lambda _: None)
    assert isinstance(sent, list)
    assert b"<h1" in b"".join(sent)
    engine.dispose()
