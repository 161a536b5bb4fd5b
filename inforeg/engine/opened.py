"""Runs that are read for people, in whatever state they are, and where two of them part."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from inforeg.engine.contents import METRICS, MODEL, PREDICTIONS, RUN, SUMMARY, Run, Summary
from inforeg.engine.finished import ANEW, read_run, whole
from inforeg.errors import UserError
from inforeg.files import json_text
from inforeg.reading import json_value, read_text, validated

Row = dict[str, float | None]
"""An epoch's line of metrics.jsonl; a metric that is no finite number is None."""


class Told(BaseModel):
    """What of a spec is told to people, which is there in specs of all versions."""

    class Config(BaseModel):
        """Of the training."""

        data: dict[str, Any]
        encoders: dict[str, Any]
        training: dict[str, Any]

    benchmark: str
    method: str
    variant: str
    seed: int
    versions: dict[str, Any]
    settings: dict[str, Any]
    config: Config
    data_hash: str | None


@dataclass(frozen=True)
class Opened:
    """A run's directory.

    Attributes:
        folder: the directory.
        run: what is trained, and by what.
        summary: of a finished run, diverged or not; None of one that goes on or was interrupted.
        epochs: a row each.
    """

    folder: Path
    run: Run
    summary: Summary | None
    epochs: list[Row]

    def result(self) -> Summary:
        """The summary; a `UserError` where the run is not finished."""
        if self.summary is None:
            raise UserError(f"{self.folder} holds no finished run; train it first.")
        return self.summary

    @property
    def name(self) -> str:
        """Benchmark, method, variant and seed, whatever version the spec is of."""
        spec = self.run.spec
        return f"{spec['benchmark']}/{spec['method']}/{spec['variant']}, seed {spec['seed']}"


def opened(folder: Path) -> Opened:
    """The run in `folder`.

    Raises:
        UserError: there is none, or it is damaged.
    """
    if (run := read_run(folder)) is None:
        raise UserError(
            f"{folder} holds no run; name the directory of one, such as "
            "results/runs/BENCHMARK/METHOD/VARIANT/seed=0."
        )
    validated(Told, run.spec, f"{folder / RUN}")
    summary = whole(folder, run.spec_sha256) if (folder / SUMMARY).exists() else None
    return Opened(folder, run, summary, _epochs(folder / METRICS))


def _epochs(path: Path) -> list[Row]:
    if not path.exists():
        return []
    *lines, _ = read_text(path).split("\n")  # what is being written, or was when it was killed, has no end
    rows: list[Row] = [json_value(line, f"Line {number} of {path}") for number, line in enumerate(lines, 1)]
    for row in rows:
        if not (isinstance(row, dict) and all(isinstance(each, float | int | None) for each in row.values())):
            raise UserError(f"{path} is damaged (a line in it is no epoch's numbers); {ANEW}.")
    return rows


class Parting(NamedTuple):
    """The first number in which two runs differ; `metric` is None where one of them has no such epoch."""

    epoch: int
    metric: str | None
    values: tuple[float | None, float | None]


def parting(ours: Sequence[Row], theirs: Sequence[Row]) -> Parting | None:
    """Where two runs part in what both record, or None where all of their epochs are the same in it."""
    for epoch, pair in enumerate(zip_longest(ours, theirs)):
        one, other = pair
        if one is None or other is None:
            return Parting(epoch, None, (None, None))
        for metric in sorted(one.keys() & other.keys()):
            values = one[metric], other[metric]
            # As text, in which 0.0 and -0.0 differ, as their bits do.
            if json_text(values[0]) != json_text(values[1]):
                return Parting(epoch, metric, values)
    return None


def recorded_by(ours: Sequence[Row], but: Sequence[Row]) -> list[str]:
    """The metrics of a run that another one does not record."""
    others = {name for row in but for name in row}
    return sorted({name for row in ours for name in row} - others)


def other_files(ours: Summary, theirs: Summary) -> list[str]:
    """The files of results that are not the same bytes in two finished runs."""
    names = (METRICS, PREDICTIONS, MODEL)
    return [name for name in names if ours.files.get(name) != theirs.files.get(name)]
