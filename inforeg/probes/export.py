"""What a finished run's model makes of each sample, for other programs."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from inforeg.engine.evaluate import LOGITS
from inforeg.files import replacing
from inforeg.models.inference import infer

if TYPE_CHECKING:
    from inforeg.probes.restore import Restored

FEATURES = "features"
"""What an encoder's output is called: features/<modality>."""

SPLITS = ("train", "val", "test")

Columns = Mapping[str, NDArray[Any]]
"""Of N samples, (N,) or (N, width) each, by name."""


def columns(run: "Restored", splits: Iterable[str]) -> Columns:
    """Each sample of `splits` in its clean view, one split after the other.

    Returns:
        split, index (in it), id (in the data set, or the index where that names none), target and
        prediction, (N,); logits and logits/<modality>, (N, C); features/<modality>, (N, d_m). Targets of
        `train` are those that the run was trained on.
    """
    parts = [_of_split(run, name) for name in splits]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@torch.no_grad()
def _of_split(run: "Restored", name: str) -> Columns:
    split = {"train": run.data.train, "val": run.data.val, "test": run.data.test}[name]
    output = infer(run.model, split)
    logits, index = run.method.predict(output), torch.arange(len(split))
    tensors = {
        "index": index,
        "id": run.data.ids.get(name, index),
        "target": split.target,
        "prediction": logits.argmax(1),
        LOGITS: logits.float(),
        **{f"{LOGITS}/{m}": share.float() for m, share in output.unimodal.items()},
        **{f"{FEATURES}/{m}": values.flatten(1).float() for m, values in output.features.items()},
    }
    arrays: dict[str, NDArray[Any]] = {key: values.cpu().numpy() for key, values in tensors.items()}
    return {"split": np.full(len(split), name, dtype=f"U{max(map(len, SPLITS))}"), **arrays}


def write(path: Path, found: Columns, told: Mapping[str, Any], form: str) -> None:
    """Write `columns` as lists of a fixed size in Parquet, or as arrays in an npz.

    What is `told` beside them is JSON: in the Parquet file's metadata, or an array each.
    """
    texts = {name: json.dumps(value, sort_keys=True) for name, value in told.items()}
    if form == "npz":
        arrays: dict[str, Any] = {**found, **{name: np.array(text) for name, text in texts.items()}}
        with replacing(path) as beside, beside.open("wb") as file:
            np.savez_compressed(file, **arrays)
        return
    import pyarrow as pa

    from inforeg.engine.predictions import store

    lists = [
        pa.array(values)
        if values.ndim == 1
        else pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
        for values in found.values()
    ]
    store(path, pa.Table.from_arrays(lists, list(found)).replace_schema_metadata(texts))
