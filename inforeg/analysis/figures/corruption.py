"""Accuracy under corrupted inputs; an extension, not in InfoReg's paper."""

from itertools import cycle

import pandas as pd

from inforeg.analysis.canvas import Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, draw_nothing, entry, stacked
from inforeg.analysis.figures.style import COLUMN, STYLES
from inforeg.analysis.statistics.stored import Statistics
from inforeg.metrics.classification import ACCURACY
from inforeg.metrics.recorded import MASKING, NOISE

KINDS = {NOISE.name: "noise (sd)", MASKING.name: "share masked"}
"""The kinds of corruption with a strength, and how their axes are called."""


def corruption(study: Study, _: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Test accuracy against the strength of the corruption, mean over modalities and seeds, a curve per row.

    The numbers are by modality, and of the dropped modalities too, which are in no panel.
    """
    found = study.collected.corruptions
    groups = found.groupby(["benchmark", "row", "corruption", "modality", "severity"], sort=False)["value"]
    numbers = groups.agg(n="size", mean="mean", sd="std").reset_index()
    numbers[["mean", "sd"]] *= ACCURACY.unit.factor
    curves = (
        numbers.groupby(["benchmark", "row", "corruption", "severity"], sort=False)["mean"]
        .mean()
        .sort_index()
    )
    names = list(study.benchmarks)
    figure = Figure((COLUMN, 0.9 + 1.25 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), len(KINDS), squeeze=False, sharey="row")
    for panels, name in zip(axes, names, strict=True):
        for ax, (kind, title) in zip(panels, KINDS.items(), strict=True):
            for (key, label), (colour, style) in zip(study.labels.items(), cycle(STYLES)):
                if (name, key, kind) in curves.index:
                    curve = curves[name, key, kind]
                    ax.plot(curve.index, curve, style, label=entry(label), color=colour, marker="o", ms=2)
            if name not in curves.index.get_level_values("benchmark"):
                draw_nothing(ax)
            ax.set_xlabel(title if name == names[-1] else "")
        panels[0].set_ylabel(
            f"{stacked(study.benchmarks[name].title)}\ntest {ACCURACY.title} ({ACCURACY.unit.name})"
        )
    draw_legend(figure, axes.flat, columns=2)
    return figure, numbers
