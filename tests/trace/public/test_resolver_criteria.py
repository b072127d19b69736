"""The 29 criteria of a GS1 resolver, over HTTPS on loopback: a real server, a certificate made for the test.

Each test is named by the id of its criterion; what a criterion asks stands in the standard's own list.
"""

import http.client
import json
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from jsonschema import Draft7Validator, FormatChecker  # type: ignore[import-untyped]  # ships no annotations
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.trace.core.receivers import certificate_for
from tests.trace.gs1.standards import need
from tests.trace.public.resolved import BROWSER, GTIN, LINKSET, Shelf, call_back, fill_shelf
from tests.web import settle
from trace.gs1.link_uris import parse_link
from trace.gs1.linksets import LINK_TYPES, VOCABULARY

CONTEXT = 'rel="http://www.w3.org/ns/json-ld#context"'
DEFAULT = VOCABULARY + "defaultLink"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    version: int

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    def linkset(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.body)["linkset"]
        return found


@dataclass(frozen=True)
class Resolver:
    """A resolver on loopback: ``lot`` and ``product`` are addresses of Digital Links on it."""

    root: str
    trusts: ssl.SSLContext
    shelf: Shelf

    @property
    def lot(self) -> str:
        return self.root + self.shelf.path

    @property
    def product(self) -> str:
        return f"{self.root}/01/{GTIN}"

    def ask(self, url: str, method: str = "GET", **headers: str) -> Answer:
        parts = urlsplit(url)
        assert parts.hostname is not None
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=self.trusts, timeout=20)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, headers={"Accept": "*/*", **headers})
        answer = connection.getresponse()
        body = answer.read()
        named = {name.lower(): value for name, value in answer.getheaders()}
        connection.close()
        return Answer(answer.status, named, body, answer.version)

    def linkset(self, url: str) -> list[dict[str, Any]]:
        return self.ask(url, **LINKSET).linkset()


class Http11(WSGIRequestHandler):
    """The test's server speaks what every server in front of the service does."""

    protocol_version = "HTTP/1.1"


