"""What selecting an epoch and dividing the data do to the numbers and the rows' order; an extension."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

import pandas as pd
from scipy.stats import kendalltau

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compare import differences, scores
from inforeg.analysis.statistics.paired import mean_interval
from inforeg.runspec import DataConfig, RunConfig
from inforeg.suite.experiment import Selection
from inforeg.ties import settled

RULES: tuple[Selection, ...] = get_args(Selection)


def gains(study: Study) -> pd.DataFrame:
    """Each row's mean under each selection rule, and its gain over `val`, paired by seed.

    Returns:
        benchmark, row, rule, n, mean, gain, ci_low, ci_high, tau, against: Kendall's tau is of the order of
        the rows under the two. `against` is `val`; on the last lines, under `val`, it is the benchmark
        with the honest split that one with a random split leaks over.
    """
    values = pd.concat(_under(study, rule).assign(rule=rule) for rule in RULES)
    parts = (values[values["benchmark"] == name] for name in study.benchmarks)
    numbers = pd.concat(_against_val(part) for part in parts).assign(against="val")
    leaks = (_leak(values, leaky, honest) for leaky, honest in honest_split(study).items())
    return pd.concat([numbers, *leaks], ignore_index=True)


def honest_split(study: Study) -> dict[str, str]:
    """Of each benchmark with a random split, the one that differs from it in the split alone."""
    configs = {name: config.trial() for name, config in study.benchmarks.items()}
    honest = {name: _honest(config) for name, config in configs.items()}
    return {
        leaky: name
        for leaky, wanted in honest.items()
        for name, config in configs.items()
        if wanted is not None and config == wanted and study.benchmarks[name].unit == "seed"
    }


def _honest(config: RunConfig) -> RunConfig | None:
    """`config` with the data set's own split in the place of a random one; None where it is not random."""
    if config.data.options.get("split") != "random":
        return None
    data = config.data.model_dump(exclude={"split"})
    return config.model_copy(update={"data": DataConfig.model_validate(data)})


def _leak(values: pd.DataFrame, leaky: str, honest: str) -> pd.DataFrame:
    """Each row's gain under `val` from the split `leaky`, paired by seed: the same weights at the start."""
    val = values[values["rule"] == "val"].drop(columns="rule")
    both = val[val["benchmark"].isin([leaky, honest])]
    as_rules = both.assign(rule=both["benchmark"].map({leaky: "leaky", honest: "val"}), benchmark=leaky)
    found = _gains(as_rules, ["leaky"])
    return found.assign(rule="val", against=honest)


def _under(study: Study, rule: Selection) -> pd.DataFrame:
    """The rows' scores as another selection rule would report them."""
    experiment = study.experiment.model_copy(update={"selection": rule})
    return scores(replace(study, experiment=experiment), study.experiment.metric)


def _against_val(values: pd.DataFrame) -> pd.DataFrame:
    """One benchmark's means per row and rule, with the paired gain over `val` and the order's agreement."""
    return _gains(values, RULES)


def _gains(values: pd.DataFrame, rules: Iterable[str]) -> pd.DataFrame:
    """As `_against_val`, of these `rules`, in what both have: rows, and seeds."""
    table = values.pivot_table(index=["benchmark", "row", "seed"], columns="rule", values="value", sort=False)
    table = table.reindex(columns=list({"val": None} | dict.fromkeys(rules))).dropna()
    means = table.groupby(["benchmark", "row"], sort=False).mean()
    lines = []
    for rule in rules:
        order = settled(means["val"]), settled(means[rule])
        tau = kendalltau(*order).statistic if len(means) > 1 else math.nan
        for (benchmark, row), runs in table.groupby(["benchmark", "row"], sort=False):
            gain = differences(runs[rule], runs["val"])
            low, high = mean_interval(gain)
            lines.append((benchmark, row, rule, len(runs), runs[rule].mean(), gain.mean(), low, high, tau))
    columns = ["benchmark", "row", "rule", "n", "mean", "gain", "ci_low", "ci_high", "tau"]
    return pd.DataFrame(lines, columns=columns)
