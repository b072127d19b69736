"""The merged catalogue: what is missing, left over, contradictory or wrongly filled in is found."""

import gettext
import os
from pathlib import Path

import pytest

from trace.cli.texts import TextProblem, check_texts, compile_texts, compiled

COMPILED = compiled("vi")
HEAD = 'msgid ""\nmsgstr ""\n"Language: vi\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "translations" / "vi").mkdir(parents=True)
    (tmp_path / "trace").mkdir()
    (tmp_path / "templates").mkdir()
    return tmp_path


def write_part(root: Path, entries: str, name: str = "public") -> None:
    (root / "translations" / "vi" / f"{name}.po").write_text(HEAD + entries, encoding="utf-8")


def write_code(root: Path, code: str) -> None:
    (root / "trace" / "views.py").write_text(code, encoding="utf-8")


def test_parts_are_merged_into_what_flask_babel_loads(root: Path) -> None:
    write_part(root, 'msgid "Save"\nmsgstr "Lưu"\n')
    write_part(root, 'msgid "%(n)s lot"\nmsgid_plural "%(n)s lots"\nmsgstr[0] "%(n)s lô"\n', "labels")
    compile_texts(root)
    with (root / COMPILED).open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    assert catalogue.gettext("Save") == "Lưu"
    assert catalogue.ngettext("%(n)s lot", "%(n)s lots", 2) == "%(n)s lô"


def test_fuzzy_entries_are_left_out(root: Path) -> None:
    write_part(root, '#, fuzzy\nmsgid "Save"\nmsgstr "Lưu?"\n')
    compile_texts(root)
    with (root / COMPILED).open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Save") == "Save"


def test_a_fresh_catalogue_is_left_alone_and_an_old_one_is_made_anew(root: Path) -> None:
    write_part(root, 'msgid "Save"\nmsgstr "Lưu"\n')
    assert compile_texts(root, only_if_older=True)
    os.utime(root / "translations" / "vi" / "public.po", (1, 1))
    assert not compile_texts(root, only_if_older=True)
    os.utime(root / COMPILED, (1, 1))
    write_part(root, 'msgid "Save"\nmsgstr "Lưu lại"\n')
    assert compile_texts(root, only_if_older=True)


def test_code_and_parts_that_agree_have_no_faults(root: Path) -> None:
    write_code(root, '_("Save")\nngettext("%(num)s lot", "%(num)s lots", 2)\n_l("Two " "halves")\n')
    (root / "templates" / "page.html").write_text(
        '<p title="{{ _("Hello %(name)s", name=x) }}">', encoding="utf-8"
    )
    write_part(
        root,
        'msgid "Save"\nmsgstr "Lưu"\n\nmsgid "Hello %(name)s"\nmsgstr "Chào %(name)s"\n\n'
        'msgid "%(num)s lot"\nmsgid_plural "%(num)s lots"\nmsgstr[0] "%(num)s lô"\n\n'
        'msgid "Two halves"\nmsgstr "Hai nửa"\n',
    )
    write_part(root, 'msgid "Save"\nmsgstr "Lưu"\n', "labels")
    assert check_texts(root) == []


@pytest.mark.parametrize(
    ("code", "entries", "fault"),
    [
        ('_("Save")', 'msgid "Other"\nmsgstr "Khác"\n', "no Vietnamese for 'Save'"),
        ('_("Save")', 'msgid "Save"\nmsgstr ""\n', "empty or marked fuzzy"),
        ('_("Save")', '#, fuzzy\nmsgid "Save"\nmsgstr "Lưu"\n', "empty or marked fuzzy"),
        ('_("Save")', 'msgid "Save"\nmsgstr "Lưu"\n\nmsgid "Old"\nmsgstr "Cũ"\n', "'Old' stands nowhere"),
        ('_("To %(name)s")', 'msgid "To %(name)s"\nmsgstr "Đến"\n', "%(name)s is missing"),
        ('_("To %(name)s")', 'msgid "To %(name)s"\nmsgstr "Đến %(ten)s"\n', "%(ten)s is unknown"),
        ('_("Save")', 'msgid "Save"\nmsgstr "Lưu"\n\nmsgid "Save"\nmsgstr "Lưu lại"\n', "2 times"),
    ],
)
def test_a_fault_is_named(root: Path, code: str, entries: str, fault: str) -> None:
    write_code(root, code)
    write_part(root, entries)
    assert any(fault in problem for problem in check_texts(root))


def test_two_parts_that_disagree_stop_the_build(root: Path) -> None:
    write_code(root, '_("Save")')
    write_part(root, 'msgid "Save"\nmsgstr "Lưu"\n')
    write_part(root, 'msgid "Save"\nmsgstr "Ghi"\n', "labels")
    assert any("'Save'" in problem for problem in check_texts(root))
    with pytest.raises(TextProblem, match="Save"):
        compile_texts(root)
