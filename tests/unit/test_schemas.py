"""Editors find the schema of every YAML file by its first line, and what is in the file keeps to it."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from inforeg.analysis.tables.trials import SCHEMA
from inforeg.cli import check
from inforeg.suite.reference import keys

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "workflow/config").rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_names_its_schema_and_keeps_to_it(path):
    text = path.read_text(encoding="utf-8")
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert named
    schema = json.loads((path.parent / named[1]).read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(text), schema)


def test_tunings_choices_name_theirs():
    named = SCHEMA.removeprefix("# yaml-language-server: $schema=").strip()
    assert (ROOT / "workflow/config" / named).resolve() == ROOT / "workflow/schemas/tuned.schema.json"


@pytest.mark.parametrize("model", check.SCHEMAS.values(), ids=check.SCHEMAS)
def test_every_key_is_described(model):
    schema = model.model_json_schema()
    described = {key: said for key, *_, said in keys(schema, schema.get("$defs", {}))}
    assert described
    assert not [key for key, said in described.items() if not said]


def test_the_reference_is_of_these_models(project):
    check.write_schemas(project)
    written, kept = (root / "workflow/config/README.md" for root in (project.root, ROOT))
    assert written.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")


def test_a_key_with_its_kind_default_and_bounds():
    schema = {
        "properties": {
            "epochs": {"type": "integer", "minimum": 1, "description": "passes"},
            "rows": {"type": "array", "items": {"$ref": "#/$defs/Row"}, "default": []},
        },
        "required": ["epochs"],
    }
    row = {"type": "object", "properties": {"x": {"anyOf": [{"type": "number"}, {"type": "null"}]}}}
    assert list(keys(schema, {"Row": row})) == [
        ("`epochs`", "integer ≥ 1", "required", "passes"),
        ("`rows`", "list of mapping", "`[]`", ""),
        ("`rows[].x`", "number or nothing", "", ""),
    ]
