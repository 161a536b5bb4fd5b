"""From the trials of tuning to a choice."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from inforeg.analysis.collected.collect import read_finished
from inforeg.analysis.tables.render import Entry, Table, markdown
from inforeg.engine.selection import CHOOSING
from inforeg.files import write_text
from inforeg.probes.frames import csv
from inforeg.suite.experiment import Row
from inforeg.suite.plan import Trial
from inforeg.suite.tuning import Choice, Choices, best

SCHEMA = "# yaml-language-server: $schema=../schemas/tuned.schema.json\n"
"""The first line of tuned.yaml, for editors, once it lies in workflow/config/."""


def scores(trials: list[Trial], root: Path) -> pd.DataFrame:
    """Mean validation accuracy of every trial, in %: benchmark, row, trial, mean, sd, n.

    A trial of several variants, such as one of `unimodal`, counts with its best variant. One in which a run
    diverges counts as minus infinity. Nothing of the test split is read.
    """
    lines = []
    for trial in trials:
        for cell in trial.cells:
            for spec in cell.specs:
                summary = read_finished(spec.directory(root), spec)
                value = (
                    -math.inf
                    if summary.diverged
                    else summary.selection["val"].numbers[f"val/{CHOOSING.name}"]
                )
                lines.append(
                    {
                        "benchmark": cell.benchmark,
                        "row": cell.row,
                        "trial": trial.number,
                        "variant": cell.variant,
                        "value": CHOOSING.unit.factor * value,
                    }
                )
    groups = pd.DataFrame(lines).groupby(["benchmark", "row", "trial", "variant"], sort=False)["value"]
    found = groups.agg(mean="mean", sd="std", n="size").reset_index()
    found = found.sort_values("mean", ascending=False, kind="stable")
    found = found.drop_duplicates(["benchmark", "row", "trial"]).sort_index()
    return found.drop(columns="variant").reset_index(drop=True)


def write_choices(trials: list[Trial], root: Path, folder: Path) -> None:
    """`folder`/trials.{csv,md}, and tuned.yaml with the choices."""
    found = scores(trials, root)
    rows = {(trial.benchmark, trial.key, trial.number): trial.row for trial in trials}
    chosen: dict[str, dict[str, Choice]] = {}
    for (benchmark, key), group in found.groupby(["benchmark", "row"], sort=False):
        number = best(dict(zip(group["trial"], group["mean"], strict=True)))
        choice = Choice(trial=number, row=rows[str(benchmark), str(key), number])
        chosen.setdefault(str(benchmark), {})[str(key)] = choice
    keys = list(zip(found["benchmark"], found["row"], found["trial"], strict=True))
    found["chosen"] = [chosen[benchmark][key].trial == number for benchmark, key, number in keys]
    found["settings"] = [_settings(rows[key].set) for key in keys]
    write_text(folder / "trials.csv", csv(found))
    write_text(folder / "trials.md", markdown([_table(found, rows)], "inforeg, tuning"))
    dumped = Choices(choices=chosen).model_dump(mode="json")
    write_text(folder / "tuned.yaml", SCHEMA + yaml.safe_dump(dumped, sort_keys=False, allow_unicode=True))


def _table(found: pd.DataFrame, rows: Mapping[tuple[str, str, int], Row]) -> Table:
    """The chosen trial of every row and benchmark beside the row as it stands."""
    lines = []
    for (benchmark, key), group in found.groupby(["benchmark", "row"], sort=False):
        by_trial = group.set_index("trial")
        chosen = by_trial[by_trial["chosen"]].iloc[0]
        number = int(chosen.name)  # type: ignore[call-overload]
        row = rows[str(benchmark), str(key), number]
        lines.append(
            [
                Entry(row.label),
                Entry(str(benchmark)),
                _percent(by_trial["mean"][0]),
                _percent(chosen["mean"]),
                Entry(_settings(row.set) if number else "as it stands"),
            ]
        )
    header = [
        "Method",
        "Benchmark",
        *(f"{which} ({CHOOSING.unit.name})" for which in ("As it stands", "Chosen")),
        "Settings",
    ]
    note = f"Mean validation {CHOOSING.title} over the seeds of tuning, which no reported run uses."
    return Table("Tuning: the same trials for all methods", "tuning", header, lines, [note])


def _percent(value: float) -> Entry:
    return Entry(f"{value:.1f}" if math.isfinite(value) else "diverged")


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in settings.items())
