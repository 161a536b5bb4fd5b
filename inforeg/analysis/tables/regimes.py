"""When a row helps: its contrasts in every column of the table, beside what is to be known of the column."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.diverged import PARTLY, without
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import (
    NOTHING,
    SMALLEST,
    found_by,
    interval,
    number,
    probability,
    rejecting,
    signed,
    smallest_found,
)
from inforeg.engine.selection import CHOOSING
from inforeg.metrics.base import metric_of, title_of

MARKS = ("↑", "↓")
"""Above and below, significantly."""

WINDOWS = {"batch": "batches", "sample": "samples", "mean": "means of ten epochs"}
"""Columns of `Statistics.windows`, and what traces they are of."""


def regime_tables(study: Study, statistics: Statistics) -> list[Table]:
    """The primary comparison, every contrast in every column, and the windows if they were recorded."""
    tables = [_primary(study, statistics), _every(study, statistics)]
    return tables if statistics.windows.empty else [*tables, _windows(study, statistics)]


def _primary(study: Study, statistics: Statistics) -> Table:
    """The first contrast where its reference is best on validation, and how it goes with the baseline."""
    contrast, unit = study.experiment.contrasts[0], metric_of(study.experiment.metric).unit
    tests = {line["benchmark"]: line for line in statistics.contrasts.query("primary").to_dict("records")}
    related = {line["benchmark"]: line for line in statistics.relation.to_dict("records")}
    rows = []
    for benchmark, config in study.benchmarks.items():
        cells = _tested(tests[benchmark]) if benchmark in tests else [NOTHING] * 4
        line = related.get(benchmark, {})
        told = [Entry(signed(line["rho"], 2)), Entry(probability(line["p_holm"]))] if line else [NOTHING] * 2
        rows.append([Entry(config.title), *cells, *told])
    header = [
        "Benchmark", "Column", f"{contrast.title} ({unit.difference})", "p after Holm", SMALLEST,
        "Rank correlation of gain and baseline", "p after Holm",
    ]  # fmt: skip
    notes = [
        f"Primary comparison: {contrast.title} in test {title_of(study.experiment.metric)}, in the column in "
        f"which {contrast.reference} has the best mean validation {CHOOSING.title}; two-sided p, by "
        f"exchanging both rows on some of the {study.units()} and choosing the column anew each time, since "
        f"the choice favours {contrast.reference} where columns are equally good. The interval does not know "
        f"of the choice. Holm over the benchmarks. {found_by(study.units())}",
        f"Spearman's correlation, over the columns, of that gain and the validation {CHOOSING.title} of "
        f"{contrast.reference}; p of all pairings, after Holm over the benchmarks. The baseline is of every "
        "other seed and the gain of those between: of the same seeds, chance alone makes the correlation "
        "negative.",
    ]
    caption = f"{study.experiment.title}: the primary comparison"
    return Table(caption, f"{study.name}-primary", header, rows, notes)


def _tested(line: Mapping[Any, Any]) -> list[Entry]:
    return [
        Entry(str(line["column"])),
        Entry(f"{signed(line['difference'])} {interval(line, 'ci')}"),
        Entry(probability(line["p_primary"])),
        smallest_found(line["detectable_primary"]),
    ]


def _every(study: Study, statistics: Statistics) -> Table:
    """A line per benchmark and column."""
    experiment, cells = study.experiment, statistics.regimes
    titles = [contrast.title for contrast in experiment.contrasts]
    tests = {
        (line["benchmark"], line["column"], line["contrast"]): line
        for line in statistics.contrasts.to_dict("records")
    }
    header = [
        "Column", f"{experiment.contrasts[0].reference}, validation ({CHOOSING.unit.name})",
        *(f"{title} ({metric_of(experiment.metric).unit.difference})" for title in titles),
        "Best epoch", f"Last tenth ({CHOOSING.unit.difference})",
    ]  # fmt: skip
    rows = []
    for benchmark, here in cells.groupby("benchmark", sort=False):
        rows.append([Entry(study.titles([str(benchmark)]), "heading"), *[Entry("")] * (len(header) - 1)])
        for cell in here.to_dict("records"):
            found = [_contrast(tests.get((benchmark, cell["column"], title))) for title in titles]
            rows.append([Entry(cell["column"]), *_cell(cell, found)])
    notes = [*_notes(study), *_without(study, statistics)]
    return Table(f"{experiment.title}: every column", f"{study.name}-columns", header, rows, notes)


def _cell(cell: Mapping[Any, Any], contrasts: list[Entry]) -> list[Entry]:
    return [
        Entry(number(cell["validation"], ".1f")),
        *contrasts,
        Entry(f"{number(cell['best_epoch'], '.0f')} of {cell['epochs']}") if cell["epochs"] else NOTHING,
        Entry(f"{signed(cell['late'])} {interval(cell, 'late')}"),
    ]


def _contrast(line: Mapping[Any, Any] | None) -> Entry:
    if line is None:
        return NOTHING
    mark = MARKS[line["difference"] < 0] if line["significant"] else ""
    text = f"{signed(line['difference'])} {interval(line, 'ci')}"
    lost = "" if pd.isna(line["finished_n"]) else PARTLY
    return Entry(text, "best" if line["primary"] else "plain", mark + lost)


def _test(study: Study) -> str:
    units = study.units()
    return f"two-sided paired sign-flip test over {units}, {rejecting(units)}."


def _notes(study: Study) -> Iterator[str]:
    up, down = MARKS
    reference = study.experiment.contrasts[0].reference
    yield f"Mean differences in test {title_of(study.experiment.metric)}; {_test(study)}"
    yield (
        f"{up}, {down}: above, below 0 with p < {ALPHA} after Holm over the columns of a benchmark, each "
        "contrast a family of its own. Bold: the primary comparison."
    )
    yield (
        f"Best epoch: of {reference} on validation, mean over seeds. Last tenth: what {reference} gains in "
        f"validation {CHOOSING.title} from the tenth of the epochs before the last to the last: near 0 where "
        "it converges."
    )


def _without(study: Study, statistics: Statistics) -> Iterator[str]:
    """What the marked differences are without the runs that diverged."""
    lines = statistics.contrasts.dropna(subset="finished_n").to_dict("records")
    told = [
        f"{line['contrast']} on {study.titles([line['benchmark']])}, {line['column']}: {without(line)}"
        for line in lines
    ]
    if told:
        yield f"{PARTLY} Without the runs that diverged: {'; '.join(told)}."


def _windows(study: Study, statistics: Statistics) -> Table:
    """How long windows are open by each estimate."""
    rows = []
    for benchmark, here in statistics.windows.groupby("benchmark", sort=False):
        rows.append([Entry(study.titles([str(benchmark)]), "heading"), *[Entry("")] * (len(WINDOWS) + 4)])
        rows += [_open(line) for line in here.to_dict("records")]
    header = [
        "Column", "Row", "Modality", *(f"By {kind} (% of epochs)" for kind in WINDOWS.values()),
        "Batches − samples (points)", "p after Holm",
    ]  # fmt: skip
    notes = [
        "Share of the epochs in which the prime learning window (Eq. 11, K = 0.04) is open, by traces of the "
        "same runs: squared norms of the gradients of batches, or of single samples (Eq. 7), or the mean "
        "over ten epochs behind ten zeros of the former, as in the released code.",
        f"Mean differences; {_test(study)} Holm over the lines of a benchmark.",
    ]
    return Table(f"{study.experiment.title}: windows", f"{study.name}-windows", header, rows, notes)


def _open(line: Mapping[Any, Any]) -> list[Entry]:
    return [
        *(Entry(line[key]) for key in ("column", "label", "modality")),
        *(Entry(number(line[kind], ".0f")) for kind in WINDOWS),
        Entry(f"{signed(line['difference'])} {interval(line, 'ci')}"),
        Entry(probability(line["p_holm"])),
    ]
