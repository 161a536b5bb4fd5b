"""Pictures of features (InfoReg, Figures 6 and 9)."""

from itertools import cycle, product

import pandas as pd

from inforeg.analysis.canvas import Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_nothing, stacked
from inforeg.analysis.figures.style import COLOURS, COLUMN
from inforeg.analysis.statistics.stored import Statistics

MARKERS = "osx^v+"


def tsne(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """The weakest modality's features after training with each row's method, a colour and shape per class."""
    embeddings = study.collected.embeddings
    rows, names = list(study.labels.items()), list(study.benchmarks)
    figure = Figure((COLUMN, 0.1 + max(1.3, COLUMN / len(rows)) * len(names)), layout="constrained")
    axes = figure.subplots(len(names), len(rows), squeeze=False)
    shown = []
    for panels, name in zip(axes, names, strict=True):
        poorest = statistics.weakest_on(name)
        here = embeddings[(embeddings["benchmark"] == name) & (embeddings["modality"] == poorest)]
        shown.append(here)
        for ax, (key, label) in zip(panels, rows, strict=True):
            classes = here[here["row"] == key].groupby("target")
            for (_, points), (marker, colour) in zip(classes, cycle(product(MARKERS, COLOURS)), strict=False):
                ax.scatter(points["x"], points["y"], s=3, color=colour, marker=marker, linewidths=0.4)
            if not len(classes):
                draw_nothing(ax)
            ax.set_title(label)
            ax.set(xticks=[], yticks=[])
        panels[0].set_ylabel(f"{stacked(study.benchmarks[name].title)}\n{poorest or ''}".rstrip())
    return figure, pd.concat(shown)
