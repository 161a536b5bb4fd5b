"""A study in columns, made of numbers that the test chooses, without any run."""

from collections.abc import Mapping, Sequence

import pandas as pd

from inforeg.analysis.collected.collect import COLUMNS, Collected
from inforeg.analysis.collected.study import Study
from inforeg.runspec import BenchmarkConfig
from inforeg.suite.experiment import Experiment

Place = tuple[str, str]
"""Benchmark and row key."""

FIRST = {"label": "Joint", "method": "joint"}
SECOND = {"label": "InfoReg", "method": "inforeg"}
ALWAYS = {"label": "Always", "method": "inforeg", "variant": "always"}
COLUMN = [
    {"title": "plain", "name": "plain"},
    {"title": "slow", "name": "slow", "set": {"training.lr": "x0.5"}},
]
CONTRASTS = [{"row": "InfoReg", "reference": "Joint"}, {"row": "Always", "reference": "InfoReg"}]


def experiment(benchmarks: Sequence[str], **changes) -> Experiment:
    """Three rows in two columns, the second against the first and the third against the second."""
    content = {"title": "Grid", "benchmarks": list(benchmarks), "seeds": 6, "rows": [FIRST, SECOND, ALWAYS]}
    content |= {"columns": COLUMN, "contrasts": CONTRASTS, "reference": "joint"}
    return Experiment.model_validate(content | changes).in_columns()


def config(name: str) -> BenchmarkConfig:
    encoders = {"audio": {"kind": "mlp"}, "video": {"kind": "mlp"}}
    training = {"epochs": 4, "lr": 0.1, "measure": ["movement", "sample_trace"]}
    content = {
        "title": name.upper(),
        "data": {"name": "synthetic"},
        "encoders": encoders,
        "training": training,
    }
    return BenchmarkConfig.model_validate(content)


def grid(
    accuracies: Mapping[Place, Sequence[float]],
    validation: Mapping[Place, Sequence[float]] | None = None,
    courses: Mapping[tuple[str, str, str], Sequence[Sequence[float]]] | None = None,
    **changes,
) -> Study:
    """A study with these accuracies.

    Args:
        accuracies: on the test split, a number per seed, in percent.
        validation: the same on the validation split; default: those of the test split.
        courses: what was recorded, by benchmark, row and metric: of each seed, a number per epoch.
        changes: of the experiment.
    """
    benchmarks = list(dict.fromkeys(benchmark for benchmark, _ in accuracies))
    made, lines, epochs = experiment(benchmarks, **changes), [], []
    for (benchmark, row), values in accuracies.items():
        held_out = (validation or {}).get((benchmark, row), values)
        run = {"row": row, "benchmark": benchmark, "method": row.split("/")[0], "variant": "default"}
        lines += [
            {**run, "seed": seed, "epoch": seed % 3, "split": split, "value": value / 100}
            for split, each in (("test", values), ("val", held_out))
            for seed, value in enumerate(each)
        ]
    for (benchmark, row, metric), seeds in (courses or {}).items():
        run = {"row": row, "benchmark": benchmark, "metric": metric}
        epochs += [
            {**run, "seed": seed, "epoch": epoch, "value": value}
            for seed, course in enumerate(seeds)
            for epoch, value in enumerate(course)
        ]
    frames = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    frames["runs"] = pd.DataFrame(lines).assign(
        selection="val", metric="accuracy", spec_sha256="-", diverged=False
    )
    frames["epochs"] = pd.DataFrame(epochs, columns=COLUMNS["epochs"])
    origin = {
        "left_out": [],
        "diverged": [],
        "machine": {},
        "absent": {},
        "gaps": {},
        "runs": 0,
        "commits": [],
        "data": {},
    }
    collected = Collected(**frames, provenance=origin)
    return Study("grid", made, {name: config(name) for name in benchmarks}, collected)
