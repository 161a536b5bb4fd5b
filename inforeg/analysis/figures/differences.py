"""Every row's difference to the reference."""

import math
from textwrap import fill

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import (
    draw_beyond,
    draw_interval,
    draw_legend,
    draw_nothing,
    draw_significance,
)
from inforeg.analysis.figures.style import COLOURS, COLUMN, STYLE
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.words import reference_names
from inforeg.metrics.base import metric_of, title_of

WHOLE, GAIN = 0.9, 2.0
"""Share of the intervals that lie wholly on an axis that is cut, and how much wider they then have to be."""


def differences(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Paired differences against the reference with 95 % intervals; filled where significant after Holm."""
    experiment = study.experiment
    numbers = statistics.against().dropna(subset="difference")
    keys = [row.key for row in experiment.rows if row.key != experiment.reference]
    names = list(study.benchmarks)
    figure = Figure((COLUMN, (0.35 + 0.13 * len(keys)) * len(names) + 0.65), layout="constrained")
    axes = figure.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    reach = _reach(numbers)
    for ax, benchmark in zip(axes, names, strict=True):
        _draw_rows(ax, numbers[numbers["benchmark"] == benchmark], keys, reach)
        ax.set_yticks(range(len(keys)), [study.labels[key] for key in keys])
        ax.set_ylim(len(keys) - 0.5, -0.5)
        ax.set_title(study.benchmarks[benchmark].title)
    unit = metric_of(experiment.metric).unit.difference
    draw_significance(axes[0], numbers["significant"].astype(bool))
    if math.isfinite(reach):
        least, most = max(-reach, numbers["ci_low"].min()), min(reach, numbers["ci_high"].max())
        axes[0].set_xlim(1.1 * least, 1.1 * most)
        draw_beyond(axes[0], f"± {reach:g} {unit}")
    draw_legend(figure, axes)
    reference = next(reference_names(study))
    known = numbers.empty or numbers[["ci_low", "ci_high"]].notna().any(axis=None)
    interval = "95 % interval" if known else "too few for a 95 % interval"
    what = f"Difference to {reference} in test {title_of(experiment.metric)} ({unit}), {interval}"
    figure.supxlabel(fill(what, 56), fontsize=STYLE["font.size"])
    return figure, numbers


def _draw_rows(ax: Axes, numbers: pd.DataFrame, keys: list[str], reach: float) -> None:
    """The differences on one benchmark, a line a row."""
    ax.axvline(0, color="grey", linewidth=0.6)
    if numbers.empty:
        draw_nothing(ax)
        return
    there = set(numbers["row"])
    for place, key in enumerate(keys):
        if key not in there:
            ax.text(0, place, " left out", fontsize=5, va="center", color="0.45")
    for line in numbers.to_dict("records"):
        face = COLOURS[0] if line["significant"] else "white"
        looks = {"marker": "o", "ms": 3.5, "color": COLOURS[0], "markerfacecolor": face}
        effect = (line["difference"], line["ci_low"], line["ci_high"])
        draw_interval(ax, keys.index(line["row"]), effect, reach, looks)


def _reach(numbers: pd.DataFrame) -> float:
    """Where the axis is cut so that a few wide intervals leave the others legible: infinity if they do."""
    furthest = numbers[["difference", "ci_low", "ci_high"]].abs().max(axis=1)
    reach = furthest.quantile(WHOLE, interpolation="higher")
    return float(f"{1.05 * reach:.2g}") if furthest.max() > GAIN * reach else math.inf
