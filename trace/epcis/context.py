"""The ``@context`` of a document: which field a name means, in every form JSON-LD allows. Nothing is ever fetched.

Names of EPCIS come out bare ("bizStep"); everybody else's as full addresses. How names are hashed is
``trace.gs1.names``, compiled from the same context.
"""

from collections.abc import Mapping
from typing import Any

from trace.epcis.problems import MOST_NAMES, Problem
from trace.epcis.uris import is_uri
from trace.gs1.names import Names
from trace.gs1.vocabulary import EPCIS_NAMESPACE

EPCIS_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
# The same context under the addresses it is published at; its content is known here by heart.
EPCIS_CONTEXTS = frozenset(
    {
        EPCIS_CONTEXT,
        "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld",
        "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
        "https://gs1.github.io/EPCIS/epcis-context.jsonld",
    }
)
_KEYWORDS: Mapping[str, str] = {"@id": "id", "@type": "type", "@context": "@context"}
# Of no consequence where nothing relative is resolved and nothing is fetched.
_HARMLESS_KEYWORDS = frozenset({"@version", "@protected", "@base", "@language", "@direction", "@propagate"})
_STANDARD_NAMES = Names()
_MOST_KEYS_KEPT = 4096

# fmt: off
STANDARD_FIELDS = frozenset(
    {
        "id", "type", "eventID", "eventTime", "recordTime", "eventTimeZoneOffset", "certificationInfo",
        "errorDeclaration", "action", "bizStep", "disposition", "persistentDisposition", "readPoint",
        "bizLocation", "transformationID", "parentID", "childEPCs", "epcList", "inputEPCList", "outputEPCList",
        "quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList", "epcClass", "quantity",
        "uom", "bizTransactionList", "bizTransaction", "sourceList", "source", "destinationList", "destination",
        "sensorElementList", "sensorMetadata", "sensorReport", "ilmd", "set", "unset", "declarationTime",
        "reason", "correctiveEventIDs", "schemaVersion", "creationDate", "instanceIdentifier", "sender",
        "receiver", "epcisHeader", "epcisBody", "eventList", "queryResults", "queryName", "subscriptionID",
        "resultsBody", "time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData",
        "dataProcessingMethod", "bizRules", "exception", "microorganism", "chemicalSubstance",
        "coordinateReferenceSystem", "value", "component", "stringValue", "booleanValue", "hexBinaryValue",
        "uriValue", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue",
    }
)
_PROTECTED = STANDARD_FIELDS - {
    # Scoped to their parents in the context of EPCIS: elsewhere these words are free.
    "source", "destination", "bizTransaction", "set", "unset", "reason", "declarationTime", "correctiveEventIDs",
    "time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules",
    "exception", "microorganism", "chemicalSubstance", "coordinateReferenceSystem", "value", "component",
    "stringValue", "booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue", "sDev",
    "percRank", "percValue", "sensorMetadata", "sensorReport",
}
# fmt: on


class Context:
    """The names of one document (or one event) as its ``@context`` declares them."""

    def __init__(self, names: Names, *, vocabulary: str = "", is_whole: bool = True) -> None:
        self.names = names
        self._vocabulary = vocabulary
        # False where a context we do not know may have declared prefixes that we then lack.
        self._is_whole = is_whole
        self._keys: dict[str, str | None] = {}
        self._own = {
            prefix: address
            for prefix, address in names.prefixes.items()
            if _STANDARD_NAMES.prefixes.get(prefix) != address
        }
        self._inner: dict[str, tuple[Context, list[Problem]]] = {}

    def key(self, raw: str) -> str | None:
        """The field ``raw`` means: bare for EPCIS, a full address for others.

        A bare word nobody declared stays as it is; None where only a context that is not fetched could tell.
        """
        try:
            return self._keys[raw]
        except KeyError:
            if len(self._keys) >= _MOST_KEYS_KEPT:
                self._keys.clear()
            found = self._keys[raw] = self._resolve(raw)
            return found

    def _resolve(self, raw: str) -> str | None:
        if raw in _KEYWORDS:
            return _KEYWORDS[raw]
        if ":" in raw:
            if not self._is_whole and not self._is_certain(raw):
                return None
            return self.names.expand(raw).removeprefix(EPCIS_NAMESPACE)
        if raw in STANDARD_FIELDS:
            return raw
        return self.names.find_address(raw) or (self._vocabulary + raw if self._vocabulary else raw)

    def _is_certain(self, raw: str) -> bool:
        prefix, _, local = raw.partition(":")
        return prefix in self.names.prefixes or prefix == "urn" or local.startswith("//")

    def expand(self, text: str) -> str:
        """A value that is an address, with its prefix written out."""
        return self.names.expand(text)

    def prefix_of(self, text: str) -> str | None:
        """The own prefix a name or value uses, if any: what must be kept to read it again."""
        prefix, colon, local = text.partition(":")
        if colon and prefix in self._own and not local.startswith("//"):
            return prefix
        return None

    def namespace(self, prefix: str) -> str:
        """What an own prefix stands for."""
        return self._own[prefix]

    def own_prefix_for(self, address: str) -> str | None:
        """The own prefix whose namespace ``address`` lies in most deeply, if any."""
        found = [
            prefix
            for prefix, namespace in self._own.items()
            if address.startswith(namespace) and len(address) > len(namespace)
        ]
        return max(found, key=lambda prefix: len(self._own[prefix]), default=None)

    @property
    def replaced(self) -> Mapping[str, str]:
        """Prefixes of the standard that the document gives another namespace."""
        return {prefix: ns for prefix, ns in self._own.items() if prefix in _STANDARD_NAMES.prefixes}

    def with_event(self, context: Any, pointer: str) -> tuple["Context", list[Problem]]:
        """These names with those an event declares itself on top; kept, as events of a document repeat them."""
        known = repr(context)
        if known not in self._inner:
            if len(self._inner) >= MOST_NAMES:
                self._inner.clear()
            problems, is_whole, vocabulary = _check(context, "")
            self._inner[known] = (
                Context(
                    self.names if problems else self.names.with_context(context),
                    vocabulary=vocabulary or self._vocabulary,
                    is_whole=is_whole and self._is_whole,
                ),
                problems,
            )
        inner, problems = self._inner[known]
        return inner, [Problem(told.code, pointer + told.pointer, told.expected) for told in problems]


