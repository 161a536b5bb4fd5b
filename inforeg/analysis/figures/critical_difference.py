"""Figures of a whole field of methods: mean ranks, and accuracy against cost."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from inforeg.analysis.canvas import Axes, Figure, FuncFormatter, LogLocator, NullFormatter
from inforeg.analysis.collected.costs import costs
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_nothing
from inforeg.analysis.figures.style import COLOURS, COLUMN
from inforeg.analysis.statistics import across
from inforeg.analysis.statistics.compare import compare, scores
from inforeg.analysis.statistics.paired import ALPHA
from inforeg.metrics.base import metric_of, title_of
from inforeg.ties import settled


def critical_difference(study: Study) -> tuple[Figure, pd.DataFrame]:
    """Mean ranks over the benchmarks; bars join rows that Nemenyi's test does not tell apart (Demšar, 2006).

    Of rows that no benchmark lacks, best first.
    """
    sign = 1 if metric_of(study.experiment.metric).higher_is_better else -1
    means = sign * across.mean_scores(scores(study, study.experiment.metric))
    if means.shape[0] < 2 or means.shape[1] < 3:
        figure = Figure((COLUMN, 0.8))
        draw_nothing(figure.subplots(), "fewer than two benchmarks and three rows\nthat all of them have")
        return figure, pd.DataFrame(columns=["row", "mean_rank", "critical_difference", "alpha"])
    ranks = across.ranks(means)
    placed = ranks.mean_rank.sort_values(kind="stable")
    groups = cliques(placed.to_list(), ranks.critical_difference)
    figure = Figure((COLUMN, 0.8 + 0.115 * len(placed)), layout="constrained")
    ax: Axes = figure.subplots()
    ax.plot(placed, range(len(placed)), "o", ms=3, color=COLOURS[0])
    ax.set_yticks(range(len(placed)), [study.labels[str(key)] for key in placed.index])
    ax.set_ylim(len(placed) - 0.5, -1.8)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", linewidth=0.3, color="0.85")
    right = placed.max()
    step = 0.03 * (placed.max() - placed.min())
    for column, (first, last) in enumerate(groups, start=1):
        ax.plot([right + (1 + column) * step] * 2, [first, last], color="black", linewidth=1.6)
    ax.plot([placed.min(), placed.min() + ranks.critical_difference], [-1.1, -1.1], "|-", color="black", ms=4)
    ax.text(placed.min(), -1.35, f"critical difference {ranks.critical_difference:.1f}", va="bottom")
    ax.set_xlabel(f"Mean rank over {means.shape[0]} benchmarks\n(1 is best; Friedman p = {ranks.p:.2g})")
    left_out = [label for key, label in study.labels.items() if key not in placed.index]
    if left_out:
        figure.supxlabel(f"Not on all benchmarks: {', '.join(left_out)}", fontsize=6)
    numbers = placed.rename("mean_rank").rename_axis("row").reset_index()
    numbers["critical_difference"], numbers["alpha"] = ranks.critical_difference, ALPHA
    return figure, numbers


def cliques(ranks: Sequence[float], difference: float) -> list[tuple[int, int]]:
    """The largest groups, as (first, last) positions, whose sorted `ranks` span at most `difference`."""
    groups: list[tuple[int, int]] = []
    for first, rank in enumerate(ranks):
        last = max(place for place, other in enumerate(ranks) if other - rank <= difference)
        if last > first and (not groups or last > groups[-1][1]):
            groups.append((first, last))
    return groups


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
