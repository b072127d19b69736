"""The texts people read: merging the parts of each language's catalogue, and checking that nothing is missing.

Every part of the code has a file of its own, ``translations/vi/<part>.po``; another language is another folder, with
any number of files in it. ``compile_texts`` merges them into the one file a language that Flask-Babel loads, which is
not kept in version control; ``check_texts`` holds them against the code.
"""

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from trace.core.language import SOURCE, catalogues
from trace.core.local_state import CHECKOUT

# Babel is loaded where it is used: a start that finds the catalogue fresh does not need it.
if TYPE_CHECKING:
    from babel.messages.catalog import Message

TRANSLATIONS = Path("translations")
# How faults name a language; another one is named by its tag.
NAMES = {"vi": "Vietnamese"}
SOURCES = ("trace", "producers", "labels", "templates")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.svg", "jinja2")]
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "_n": (1, 2),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")

MessageId = str | tuple[str, ...] | list[str]


class TextProblem(Exception):
    """The texts cannot be compiled; the message lists why."""


@dataclass
class Parts:
    """All parts of the catalogue, merged; ``contradictions`` are the entries that disagree."""

    entries: dict[tuple[str, str | None], tuple["Message", str]] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)


def compiled(tag: str) -> Path:
    """Where the merged catalogue of a language stands, below the root."""
    return TRANSLATIONS / tag / "LC_MESSAGES" / "messages.mo"


def compile_texts(root: Path = CHECKOUT, *, only_if_older: bool = False) -> bool:
    """Write the merged catalogue of each language; returns whether one was written.

    ``only_if_older`` leaves a file alone that is newer than every part. Raises ``TextProblem`` when two parts
    translate one text differently, or a part cannot be read.
    """
    written = [_compile(root, tag, only_if_older) for tag in catalogues(root / TRANSLATIONS)]
    return any(written)


def _compile(root: Path, tag: str, only_if_older: bool) -> bool:
    target = root / compiled(tag)
    if only_if_older and _is_fresh(root, tag):
        return False
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    parts = _read_parts(root, tag)
    if parts.contradictions:
        raise TextProblem("\n".join(parts.contradictions))
    catalog = Catalog(locale=tag)
    for message, _ in parts.entries.values():
        if not message.fuzzy:
            catalog.add(message.id, message.string, flags=message.flags, context=message.context)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"messages.{secrets.token_hex(4)}.part")
    with part.open("wb") as file:
        write_mo(file, catalog)
    part.replace(target)
    return True


def check_texts(root: Path = CHECKOUT) -> list[str]:
    """Everything that is wrong with the texts in any language, one line each; empty when all is well."""
    used = _extract(root)
    return [
        fault
        for tag in catalogues(root / TRANSLATIONS)
        # What the code is written in may reword some texts, and need not.
        for fault in _check(root, tag, used, must_be_whole=tag != SOURCE)
    ]


def _check(
    root: Path, tag: str, used: dict[tuple[str, str | None], str], *, must_be_whole: bool
) -> Iterator[str]:
    name = NAMES.get(tag, tag)
    try:
        parts = _read_parts(root, tag)
    except TextProblem as error:
        yield str(error)
        return
    yield from parts.contradictions
    for (key, context), place in sorted(used.items(), key=lambda item: item[1]):
        entry = parts.entries.get((key, context))
        if entry is None:
            if must_be_whole:
                yield f"{place}: no {name} for {key!r}"
            continue
        message, part = entry
        if message.fuzzy or not all(_strings(message)):
            yield f"{part}: the {name} of {key!r} is empty or marked fuzzy ({place})"
    for (key, context), (message, part) in sorted(parts.entries.items(), key=lambda item: item[1][1]):
        if (key, context) not in used:
            yield f"{part}: {key!r} stands nowhere in the code"
        for reason in _placeholder_faults(message):
            yield f"{part}: {reason} in the {name} of {key!r}"


def _parts_of(root: Path, tag: str) -> list[Path]:
    return sorted((root / TRANSLATIONS / tag).glob("*.po"))


def _is_fresh(root: Path, tag: str) -> bool:
    try:
        made_at = (root / compiled(tag)).stat().st_mtime_ns
    except FileNotFoundError:
        return False
    # The folder's own time tells of parts that were removed.
    newest = max((path.stat().st_mtime_ns for path in _parts_of(root, tag)), default=0)
    return made_at > newest


def _read_parts(root: Path, tag: str) -> Parts:
    from babel.messages.pofile import PoFileError, read_po

    parts = Parts()
    for path in _parts_of(root, tag):
        name = path.relative_to(root).as_posix()
        try:
            with path.open("rb") as file:
                catalog = read_po(file, locale=tag, abort_invalid=True)
        except (PoFileError, ValueError) as error:
            raise TextProblem(f"{name}: {error}") from error
        parts.contradictions += _said_twice(path, name)
        for message in catalog:
            if not message.id:
                continue
            key = (_key(message.id), message.context)
            known = parts.entries.setdefault(key, (message, name))
            if list(_strings(known[0])) != list(_strings(message)):
                parts.contradictions.append(
                    f"{name}: {key[0]!r} is {'; '.join(_strings(message))!r}, but in {known[1]} it is "
                    f"{'; '.join(_strings(known[0]))!r}"
                )
    return parts


def _said_twice(path: Path, name: str) -> list[str]:
    """Texts that stand twice in one part: Babel keeps one of them without a word."""
    with path.open("rb") as file:
        blocks = re.split(r"\n\s*\n", file.read().decode("utf-8", "replace"))
    seen: dict[str, int] = {}
    for block in blocks:
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        head = "\n".join(lines).partition("msgstr")[0]
        text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', head))
        if text:
            seen[text] = seen.get(text, 0) + 1
    return [f"{name}: {text!r} stands there {count} times" for text, count in seen.items() if count > 1]


def _extract(root: Path) -> dict[tuple[str, str | None], str]:
    """Every text in the code, with the first place it stands at."""
    from babel.messages.extract import extract_from_dir

    found: dict[tuple[str, str | None], str] = {}
    for source in SOURCES:
        if not (root / source).is_dir():
            continue
        extracted = extract_from_dir(
            root / source, method_map=METHODS, keywords=KEYWORDS, options_map={"**.html": {"silent": "false"}}
        )
        for file_name, line, message_id, _comments, context in extracted:
            found.setdefault((_key(message_id), context), f"{source}{os.sep}{file_name}:{line}")
    return found


def _key(message_id: MessageId) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _strings(message: "Message") -> Iterator[str]:
    if isinstance(message.string, str):
        yield message.string
    else:
        yield from message.string or ()


def _placeholder_faults(message: "Message") -> Iterator[str]:
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    wanted = {name for text in ids for name in PLACEHOLDER.findall(text)}
    for text in _strings(message):
        if not text:
            continue
        has = set(PLACEHOLDER.findall(text))
        for name in sorted(wanted - has):
            yield f"%({name})s is missing"
        for name in sorted(has - wanted):
            yield f"%({name})s is unknown"
