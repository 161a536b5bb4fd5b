"""How often the test of the prime learning window fires on noise alone; an extension."""

from itertools import cycle

import pandas as pd

from inforeg.analysis.canvas import Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, entry, scale_by_powers
from inforeg.analysis.figures.style import COLOURS, COLUMN
from inforeg.analysis.statistics.stored import Statistics


def window_noise(_: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Share of epochs in which the window is open on a flat trace with noise, and the noise of real traces.

    Curves are simulated: a trace that does not change but for log-normal noise, under the paper's K. The
    crosses are real traces, a row's and modality's mean over seeds: their noise, and how often each test
    fires.
    """
    numbers = statistics.window_noise
    kinds = ("simulated", "closed form")
    simulated, analytic = (numbers[numbers["source"] == kind] for kind in kinds)
    measured = numbers[~numbers["source"].isin(kinds)]
    figure = Figure((COLUMN, 3.1), layout="constrained")
    ax = figure.subplots()
    for (name, line), colour in zip(simulated.groupby("criterion", sort=False), cycle(COLOURS)):
        ax.plot(
            line["noise"], 100 * line["open"], "o-", ms=3, color=colour, label=entry(f"{name}, simulated")
        )
    label = entry("single epochs, closed form")
    ax.plot(analytic["noise"], 100 * analytic["open"], ":", color="black", label=label)
    for (kind, lines), marker in zip(measured.groupby("source"), "x+", strict=False):
        for (name, points), colour in zip(lines.groupby("criterion", sort=False), cycle(COLOURS)):
            label = entry(f"{name}, {kind}")
            ax.plot(points["noise"], 100 * points["open"], marker, ms=3.5, color=colour, label=label)
    scale_by_powers(ax, "x")
    ax.set_xlabel("Standard deviation of log Tr(F)")
    ax.set_ylabel("Epochs with an open window (%)")
    draw_legend(figure, [ax])
    return figure, numbers
