"""Which rows differ from which: paired over seeds or folds, corrected within a family of tests."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from inforeg.analysis.collected.answers import Answers
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics import paired
from inforeg.analysis.statistics.crossed import CROSSED, over_both
from inforeg.analysis.statistics.level import ALPHA, MINIMUM
from inforeg.analysis.statistics.power import detectable
from inforeg.errors import unknown
from inforeg.metrics.base import is_weakest, metric_of
from inforeg.metrics.classification import ACCURACY
from inforeg.ties import apart, settled

RESULTS = [
    "n", "difference", "ci_low", "ci_high", "se", "effect_size", "p", "test", "test_set_low",
    "test_set_high", "finished_n", "finished_difference", "finished_low", "finished_high", *CROSSED,
]  # fmt: skip
"""What a paired test says, by column."""


class Pair(NamedTuple):
    """Row `row` against row `reference` on one benchmark."""

    benchmark: str
    row: str
    reference: str


def scores(study: Study, metric: str) -> pd.DataFrame:
    """The rows' test values of `metric` in its reported unit.

    A row with several variants, such as `unimodal` with one per modality, is represented by the one with
    the best mean validation accuracy among those that have the metric; the test split has no say in the
    choice. Where folds are a benchmark's unit, the column `seed` holds them.

    Returns:
        benchmark, row, variant, several, seed, value, diverged; for a run that diverged the level of chance.

    Raises:
        UserError: no run has the metric.
    """
    runs = study.collected.runs
    test = runs[(runs["selection"] == study.experiment.selection) & (runs["split"] == "test")]
    if is_weakest(metric):
        kind = metric.partition("/")[0]
        wanted = {name: f"{kind}/{weakest(study, name)}" for name in study.benchmarks}
        found = test[test["metric"] == test["benchmark"].map(wanted)]
    elif metric in set(test["metric"]):
        found = test[test["metric"] == metric]
    else:
        raise unknown("test metric", metric, test["metric"].unique())
    cell = ["benchmark", "row", "variant"]
    found = found.merge(best_variants(runs.merge(found[cell].drop_duplicates(), on=cell)), on=cell)
    found["value"] *= metric_of(metric).unit.factor
    order = list(study.labels)
    found = found.sort_values("row", key=lambda keys: keys.map(order.index), kind="stable")
    return found[["benchmark", "row", "variant", "several", "seed", "value", "diverged"]]


def weakest(study: Study, benchmark: str) -> str | None:
    """The modality with the lowest mean validation accuracy in the reference row, through its own logits.

    None where the reference row is left out, or lacks such an accuracy.
    """
    runs = study.collected.runs
    here = runs[(runs["benchmark"] == benchmark) & (runs["row"] == study.experiment.reference)]
    val = here[(here["selection"] == "val") & (here["split"] == "val")]
    means = val.groupby("metric")["value"].mean()
    modalities = list(study.benchmarks[benchmark].encoders)
    accuracies = means.reindex([f"{ACCURACY.name}/{modality}" for modality in modalities])
    return None if accuracies.isna().any() else modalities[int(settled(accuracies).argmin())]


def best_variants(runs: pd.DataFrame) -> pd.DataFrame:
    """Each row's variant with the best mean validation accuracy: benchmark, row, variant, several.

    Of equals the first in the alphabet.
    """
    wanted = (runs["selection"] == "val") & (runs["split"] == "val") & (runs["metric"] == ACCURACY.name)
    means = runs[wanted].groupby(["benchmark", "row", "variant"])["value"].mean().reset_index()
    means["value"] = means.groupby(["benchmark", "row"])["value"].transform(settled)
    means["several"] = means.duplicated(["benchmark", "row"], keep=False)
    best = means.sort_values("value", ascending=False, kind="stable").drop_duplicates(["benchmark", "row"])
    return best.drop(columns="value")


def compare(study: Study, values: pd.DataFrame, reference: str | None = None) -> pd.DataFrame:
    """Every row against a reference on every benchmark; Holm over the rows of a benchmark.

    Args:
        study: whose rows.
        values: the `scores` of the experiment's metric.
        reference: key of the row to test against; default: each row's own, else the experiment's first.

    Returns:
        A line per benchmark and row: mean, sd (ddof = 1) and n, and where some of its runs diverged the same
        of the others; for all rows but the reference also the columns of `effects` and `corrected`. In the
        metric's reported unit.
    """
    against = {key: reference or own for key, own in study.experiment.own_references.items()}
    pairs = [Pair(benchmark, *each) for benchmark in study.benchmarks for each in against.items()]
    tests = effects(values, study.answers, study.experiment.metric, pairs)
    tests = corrected(tests, "benchmark", study)
    by = ["benchmark", "row", "variant", "several"]
    summary = _summary(values, by)
    merged = pd.DataFrame(pairs).merge(summary, on=["benchmark", "row"])
    merged = merged.merge(tests.drop(columns="n"), on=list(Pair._fields), how="left")
    merged["note"] = [_note(line) for line in merged.to_dict("records")]
    return merged.drop(columns="several")


def effects(values: pd.DataFrame, answered: Answers, metric: str, pairs: Iterable[Pair]) -> pd.DataFrame:
    """The paired test of each of `pairs` that has data for both of its rows.

    Args:
        values: the `scores` of `metric`.
        answered: the `answers` of the rows.
        metric: as in `scores`.
        pairs: to test; a row against itself is passed over.

    Returns:
        A line per pair: n, difference, ci_low, ci_high, se (of the difference), effect_size (d_z), p, test;
        with fewer pairs than MINIMUM, for accuracy, also the interval of the difference over resampled test
        sets; where a run of either row diverged also number, mean and interval of the other differences; and
        for accuracy what `CROSSED` says over seeds and test samples together.
    """
    lines = []
    for pair in pairs:
        delta = paired_differences(values, pair)
        if pair.row == pair.reference or delta.empty:
            continue
        lines.append({**pair._asdict(), **_tested(delta), **_of_finished(values, pair, delta)})
        cells = [(pair.benchmark, key, _variant(values, pair, key)) for key in pair[1:]]
        if metric == ACCURACY.name and answered.keys() >= {*cells}:
            tables = [answered[cell] for cell in cells]
            lines[-1] |= over_both(*tables)
            if len(delta) < MINIMUM:
                lines[-1] |= _over_test_sets(*tables)
    return pd.DataFrame(lines, columns=[*Pair._fields, *RESULTS])


def _tested(delta: pd.Series) -> dict[str, Any]:
    """The paired test of the differences `delta`."""
    result = paired.paired(delta)
    return {
        "n": result.n,
        "difference": result.difference,
        "ci_low": result.low,
        "ci_high": result.high,
        "se": paired.standard_error(delta),
        "effect_size": result.effect_size,
        "p": result.p,
        "test": f"paired sign-flip, {'exact' if paired.is_exact(result.n) else 'Monte Carlo'}",
    }


def _of_finished(values: pd.DataFrame, pair: Pair, delta: pd.Series) -> dict[str, float]:
    """Of the differences `delta`, by seed, those without a run that diverged; nothing where none did."""
    own = values[(values["benchmark"] == pair.benchmark) & values["row"].isin([pair.row, pair.reference])]
    rest = delta.drop(own.loc[own["diverged"], "seed"], errors="ignore")
    if len(rest) == len(delta):
        return {}
    if rest.empty:
        return {"finished_n": 0}
    found = paired.paired(rest)
    ends = {"finished_low": found.low, "finished_high": found.high}
    return {"finished_n": found.n, "finished_difference": found.difference, **ends}


def differences(row: pd.Series, reference: pd.Series) -> pd.Series:
    """`row` minus `reference` by the index that they share; 0 where they are equal but for rounding."""
    row, reference = row.align(reference, join="inner")
    return pd.Series(apart(row, reference), row.index).dropna()


def corrected(tests: pd.DataFrame, by: str, study: Study) -> pd.DataFrame:
    """`tests` of `study` with Holm's p over each family, the lines with the same value of the column `by`.

    Adds p_holm, significant, family (its size), detectable (the smallest difference that so many pairs would
    find) and, where too few seeds or folds make significance impossible whatever the data, a note that says
    so.
    """
    groups = tests.groupby(by)["p"]
    tests = tests.assign(p_holm=groups.transform(paired.holm), family=groups.transform("size"))
    tests["significant"] = tests["p_holm"] < ALPHA
    sizes = [(int(n), int(family)) for n, family in zip(tests["n"], tests["family"], strict=True)]
    tests["detectable"] = [
        detectable(se * math.sqrt(n), n, family) for se, (n, family) in zip(tests["se"], sizes, strict=True)
    ]
    units = map(study.units, tests["benchmark"])
    tests["note"] = [too_few(*size, each) for size, each in zip(sizes, units, strict=True)]
    return tests


def too_few(n: int, family: int, units: str) -> str:
    """Why `n` `units` can reject none of `family` tests; empty where they can."""
    smallest = paired.smallest_p(n, family)
    if smallest < ALPHA:
        return ""
    return (
        f"too few {units}: with n = {n} and {family} tests Holm's p cannot fall below {smallest:.2g} "
        f"({paired.seeds_needed(family)} {units} suffice)"
    )


def _summary(values: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Number, mean and sd of the scores of each cell, and those of its finished runs where some diverged."""
    told = values.groupby(by).agg(n=("value", "size"), mean=("value", "mean"), sd=("value", "std"))
    partly = values[values.groupby(by)["diverged"].transform("any")]
    rest = partly[~partly["diverged"]].groupby(by)
    others = rest.agg(finished_mean=("value", "mean"), finished_sd=("value", "std"))
    return told.join(others).reset_index()


