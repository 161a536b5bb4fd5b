"""What can be looked up in tables: keys of the configuration, metrics, columns of frames."""

from collections.abc import Iterator

from pydantic import BaseModel

from inforeg.analysis.tables.render import Entry, Table
from inforeg.metrics.base import metrics
from inforeg.probes.frames import COLUMNS
from inforeg.suite import reference
from inforeg.suite.reference import FILES, SCHEMAS, plain


def keys() -> Iterator[Table]:
    """A table for each file of the configuration."""
    for path, model in zip(FILES, SCHEMAS.values(), strict=True):
        yield _keys(path, model)


def measured() -> Table:
    """The metrics."""
    told = (
        (each.name, each.title, each.unit.name, "higher" if each.higher_is_better else "lower")
        for each in metrics().values()
    )
    rows = [list(map(Entry, each)) for each in told]
    return Table("Metrics", "metrics", ["Name", "Title", "Unit", "Better"], rows)


def columns() -> Table:
    """The columns of the collected frames."""
    rows = [[Entry(f"{name}.parquet"), Entry(", ".join(columns))] for name, columns in COLUMNS.items()]
    return Table("Frames of collected runs", "frames", ["File", "Columns"], rows)


def _keys(path: str, model: type[BaseModel]) -> Table:
    schema = model.model_json_schema()
    rows = [[Entry(plain(cell)) for cell in row] for row in reference.keys(schema, schema.get("$defs", {}))]
    header = ["Key", "Value", "Default", "What it is"]
    return Table(f"Keys of workflow/config/{path}", f"keys-{path}", header, rows)
