"""An experiment's first table: its rows by benchmarks and, where rows have them, columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, product
from string import ascii_lowercase

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables import acting, diverged, oracle
from inforeg.analysis.tables.render import Entry, Style, Table
from inforeg.analysis.tables.words import (
    EPOCH,
    NOTHING,
    mean_sd,
    number,
    reached,
    reference_names,
    spread,
)
from inforeg.errors import unknown
from inforeg.metrics.base import is_weakest, metric_of, title_of
from inforeg.suite.experiment import Selection
from inforeg.ties import settled

TUNED = "Every row is tuned by the same trials, on validation over seeds that are not reported."
"""A note of a table of tuned rows."""
MARKS = (("↑", "↓"), ("△", "▽"))
"""Above and below, by reference."""
Sets = Mapping[str, Mapping[str, Entry]]
"""What a table shows of each data set, ours or printed: title to row key to cell."""

Content = tuple[list[str], list[list[Entry]]]
"""Header, without the first column, and rows."""

OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}

STYLES: dict[float, Style] = {1: "best", 2: "second"}


def main_table(study: Study, statistics: Statistics) -> Table:
    """Lines by benchmarks and columns: mean ± sd, best and second marked, significance against references.

    With the cells left out and the paper's numbers.
    """
    experiment = study.experiment
    left_out = study.left_out(experiment.metric)
    letters = dict(zip(sorted({cell["reason"] for cell in left_out}), alphabet(), strict=False))
    cells = {(cell["row"], cell["benchmark"]): Entry("—", mark=letters[cell["reason"]]) for cell in left_out}
    shown = _bracketed(study, statistics, _cells(study, statistics), experiment.selection)
    cells |= diverged.marked(study, acting.marked(statistics, shown))
    sets = _sets(study, cells, _bracketed(study, statistics, oracle.cells(study, statistics), oracle.RULE))
    for data, numbers in experiment.printed.items():
        sets[f"{data}, printed (%)"] = {row: _printed(found) for row, found in numbers.items()}
    columns = list(dict.fromkeys(row.column for row in experiment.rows))
    header, rows = _side_by_side(study, sets) if columns == [""] else _stacked(study, sets, columns)
    notes = [*_notes(study, statistics), *(f"{letter}: {reason}." for reason, letter in letters.items())]
    caption = experiment.caption or experiment.title
    return Table(caption, study.name, ["Method", *header], rows, notes)


def _sets(study: Study, cells: acting.Cells, by_oracle: acting.Cells) -> dict[str, dict[str, Entry]]:
    """The `cells` of each benchmark and, beside those that the paper prints, the same by the test oracle."""
    unit = metric_of(study.experiment.metric).unit.name
    sets = {}
    for name, config in study.benchmarks.items():
        sets[f"{config.title} ({unit})"] = {row: cell for (row, b), cell in cells.items() if b == name}
        if found := {row: cell for (row, b), cell in by_oracle.items() if b == name}:
            sets[f"{config.title}, test oracle ({unit})"] = found
    return sets


def alphabet() -> Iterator[str]:
    """A to z, then aa to zz, and so on."""
    for length in count(1):
        yield from map("".join, product(ascii_lowercase, repeat=length))


def _side_by_side(study: Study, sets: Sets) -> Content:
    """Header and rows with a column per data set."""
    rows = [
        [Entry(label), *(cells.get(keys[""], NOTHING) for cells in sets.values())]
        for label, keys in study.grid.items()
    ]
    return list(sets), rows


def _stacked(study: Study, sets: Sets, columns: Sequence[str]) -> Content:
    """Header and rows with the experiment's own columns, one data set below the other."""
    rows = []
    for title, cells in sets.items():
        rows.append([Entry(title, "heading"), *(Entry("") for _ in columns)])
        for label, keys in study.grid.items():
            rows.append([Entry(label), *(cells.get(keys.get(column, ""), NOTHING) for column in columns)])
    return list(columns), rows


def _bracketed(study: Study, statistics: Statistics, cells: acting.Cells, rule: Selection) -> acting.Cells:
    """`cells` with the means of the metrics `beside` in brackets, as `rule` selects the epoch."""
    if not (study.experiment.beside and cells):
        return cells
    best = statistics.best(rule)
    means = best.set_index(["benchmark", "row", "metric"])["mean"]
    wanted = {metric for benchmark in study.benchmarks for metric in beside(study, benchmark)}
    missing = wanted - set(best["metric"])
    if missing and rule == study.experiment.selection:  # what probes find is of this one alone
        raise unknown("test metric", min(missing), best["metric"].unique())
    shown = {}
    for (row, benchmark), cell in cells.items():
        found = (means.get((benchmark, row, metric)) for metric in beside(study, benchmark))
        text = " / ".join(
            NOTHING.text if value is None else number(metric_of(metric).unit.factor * value, ".1f")
            for metric, value in zip(beside(study, benchmark), found, strict=True)
        )
        shown[row, benchmark] = replace(cell, text=f"{cell.text} ({text})")
    return shown