def _of_row(frame: pd.DataFrame, benchmark: str, row: str) -> pd.DataFrame:
    return frame[(frame["benchmark"] == benchmark) & (frame["row"] == row)]


def paired_differences(values: pd.DataFrame, pair: Pair) -> pd.Series:
    """`row` minus `reference` by seed or fold; empty where one of them is left out."""
    row, reference = (
        _of_row(values, pair.benchmark, key).set_index("seed")["value"] for key in (pair.row, pair.reference)
    )
    return differences(row, reference).sort_index()


def _variant(values: pd.DataFrame, pair: Pair, row: str) -> str:
    return str(_of_row(values, pair.benchmark, row)["variant"].iloc[0])


def _over_test_sets(row: pd.DataFrame, reference: pd.DataFrame) -> dict[str, float]:
    """Interval of the difference in accuracy (points) over resampled test sets, the seeds held fixed."""
    correct = row.mean() - reference.mean()
    low, high = paired.resampled_interval(correct.dropna() * ACCURACY.unit.factor)
    return {"test_set_low": low, "test_set_high": high}


def _note(line: Mapping[Any, Any]) -> str:
    variant = f"{line['variant']}, the best variant on validation" if line["several"] else ""
    return "; ".join(part for part in (variant, line["note"]) if isinstance(part, str) and part)
