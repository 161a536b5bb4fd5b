"""Mean ranks of a whole field of methods."""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, draw_nothing, entry
from inforeg.analysis.figures.style import COLOURS, COLUMN
from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.stored import Statistics


def critical_difference(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Mean ranks over the benchmarks; bars join rows that Nemenyi's test does not tell apart (Demšar, 2006).

    Of rows that no benchmark lacks, best first.
    """
    ranks = statistics.ranks
    if ranks is None or ranks.benchmarks < 2:
        figure = Figure((COLUMN, 0.8))
        draw_nothing(figure.subplots(), "fewer than two benchmarks and three rows\nthat all of them have")
        return figure, pd.DataFrame(columns=["row", "mean_rank", "critical_difference", "alpha"])
    placed = ranks.mean_rank.sort_values(kind="stable")
    groups = cliques(placed.to_list(), ranks.critical_difference)
    figure = Figure((COLUMN, 0.85 + 0.115 * len(placed)), layout="constrained")
    ax: Axes = figure.subplots()
    ax.plot(placed, range(len(placed)), "o", ms=3, color=COLOURS[0])
    ax.set_yticks(range(len(placed)), [study.labels[str(key)] for key in placed.index])
    ax.set_ylim(len(placed) - 0.5, -1.8)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", linewidth=0.3, color="0.85")
    right = placed.max()
    step = 0.03 * (placed.max() - placed.min())
    for column, (first, last) in enumerate(groups, start=1):
        label = entry("not told apart by Nemenyi's test")
        ax.plot([right + (1 + column) * step] * 2, [first, last], color="black", linewidth=1.6, label=label)
    ax.plot([placed.min(), placed.min() + ranks.critical_difference], [-1.1, -1.1], "|-", color="black", ms=4)
    ax.text(placed.min(), -1.35, f"critical difference {ranks.critical_difference:.1f}", va="bottom")
    ax.set_xlabel(f"Mean rank over {ranks.benchmarks} benchmarks\n(1 is best; Friedman p = {ranks.p:.2g})")
    draw_legend(figure, [ax])
    left_out = [label for key, label in study.labels.items() if key not in placed.index]
    if left_out:
        figure.supxlabel(fill(f"Not on all benchmarks: {', '.join(left_out)}", 72), fontsize=6)
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
