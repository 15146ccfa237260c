"""The JSON Schema of a programme document, for editors and for other programs."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from pos_app.loyalty.document import Programme, Section

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The types and ranges of every key, with what the classes of the document say about themselves.

    An absent key is absent: it cannot be ``null`` as it could in JSON that the till reads.
    """
    schema = msgspec.json.schema(Programme)
    definitions = {name: _definition(one) for name, one in schema["$defs"].items()}
    for section, key, names in _tables_by_choice(Section):
        definitions[section]["properties"][key]["propertyNames"] = {"$ref": f"#/$defs/{names}"}
    return {"$schema": _DIALECT, "title": "A loyalty programme", "$ref": schema["$ref"], "$defs": definitions}


def _definition(schema: dict[str, Any]) -> dict[str, Any]:
    """A definition with the docstring as plain text; a kind of rule is called what documents call it."""
    plain: dict[str, Any] = _without_null(schema)
    kinds = plain.get("properties", {}).get("kind", {}).get("enum", ())
    title = kinds[0] if len(kinds) == 1 else plain["title"]
    return {**plain, "title": title, "description": _sentences(plain.get("description", ""))}


def _tables_by_choice(section: type[Section]) -> Iterator[tuple[str, str, str]]:
    """The tables whose keys are one of a few names, which the schema of the library leaves out: the section, the key, and the names."""
    info = msgspec.inspect.type_info(section)
    assert isinstance(info, msgspec.inspect.StructType), "sections are structs"
    for field in info.fields:
        if isinstance(field.type, msgspec.inspect.DictType) and isinstance(
            field.type.key_type, msgspec.inspect.EnumType
        ):
            yield section.__name__, field.encode_name, field.type.key_type.cls.__name__
    for below in section.__subclasses__():
        yield from _tables_by_choice(below)


def _sentences(docstring: str) -> str:
    r"""A docstring in one paragraph.

    >>> _sentences("Points live.\n\n    ``days``: so long.\n\n    >>> 1 + 1\n    2")
    'Points live. `days`: so long.'
    """
    return re.sub(r"\s+", " ", docstring.partition(">>>")[0]).replace("``", "`").strip()


def _without_null(schema: Any) -> Any:
    """A schema in which what may be null may be absent only, and without what says nothing to an editor."""
    if isinstance(schema, list):
        return [_without_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _without_null(one) for name, one in schema.items() if name != "discriminator"}
    if "default" in plain and isinstance(plain["default"], dict | None):
        del plain["default"]
    choices = plain.get("anyOf", [])
    some = [one for one in choices if one != {"type": "null"}]
    if len(some) == 1:
        del plain["anyOf"]
        return {**some[0], **plain}
    return {**plain, "anyOf": some} if choices else plain
