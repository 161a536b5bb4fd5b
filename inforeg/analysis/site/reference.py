"""What can be looked up: keys of the configuration, metrics, columns of frames."""

from collections.abc import Iterator

from pydantic import BaseModel

from inforeg.analysis.tables.render import Entry, Table
from inforeg.metrics.base import metrics
from inforeg.probes.frames import COLUMNS
from inforeg.suite.reference import FILES, SCHEMAS, keys, plain


def tables() -> Iterator[Table]:
    """A table for each of them."""
    for path, model in zip(FILES, SCHEMAS.values(), strict=True):
        yield _keys(path, model)
    told = (
        (each.name, each.title, each.unit.name, "higher" if each.higher_is_better else "lower")
        for each in metrics().values()
    )
    rows = [list(map(Entry, each)) for each in told]
    yield Table("Metrics", "metrics", ["Name", "Title", "Unit", "Better"], rows)
    rows = [[Entry(f"{name}.parquet"), Entry(", ".join(columns))] for name, columns in COLUMNS.items()]
    yield Table("Frames of collected runs", "frames", ["File", "Columns"], rows)


def _keys(path: str, model: type[BaseModel]) -> Table:
    schema = model.model_json_schema()
    rows = [[Entry(plain(cell)) for cell in row] for row in keys(schema, schema.get("$defs", {}))]
    header = ["Key", "Value", "Default", "What it is"]
    return Table(f"Keys of workflow/config/{path}", f"keys-{path}", header, rows)
