"""Rows compared within every column of a table, and where joint training is best on validation."""

import math

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compare import Pair, best_variants, corrected, effects, paired_differences
from inforeg.analysis.statistics.paired import holm, reselected_p
from inforeg.analysis.statistics.power import detectable
from inforeg.engine.selection import CHOOSING
from inforeg.ties import settled


def contrasted(study: Study, values: pd.DataFrame) -> pd.DataFrame:
    """Every contrast of the experiment in every column; Holm over the columns of a benchmark.

    The first contrast, in the column that `chosen` names, is the primary comparison: one test a benchmark,
    which takes the choice into account, Holm over the benchmarks.

    Args:
        study: whose contrasts.
        values: the `scores` of its metric.

    Returns:
        contrast, column, and the columns of `effects` and `corrected`; primary, whether the line is that of
        the primary comparison, and there p_primary and detectable_primary, as of that family.
    """
    tests = pd.concat(
        [
            corrected(found, "benchmark", study).assign(contrast=contrast.title)
            for contrast in study.experiment.contrasts
            for found in [_tested(study, values, contrast.row, contrast.reference)]
        ],
        ignore_index=True,
    )
    best, first = chosen(study), study.experiment.contrasts[0].title
    tests = tests.assign(p_primary=math.nan, detectable_primary=math.nan)
    tests["primary"] = (tests["contrast"] == first) & (tests["benchmark"].map(best) == tests["column"])
    primary = tests[tests["primary"]]
    tests.loc[primary.index, "p_primary"] = holm(
        [_reselected(study, values, b) for b in primary["benchmark"]]
    )
    tests.loc[primary.index, "detectable_primary"] = [
        detectable(line["se"] * math.sqrt(line["n"]), int(line["n"]), len(primary))
        for line in primary.to_dict("records")
    ]
    return tests


def _reselected(study: Study, values: pd.DataFrame, benchmark: str) -> float:
    """The p of the primary comparison on `benchmark`."""
    rows = paired_rows(study, benchmark)
    gains = {each: paired_differences(values, Pair(benchmark, *keys)) for each, keys in rows.items()}
    table = pd.DataFrame(gains).dropna()
    row, reference = (
        pd.DataFrame({each: validation(study, benchmark, keys[side]) for each, keys in rows.items()})
        for side in (0, 1)
    )
    return reselected_p(table, reference.loc[table.index], row.loc[table.index])


def chosen(study: Study) -> dict[str, str]:
    """By benchmark the column in which the first contrast's reference has the best mean validation accuracy.

    Of equals the first. Benchmarks of which no column has both rows of the contrast are not there.
    """
    found = {}
    for benchmark in study.benchmarks:
        means = {
            column: validation(study, benchmark, reference).mean()
            for column, (_, reference) in paired_rows(study, benchmark).items()
        }
        if means:
            found[benchmark] = list(means)[int(settled(list(means.values())).argmax())]
    return found


def paired_rows(study: Study, benchmark: str) -> dict[str, tuple[str, str]]:
    """By column, the keys of the first contrast's two rows, where both have runs on the benchmark."""
    contrast, grid = study.experiment.contrasts[0], study.grid
    runs = study.collected.runs
    there = set(runs.loc[runs["benchmark"] == benchmark, "row"])
    both = {
        column: (key, grid[contrast.reference][column])
        for column, key in grid[contrast.row].items()
        if column in grid[contrast.reference]
    }
    return {column: keys for column, keys in both.items() if there.issuperset(keys)}


def validation(study: Study, benchmark: str, row: str) -> pd.Series:
    """The validation accuracies that select the epochs of a row's runs, by seed; in the reported unit.

    Of several variants the best one's.
    """
    runs = study.collected.runs
    mine = runs[(runs["benchmark"] == benchmark) & (runs["row"] == row) & (runs["selection"] == "val")]
    kept = mine[(mine["split"] == "val") & (mine["metric"] == CHOOSING.name)]
    kept = kept[kept["variant"].isin(best_variants(kept)["variant"])]
    return kept.set_index("seed")["value"].sort_index() * CHOOSING.unit.factor


def _tested(study: Study, values: pd.DataFrame, row: str, reference: str) -> pd.DataFrame:
    """The tests of one contrast, a line per benchmark and column in which both rows have runs."""
    grid = study.grid
    columns = [column for column in grid[row] if column in grid[reference]]
    pairs = {
        Pair(benchmark, grid[row][column], grid[reference][column]): column
        for benchmark in study.benchmarks
        for column in columns
    }
    tests = effects(values, study.answers, study.experiment.metric, pairs)
    named = tests[[*Pair._fields]].itertuples(index=False, name=None)
    return tests.assign(column=[pairs[Pair(*each)] for each in named])
