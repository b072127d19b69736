"""Names in an EPCIS document: what a key or a CURIE stands for under the document's ``@context``.

As much of JSON-LD as an EPCIS event needs, pure and without fetching anything: prefixes, terms, full addresses,
the keywords' aliases. What the names mean for a hash is for ``trace.gs1.event_hash``.
"""

from collections.abc import Collection, Mapping
from typing import Any

from trace.gs1.vocabulary import (
    CBV_NAMESPACE,
    EPCIS_NAMESPACE,
    GS1_NAMESPACE,
    MEASUREMENT_TYPES,
    SENSOR_EXCEPTIONS,
)

_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_STANDARD_PREFIXES: Mapping[str, str] = {
    "epcis": EPCIS_NAMESPACE,
    "cbv": CBV_NAMESPACE,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": GS1_NAMESPACE,
    "rdfs": _RDFS,
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
_KEYWORDS: Mapping[str, str] = {"@id": "id", "@type": "type"}
IGNORED = ""  # what a key that takes no part is resolved to
_NO_IGNORE: frozenset[str] = frozenset()
# Names live as long as the process and events bring keys of their own: what is kept must have an end.
_MOST_KEYS_KEPT = 4096
_MEASUREMENTS: Mapping[str, str] = {
    token: GS1_NAMESPACE + token for token in MEASUREMENT_TYPES | SENSOR_EXCEPTIONS
}

# The EPCIS context protects its terms: a document may not give these another meaning.
# fmt: off
_PROTECTED = frozenset(
    {
        "id", "type", "eventID", "eventTime", "recordTime", "eventTimeZoneOffset", "certificationInfo", "action",
        "bizStep", "disposition", "persistentDisposition", "readPoint", "bizLocation", "transformationID",
        "parentID", "childEPCs", "epcList", "inputEPCList", "outputEPCList", "quantityList", "childQuantityList",
        "inputQuantityList", "outputQuantityList", "epcClass", "quantity", "uom", "bizTransactionList",
        "sourceList", "destinationList", "sensorElementList", "errorDeclaration", "ilmd",
    }
)
# fmt: on


class Names:
    """How the names in one document are read: its ``@context``, compiled once for all its events.

    Understands prefixes and terms given as text or as ``{"@id": …}``; addresses of contexts are taken for the
    EPCIS context, as nothing is ever fetched.
    """

    def __init__(self, context: Any = None, ignore: Collection[str] = ()) -> None:
        self._prefixes = dict(_STANDARD_PREFIXES)
        self._terms: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._context = context
        self._ignore_keys = ignore
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, Mapping):
                self._define(part)
        # Longest first, so that an address is cut at the nearest namespace that was declared.
        self._namespaces = sorted(set(self._prefixes.values()), key=len, reverse=True)
        self._ignore: frozenset[str] = _NO_IGNORE
        self._ignore = frozenset(self.key(name) for name in ignore) - {IGNORED}
        self._keys.clear()
        gs1 = self._prefixes["gs1"]
        self.measurements = (
            _MEASUREMENTS if gs1 == GS1_NAMESPACE else {token: gs1 + token for token in _MEASUREMENTS}
        )

    def with_context(self, context: Any) -> "Names":
        """These names with those an event declares itself on top."""
        outer = self._context if isinstance(self._context, list) else [self._context]
        inner = context if isinstance(context, list) else [context]
        return Names([*outer, *inner], self._ignore_keys)

    @property
    def prefixes(self) -> Mapping[str, str]:
        """Every prefix that may be used, with its namespace: the standard's and those declared."""
        return self._prefixes

    def find_address(self, name: str) -> str | None:
        """What a bare name was declared to stand for, as a full address."""
        return self._terms.get(name)

    def is_left_out(self, raw: str) -> bool:
        """Whether the document asks to leave this property out (``ignoreFields``): it is no part of its event."""
        return bool(self._ignore) and self._resolve_name(raw) in self._ignore

    def _define(self, part: Mapping[str, Any]) -> None:
        for name, meaning in part.items():
            address = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
            if name in _PROTECTED or not isinstance(address, str) or "@" in (name[:1], address[:1]):
                continue
            # In JSON-LD a term is usable as a prefix, and a prefix as a term.
            self._prefixes[name] = self._terms[name] = self.expand(address)

    def expand(self, text: str) -> str:
        """The full address of a CURIE with a known prefix; any other text as it is (rule 15)."""
        prefix, colon, local = text.partition(":")
        if colon and prefix in self._prefixes and not local.startswith("//"):
            return self._prefixes[prefix] + local
        return text

    def key(self, raw: str) -> str:
        """A property name as it stands in the hashed text; empty when it takes no part (rules 19 and 20).

        Standard fields are bare; extensions are "{namespace}local".
        """
        known = self._keys.get(raw)
        if known is None:
            if len(self._keys) >= _MOST_KEYS_KEPT:
                self._keys.clear()
            known = self._keys[raw] = self._resolve_key(raw)
        return known

    def _resolve_key(self, raw: str) -> str:
        if raw in ("@context", "comment", "#text"):
            return IGNORED
        if raw in _KEYWORDS:
            return _KEYWORDS[raw]
        resolved = self._resolve_name(raw)
        if resolved == f"{{{_RDFS}}}comment" or resolved in self._ignore:
            return IGNORED
        return resolved

    def _resolve_name(self, raw: str) -> str:
        prefix, colon, local = raw.partition(":")
        if not colon:
            if raw not in self._terms:
                return raw
            address = self._terms[raw]
        elif prefix in self._prefixes and not local.startswith("//"):
            namespace = self._prefixes[prefix]
            return local if namespace == EPCIS_NAMESPACE else f"{{{namespace}}}{local}"
        else:
            address = raw
        return self._cut(address)

    def _cut(self, address: str) -> str:
        for namespace in self._namespaces:
            if address.startswith(namespace) and len(address) > len(namespace):
                local = address[len(namespace) :]
                return local if namespace == EPCIS_NAMESPACE else f"{{{namespace}}}{local}"
        if "://" not in address and not address.startswith("urn:"):
            return address  # a prefix nobody declared
        end = max(address.rfind(mark) for mark in "/#:") + 1
        return f"{{{address[:end]}}}{address[end:]}" if end < len(address) else address