def read_context(
    context: Any, pointer: str, left_out: Mapping[str, Any] | None = None
) -> tuple[Context, list[Problem]]:
    """A document's context compiled, and what is wrong with it. ``left_out`` is the document, for ``ignoreFields``."""
    problems, is_whole, vocabulary = _check(context, pointer)
    if problems:
        return Context(_STANDARD_NAMES), problems
    ignored = _ignored_fields(left_out or {})
    names = Names(context, ignored) if ignored or not _is_plain(context) else _STANDARD_NAMES
    return Context(names, vocabulary=vocabulary, is_whole=is_whole), []


def _ignored_fields(document: Mapping[str, Any]) -> list[str]:
    found = []
    for key, value in document.items():
        if key.rpartition(":")[2] == "ignoreFields":
            found += [
                name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)
            ]
    return found


def _is_plain(context: Any) -> bool:
    parts = context if isinstance(context, list) else [context]
    return all(isinstance(part, str) for part in parts)


def _check(context: Any, pointer: str) -> tuple[list[Problem], bool, str]:
    """What is wrong; whether all that is declared is known; the default vocabulary, if one is named."""
    problems: list[Problem] = []
    is_whole, vocabulary = True, ""
    parts = context if isinstance(context, list) else [context]
    seen: list[Any] = []
    for index, part in enumerate(parts):
        where = f"{pointer}/{index}" if isinstance(context, list) else pointer
        if part in seen:
            problems.append(Problem("value-duplicate", where))
        seen.append(part)
        if isinstance(part, str) and is_uri(part):
            is_whole = is_whole and part in EPCIS_CONTEXTS
        elif type(part) is dict:
            if len(part) > MOST_NAMES:
                problems.append(Problem("too-many", where))
                continue
            problems += _check_names(part, where)
            if isinstance(part.get("@vocab"), str):
                vocabulary = part["@vocab"]
        else:
            problems.append(Problem("context-unreadable", where))
        if len(seen) > MOST_NAMES:
            problems.append(Problem("too-many", pointer))
            break
    return problems, is_whole, vocabulary


def _check_names(part: Mapping[str, Any], where: str) -> list[Problem]:
    problems = []
    for name, meaning in part.items():
        at = f"{where}/{name}"
        if name == "@vocab":
            if not isinstance(meaning, str) or ":" not in meaning:
                problems.append(Problem("context-unreadable", at))
        elif name.startswith("@"):
            if name not in _HARMLESS_KEYWORDS:
                problems.append(Problem("context-unreadable", at))
        elif name in _PROTECTED:
            if _address(meaning) not in (f"epcis:{name}", EPCIS_NAMESPACE + name, "@id", "@type"):
                problems.append(Problem("context-protected", at))
        elif not name or ":" in name or not _is_meaning(meaning):
            problems.append(Problem("context-unreadable", at))
    return problems


def _address(meaning: Any) -> Any:
    return meaning.get("@id") if type(meaning) is dict else meaning


def _is_meaning(meaning: Any) -> bool:
    address = _address(meaning)
    return isinstance(address, str) and (":" in address or address.startswith("@"))
