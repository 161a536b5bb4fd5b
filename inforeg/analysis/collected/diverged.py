"""Runs that diverged, among others of a row that did not: each counts as answering always one class."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from inforeg.analysis.collected.parquet import read_parquet
from inforeg.engine.contents import PREDICTIONS
from inforeg.metrics.base import metrics
from inforeg.runspec import RunSpec
from inforeg.suite.plan import Cell, Plan

Frames = dict[str, pd.DataFrame]

KEPT = ("runs", "predictions", "costs")
"""Frames of a row in which a run diverged: all others show means, which would flatter it."""

NO_EPOCH = -1
"""In the place of the epoch that a selection rule keeps."""


@dataclass(frozen=True)
class Divided:
    """The runs of an experiment, those that diverged apart.

    Attributes:
        plan: of the finished runs, without the rows of which all seeds of a cell diverged.
        partly: a sentence on each row in which some did, by row key and benchmark.
        beside: runs that diverged, by the directory of a finished one of the same cell.
    """

    plan: Plan
    partly: Mapping[tuple[str, str], str]
    beside: Mapping[Path, Sequence[RunSpec]]

    def counted(
        self, cell: Cell, spec: RunSpec, found: Frames, root: Path
    ) -> Iterator[tuple[RunSpec, Frames]]:
        """The finished run `spec`, which fills `found`, and what counts in the place of those beside it."""
        folder = spec.directory(root)
        if (cell.row, cell.benchmark) in self.partly:
            found = _comparable(found)
        yield spec, found
        for lost in self.beside.get(folder, ()):
            yield lost, _stand_in(found, folder)


def divided(plan: Plan, diverged: Container[Path], root: Path) -> Divided:
    """`plan`, whose runs are below `root`, without those whose directories are in `diverged`."""
    cells, left_out, beside = [], dict(plan.left_out), {}
    seeds: dict[tuple[str, str], set[int]] = {}
    for cell in plan.cells:
        at, lost = (cell.row, cell.benchmark), [s for s in cell.specs if s.directory(root) in diverged]
        seeds.setdefault(at, set()).update(spec.seed for spec in lost)
        if len(lost) == len(cell.specs):
            left_out[at] = _reason(len(lost), len(cell.specs))
            continue
        cells.append(replace(cell, specs=tuple(spec for spec in cell.specs if spec not in lost)))
        beside[cells[-1].specs[0].directory(root)] = lost
    kept = tuple(cell for cell in cells if (cell.row, cell.benchmark) not in left_out)
    sizes = {(cell.row, cell.benchmark): len(cell.specs) for cell in plan.cells}
    partly = {at: _reason(len(found), sizes[at]) for at, found in seeds.items() if found}
    return Divided(
        Plan(kept, left_out), {at: told for at, told in partly.items() if at not in left_out}, beside
    )


def _reason(count: int, seeds: int) -> str:
    return f"training diverges with {count} of {seeds} seeds"


def _comparable(found: Frames) -> Frames:
    """Of the frames of a finished run what stands for one that diverged has as well, and its cost."""
    runs = found["runs"]
    return {name: found[name] for name in KEPT} | {"runs": runs[_levelled(runs)]}


def _stand_in(found: Frames, folder: Path) -> Frames:
    """What stands for a run that diverged.

    Args:
        found: the `_comparable` frames of a finished run on the same data.
        folder: its directory.
    """
    answers = read_parquet(folder / PREDICTIONS, ["split", "index", "target"])
    answers = answers.drop_duplicates(["split", "index"]).sort_values("index")
    targets = {
        str(split): torch.tensor(own["target"].to_numpy())
        for split, own in answers.groupby("split", observed=True)
    }
    runs, levels = found["runs"], _levels()
    values = [
        levels[metric.partition("/")[0]](targets[split])
        for split, metric in zip(runs["split"], runs["metric"], strict=True)
    ]
    answer = targets["test"].bincount().argmax()
    correct = (targets["test"] == answer).numpy()[found["predictions"]["index"]]
    return {
        "runs": runs.assign(epoch=NO_EPOCH, value=values, diverged=True),
        "predictions": found["predictions"].assign(correct=correct),
    }


def _levelled(runs: pd.DataFrame) -> "pd.Series[bool]":
    """Which observations are of a metric that has a level of chance, on a split whose classes are kept."""
    return runs["metric"].str.partition("/")[0].isin(_levels()) & runs["split"].isin(["val", "test"])


def _levels() -> dict[str, Callable[[Tensor], float]]:
    return {name: metric.chance for name, metric in metrics().items() if metric.chance is not None}
