"""Accuracy against cost."""

from collections.abc import Mapping

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure, FuncFormatter, LogLocator, NullFormatter
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, draw_nothing, entry
from inforeg.analysis.figures.style import COLOURS, COLUMN
from inforeg.analysis.statistics.stored import Statistics
from inforeg.metrics.base import metric_of, title_of


def cost(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """The metric against the relative cost of training, per benchmark; what nothing cheaper beats named."""
    metric, numbers = study.experiment.metric, statistics.cost
    names = list(study.benchmarks)
    figure = Figure((COLUMN, 0.3 + 1.7 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    far = numbers["relative"].max() > 2 * numbers["relative"].min()
    for ax, benchmark in zip(axes, names, strict=True):
        here = numbers[numbers["benchmark"] == benchmark]
        _draw_points(ax, here, study.labels)
        if here.empty:
            draw_nothing(ax, "no runs to show, or none of the reference")
        if far:
            ax.set_xscale("log")
            ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            ax.xaxis.set_minor_formatter(NullFormatter())
        ax.margins(x=0.25, y=0.15)
        ax.set_title(study.benchmarks[benchmark].title)
        ax.set_ylabel(f"Test {title_of(metric)} ({metric_of(metric).unit.name})")
    axes[-1].set_xlabel(f"Passes of training, as multiples of {study.labels[study.experiment.reference]}")
    draw_legend(figure, axes)
    return figure, numbers


def _draw_points(ax: Axes, here: pd.DataFrame, labels: Mapping[str, str]) -> None:
    """The rows of one benchmark, with a line through and the names of those that none beats at its cost."""
    efficient = here["efficient"].astype(bool)
    best, others = here[efficient].sort_values("relative"), here[~efficient]
    if len(others):
        ax.plot(others["relative"], others["mean"], "o", ms=2.5, color="0.6", label=entry("others"))
    if len(best):
        label = entry("none better at its cost")
        ax.plot(
            best["relative"], best["mean"], "o-", ms=3.5, color=COLOURS[0], drawstyle="steps-post",
            label=label,
        )  # fmt: skip
    for place, line in enumerate(best.to_dict("records")):
        beside = (-4, 3, "right") if place % 2 else (4, -7, "left")
        ax.annotate(
            labels[line["row"]],
            (line["relative"], line["mean"]),
            beside[:2],
            textcoords="offset points",
            ha=beside[2],
            fontsize=6,
        )
