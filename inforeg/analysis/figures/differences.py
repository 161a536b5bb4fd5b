"""Every row's difference to the reference."""

from textwrap import fill

import pandas as pd

from inforeg.analysis.canvas import Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, draw_nothing, draw_significance
from inforeg.analysis.figures.style import COLOURS, COLUMN, STYLE
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.words import reference_names
from inforeg.metrics.base import metric_of, title_of


def differences(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Paired differences against the reference with 95 % intervals; filled where significant after Holm."""
    experiment = study.experiment
    numbers = statistics.against().dropna(subset="difference")
    keys = [row.key for row in experiment.rows if row.key != experiment.reference]
    names = list(study.benchmarks)
    figure = Figure((COLUMN, (0.35 + 0.13 * len(keys)) * len(names) + 0.65), layout="constrained")
    axes = figure.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    for ax, benchmark in zip(axes, names, strict=True):
        ax.axvline(0, color="grey", linewidth=0.6)
        if benchmark not in set(numbers["benchmark"]):
            draw_nothing(ax)
        for line in numbers[numbers["benchmark"] == benchmark].to_dict("records"):
            place = keys.index(line["row"])
            ax.plot([line["ci_low"], line["ci_high"]], [place, place], color=COLOURS[0])
            face = COLOURS[0] if line["significant"] else "white"
            ax.plot(line["difference"], place, "o", ms=3.5, color=COLOURS[0], markerfacecolor=face)
        ax.set_yticks(range(len(keys)), [study.labels[key] for key in keys])
        ax.set_ylim(len(keys) - 0.5, -0.5)
        ax.set_title(study.benchmarks[benchmark].title)
    draw_significance(axes[0], numbers["significant"].astype(bool))
    draw_legend(figure, axes)
    reference = next(reference_names(study))
    title = f"{title_of(experiment.metric)} ({metric_of(experiment.metric).unit.difference})"
    what = f"Difference to {reference} in test {title}, 95 % interval"
    figure.supxlabel(fill(what, 56), fontsize=STYLE["font.size"])
    return figure, numbers
