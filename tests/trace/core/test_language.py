"""Languages are files: one more folder of texts is one more language of every public page."""

import re
import secrets
import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from trace.app import create_app
from trace.cli.texts import check_texts, compile_texts
from trace.core.config import Settings
from trace.core.language import catalogues, find_languages, name_of

ROOT = Path(__file__).parents[3]
HEAD = 'msgid ""\nmsgstr ""\n"Language: fr\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
FRENCH = {
    "Where does it come from?": "D'où vient-il ?",
    "That code has a typing slip": "Ce code a une faute de frappe",
    "This page is not here": "Cette page n'existe pas",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The texts of this service, and a folder of a third language with one file in it."""
    root = tmp_path_factory.mktemp("root")
    shutil.copytree(
        ROOT / "translations", root / "translations", ignore=shutil.ignore_patterns("LC_MESSAGES")
    )
    (root / "translations" / "fr").mkdir()
    entries = "".join(f'msgid "{english}"\nmsgstr "{french}"\n\n' for english, french in FRENCH.items())
    (root / "translations" / "fr" / "all.po").write_text(HEAD + entries, encoding="utf-8")
    compile_texts(root)
    return root


@pytest.fixture(scope="module")
def app(root: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    settings = Settings.from_environment(
        {
            "DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "TRACE_SECRET_KEY": secrets.token_hex(32),
            "TRACE_STATE_FOLDER": str(tmp_path_factory.mktemp("state")),
        }
    )
    return create_app(settings, bind=engine, translations=root / "translations")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def read(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


def test_the_tree_has_vietnamese_and_english() -> None:
    assert find_languages(ROOT / "translations") == ("vi", "en")


def test_a_folder_of_texts_is_one_more_language(root: Path) -> None:
    assert find_languages(root / "translations") == ("vi", "en", "fr")


@pytest.mark.parametrize("name", ["xx", "Fr", "fr_CA", "public", "..."])
def test_a_folder_that_names_no_language_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "all.po").write_text(HEAD, encoding="utf-8")
    assert catalogues(tmp_path) == []


def test_a_folder_without_texts_is_no_language(tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    assert catalogues(tmp_path) == []


@pytest.mark.parametrize(("tag", "name"), [("vi", "Tiếng Việt"), ("en", "English"), ("fr", "Français")])
def test_a_language_is_named_as_it_names_itself(tag: str, name: str) -> None:
    assert name_of(tag) == name


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/fr/", "D'où vient-il ?"),
        ("/fr/T/7K3QX9ZPAB", "Ce code a une faute de frappe"),
        ("/fr/T/", "Cette page n'existe pas"),
    ],
)
def test_its_pages_stand_below_its_tag(client: FlaskClient, path: str, words: str) -> None:
    page = read(client, path)
    assert '<html lang="fr">' in page
    assert words in page


def test_its_pages_lead_to_each_other(client: FlaskClient) -> None:
    links = re.findall(r'<(?:a|form)[^>]* (?:href|action)="(/[^"]*)"', read(client, "/fr/"))
    assert [link for link in links if link.startswith("/fr/")]
    assert not [link for link in links if link.startswith("/fr/account") or link == "/"][1:]


def test_the_title_is_repeated_in_the_language_of_the_label(client: FlaskClient) -> None:
    assert '<p class="there" lang="vi">Mã gõ chưa đúng</p>' in read(client, "/fr/T/7K3QX9ZPAB")


@pytest.mark.parametrize("path", ["/", "/en/", "/fr/"])
def test_every_page_leads_to_every_other_language(client: FlaskClient, path: str) -> None:
    page = read(client, path)
    offered = re.findall(r'<a class="tongue" href="([^"]+)" lang="(\w+)" hreflang="\w+">([^<]+)</a>', page)
    every = [("/", "vi", "Tiếng Việt"), ("/en/", "en", "English"), ("/fr/", "fr", "Français")]
    assert offered == [one for one in every if one[0] != path]


def test_a_workspace_takes_it_too(client: FlaskClient) -> None:
    page = read(client, "/account/sign-in?lang=fr")
    assert '<html lang="fr">' in page
    assert re.findall(r'hreflang="(\w+)"', page) == ["vi", "en"]


def test_what_it_lacks_is_found(root: Path) -> None:
    (root / "templates").mkdir()
    (root / "templates" / "page.html").write_text(
        '{{ _("Where does it come from?") }}{{ _("Look up") }}', encoding="utf-8"
    )
    assert "templates/page.html:1: no fr for 'Look up'" in check_texts(root)
    assert not [fault for fault in check_texts(root) if "Where does it" in fault and "no " in fault]
