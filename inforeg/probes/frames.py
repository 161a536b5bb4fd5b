"""The frames that an experiment's runs are collected into: each one Parquet file, one observation a row."""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

RUN = ["row", "benchmark", "method", "variant", "seed"]
"""Columns that name a run, first in every frame.

Where folds are a benchmark's unit, `seed` is the fold, and values are means over the seeds; but predictions
and embeddings are of single runs everywhere.
"""

COLUMNS: Mapping[str, list[str]] = {
    "runs": [*RUN, "selection", "epoch", "split", "metric", "value", "spec_sha256", "data_hash", "diverged"],
    "epochs": [*RUN, "epoch", "metric", "value"],
    "costs": [*RUN, "metric", "value"],
    "predictions": [*RUN, "index", "group", "correct"],
    "corruptions": [*RUN, "corruption", "modality", "severity", "value"],
    "embeddings": [*RUN, "modality", "index", "target", "x", "y"],
}


def csv(frame: "pd.DataFrame") -> str:
    """`frame` without its index; a number that is not finite is an empty field."""
    return frame.replace([math.inf, -math.inf], math.nan).to_csv(index=False)


def records(frame: "pd.DataFrame") -> Any:
    """`frame` as JSON has it: a mapping a row, with None for a number that is not finite."""
    return json.loads(frame.to_json(orient="records", double_precision=15))
