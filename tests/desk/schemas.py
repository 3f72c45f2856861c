"""A small judge of JSON Schema 2020-12: the words our own schemas use, and any other is an error."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

KNOWN = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "const", "pattern", "format", "minimum",
    "items", "properties", "required", "additionalProperties",
}  # fmt: skip
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None),
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None, at: str = "") -> list[str]:
    """Every place where a value is not what its schema says."""
    root = root if root is not None else schema
    if unknown := schema.keys() - KNOWN:
        return [f"{at}: the schema says {sorted(unknown)}"]
    if "$ref" in schema:
        return faults(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, at)
    found = [*_plain(value, schema, at)]
    if found:
        return found
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        found += [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        if schema.get("additionalProperties") is False:
            found += [f"{at}.{name} is not foreseen" for name in value.keys() - parts.keys()]
        for name, part in parts.items():
            if name in value:
                found += faults(value[name], part, root, f"{at}.{name}")
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            found += faults(item, schema["items"], root, f"{at}[{place}]")
    return found


def _plain(value: Any, schema: dict[str, Any], at: str) -> list[str]:
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else wanted or []
    if names and not any(_is(value, name) for name in names):
        return [f"{at}: {value!r} is no {' or '.join(names)}"]
    if "const" in schema and value != schema["const"]:
        return [f"{at}: {value!r} is not {schema['const']!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is none of {schema['enum']}"]
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return [f"{at}: {value!r} does not fit {schema['pattern']}"]
        read = {"date-time": datetime.fromisoformat, "date": date.fromisoformat}.get(schema.get("format", ""))
        if read is not None:
            try:
                read(value)
            except ValueError:
                return [f"{at}: {value!r} is no {schema['format']}"]
    if "minimum" in schema and isinstance(value, int) and value < schema["minimum"]:
        return [f"{at}: {value} is less than {schema['minimum']}"]
    return []


def _is(value: Any, name: str) -> bool:
    if name == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[name])
