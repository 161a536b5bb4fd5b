"""Leaderboards: all rows of all experiments, on a benchmark or over all of them."""

import math
from collections.abc import Iterator

from inforeg.analysis.figures.critical_difference import cliques
from inforeg.analysis.site import addresses
from inforeg.analysis.site.content import Content, Line, Shown
from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.tables.details import estimate
from inforeg.analysis.tables.main_table import alphabet
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import NOTHING, interval, mean_sd, number, signed
from inforeg.suite.experiment import Selection

HEADER = [
    "Method", "Mean ± sd", "Metric", "Difference [95 %]", "Against", "p (Holm)", "Group", "n", "Acted (%)",
    "Cost (×)", "Experiment", "Selected by", "Tuned",
]  # fmt: skip
RULES: dict[Selection, str] = {"val": "validation", "last": "last epoch", "test_oracle": "test oracle"}
"""How an epoch is selected, in short."""
ABOVE, BELOW, ALIKE, REFERENCE, UNTESTED = "above", "below", "not told apart", "reference", "not tested"

NOTES = (
    f"Group: above or below the reference of its experiment with p (Holm) < {ALPHA}, or not told apart from "
    "it, which is no evidence of no difference. p: two-sided paired sign-flip test, Holm over the rows of an "
    "experiment's benchmark; the interval is uncorrected.",
    "Acted: share of the steps in which the method changed a gradient, where runs say. Cost: passes through "
    "the encoders in units of the reference's, a backward pass counting as two, where an experiment asks.",
    "Selected by: the split on whose accuracy the epoch was chosen that counts; an oracle is biased upwards.",
    "A method stands there once for each experiment: the rows of two experiments may differ in their seeds, "
    "settings and reference, so that only rows of one experiment are compared by a test.",
)


def of_benchmark(content: Content, benchmark: str) -> Table:
    """Every row on one benchmark, best first."""
    found = [(each, line) for each in content.experiments for line in ranked(each, benchmark)]
    found.sort(key=lambda pair: _order(*pair))
    rows = [row(each, line) for each, line in found]
    return Table(f"Leaderboard: {content.titled(benchmark)}", f"board-{benchmark}", HEADER, rows, NOTES)


def ranked(shown: Shown, benchmark: str) -> list[Line]:
    """The lines of an experiment on a benchmark that have a mean, best first."""
    lines = [line for line in shown.comparison if line["benchmark"] == benchmark]
    return sorted(
        (line for line in lines if math.isfinite(line["mean"])), key=lambda line: _order(shown, line)
    )


def group(line: Line) -> str:
    """How a row stands to its reference."""
    if line["row"] == line["reference"]:
        return REFERENCE
    if math.isnan(line["p_holm"]):
        return UNTESTED
    if line["significant"] is not True:
        return ALIKE
    return ABOVE if line["difference"] > 0 else BELOW


def overall(content: Content) -> Table:
    """The rows of each experiment of several benchmarks, over all of these."""
    header = [
        "Method", "Mean rank", "Group", "Interquartile mean [95 %]", "Metric", "P(improvement) [95 %]",
        "Against", "Above / alike / below", "Experiment", "Selected by", "Tuned",
    ]  # fmt: skip
    rows = [row for each in content.experiments for row in _over_all(each)]
    notes = [
        "Mean rank: over the benchmarks of the experiment, 1 is best. Group: rows that share a letter have "
        f"mean ranks that Nemenyi's test does not tell apart at {ALPHA}. Interquartile mean and probability "
        "of an improvement over the reference: with 95 % stratified bootstrap over seeds. Above, alike, "
        "below: on how many benchmarks the row is in that group there."
    ]
    return Table("Leaderboard: all benchmarks", "board-all", header, rows, notes)


def letters(shown: Shown) -> dict[str, str]:
    """The groups of rows whose mean ranks are not told apart, by row; empty without ranks."""
    if shown.ranks is None:
        return {}
    placed = shown.ranks.mean_rank.sort_values(kind="stable")
    found = {str(row): "" for row in placed.index}
    groups = cliques(placed.to_list(), shown.ranks.critical_difference)
    for letter, (first, last) in zip(alphabet(), groups, strict=False):
        for row in placed.index[first : last + 1]:
            found[str(row)] += letter
    return found


def experiments(content: Content) -> Table:
    """The experiments, each with its benchmarks and how it is read."""
    rows = [
        [
            Entry(each.title, link=addresses.experiment(each.name)),
            Entry(", ".join(dict.fromkeys(content.titled(line["benchmark"]) for line in each.comparison))),
            Entry(str(each.provenance["runs"])),
            *protocol(each),
        ]
        for each in content.experiments
    ]
    return Table(
        "Experiments", "experiments", ["Experiment", "Benchmarks", "Runs", "Selected by", "Tuned"], rows
    )


def _order(shown: Shown, line: Line) -> tuple[str, float]:
    return shown.metric, line["mean"] if shown.lower else -line["mean"]


def row(shown: Shown, line: Line) -> list[Entry]:
    """A line of a leaderboard."""
    at = line["row"], line["benchmark"]
    own = line["row"] == line["reference"]
    return [
        method(shown, line["row"]),
        mean_sd(line["mean"], line["sd"]),
        measured(shown),
        NOTHING if own else Entry(f"{signed(line['difference'])} {interval(line, 'ci')}"),
        NOTHING if own else Entry(shown.label(line["reference"])),
        Entry(number(line["p_holm"], ".2g")),
        Entry(group(line)),
        Entry(number(line["n"], ".0f")),
        Entry(f"{100 * shown.acted[at]:.1f}") if at in shown.acted else NOTHING,
        Entry(f"{shown.cost[at]:.2f}") if at in shown.cost else NOTHING,
        Entry(shown.name, link=addresses.experiment(shown.name)),
        *protocol(shown),
    ]


def method(shown: Shown, row: str) -> Entry:
    """A row, with a link to its method."""
    return Entry(shown.label(row), link=addresses.method(row.partition("/")[0]))


def measured(shown: Shown) -> Entry:
    """What an experiment tests, with its unit."""
    return Entry(f"{shown.metric or 'not stated'} ({shown.unit})")


def protocol(shown: Shown) -> list[Entry]:
    """By which an epoch is selected, and whether the experiment is tuned."""
    tuned = {True: "tuned", False: "not tuned", None: "not stated"}[shown.tuned]
    rule = RULES[shown.selection] if shown.selection else "not stated"
    return [Entry(rule), Entry(tuned)]


def _over_all(shown: Shown) -> Iterator[list[Entry]]:
    groups = letters(shown)
    for line in sorted(shown.overview, key=lambda line: line["mean_rank"]):
        row = line["row"]
        lines = [each for each in shown.comparison if each["row"] == row]
        counts = [sum(group(each) == which for each in lines) for which in (ABOVE, ALIKE, BELOW)]
        reference = next((each["reference"] for each in lines), row)
        own = row == reference
        yield [
            method(shown, row),
            Entry(number(line["mean_rank"], ".1f")),
            Entry(groups.get(row, "") or NOTHING.text),
            estimate(line, "iqm", ".1f"),
            measured(shown),
            estimate(line, "improvement", ".2f"),
            NOTHING if own else Entry(shown.label(reference)),
            NOTHING if own else Entry(" / ".join(map(str, counts))),
            Entry(shown.name, link=addresses.experiment(shown.name)),
            *protocol(shown),
        ]