@pytest.fixture
def resolver(app: Flask, session: Session, tmp_path: Path) -> Iterator[Resolver]:
    shelf = fill_shelf(session)
    settle(session)
    context, certificate = certificate_for("localhost", tmp_path)
    server = make_server("127.0.0.1", 0, app, request_handler=Http11, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        trusts = ssl.create_default_context(cafile=str(certificate))
        yield Resolver(f"https://localhost:{server.server_port}", trusts, shelf)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(params=["lot", "product"])
def uri(request: pytest.FixtureRequest, resolver: Resolver) -> str:
    """The criteria hold at every level of an address."""
    return str(getattr(resolver, request.param))


def schema(name: str) -> Draft7Validator:
    text = (need("resolver") / name).read_text(encoding="utf-8")
    return Draft7Validator(json.loads(text), format_checker=FormatChecker())


# ---------------------------------------------------------------------------------------------- the address itself


def test_every_criterion_has_its_test() -> None:
    listed = json.loads((need("resolver") / "test_criteria.json").read_text(encoding="utf-8"))["criteria"]
    told = "\n".join(re.findall(r"^def (test_\w+)", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE))
    missing = [name for name in listed if f"test_{name}_" not in f"{told}\n".replace("\n", "_\n")]
    assert missing == []


def test_isURL(uri: str) -> None:
    parts = urlsplit(uri)
    assert (parts.scheme, bool(parts.netloc), parts.path.startswith("/01/")) == ("https", True, True)


def test_validDL(uri: str) -> None:
    assert parse_link(uri, check_digits=True).key == GTIN


def test_plausibleDL(uri: str) -> None:
    # "RE1" of URI syntax, section 6, for GTINs.
    assert re.fullmatch(r"https?://[^/?#]+(/[^?#]*)?/01/\d{8,14}(/(22|10|21|235)/[^/?#]+)*/?", uri)


def test_isHttps(uri: str) -> None:
    assert uri.startswith("https://")


def test_tlsOK(resolver: Resolver, uri: str) -> None:
    assert resolver.ask(uri).status == 307


def test_httpVersion(resolver: Resolver, uri: str) -> None:
    assert resolver.ask(uri).version >= 11


def test_rdFile(resolver: Resolver) -> None:
    answer = resolver.ask(f"{resolver.root}/.well-known/gs1resolver")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    told = json.loads(answer.body)
    assert told["resolverRoot"] == resolver.root
    assert told["supportedPrimaryKeys"] == ["00", "01"]
    assert resolver.ask(told["jsonLdContextLocation"]).headers["content-type"] == "application/ld+json"


# ------------------------------------------------------------------------------------------------------ HTTP


def test_corsCheck(resolver: Resolver, uri: str) -> None:
    for asked in (uri, uri + "?linkType=linkset", uri + "/foo", f"{resolver.root}/.well-known/gs1resolver"):
        answer = resolver.ask(asked, Origin="https://other.example")
        assert answer.headers["access-control-allow-origin"] == "*"


def test_methodsCheck(resolver: Resolver, uri: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = resolver.ask(uri, method)
        assert answer.status in (204, 307)
        for named in ("GET", "HEAD", "OPTIONS"):
            assert named in answer.headers["access-control-allow-methods"]


def test_linkOnRedirect(resolver: Resolver, uri: str) -> None:
    for method in ("GET", "HEAD"):
        answer = resolver.ask(uri, method)
        assert f'<{uri}?linkType=linkset>; rel="linkset"' in answer.headers["link"]


def test_legacyLinkHeaders(resolver: Resolver, uri: str) -> None:
    for asked in (uri, uri + "?linkType=linkset"):
        assert "gs1:" not in resolver.ask(asked).headers["link"]
        assert VOCABULARY not in resolver.ask(asked).headers["link"]


def test_reportWith400(resolver: Resolver, uri: str) -> None:
    for method in ("GET", "HEAD"):
        assert resolver.ask(uri + "/foo", method).status == 400


def test_noErrorWith200(resolver: Resolver, uri: str) -> None:
    for asked in (uri + "/foo", f"{resolver.root}/01/08936001000010", f"{resolver.root}/01/1"):
        for headers in ({}, LINKSET, BROWSER):
            assert resolver.ask(asked, **headers).status >= 400
    for headers in ({}, BROWSER):
        assert resolver.ask(uri + "?linkType=gs1:nothing", **headers).status == 404


def test_trailingSlash(resolver: Resolver, uri: str) -> None:
    with_slash, without = resolver.ask(uri + "/"), resolver.ask(uri)
    assert (with_slash.status, with_slash.location) == (without.status, without.location)
    assert resolver.linkset(uri + "/") == resolver.linkset(uri)


def test_basicWalkUp(resolver: Resolver) -> None:
    product = resolver.ask(resolver.product).location
    for qualifiers in ("10/NOBODYS", "21/NOBODYS", "22/A", "22/A/10/B/21/C", "235/XYZ"):
        answer = resolver.ask(f"{resolver.product}/{qualifiers}")
        assert (answer.status, answer.location.partition("?")[0]) == (307, product)
    assert resolver.ask(f"{resolver.lot}/21/NOBODYS").location == resolver.ask(resolver.lot).location


def test_qsPassedOn(resolver: Resolver, uri: str) -> None:
    assert resolver.ask(uri + "?foo=bar&17=261231").location.endswith("?foo=bar&17=261231")


# --------------------------------------------------------------------------------------------------- the linkset


def test_ltLinksetNoRedirect(resolver: Resolver, uri: str) -> None:
    assert resolver.ask(uri + "?linkType=linkset", "HEAD").status == 200
    assert resolver.ask(uri + "?linkType=linkset").linkset()


def test_ltAllNoRedirect(resolver: Resolver, uri: str) -> None:
    assert resolver.ask(uri + "?linkType=all").linkset() == resolver.linkset(uri)


def test_ltAcceptHeader(resolver: Resolver, uri: str) -> None:
    for asked in (uri, uri + "?linkType=all"):
        assert resolver.ask(asked, "HEAD", **LINKSET).status == 200
        assert resolver.ask(asked, **LINKSET).linkset()


def test_declaredContentType(resolver: Resolver, uri: str) -> None:
    assert resolver.ask(uri, **LINKSET).headers["content-type"] == "application/linkset+json"


def test_linksetJsonldCheck(resolver: Resolver, uri: str) -> None:
    answer = resolver.ask(uri, **LINKSET)
    links = answer.headers["link"].split(",")
    assert any(CONTEXT in link and 'type="application/ld+json"' in link for link in links)


def test_validLinkset(resolver: Resolver, uri: str) -> None:
    # Two schemas, two forms: GS1's asks for a description of the item, which RFC 9264's own does not allow.
    asked = resolver.ask(uri, **LINKSET)
    assert list(schema("gs1-linkset-schema.json").iter_errors(json.loads(asked.body))) == []
    plain = resolver.ask(uri + "?linkType=linkset", Accept="application/json")
    assert list(schema("linkset-schema.json").iter_errors(json.loads(plain.body))) == []


def test_hackedLinkset(resolver: Resolver, uri: str) -> None:
    linkset = resolver.linkset(uri)
    assert isinstance(linkset, list)
    assert all(isinstance(context, dict) for context in linkset)


def test_the_linkset_of_a_recalled_lot_is_valid_too(resolver: Resolver, session: Session) -> None:
    call_back(session, session.get_one(type(resolver.shelf.batch), resolver.shelf.batch.id))
    settle(session)
    for path in (
        resolver.lot,
        resolver.lot + "/21/X",
        resolver.product,
        resolver.product + "/10/" + quote('a"/b%', safe=""),
    ):
        body = json.loads(resolver.ask(path, **LINKSET).body)
        assert list(schema("gs1-linkset-schema.json").iter_errors(body)) == []


def contexts_of(resolver: Resolver, uri: str) -> list[dict[str, Any]]:
    """The levels of the linkset that are the address or above it, finest first, as the suite walks them."""
    by_anchor = {context["anchor"]: context for context in resolver.linkset(uri)}
    found = []
    while "/01/" in uri:
        if uri in by_anchor:
            found.append(by_anchor[uri])
        uri = uri.rsplit("/", 2)[0]
    return found


def test_defaultLinkExists(resolver: Resolver, uri: str) -> None:
    contexts = contexts_of(resolver, uri)
    assert contexts
    for context in contexts:
        assert set(context[DEFAULT][0]) == {"href", "title"}


def test_singleDefaulLink(resolver: Resolver, uri: str) -> None:
    assert all(len(context[DEFAULT]) == 1 for context in contexts_of(resolver, uri))


def test_defaultTarget(resolver: Resolver, uri: str) -> None:
    assert resolver.ask(uri, "HEAD").location == contexts_of(resolver, uri)[0][DEFAULT][0]["href"]


def test_singleMultiLink(resolver: Resolver, uri: str) -> None:
    for context in contexts_of(resolver, uri):
        variants = context[VOCABULARY + "defaultLinkMulti"]
        assert len(variants) > 1
    for variant in contexts_of(resolver, uri)[0][VOCABULARY + "defaultLinkMulti"]:
        answer = resolver.ask(uri, "HEAD", **{"Accept-Language": variant["hreflang"][0]})
        assert answer.location == variant["href"]


def test_linkTypesDefined(resolver: Resolver, uri: str) -> None:
    for context in resolver.linkset(uri):
        for name in set(context) - {"anchor", "itemDescription"}:
            assert name.startswith(VOCABULARY)
            assert name.removeprefix(VOCABULARY) in LINK_TYPES


def test_specificLinkTypeNotFound(resolver: Resolver, uri: str) -> None:
    for absent in ("gs1:recipeInfo", "gs1:smpc", "https://example.com/voc/own"):
        assert resolver.ask(f"{uri}?linkType={absent}").status == 404


def test_every_link_of_the_linkset_is_where_its_type_leads(resolver: Resolver, uri: str) -> None:
    told: set[str] = set()
    for context in contexts_of(resolver, uri):
        for name in set(context) - {"anchor", "itemDescription", DEFAULT} - told:
            told.add(name)
            kinds = {(link.get("type"), *link.get("hreflang", ())) for link in context[name]}
            assert len(kinds) == len(context[name])  # none that a request cannot choose between
            for link in context[name]:
                asked = f"{uri}?linkType=gs1:{name.removeprefix(VOCABULARY)}"
                headers = {"Accept-Language": ",".join(link.get("hreflang", ["*"]))}
                answer = resolver.ask(asked, "HEAD", Accept=link.get("type", "*/*"), **headers)
                assert answer.status == 307
                assert answer.location.partition("linkType=")[0].rstrip("?&") == link["href"]
