"""Accuracy under corrupted inputs; an extension, not in InfoReg's paper."""

from itertools import cycle

import pandas as pd

from inforeg.analysis.canvas import Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, draw_nothing, entry, grid, stacked
from inforeg.analysis.figures.style import STYLES
from inforeg.analysis.statistics.stored import Statistics
from inforeg.metrics.classification import ACCURACY
from inforeg.metrics.recorded import MASKING, NOISE

KINDS = {NOISE.name: "noise (sd)", MASKING.name: "share masked"}
"""The kinds of corruption with a strength, and how their axes are called."""


def corruption(study: Study, _: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Test accuracy against the strength of the corruption, mean over modalities and seeds, a curve per row.

    Returns:
        The figure, and its numbers: by modality, and of the dropped modalities too, which are in no panel.
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
    figure, axes = grid(study, len(KINDS), share="row")
    for panels, (name, config) in zip(axes, study.benchmarks.items(), strict=True):
        for ax, kind in zip(panels, KINDS, strict=True):
            for (key, label), (colour, style) in zip(study.labels.items(), cycle(STYLES)):
                if (name, key, kind) in curves.index:
                    curve = curves[name, key, kind]
                    ax.plot(curve.index, curve, style, label=entry(label), color=colour, marker="o", ms=2)
            if name not in curves.index.get_level_values("benchmark"):
                draw_nothing(ax)
        panels[0].set_ylabel(f"{stacked(config.title)}\ntest {ACCURACY.title} ({ACCURACY.unit.name})")
    for ax, title in zip(axes[-1], KINDS.values(), strict=True):
        ax.set_xlabel(title)
    draw_legend(figure, [ax for panels in axes for ax in panels])
    return figure, numbers
