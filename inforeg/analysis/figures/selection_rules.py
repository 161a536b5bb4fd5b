"""What selecting an epoch and dividing the data do to the numbers and the rows' order; an extension."""

import math
from itertools import cycle
from typing import get_args

import pandas as pd

from inforeg.analysis.canvas import Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, draw_nothing, entry
from inforeg.analysis.figures.style import COLOURS, COLUMN
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.words import number
from inforeg.metrics.base import metric_of, title_of
from inforeg.suite.experiment import Selection

MARKERS = dict(zip(get_args(Selection), "osD", strict=True))

WORDS = {"val": "best on validation", "last": "last epoch", "test_oracle": "best on test (oracle)"}
"""How the legend calls the rules."""


def selection(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Every row's mean under each selection rule, from the same runs, a panel per benchmark.

    τ is Kendall's, of the rows' order by validation and by the oracle, and of that under a random split and
    the honest one.

    Returns:
        The figure, and its numbers: each rule's gain over `val`, paired by seed with its 95 % interval, and
        tau; and the same of a random split `against` the honest one.
    """
    metric, keys = study.experiment.metric, list(study.labels)
    numbers = statistics.selection
    of_rules = numbers["against"] == "val"
    height = (0.55 + 0.13 * len(keys)) * len(study.benchmarks) + 0.5
    figure = Figure((COLUMN, height), layout="constrained")
    axes = figure.subplots(len(study.benchmarks), 1, squeeze=False)[:, 0]
    for ax, (name, config) in zip(axes, study.benchmarks.items(), strict=True):
        at = numbers["benchmark"] == name
        here, leak = numbers[at & of_rules], numbers[at & ~of_rules]
        for (rule, marker), colour in zip(MARKERS.items(), cycle(COLOURS)):
            mine = here[here["rule"] == rule]
            looks = {"color": colour, "markerfacecolor": "none", "label": entry(WORDS[rule])}
            ax.plot(mine["mean"], mine["row"].map(keys.index), marker, ms=3.5, **looks)
        ax.set_yticks(range(len(keys)), list(study.labels.values()))
        ax.set_ylim(len(keys) - 0.5, -0.5)
        if here.empty:
            draw_nothing(ax)
        tau = _tau(here[here["rule"] == "test_oracle"])
        told = (
            "" if leak.empty else f"\nτ of those by this split and the honest one {number(_tau(leak), '.2f')}"
        )
        ax.set_title(f"{config.title}\nτ of the orders by validation and oracle {number(tau, '.2f')}{told}")
    axes[-1].set_xlabel(
        f"Test {title_of(metric)} ({metric_of(metric).unit.name});\nτ: Kendall's, of two orders of the rows"
    )
    draw_legend(figure, axes)
    return figure, numbers


def _tau(numbers: pd.DataFrame) -> float:
    """Kendall's tau of `numbers`; NaN where there is nothing to order."""
    return float(numbers["tau"].iloc[0]) if len(numbers) else math.nan
