"""What the rule that selects an epoch does to the numbers and to the order of the rows; an extension."""

from dataclasses import replace
from itertools import cycle
from typing import get_args

import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import kendalltau

from inforeg.analysis.compare import scores, unit
from inforeg.analysis.panels import draw_legend
from inforeg.analysis.statistics import mean_interval
from inforeg.analysis.study import Study
from inforeg.analysis.style import COLOURS, COLUMN
from inforeg.analysis.tables import metric_title
from inforeg.experiment import Selection

MARKERS = dict(zip(get_args(Selection), "osD", strict=True))


def selection(study: Study) -> tuple[Figure, pd.DataFrame]:
    """Every row's mean under each selection rule, from the same runs, a panel per benchmark.

    The numbers hold each rule's gain over `val`, paired by seed with its 95 % interval, and Kendall's tau
    between the order of the rows under the two.
    """
    metric = study.experiment.metric
    values = pd.concat(_under(study, rule).assign(rule=rule) for rule in MARKERS)
    parts = [values[values["benchmark"] == name] for name in study.benchmarks]
    numbers = pd.concat(_against_val(part) for part in parts)
    figure = Figure((COLUMN, (0.55 + 0.13 * len(study.labels)) * len(parts) + 0.5), layout="constrained")
    axes = figure.subplots(len(parts), 1, squeeze=False)[:, 0]
    keys = list(study.labels)
    for ax, (name, config) in zip(axes, study.benchmarks.items(), strict=True):
        here = numbers[numbers["benchmark"] == name]
        for (rule, marker), colour in zip(MARKERS.items(), cycle(COLOURS)):
            mine = here[here["rule"] == rule]
            places = mine["row"].map(keys.index)
            ax.plot(mine["mean"], places, marker, ms=3.5, color=colour, label=rule, markerfacecolor="none")
        ax.set_yticks(range(len(keys)), list(study.labels.values()))
        ax.set_ylim(len(keys) - 0.5, -0.5)
        tau = here.loc[here["rule"] == "test_oracle", "tau"].iloc[0]
        ax.set_title(f"{config.title}\nτ of val and test_oracle: {tau:.2f}")
    axes[-1].set_xlabel(f"Test {metric_title(metric)} ({unit(metric)})")
    draw_legend(figure, axes, columns=len(MARKERS))
    return figure, numbers


def _under(study: Study, rule: Selection) -> pd.DataFrame:
    """The rows' scores as another selection rule would report them."""
    experiment = study.experiment.model_copy(update={"selection": rule})
    return scores(replace(study, experiment=experiment), study.experiment.metric)


def _against_val(values: pd.DataFrame) -> pd.DataFrame:
    """One benchmark's means per row and rule, with the paired gain over `val` and the order's agreement."""
    table = values.pivot_table(index=["benchmark", "row", "seed"], columns="rule", values="value", sort=False)
    means = table.groupby(["benchmark", "row"], sort=False).mean()
    lines = []
    for rule in MARKERS:
        tau = kendalltau(means["val"], means[rule]).statistic
        for (benchmark, row), runs in table.groupby(["benchmark", "row"], sort=False):
            gain = runs[rule] - runs["val"]
            low, high = mean_interval(gain)
            lines.append((benchmark, row, rule, len(runs), runs[rule].mean(), gain.mean(), low, high, tau))
    columns = ["benchmark", "row", "rule", "n", "mean", "gain", "ci_low", "ci_high", "tau"]
    return pd.DataFrame(lines, columns=columns)
