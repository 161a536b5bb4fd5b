"""All claims in one picture: our effects with their intervals, and the paper's beside them."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from textwrap import shorten
from typing import Any

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, entry
from inforeg.analysis.figures.style import PAGE
from inforeg.analysis.statistics.stored import Results
from inforeg.suite.experiment import Claim

VERDICTS = {
    "reproduced": "#0072B2",
    "reproduced, negligible": "#56B4E9",
    "contradicted": "#D55E00",
    "contradicted, negligible": "#E69F00",
    "practically equal": "#009E73",
    "inconclusive": "0.55",
}
"""The verdicts that have an effect, and their colours."""

MARKERS = "os^vP*X"

LONGEST = 74
"""Characters of a statement that there is room for."""

PRINTED = "the paper's own, on its own data"


def forest(judged: Results) -> tuple[Figure, pd.DataFrame]:
    """A line per claim, a marker per benchmark, coloured by verdict; open diamonds are what the paper prints.

    Args:
        judged: studies with claims.

    Returns:
        The figure, and its numbers: a line per claim and benchmark, and per claim and printed effect.
    """
    claims = [(study, claim) for study, _ in judged for claim in study.experiment.claims]
    titles = {name: config.title for study, _ in judged for name, config in study.benchmarks.items()}
    markers = dict(zip(titles, cycle(MARKERS)))
    lines = pd.concat([statistics.verdicts for _, statistics in judged])
    figure = Figure((PAGE, 1.1 + 0.19 * len(claims)), layout="constrained")
    ax: Axes = figure.subplots()
    ax.axvline(0, color="grey", linewidth=0.6)
    for place, (study, claim) in enumerate(claims):
        mine = lines[(lines["experiment"] == study.name) & (lines["claim"] == claim.id)]
        _draw_effects(ax, place, mine.dropna(subset="difference").to_dict("records"), markers)
        ax.plot([*claim.printed.values()], [place] * len(claim.printed), "D", ms=4, mec="black", mfc="none")
    labels = [
        f"{shorten(claim.statement, LONGEST, placeholder='…')}  ({claim.source})" for _, claim in claims
    ]
    ax.set_yticks(range(len(claims)), labels, fontsize=6)
    ax.set_ylim(len(claims) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", linewidth=0.3, color="0.9")
    ax.set_axisbelow(True)
    ax.set_xlabel("Effect in points with its 95 % interval;\nright of 0: as claimed")
    _draw_meanings(ax, {titles[name]: marker for name, marker in markers.items()})
    draw_legend(figure, [ax], columns=4)
    return figure, _numbers(lines, claims)


def _draw_effects(ax: Axes, place: int, found: list[dict[Any, Any]], markers: Mapping[str, str]) -> None:
    """One claim's effects around the height `place`, one below the other."""
    for number, line in enumerate(found):
        height = place + 0.7 * ((number + 0.5) / len(found) - 0.5)
        colour = VERDICTS[line["verdict"]]
        ax.plot([line["ci_low"], line["ci_high"]], [height, height], color=colour, linewidth=0.8)
        ax.plot(line["difference"], height, markers[line["benchmark"]], ms=2.5, color=colour)


def _draw_meanings(ax: Axes, markers: Mapping[str, str]) -> None:
    """What colours and markers mean, for the legend."""
    for verdict, colour in VERDICTS.items():
        ax.plot([], [], color=colour, linewidth=3, label=entry(verdict))
    ax.plot([], [], "D", ms=4, mec="black", mfc="none", label=entry(PRINTED))
    for title, marker in markers.items():
        ax.plot([], [], marker, ms=3, color="black", label=entry(title))


def _numbers(lines: pd.DataFrame, claims: Sequence[tuple[Study, Claim]]) -> pd.DataFrame:
    columns = ["experiment", "claim", "benchmark", "difference", "ci_low", "ci_high", "p_holm", "verdict"]
    printed = [
        {"experiment": study.name, "claim": claim.id, "benchmark": data, "difference": effect}
        for study, claim in claims
        for data, effect in claim.printed.items()
    ]
    return pd.concat([lines[columns], pd.DataFrame(printed).assign(verdict="printed")])[columns]
