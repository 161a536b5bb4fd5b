"""From run directories to tidy frames, one observation a row, and where they come from."""

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from inforeg.analysis.collected.diverged import Frames, divided
from inforeg.analysis.collected.folds import FOLD, UNIT, pooled
from inforeg.analysis.collected.origins import absent, listed, origin_of
from inforeg.analysis.collected.parquet import read_parquet, read_whole, write_parquet
from inforeg.engine import predictions
from inforeg.engine.contents import METRICS, PREDICTIONS, RUN, SUMMARY, Run, Summary
from inforeg.engine.finished import check_report, finished, read_cost
from inforeg.engine.provenance import Gathered, Timed
from inforeg.errors import UserError
from inforeg.files import SEAL, sealed, sha256, write_json
from inforeg.metrics.cost import COUNTS, SECONDS
from inforeg.metrics.recorded import lost
from inforeg.probes.frames import COLUMNS
from inforeg.probes.results import Result, read_result
from inforeg.reading import read_json
from inforeg.registry import PROBES
from inforeg.runspec import RunSpec
from inforeg.suite.experiment import TABLED, Selection
from inforeg.suite.jobs import closure
from inforeg.suite.plan import Cell, Fold, Plan


@dataclass(frozen=True)
class Collected:
    """The runs of one experiment.

    Attributes:
        runs: a metric of one split at the epoch that a selection rule keeps; accuracies in 0..1. A run that
            diverged is at the level of chance, and says so; of its row the other frames but predictions and
            costs hold nothing.
        epochs: a metric at one epoch, named as the run records it ("val/accuracy", "trace/batch/audio").
        costs: steps, forward_passes, backward_passes, wall_seconds, the same as "total/..." with the runs
            that it needs, training_seconds, samples_per_second, peak_memory_mib.
        predictions: whether a test sample is classified correctly, under the experiment's selection rule,
            and the group that it is of, -1 where nothing says.
        corruptions: test accuracy with one modality corrupted; empty unless that probe examined the runs.
        embeddings: features in two dimensions; empty unless that probe did.
        provenance: commits, versions and data hashes of the runs, their probes' among them, the commit that
            collected them, the cells left out with their reason, those in which some runs diverged, the
            classes that a split lacks, and what samples are missing.
        seal: of the files that it was read from; empty for runs that have just been collected.
    """

    runs: pd.DataFrame
    epochs: pd.DataFrame
    costs: pd.DataFrame
    predictions: pd.DataFrame
    corruptions: pd.DataFrame
    embeddings: pd.DataFrame
    provenance: dict[str, Any]
    seal: str = ""

    def write(self, folder: Path) -> None:
        """One Parquet file per frame, and last provenance.json, which with times.json states their SHA-256.

        Equal runs give equal bytes, but for costs, which hold times, and times.json.
        """
        for name in COLUMNS:
            write_parquet(getattr(self, name), folder / f"{name}.parquet")
        files = {f"{name}.parquet": sha256(folder / f"{name}.parquet") for name in COLUMNS}
        timed = {"costs.parquet": files.pop("costs.parquet")}
        origin = sealed({**self.provenance, "files": files})
        write_json(folder / TIMES, sealed({"files": timed, "provenance": origin[SEAL]}))
        write_json(folder / PROVENANCE, origin)

    @classmethod
    def read(cls, folder: Path, wanted: Collection[str] = tuple(COLUMNS)) -> "Collected":
        """The `wanted` frames that `write` wrote; the others have not even columns.

        Raises:
            UserError: a file is missing or not as it was written.
        """
        gathered = read_json(folder / PROVENANCE, Gathered, _COLLECT)
        timed = read_json(folder / TIMES, Timed, _COLLECT)
        if timed.provenance != gathered.seal:
            raise UserError(f"{folder / TIMES} is damaged (it is of other runs); {_COLLECT}.")
        stated = {**gathered.files, **timed.files}
        frames = dict.fromkeys(COLUMNS, pd.DataFrame())
        for name in wanted:
            frames[name] = read_whole(folder / f"{name}.parquet", stated, _COLLECT)
        origin = gathered.model_dump(exclude={"files", "seal"})
        return cls(**frames, provenance=origin, seal=timed.seal)


