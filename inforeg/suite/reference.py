"""The reference of every configuration key, written from the models that read the files."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from inforeg.runspec import BenchmarkConfig
from inforeg.suite.experiment import Experiment
from inforeg.suite.tuning import Choices, Tuning
from inforeg.suite.workflow import WorkflowConfig

Schema = Mapping[str, Any]

SCHEMAS: dict[str, type[BaseModel]] = {
    "workflow": WorkflowConfig,
    "benchmark": BenchmarkConfig,
    "experiment": Experiment,
    "tuning": Tuning,
    "tuned": Choices,
}
FILES = ("config.yaml", "benchmarks/NAME.yaml", "experiments/NAME.yaml", "tuning.yaml", "tuned.yaml")
"""What the schemas are of, below workflow/config/."""

HEAD = """\
# Every key of these files

Written by `inforeg check --write-schemas` from the models that read the files; do not edit. `<name>` is a
name of your own, `[]` each entry of a list. The options of methods, data sets and encoders are their
own: see `inforeg list methods --json`, or `datasets`, `encoders`.

`snakemake --config suite=paper only=cremad,mosi seeds=3` asks for another suite, for some of its benchmarks
and for another number of seeds without a change here; for other commands the variable INFOREG_SELECT does,
which holds the same words. `inforeg plan --suite paper` says what that takes.
"""


def reference(files: Mapping[str, type[BaseModel]]) -> str:
    """The reference as Markdown.

    Args:
        files: the model of each file, by its path as a heading shows it.
    """
    return HEAD + "".join(f"\n## {path}\n\n{_table(model)}" for path, model in files.items())


def _table(model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    rows = ["| key | value | default | what it is |", "|---|---|---|---|"]
    rows += ["| " + " | ".join(row) + " |" for row in keys(schema, schema.get("$defs", {}))]
    return "\n".join(rows) + "\n"


def keys(schema: Schema, named: Schema, prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Key, kind of value, default and description of everything that an object's schema allows.

    Args:
        schema: of the object.
        named: the schemas that it refers to.
        prefix: of its keys.
    """
    for name, found in schema.get("properties", {}).items():
        inner = _resolved(found, named)
        default = "required" if name in schema.get("required", ()) else _default(found)
        yield f"`{prefix}{name}`", kind_of(inner, named), default, _escaped(inner.get("description", ""))
        yield from _below(inner, named, f"{prefix}{name}")


def _below(schema: Schema, named: Schema, prefix: str) -> Iterator[tuple[str, str, str, str]]:
    """The keys inside a value."""
    for each in _choices(schema, named):
        yield from keys(each, named, f"{prefix}.")
        if isinstance(items := each.get("items"), Mapping):
            yield from _below(_resolved(items, named), named, f"{prefix}[]")
        if values := _values(each):
            yield from _below(_resolved(values, named), named, f"{prefix}.<name>")


def _values(schema: Schema) -> Schema | None:
    """The schema of the values of a mapping with names of one's own."""
    patterns = list(schema.get("patternProperties", {}).values())
    found = patterns[0] if patterns else schema.get("additionalProperties")
    return found if isinstance(found, Mapping) else None


def _resolved(schema: Schema, named: Schema) -> Schema:
    """A schema with what it refers to filled in; what it says itself counts."""
    if "$ref" not in schema:
        return schema
    referred = named[schema["$ref"].rpartition("/")[2]]
    return {**referred, "description": "", **{key: value for key, value in schema.items() if key != "$ref"}}


def _choices(schema: Schema, named: Schema) -> list[Schema]:
    """The kinds of value that a schema allows."""
    return [_resolved(each, named) for each in schema.get("anyOf", [schema])]


BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
MANY = 3
"""Kinds of value beyond which anything goes."""


def kind_of(schema: Schema, named: Schema) -> str:
    """What kind of value it is, with its bounds."""
    if len(choices := _choices(schema, named)) > MANY:
        return "any"
    return " or ".join(dict.fromkeys(_one(each, named) for each in choices))


def _one(schema: Schema, named: Schema) -> str:
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    kind: str = schema.get("type", "any")
    bounds = [f"{sign} {schema[name]:,}".replace(",", " ") for name, sign in BOUNDS.items() if name in schema]
    if kind == "array":
        return f"list of {kind_of(_resolved(schema.get('items', {}), named), named)}"
    if kind == "object" and (values := _values(schema)):
        return f"mapping to {kind_of(_resolved(values, named), named)}"
    words = {"object": "mapping", "string": "text", "null": "nothing", "boolean": "true or false"}
    return " ".join([words.get(kind, kind), ", ".join(bounds)]).strip()


def _default(schema: Schema) -> str:
    default = schema.get("default")
    if default in (None, "") or isinstance(default, Mapping):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def plain(text: str) -> str:
    """What is yielded here for Markdown, without its signs."""
    return text.replace("\\|", "|").replace("`", "")
