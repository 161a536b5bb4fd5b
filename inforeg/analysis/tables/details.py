"""An experiment's tables across benchmarks, and of one benchmark in detail."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables import acting
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import (
    EPOCH,
    NOTHING,
    SMALLEST,
    found_by,
    interval,
    mean_sd,
    number,
    probability,
    reached,
    reference_names,
    rejecting,
    signed,
    smallest_found,
    spread,
)
from inforeg.metrics.base import metric_of, title_of
from inforeg.metrics.classification import ACCURACY, MACRO_F1
from inforeg.metrics.recorded import GAP, PROBE, PROBE_GAP

ORACLE = "The test oracle picks the epoch on the test split: biased upwards, shown for comparison only."
SHARES = (
    "Each modality through its own share of the logits, or with the other features at zero (Greedy: through "
    "its branch, cut off from the others). Gap: best minus worst modality."
)
PROBES = (
    "Accuracy of a linear classifier on each frozen encoder, at the epoch with the best validation accuracy. "
    "Gap: best minus worst modality."
)
ACTED = ("all", "acted")
"""Stands for a selection rule and a metric."""
OFTEN = (
    " Acted: share of the steps of the whole training in which the method changed a gradient "
    f"({acting.IDLE}: in none of some run)."
)


def across_table(study: Study, statistics: Statistics) -> Table:
    """Rank, interquartile mean and probability of improvement over all benchmarks."""
    rows = [
        [
            Entry(study.labels[line["row"]]),
            Entry(number(line["mean_rank"], ".1f")),
            estimate(line, "iqm", ".1f"),
            estimate(line, "improvement", ".2f"),
        ]
        for line in statistics.overview.to_dict("records")
    ]
    how = f"95 % stratified bootstrap over {study.units()}"
    notes = [f"Intervals: {how}. Rows that a benchmark lacks are not shown."]
    if ranks := statistics.ranks:
        why = " (all rows are tied on every benchmark)" if math.isnan(ranks.statistic) else ""
        notes.append(
            f"Friedman: chi-squared = {number(ranks.statistic, '.1f')}, p = {ranks.p:.2g}{why}. Nemenyi: "
            f"mean ranks further apart than {ranks.critical_difference:.1f} differ at {ALPHA}."
        )
    header = [
        "Method",
        "Mean rank (1 is best)",
        f"Interquartile mean ({metric_of(study.experiment.metric).unit.name})",
        f"P(improvement over {study.labels[study.experiment.reference]})",
    ]
    return Table(f"{study.experiment.title}: all benchmarks", f"{study.name}-across", header, rows, notes)


def detail_tables(study: Study, statistics: Statistics, benchmark: str) -> list[Table]:
    """One benchmark: accuracy under the three selection rules, then each modality."""
    config, chosen = study.benchmarks[benchmark], study.experiment.selection
    rules = {
        "Best validation epoch": ("val", ACCURACY.name),
        "Last epoch": ("last", ACCURACY.name),
        "Test oracle": ("test_oracle", ACCURACY.name),
        "Macro-F1": (chosen, MACRO_F1.name),
    }
    shares = {m: (chosen, f"{ACCURACY.name}/{m}") for m in config.encoders}
    probes = {m: ("val", f"{PROBE.name}/{m}") for m in config.encoders}
    gaps = {"Gap": (chosen, GAP.name)}, {"Gap": ("val", PROBE_GAP.name)}
    often = {"Acted": ACTED} if _acted(statistics, benchmark) else {}
    contents = (
        (
            "accuracy by selection rule",
            rules | often,
            f"{ORACLE} Macro-F1 {EPOCH[chosen]}.{OFTEN if often else ''}",
        ),
        ("accuracy by modality", shares | gaps[0], f"{SHARES} Accuracies {EPOCH[chosen]}."),
        ("linear probes", probes | gaps[1], PROBES),
    )
    return [
        Table(
            f"{config.title}: {what}",
            f"{study.name}-{benchmark}-{what.split()[-1]}",
            ["Method", *(f"{title} ({_unit(*column)})" for title, column in columns.items())],
            _details(study, statistics, benchmark, columns),
            [f"{spread(study, [benchmark])} {note}"],
        )
        for what, columns, note in contents
    ]


def _unit(rule: str, metric: str) -> str:
    return "% of steps" if (rule, metric) == ACTED else metric_of(metric).unit.name


def _details(
    study: Study, statistics: Statistics, benchmark: str, columns: Mapping[str, tuple[str, str]]
) -> list[list[Entry]]:
    """A line per row and variant; `columns` name a selection rule and a test metric each."""
    here = statistics.means[statistics.means["benchmark"] == benchmark]
    wanted = {metric: metric_of(metric).unit.factor for rule, metric in columns.values() if rule != ACTED[0]}
    found = {
        (*key, metric): mean_sd(wanted[metric] * mean, wanted[metric] * sd)
        for _, *key, metric, mean, sd in here.itertuples(index=False)
        if metric in wanted
    }
    found |= _acted(statistics, benchmark)
    lines = []
    for key, label in study.labels.items():
        variants = sorted(here.loc[here["row"] == key, "variant"].unique())
        for variant in variants:
            text = label if len(variants) == 1 else f"{label} ({variant})"
            cells = (found.get((key, variant, *column)) for column in columns.values())
            lines.append([Entry(text), *(cell or NOTHING for cell in cells)])
    return lines


def _acted(statistics: Statistics, benchmark: str) -> dict[tuple[str, ...], Entry]:
    """By row, variant and `ACTED`, the share of steps in which the method changed a gradient, if it says."""
    idle = acting.never(statistics)
    here = statistics.acted[statistics.acted["benchmark"] == benchmark]
    return {
        (line["row"], line["variant"], *ACTED): replace(
            mean_sd(100 * line["mean"], 100 * line["sd"]),
            mark=acting.IDLE if (line["row"], benchmark) in idle else "",
        )
        for line in here.to_dict("records")
    }


def tests_table(study: Study, statistics: Statistics, benchmark: str) -> Table:
    """One benchmark: every row's difference to each reference with its interval and corrected p."""
    metric, labels = study.experiment.metric, study.labels
    lines = {key: [Entry(label)] for key, label in labels.items()}
    header = ["Method"]
    for which, reference in enumerate(reference_names(study)):
        comparison = statistics.against(which)
        header += [f"Over {reference} ({metric_of(metric).unit.difference})", "p after Holm", SMALLEST]
        here = comparison[comparison["benchmark"] == benchmark]
        found = {str(line["row"]): _tested(line) for line in here.to_dict("records")}
        for key, cells in lines.items():
            cells.extend(found.get(key, [NOTHING] * 3))
    what = f"{study.benchmarks[benchmark].title}: test {title_of(metric)} over the references"
    units = study.units(benchmark)
    test = f"two-sided paired sign-flip test over {units}, {rejecting(units)}"
    notes = [f"Mean differences; {test}. {found_by(units)}", *reached(study, statistics, [benchmark])]
    return Table(what, f"{study.name}-{benchmark}-tests", header, list(lines.values()), notes)


def _tested(line: Mapping[Any, Any]) -> list[Entry]:
    if pd.isna(line["difference"]):
        return [NOTHING] * 3
    return [
        Entry(f"{signed(line['difference'])} {interval(line, 'ci')}"),
        Entry(probability(line["p_holm"])),
        smallest_found(line["detectable"]),
    ]


def estimate(line: Mapping[Any, Any], key: str, digits: str) -> Entry:
    """An estimate with its interval; a dash where there is none."""
    if key not in line or pd.isna(line[key]):
        return NOTHING
    value, low, high = (number(line[end], digits) for end in (key, f"{key}_low", f"{key}_high"))
    return Entry(f"{value} [{low}, {high}]")
