"""predictions.parquet: what a run answers to each held-out sample, and metrics that it did not record."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from inforeg.engine.evaluate import LOGITS
from inforeg.engine.selection import Selection
from inforeg.errors import UserError
from inforeg.files import replacing
from inforeg.metrics.base import Metric, metric_of


class Value(NamedTuple):
    """A metric of one split at the epoch that a selection rule keeps."""

    selection: str
    split: str
    metric: str
    value: float


def write(path: Path, selection: Selection, targets: Mapping[str, Tensor], ids: Mapping[str, Tensor]) -> None:
    """Write one row per rule, split and sample.

    Args:
        path: the file.
        selection: the epochs kept.
        targets: class indices (N,) by split.
        ids: of the samples in their data set, (N,) by split; a split without any has its positions.
    """
    store(path, _table(selection, targets, ids))


def store(path: Path, table: pa.Table) -> None:
    """Write a table of samples, whose vectors are lists of a fixed size."""
    lists = [field.name for field in table.schema if pa.types.is_fixed_size_list(field.type)]
    # As an open file: pyarrow wants its paths in UTF-8.
    with replacing(path) as beside, beside.open("wb") as file:
        pq.write_table(
            table,
            file,
            # Their bytes split, logits that two rules share are stored once.
            compression="zstd",
            use_byte_stream_split=[f"{name}.list.element" for name in lists],
            use_dictionary=[name for name in table.column_names if name not in lists],
        )


def missing(asked: Collection[str], recorded: Collection[str]) -> list[tuple[Metric, bool]]:
    """What logits have to give of the metrics `asked` for: metrics, each whole or by modality.

    Args:
        asked: as an experiment names them; accuracy/* is one of each modality.
        recorded: the names of what the run measured itself.
    """
    there = {(kind, bool(part)) for kind, _, part in (name.partition("/") for name in recorded)}
    wanted = {(kind, bool(part)) for kind, _, part in (name.partition("/") for name in asked)}
    return [(metric_of(kind), part) for kind, part in sorted(wanted - there) if metric_of(kind).function]


def measure(path: Path, wanted: Sequence[tuple[Metric, bool]]) -> Iterator[Value]:
    """Every one of `wanted`, as `missing` gives them, of each rule and split, from the logits in `path`.

    Raises:
        UserError: there are none: a run of before they were kept.
    """
    with path.open("rb") as file:
        table = pq.read_table(file)
    columns = [name for name in table.column_names if name.partition("/")[0] == LOGITS]
    if not columns:
        raise UserError(
            f"{path} is of a version that kept no logits, from which {wanted[0][0].name} is computed; remove "
            "the run's directory and the seeds=*.json beside it, and run the workflow again."
        )
    target = torch.from_numpy(table["target"].to_numpy().astype(np.int64))
    logits = {name: _stacked(table[name]) for name in columns}
    groups = table.select(["selection", "split"]).to_pandas().groupby(["selection", "split"], observed=True)
    for (selection, split), rows in groups.indices.items():
        for metric, by_modality in wanted:
            for column in columns:
                _, _, modality = column.partition("/")
                if bool(modality) == by_modality:
                    name = f"{metric.name}/{modality}" if modality else metric.name
                    yield Value(selection, split, name, metric(logits[column][rows], target[rows]))


def _table(selection: Selection, targets: Mapping[str, Tensor], ids: Mapping[str, Tensor]) -> pa.Table:
    tables = []
    for name, rule in selection.rules.items():
        for split, logits in rule.logits.items():
            target, places = targets[split], torch.arange(len(targets[split]))
            answer = logits[LOGITS]
            true = answer.log_softmax(1).gather(1, target.unsqueeze(1)).squeeze(1)
            columns = {
                "selection": _repeated(name, len(target)),
                "split": _repeated(split, len(target)),
                "index": _array(places.int()),
                "id": _array(ids.get(split, places)),
                "target": _array(target.int()),
                "prediction": _array(answer.argmax(1).int()),
                "log_probability": _array(true),
                **{column: _vectors(values) for column, values in logits.items()},
            }
            tables.append(pa.Table.from_arrays(list(columns.values()), list(columns)))
    return pa.concat_tables(tables).unify_dictionaries()


def _vectors(values: Tensor) -> Any:
    """Logits (N, C) as a column."""
    return pa.FixedSizeListArray.from_arrays(_array(values.float().flatten()), values.shape[1])


def _array(values: Tensor) -> pa.Array:
    """`values` in Arrow, from their buffer: `pyarrow.array` would import pandas, for half a second."""
    numbers = values.contiguous().numpy()
    kind = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])


def _repeated(word: str, times: int) -> pa.DictionaryArray:
    text = word.encode()
    ends = torch.tensor([0, len(text)], dtype=torch.int32).numpy()
    words = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(ends), pa.py_buffer(text)])
    return pa.DictionaryArray.from_arrays(_array(torch.zeros(times, dtype=torch.int32)), words)


def _stacked(column: Any) -> Tensor:
    """A column as logits (N, C)."""
    values = column.combine_chunks().flatten().to_numpy(zero_copy_only=False, writable=True)
    return torch.from_numpy(values.reshape(len(column), -1))