def collect(
    plan: Plan,
    root: Path,
    selection: Selection,
    probes: Collection[str] = (TABLED,),
    metrics: Collection[str] = (),
    *,
    gaps: Mapping[str, str] | None = None,
    groups: Mapping[str, NDArray[Any]] | None = None,
) -> Collected:
    """All runs of `plan`, which lie under `root`.

    Args:
        plan: of the experiment.
        root: of all run directories.
        selection: the rule whose predictions are kept.
        probes: by which the runs are examined.
        metrics: that are computed where a run has not recorded them, as an experiment names them.
        gaps: what is to be known of samples that are missing, by benchmark.
        groups: of samples by their id, by benchmark.

    Raises:
        UserError: a run is missing, unfinished, damaged, made with another spec or not examined.
    """
    tables: dict[str, list[tuple[pd.DataFrame, dict[str, Any]]]] = {name: [] for name in COLUMNS}
    origins, examiners = [], set()
    folders = {spec.directory(root): spec for cell in plan.cells for spec in cell.specs}
    summaries = {folder: read_finished(folder, spec) for folder, spec in folders.items()}
    diverged = {folder for folder, summary in summaries.items() if summary.diverged is not None}
    parted = divided(plan, diverged, root)
    pairs = [(cell, spec) for cell in parted.plan.cells for spec in cell.specs]
    for cell, spec in tqdm(pairs, "collect", unit="run", disable=None):
        folder = spec.directory(root)
        results = _results(folder, spec, probes)
        origins.append(read_json(folder / RUN, Run, _AGAIN))
        examiners |= {result.commit for result in results.values()}
        found = _measured(spec, root, selection, (groups or {}).get(spec.benchmark))
        found |= _examined(summaries[folder], results, folder, metrics)
        for each, frames in parted.counted(cell, spec, found, root):
            for name, frame in frames.items():
                tables[name].append((frame, _identity(cell, each)))
    if not origins:
        raise UserError("Every row of the experiment diverges; lower training.lr.")
    told = {"absent": absent(parted.plan, root), "gaps": gaps or {}, "diverged": listed(parted.partly)}
    told |= {"specs_sha256": plan.digest}
    origin = {**origin_of(parted.plan, origins, examiners), **told}
    return Collected(
        **{name: _joined(name, parts) for name, parts in tables.items()}, provenance=origin, seal=""
    )


def _measured(spec: RunSpec, root: Path, selection: Selection, groups: NDArray[Any] | None) -> Frames:
    """The frames that the run `spec` alone fills."""
    folder = spec.directory(root)
    return {
        "epochs": pd.DataFrame(_epochs(folder / METRICS), columns=["epoch", "metric", "value"]),
        "costs": _costs(spec, closure(spec), root),
        "predictions": _predictions(folder / PREDICTIONS, selection, groups),
    }


def _examined(
    summary: Summary, results: Mapping[str, Result], folder: Path, metrics: Collection[str]
) -> Frames:
    """The frames that the probes of a run fill, and `runs`, which holds numbers of theirs."""
    filled = {
        frame: pd.DataFrame(result.columns)
        for name, result in results.items()
        if (frame := PROBES.get(name).frame)
    }
    return {**filled, "runs": _observations(summary, results, folder, metrics)}


def _joined(name: str, parts: Sequence[tuple[pd.DataFrame, dict[str, Any]]]) -> pd.DataFrame:
    """A frame out of those of the runs, each with its identity; the same columns where there are none."""
    if not parts:
        return pd.DataFrame(columns=COLUMNS[name])
    frames = [frame for frame, _ in parts]
    rows = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
    owners = pd.DataFrame([identity for _, identity in parts]).iloc[rows].reset_index(drop=True)
    together = pd.concat([pd.concat(frames, ignore_index=True), owners], axis=1)
    return _sorted(pooled(name, together[[*COLUMNS[name], FOLD, UNIT]]))


