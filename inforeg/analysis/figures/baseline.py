"""A gain against the baseline that it is over: a point per column of the table; an extension."""

import math
from itertools import cycle

import numpy as np
import pandas as pd

from inforeg.analysis.canvas import Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, draw_nothing, entry
from inforeg.analysis.figures.style import COLOURS, MARKERS, PAGE
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.words import number, signed
from inforeg.engine.selection import CHOOSING
from inforeg.metrics.base import metric_of, title_of


def baseline(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """The first contrast's gain with its 95 % interval against the validation accuracy of its reference.

    The two are of different seeds, as in the rank correlation that stands above each panel, with its
    p after Holm over the benchmarks.
    """
    contrast, numbers = study.experiment.contrasts[0], statistics.regimes
    related = {line["benchmark"]: line for line in statistics.relation.to_dict("records")}
    width = len(study.benchmarks)
    figure = Figure((PAGE, 2.6), layout="constrained")
    axes = figure.subplots(1, width, squeeze=False, sharey=True)[0]
    looks = dict(zip(numbers["column"].unique(), cycle(zip(COLOURS, MARKERS, strict=True))))
    for ax, (name, config) in zip(axes, study.benchmarks.items(), strict=True):
        here = numbers[numbers["benchmark"] == name]
        ax.axhline(0, color="grey", linewidth=0.6)
        for line in here.to_dict("records"):
            colour, marker = looks[line["column"]]
            reach = np.abs([[line["gain_low"] - line["gain"]], [line["gain_high"] - line["gain"]]])
            ax.errorbar(
                [line["baseline"]], [line["gain"]], reach, fmt=marker, ms=4, color=colour, capsize=1.5,
                label=entry(str(line["column"])),
            )  # fmt: skip
        if here.empty:
            draw_nothing(ax)
        rho, p = (related.get(name, {}).get(key, math.nan) for key in ("rho", "p_holm"))
        ax.set_title(f"{config.title}\nρ = {signed(rho, 2)}, p = {number(p, '.3f')}")
        ax.set_xlabel(f"{contrast.reference},\nvalidation {CHOOSING.title} ({CHOOSING.unit.name})")
    metric = study.experiment.metric
    axes[0].set_ylabel(f"{contrast.title},\ntest {title_of(metric)} ({metric_of(metric).unit.difference})")
    draw_legend(figure, axes)
    return figure, numbers
