"""Accuracy against cost."""

import numpy as np
import pandas as pd

from inforeg.analysis.canvas import Figure, FuncFormatter, LogLocator, NullFormatter
from inforeg.analysis.collected.costs import costs
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_nothing
from inforeg.analysis.figures.style import COLOURS, COLUMN
from inforeg.analysis.statistics.compare import compare
from inforeg.metrics.base import metric_of, title_of
from inforeg.ties import settled


def cost(study: Study) -> tuple[Figure, pd.DataFrame]:
    """The metric against the relative cost of training, per benchmark; what nothing cheaper beats named."""
    metric = study.experiment.metric
    means = compare(study)[["benchmark", "row", "mean", "sd", "n"]]
    numbers = costs(study).merge(means, on=["benchmark", "row"])
    numbers["efficient"] = False
    names = list(study.benchmarks)
    figure = Figure((COLUMN, 0.3 + 1.7 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    for ax, benchmark in zip(axes, names, strict=True):
        here = numbers[numbers["benchmark"] == benchmark]
        front = efficient(here["relative"], here["mean"], lower=not metric_of(metric).higher_is_better)
        numbers.loc[front.index, "efficient"] = front
        ax.plot(here["relative"], here["mean"], "o", ms=2.5, color="0.6")
        best = here[front].sort_values("relative")
        ax.plot(best["relative"], best["mean"], "o-", ms=3.5, color=COLOURS[0], drawstyle="steps-post")
        for place, line in enumerate(best.to_dict("records")):
            beside = (-4, 3, "right") if place % 2 else (4, -7, "left")
            ax.annotate(
                study.labels[line["row"]],
                (line["relative"], line["mean"]),
                beside[:2],
                textcoords="offset points",
                ha=beside[2],
                fontsize=6,
            )
        if here.empty:
            draw_nothing(ax, "no runs to show, or none of the reference")
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.margins(x=0.25, y=0.15)
        ax.set_title(study.benchmarks[benchmark].title)
        ax.set_ylabel(f"Test {title_of(metric)} ({metric_of(metric).unit.name})")
    axes[-1].set_xlabel(f"Passes over those of {study.labels[study.experiment.reference]}")
    return figure, numbers


def efficient(cost: pd.Series, value: pd.Series, *, lower: bool) -> pd.Series:
    """Whether no other point is at most as dear and better, or as good and cheaper."""
    price, quality = settled(cost), settled(-value if lower else value)
    beaten = [
        bool(np.any((price <= c) & (quality >= q) & ((price < c) | (quality > q))))
        for c, q in zip(price, quality, strict=True)
    ]
    return ~pd.Series(beaten, index=cost.index, dtype=bool)
