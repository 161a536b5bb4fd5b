"""From the trials of tuning to a choice."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from inforeg.analysis.collected.collect import read_finished
from inforeg.analysis.collected.origins import origin_of_trials
from inforeg.analysis.tables.render import Entry, Table, markdown
from inforeg.engine.selection import CHOOSING
from inforeg.files import write_json, write_text
from inforeg.probes.frames import csv
from inforeg.runspec import RunSpec
from inforeg.suite.plan import Trial
from inforeg.suite.rows import Row
from inforeg.suite.tuning import Choice, Choices, Protocol, Tuning, at_the_edge, best, unsafe

SCHEMA = "# yaml-language-server: $schema=../schemas/tuned.schema.json\n"
"""The first line of tuned.yaml, for editors, once it lies in workflow/config/."""


Rows = Mapping[tuple[str, str, int], Row]
"""What trials train, by benchmark, key of the row and number."""


def scores(trials: list[Trial], root: Path) -> pd.DataFrame:
    """Mean validation accuracy of every trial, in %: benchmark, row, trial, mean, sd, n, epochs, values.

    A trial of several variants, such as one of `unimodal`, counts with its best variant. One in which a run
    diverges counts as minus infinity. Nothing of the test split is read.
    """
    lines = []
    for trial in trials:
        for cell in trial.cells:
            values = [_value(spec, root) for spec in cell.specs]
            epochs = cell.specs[0].config.training.epochs
            found = {"benchmark": cell.benchmark, "row": cell.row, "trial": trial.number}
            varied = len(values) > 1 and np.isfinite(values).all()
            found |= {"mean": np.mean(values), "sd": np.std(values, ddof=1) if varied else math.nan}
            lines.append({**found, "n": len(values), "epochs": epochs, "values": values})
    frame = pd.DataFrame(lines).sort_values("mean", ascending=False, kind="stable")
    return frame.drop_duplicates(["benchmark", "row", "trial"]).sort_index().reset_index(drop=True)


def _value(spec: RunSpec, root: Path) -> float:
    """The run's validation accuracy in %."""
    summary = read_finished(spec.directory(root), spec)
    if summary.diverged:
        return -math.inf
    return CHOOSING.unit.factor * summary.selection["val"].numbers[f"val/{CHOOSING.name}"]


def write_choices(protocol: Protocol, tuning: Tuning, trials: list[Trial], root: Path, folder: Path) -> None:
    """`folder`/trials.{csv,md}, the file of the choices, and provenance.json."""
    found = scores(trials, root)
    rows = {(trial.benchmark, trial.key, trial.number): trial.row for trial in trials}
    chosen: dict[str, dict[str, Choice]] = {}
    for (benchmark, key), group in found.groupby(["benchmark", "row"], sort=False):
        number = _best(tuning, group, rows)
        choice = Choice(trial=number, row=rows[str(benchmark), str(key), number])
        chosen.setdefault(str(benchmark), {})[str(key)] = choice
    keys = list(zip(found["benchmark"], found["row"], found["trial"], strict=True))
    found["chosen"] = [chosen[benchmark][key].trial == number for benchmark, key, number in keys]
    found["settings"] = [_settings(rows[key].set) for key in keys]
    choices, listed, table, origin = (folder / file for file in protocol.files)
    write_text(listed, csv(found.drop(columns="values")))
    tables = [_table(protocol, tuning, found, rows), *_courses(protocol, tuning, found, rows)]
    write_text(table, markdown(tables, f"inforeg, {protocol.name}"))
    dumped = Choices(choices=chosen).model_dump(mode="json")
    write_text(choices, SCHEMA + yaml.safe_dump(dumped, sort_keys=False, allow_unicode=True))
    write_json(origin, origin_of_trials(trials, root))


def _best(tuning: Tuning, group: pd.DataFrame, rows: Rows) -> int:
    """The trial to be chosen of a row on a benchmark, which are those of `group`."""
    benchmark, key = group["benchmark"].iloc[0], group["row"].iloc[0]
    if tuning.trials is None:  # the row as it stands may well be one of all combinations
        group = group[group["trial"] > 0]
    numbers = [int(number) for number in group["trial"]]
    values = dict(zip(numbers, group["values"], strict=True))
    settings = {number: rows[benchmark, key, number].set for number in numbers}
    near = unsafe(values, settings, tuning.margin, tuning.breakdown)
    safe = {number: scores for number, scores in values.items() if number not in near} or values
    epochs = dict(zip(numbers, map(int, group["epochs"]), strict=True))
    return best(safe, epochs, tuning.indifference)


def _table(protocol: Protocol, tuning: Tuning, found: pd.DataFrame, rows: Rows) -> Table:
    """The chosen trial of every row and benchmark beside the row as it stands."""
    spaces = {row.key: {**tuning.common, **row.space} for row in tuning.rows}
    lines, edges = [], []
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
        if edge := at_the_edge(spaces[str(key)], row.set):
            edges.append(f"{row.label} on {benchmark} ({', '.join(edge)})")
    header = [
        "Method",
        "Benchmark",
        *(f"{which} ({CHOOSING.unit.name})" for which in ("As it stands", "Chosen")),
        "Settings",
    ]
    notes = [
        f"Mean validation {CHOOSING.title} over the seeds of tuning, which no reported run uses. Chosen is "
        "the best trial of the fewest epochs of which a trial is within one standard error, paired over seeds"
        f"{_or_within(tuning.indifference)} of the best.{_safe(tuning)}",
    ]
    if edges:
        notes.append(f"The smallest or the largest of what was tried: {'; '.join(edges)}.")
    return Table(tuning.title, protocol.name, header, lines, notes)


def _courses(protocol: Protocol, tuning: Tuning, found: pd.DataFrame, rows: Rows) -> list[Table]:
    """Where all combinations were tried: accuracy against each setting, all others being the chosen ones."""
    if tuning.trials is not None:
        return []
    tables = []
    for key, values in ((key, values) for key, values in tuning.common.items() if isinstance(values, list)):
        lines = []
        for (benchmark, row), group in found[found["trial"] > 0].groupby(["benchmark", "row"], sort=False):
            sets = {n: rows[str(benchmark), str(row), n].set for n in group["trial"]}
            chosen = rows[str(benchmark), str(row), int(group.loc[group["chosen"], "trial"].iloc[0])]
            means = dict(zip(group["trial"], group["mean"], strict=True))
            course = {
                sets[n][key]: means[n] for n in sets if {**sets[n], key: None} == {**chosen.set, key: None}
            }
            lines.append([Entry(chosen.label), Entry(str(benchmark)), *(_percent(course[v]) for v in values)])
        header = ["Method", "Benchmark", *(f"{value} ({CHOOSING.unit.name})" for value in values)]
        tables.append(
            Table(f"{key}, all other settings being the chosen ones", f"{protocol.name}_{key}", header, lines)
        )
    return tables


def _or_within(indifference: float) -> str:
    return f", or {indifference:g} {CHOOSING.unit.difference}" if indifference else ","


def _safe(tuning: Tuning) -> str:
    if tuning.margin == 1.0:
        return ""
    return (
        f" Not among them are those whose learning rate is within a factor of {tuning.margin:g} below one "
        "at which training breaks down, all else being equal, if there are others: with other seeds it may "
        "break down there too. It has where a run diverges, or the mean is more than "
        f"{tuning.breakdown:g} {CHOOSING.unit.difference} below the row's best trial."
    )


def _percent(value: float) -> Entry:
    return Entry(f"{value:.1f}" if math.isfinite(value) else "diverged")


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in settings.items())
