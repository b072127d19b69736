"""The recalls as an Atom feed (RFC 4287) in the language of the answer, newest change first.

An entry keeps its id from the recall to its end or withdrawal: readers then replace what they showed. Each language is
a feed of its own, with ids of its own, since an id stands for one text.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from flask import render_template

from trace.public.pages import PublicFrame
from trace.public.recall_list import RecallEntry

MEDIA_TYPE: Final = "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# Where there never was a recall: a feed must say when it last changed.
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What XML 1.0 cannot hold at all, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ET.register_namespace("", _ATOM)


def write_feed(
    entries: Sequence[RecallEntry],
    *,
    frame: PublicFrame,
    title: str,
    names: Sequence[str],
    links: Sequence[tuple[str, str, str]],
    identity: str,
    changed_at: datetime | None,
) -> bytes:
    """The document. ``names`` are the titles of ``entries``; ``links`` are (relation, media type, whole address).

    ``identity`` names this installation for ever: the feed's id is made of it, not of an address that may move.
    """
    feed = ET.Element(_name("feed"), {_XML_LANGUAGE: frame.language})
    _add(feed, "id", _urn(uuid5(NAMESPACE_URL, f"{identity}/{frame.language}")))
    _add(feed, "title", title)
    _add(feed, "updated", _instant(changed_at or _NEVER))
    author = ET.SubElement(feed, _name("author"))
    _add(author, "name", frame.operator_name)
    for relation, media_type, href in links:
        ET.SubElement(feed, _name("link"), {"rel": relation, "type": media_type, "href": href})
    for entry, name in zip(entries, names, strict=True):
        feed.append(_entry(entry, name, frame))
    document: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _entry(entry: RecallEntry, name: str, frame: PublicFrame) -> ET.Element:
    element = ET.Element(_name("entry"))
    _add(element, "id", _urn(uuid5(entry.id, frame.language)))
    _add(element, "title", name)
    _add(element, "published", _instant(entry.started_at))
    _add(element, "updated", _instant(entry.changed_at))
    # One alternate of a type and language is all an entry may have (RFC 4287, 4.1.2): the lot the recall names.
    link = {"rel": "alternate", "type": "text/html", "hreflang": frame.language, "href": entry.lots[0].href}
    ET.SubElement(element, _name("link"), link)
    for lot in entry.lots[1:]:
        ET.SubElement(element, _name("link"), {"rel": "related", "type": "text/html", "href": lot.href})
    ET.SubElement(element, _name("category"), {"term": entry.standing})
    ET.SubElement(element, _name("category"), {"term": entry.recall_class})
    content = render_template("public/_recall.html", entry=entry, language=frame.language)
    _add(element, "content", content).set("type", "html")
    return element


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, _name(name))
    element.text = _NO_XML.sub("\ufffd", text)
    return element


def _name(name: str) -> str:
    return f"{{{_ATOM}}}{name}"


def _urn(number: object) -> str:
    return f"urn:uuid:{number}"


def _instant(at: datetime) -> str:
    """RFC 3339 with seconds, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