def beside(study: Study, benchmark: str) -> list[str]:
    """The metrics in brackets on a benchmark; accuracy/* is one of each modality."""
    modalities = study.benchmarks[benchmark].encoders
    return [
        metric
        for wanted in study.experiment.beside
        for metric in (
            [wanted.replace("*", modality) for modality in modalities] if "*" in wanted else [wanted]
        )
    ]


def _cells(study: Study, statistics: Statistics) -> dict[tuple[str, str], Entry]:
    """Mean ± sd of every row, ranked among the rows that are tested against the same one, with its marks."""
    cells: dict[tuple[str, str], Entry] = {}
    ascending = not metric_of(study.experiment.metric).higher_is_better
    for which, marks in enumerate(MARKS):
        comparison = statistics.against(which)
        family = comparison["row"].map(study.experiment.own_references)
        for (benchmark, _), lines in comparison.groupby(["benchmark", family], sort=False):
            places = pd.Series(settled(lines["mean"])).rank(method="min", ascending=ascending)
            for place, line in zip(places, lines.to_dict("records"), strict=True):
                mark = "" if line["significant"] is not True else marks[line["difference"] < 0]
                at = line["row"], str(benchmark)
                plain = mean_sd(line["mean"], line["sd"])
                before = cells.get(at, replace(plain, style=STYLES.get(place, "plain")))
                cells[at] = replace(before, mark=before.mark + mark)
    return cells


def _notes(study: Study, statistics: Statistics) -> Iterator[str]:
    experiment = study.experiment
    yield (
        f"Test {title_of(experiment.metric)} {EPOCH[experiment.selection]}. {spread(study)} Best in "
        "bold, second best underlined."
    )
    against = "; ".join(
        f"{up}, {down}: above, below {name}"
        if statistics.against(which)["significant"].eq(True).any()
        else f"no row is above or below {name}"
        for which, ((up, down), name) in enumerate(zip(MARKS, reference_names(study), strict=False))
    )
    yield (
        f"{against[0].upper()}{against[1:]} with p < {ALPHA} in a two-sided paired sign-flip test over "
        f"{study.units()}, after Holm over the rows of a benchmark."
    )
    yield from reached(study, statistics, study.benchmarks)
    yield f"Optimiser: {', '.join(_optimizers(study))}."
    tested = statistics.comparison.dropna(subset="difference")
    told = tested.assign(note=tested["note"].astype(str).str.split("; ")).explode("note")
    for note, lines in told[told["note"] != ""].groupby("note", sort=False):
        yield f"{_who(study, lines, tested)} on {study.titles(lines['benchmark'])}: {note}."
    if is_weakest(experiment.metric):
        found = {study.titles([name]): statistics.weakest_on(name) for name in study.benchmarks}
        named = (f"{modality} on {title}" for title, modality in found.items() if modality)
        yield f"The weakest modality of {study.labels[experiment.reference]}: {', '.join(named)}."
    if experiment.beside:
        yield f"In brackets: {'; '.join(_brackets(study))}."
    yield from acting.notes(study, statistics)
    yield from diverged.notes(study, statistics.comparison)
    if experiment.tuned:
        yield TUNED
    yield from oracle.notes(study)
    if experiment.printed:
        yield "Printed: as the paper prints it."


def _optimizers(study: Study) -> Iterator[str]:
    """What trains the rows: under Adam, scaling a gradient has no lasting effect."""
    users: dict[str, dict[str, None]] = {}
    for row in study.experiment.rows:
        for config in study.benchmarks.values():
            kind = str(row.set.get("training.optimizer", config.training.optimizer))
            users.setdefault(OPTIMIZERS[kind], {})[f"column {row.column}" if row.column else row.label] = None
    for name, rows in users.items():
        yield name if len(users) == 1 else f"{name} ({', '.join(rows)})"


def _brackets(study: Study) -> Iterator[str]:
    """What stands in brackets, by benchmark unless it is the same for all."""
    titles = {name: " / ".join(map(title_of, beside(study, name))) for name in study.benchmarks}
    if len(set(titles.values())) == 1:
        yield next(iter(titles.values()))
    else:
        yield from (f"{title} on {study.titles([name])}" for name, title in titles.items())


def _who(study: Study, lines: pd.DataFrame, tested: pd.DataFrame) -> str:
    """The rows of `lines`, in short if they are all that was tested on their benchmarks."""
    if len(lines) == tested["benchmark"].isin(lines["benchmark"]).sum():
        return "All rows"
    return ", ".join(study.labels[key] for key in lines["row"].unique())


def _printed(numbers: Sequence[float | None]) -> Entry:
    return Entry(" / ".join("—" if x is None else f"{x:.2f}" for x in numbers) or "—")
