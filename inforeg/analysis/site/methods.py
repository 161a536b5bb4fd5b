"""What the site says of a method: its docstring, its settings with their sources, its variants."""

import inspect
import json
import re

from pydantic import TypeAdapter

from inforeg.analysis.site import addresses, boards
from inforeg.analysis.site.content import Content
from inforeg.analysis.tables.render import Entry, Table
from inforeg.registry import METHODS, attributes
from inforeg.suite.reference import kind_of, plain


def listed(content: Content) -> Table:
    """All methods, and in how many experiments each is a row."""
    used = [{line["row"].partition("/")[0] for line in each.comparison} for each in content.experiments]
    rows = [
        [
            Entry(cls.title, link=addresses.method(name)),
            Entry(cls.family),
            Entry(cls.reference),
            Entry(str(sum(name in rows for rows in used))),
        ]
        for name, cls in METHODS.classes.items()
    ]
    return Table("Methods", "methods", ["Method", "Acts on", "Paper", "Experiments"], rows)


def told(name: str) -> list[str]:
    """What the docstring says before its attributes, by paragraphs."""
    text = inspect.cleandoc(METHODS.get(name).__doc__ or "").replace("`", "")
    text = re.split(r"^(?:Attributes|Reference):$", text, maxsplit=1, flags=re.MULTILINE)[0]
    return [" ".join(block.split()) for block in text.split("\n\n") if block.strip()]


def settings(name: str) -> Table:
    """Every setting: its default, what it may be, and its source, as the docstring has it."""
    cls = METHODS.get(name)
    sources, defaults = attributes(cls), METHODS.options(cls())
    schema = TypeAdapter(cls).json_schema()
    rows = [
        [
            Entry(key),
            Entry(_said(defaults[key])),
            Entry(plain(kind_of(each, schema.get("$defs", {})))),
            Entry(sources.get(key, "").replace("`", "")),
        ]
        for key, each in schema.get("properties", {}).items()
    ]
    return Table(
        "Settings", f"settings-{name}", ["Setting", "Default", "Values", "What, and from where"], rows
    )


def variants(name: str) -> Table:
    """The variants that the method itself offers."""
    rows = [
        [Entry(variant), Entry(", ".join(f"{key} = {_said(value)}" for key, value in own.items()))]
        for variant, own in METHODS.get(name).variants.items()
    ]
    return Table("Variants", f"variants-{name}", ["Variant", "Settings"], rows)


def results(content: Content, name: str) -> Table:
    """Every row of the method, on every benchmark of every experiment."""
    rows = [
        [
            row[0],
            Entry(content.titled(benchmark), link=addresses.board(benchmark)),
            *row[1:],
        ]
        for benchmark in content.used
        for each in content.experiments
        for line in boards.ranked(each, benchmark)
        if line["row"].partition("/")[0] == name
        for row in [boards.row(each, line)]
    ]
    header = [boards.HEADER[0], "Benchmark", *boards.HEADER[1:]]
    return Table("Results", f"results-{name}", header, rows, boards.NOTES)


def _said(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
