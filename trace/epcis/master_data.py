"""The header of a document: master data, looked at as far as the standard says what it is.

It is not captured: places, products and organisations come from their own people, not from documents of others.
"""

from typing import Any

from trace.epcis import values
from trace.epcis.problems import MOST_ITEMS
from trace.epcis.values import Reader, escape


def read_header(reader: Reader, value: Any, where: str) -> None:
    """Tell what is wrong with an ``epcisHeader``."""
    if not reader.is_object(value, where):
        return
    for key, inner in value.items():
        at = f"{where}/{escape(key)}"
        if key != "epcisMasterData":
            if ":" not in key:
                reader.tell("name-unknown", at)
            values.read_free(reader, inner, at)
        elif reader.is_object(inner, at) and "vocabularyList" in inner:
            at = f"{at}/vocabularyList"
            if reader.is_list(inner["vocabularyList"], at, MOST_ITEMS):
                for index, vocabulary in enumerate(inner["vocabularyList"]):
                    _read_vocabulary(reader, vocabulary, f"{at}/{index}")


def _read_vocabulary(reader: Reader, value: Any, where: str) -> None:
    if not _has_address(reader, value, where, "type"):
        return
    elements = value.get("vocabularyElementList", [])
    at = f"{where}/vocabularyElementList"
    for index, element in enumerate(elements if reader.is_list(elements, at, MOST_ITEMS) else ()):
        here = f"{at}/{index}"
        if not _has_address(reader, element, here, "id"):
            continue
        attributes = element.get("attributes", [])
        for number, attribute in enumerate(
            attributes if reader.is_list(attributes, f"{here}/attributes", MOST_ITEMS) else ()
        ):
            place = f"{here}/attributes/{number}"
            if _has_address(reader, attribute, place, "id"):
                _read_attribute(reader, attribute.get("attribute", ""), f"{place}/attribute")
        children = element.get("children", [])
        if reader.is_list(children, f"{here}/children", MOST_ITEMS):
            for number, child in enumerate(children):
                values.read_uri(reader, child, f"{here}/children/{number}")


def _read_attribute(reader: Reader, value: Any, where: str) -> None:
    if value is None or isinstance(value, bool | list):
        reader.wrong_type(value, where, "string")
    else:
        values.read_free(reader, value, where)


def _has_address(reader: Reader, value: Any, where: str, name: str) -> bool:
    if not reader.is_object(value, where):
        return False
    if name not in value:
        reader.tell("value-required", f"{where}/{name}")
    else:
        values.read_uri(reader, value[name], f"{where}/{name}")
    return True
