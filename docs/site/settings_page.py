"""The page of all settings, made from `sumtune.config`."""

import json
from typing import Any

import griffe

from sumtune.config import Config

INTRODUCTION = """# Settings

Change a setting with `--set train.epochs=2`, in a YAML file for `--config`, or in Python with
`settings={"train.epochs": 2}`. Other values than those in the tables are refused. [Running](running.md#presets) says
which settings the presets change.
"""
LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def settings_page() -> str:
    """Return a table for each section of settings."""
    source, schema = griffe.load("sumtune.config"), Config.model_json_schema()["$defs"]
    names = {name: field.default_factory or field.default for name, field in Config.model_fields.items()}
    sections = {name: type(default).__name__ for name, default in names.items() if type(default).__name__ in schema}
    return "\n".join([INTRODUCTION, *(table(name, source[sections[name]], schema) for name in sections)])


def table(name: str, source: griffe.Class, schema: dict[str, Any]) -> str:
    """Return the settings of one section."""
    rows = [
        f"| `{name}.{key}` | {values(one, schema)} | `{shown(one['default'])}` | {meaning(source[key])} |"
        for key, one in schema[source.name]["properties"].items()
    ]
    head = ["| setting | values | default | meaning |", "|---|---|---|---|"]
    return "\n".join([f"## {name}\n\n{text_of(source)}\n", *head, *rows, ""])


def values(schema: dict[str, Any], known: dict[str, Any]) -> str:
    """Return the type of a setting in words, with its limits."""
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(values(option, known) for option in options)
    if "$ref" in schema:
        keys = known[schema["$ref"].rpartition("/")[2]]["properties"]
        return "a mapping with " + ", ".join(f"`{key}`" for key in keys)
    if choices := schema.get("enum") or ("const" in schema and [schema["const"]]):
        return ", ".join(f"`{choice}`" for choice in choices)
    limits = [f"{sign} {schema[limit]:g}" for limit, sign in LIMITS.items() if limit in schema]
    kind = {"array": "list of strings", "boolean": "`true`, `false`"}.get(schema["type"], schema["type"])
    return " ".join([kind, " and ".join(limits)]).strip()


def shown(value: Any) -> str:
    """Return a default as in a YAML file."""
    return value if isinstance(value, str) else json.dumps(value)


def meaning(attribute: griffe.Object) -> str:
    """Return the docstring of a setting for a cell of a table."""
    return text_of(attribute).replace("\n", " ").replace("|", "\\|")


def text_of(source: griffe.Object) -> str:
    """Return the docstring, or nothing."""
    return source.docstring.value if source.docstring else ""
