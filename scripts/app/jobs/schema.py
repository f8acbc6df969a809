"""JSON schema of a request's body, made of the settings records that read it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mediagym.data.settings import Command
from mediagym.data.storage import CONF

from .configuration import command_of, composed, is_server_key
from .references import reference_keys

_NAMED = ("agent", "objective")  # groups of which one of several files is chosen


def body_schema(kind: str, record: type[Command]) -> dict[str, Any]:
    """Return the schema of a kind's body: the keys of the YAML, without the server's own.

    Every key is optional; its default is that of the YAML.

    Args:
        kind: name of the kind of job.
        record: record of its options.
    """
    definitions: dict[str, Any] = {}
    properties, shipped = _properties(record, definitions), composed(command_of(kind), ())
    allowed = {
        key: _group(_Schemas(kind, definitions), value, shipped[key], key)
        for key, value in properties.items()
        if key in shipped and not is_server_key(kind, key)
    }
    for key in reference_keys(kind):
        allowed[key] = _with_ids(allowed[key])
    return dict(_trimmed(_Schemas.closed(allowed)))


def _with_ids(schema: Any) -> Any:
    """Return a schema with ids of results or uploads in the place of paths."""
    if isinstance(schema, list):
        return [_with_ids(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "path":
        return {"type": "string", "pattern": "^[0-9a-f]{32}$"}
    return {key: _with_ids(value) for key, value in schema.items()}


class _Schemas(NamedTuple):
    """Writes schemas out: without references, and without the server's own keys."""

    kind: str
    definitions: Mapping[str, Any]

    @staticmethod
    def closed(properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return the schema of an object with these keys and no others."""
        return {"type": "object", "additionalProperties": False, "properties": properties}

    def written_out(self, schema: Mapping[str, Any], shipped: Any, key: str) -> dict[str, Any]:
        """Return a schema with its references written out and the YAML's values as defaults."""
        if "$ref" in schema:
            return self.written_out(self.definitions[schema["$ref"]], shipped, key)
        result = dict(schema)
        group = shipped if isinstance(shipped, dict) else None  # a value is the whole's default
        for word in ("anyOf", "oneOf", "allOf"):
            if word in result:
                result[word] = [self.written_out(each, group, key) for each in result[word]]
        for word in ("items", "additionalProperties"):
            if isinstance(result.get(word), dict):
                result[word] = self.written_out(result[word], None, f"{key}.*")
        if "properties" in result:
            defaults = shipped if isinstance(shipped, dict) else {}
            result["properties"] = {
                name: self.written_out(value, defaults.get(name), f"{key}.{name}")
                for name, value in result["properties"].items()
                if not is_server_key(self.kind, f"{key}.{name}")
            }
        elif shipped is not None and not isinstance(shipped, dict):
            result["default"] = shipped
        return result


def _group(schemas: _Schemas, schema: Mapping[str, Any], shipped: Any, key: str) -> dict[str, Any]:
    """Return the schema of a key of the top, which may name one of the files of a group."""
    written = schemas.written_out(schema, shipped, key)
    if key not in _NAMED or not isinstance(shipped, dict):
        return written
    names = sorted(path.stem for path in (CONF / key).glob("*.yaml"))
    keys = {"type": "object"} if key == "agent" else written  # each agent has keys of its own
    return {"anyOf": [{"type": "string", "enum": names}, keys]}


def _properties(record: type[Command], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of a record's keys; keys of records inside it belong to the same level."""
    schema = record.model_json_schema(ref_template="{model}")
    definitions.update(schema.get("$defs", {}))
    found: dict[str, Any] = {}
    for name, field in record.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Command):
            found |= _properties(kind, definitions)
        else:
            found[name] = schema["properties"][name]
    return found


def _trimmed(schema: Any) -> Any:
    """Return a schema without titles, required keys and defaults of Python."""
    if isinstance(schema, list):
        return [_trimmed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in ("title", "required")}
    return {
        key: {name: _trimmed(each) for name, each in value.items()}
        if key == "properties"
        else value
        if key in ("default", "enum", "const")
        else _trimmed(value)
        for key, value in kept.items()
    }