def merge(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The `runs` of several experiments, each run once and without the row that it serves."""
    together = pd.concat(frames).drop(columns="row").drop_duplicates()
    return _sorted(together)


PROVENANCE, TIMES = "provenance.json", "times.json"

_COLLECT = "make it with `inforeg collect`"
_AGAIN = "remove the run's directory and the seeds=*.json beside it, and run the workflow again"


def read_finished(folder: Path, spec: RunSpec) -> Summary:
    """The summary of the finished run `spec`, once it is known to be whole and the one that was reported."""
    if not (folder / SUMMARY).exists():
        raise UserError(
            f"{folder} holds no finished run; remove the seeds=*.json beside it, if there is one, and run "
            "the workflow again."
        )
    summary = finished(folder, spec, _AGAIN)
    check_report(folder, spec, _AGAIN)
    return summary


def _identity(cell: Cell, spec: RunSpec) -> dict[str, Any]:
    fold = cell.fold or Fold(0, spec.variant, "seed")
    return {
        "row": cell.row,
        "benchmark": spec.benchmark,
        "method": spec.method,
        "variant": fold.variant,
        "seed": spec.seed,
        "spec_sha256": spec.digest(),
        "data_hash": spec.data_hash or "",
        FOLD: fold.number,
        UNIT: fold.unit,
    }


def _results(folder: Path, spec: RunSpec, probes: Collection[str]) -> dict[str, Result]:
    """What the probes found in a finished run, by their name."""
    classes = [PROBES.get(name) for name in probes]
    return {cls.name: read_result(folder, spec, cls) for cls in classes if cls.chosen([spec.seed])}


def _observations(
    summary: Summary, results: Mapping[str, Result], folder: Path, asked: Collection[str]
) -> pd.DataFrame:
    """Every metric by selection rule; those of probes are of the model that validation selects."""
    rows = []
    for selection, kept in summary.selection.items():
        numbers = kept.numbers
        if selection == "val":
            for result in results.values():
                numbers |= result.numbers  # in the place of those that runs used to state
            numbers |= lost(numbers)
        for key, value in numbers.items():
            split, _, metric = key.partition("/")
            rows.append((selection, kept.epoch, split, metric, value))
    if unrecorded := predictions.missing(asked, {metric for *_, metric, _ in rows}):
        rows += [
            (each.selection, summary.selection[each.selection].epoch, each.split, each.metric, each.value)
            for each in predictions.measure(folder / PREDICTIONS, unrecorded)
        ]
    columns = ["selection", "epoch", "split", "metric", "value"]
    return pd.DataFrame(rows, columns=columns).assign(diverged=False)


def _epochs(path: Path) -> Iterator[tuple[int, str, float]]:
    for line in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        epoch = line.pop("epoch")
        for metric, value in line.items():
            yield epoch, metric, math.nan if value is None else float(value)


def _costs(spec: RunSpec, needed: Sequence[RunSpec], root: Path) -> pd.DataFrame:
    """The run's own costs, and its counts and time together with those of the runs that it needs."""
    own, *others = (read_cost(each.directory(root), each.digest(), _AGAIN) for each in (spec, *needed))
    totals = {
        f"total/{name}": own[name] + sum(other[name] for other in others) for name in (*COUNTS, SECONDS)
    }
    costs = {metric: float(value) for metric, value in (own | totals).items()}
    return pd.DataFrame(costs.items(), columns=["metric", "value"])


def _predictions(path: Path, selection: Selection, groups: NDArray[Any] | None) -> pd.DataFrame:
    named = ["id"] if groups is not None else []
    frame = read_parquet(path, ["selection", "split", "index", "target", "prediction", *named])
    kept = frame[(frame["selection"] == selection) & (frame["split"] == "test")]
    group = np.full(len(kept), -1) if groups is None else groups[kept["id"]]
    correct = kept["prediction"] == kept["target"]
    return pd.DataFrame({"index": kept["index"], "group": group, "correct": correct})


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [column for column in frame.columns if column not in ("value", "correct")]
    return frame.sort_values(keys, ignore_index=True)
