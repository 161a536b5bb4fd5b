"""Figures as vector graphics and as pictures, with the numbers they show."""

import inspect
import io
from collections.abc import Callable
from pathlib import Path
from warnings import catch_warnings, filterwarnings

import pandas as pd

from inforeg.analysis.canvas import Figure, mpl
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures import (
    baseline,
    corruption,
    cost,
    critical_difference,
    differences,
    embeddings,
    forest,
    gradients,
    learning_curves,
    movement,
    regulation,
    selection_rules,
    sweeps,
    traces,
    window_noise,
)
from inforeg.analysis.figures.style import STYLE
from inforeg.analysis.statistics.stored import Statistics
from inforeg.errors import UserError
from inforeg.files import write_bytes, write_text
from inforeg.probes.frames import csv
from inforeg.suite.presentable import check_figures

Draw = Callable[[Study, Statistics], tuple[Figure, pd.DataFrame]]
"""A figure and the numbers in it."""


def save(name: str, study: Study, statistics: Statistics, path: Path) -> None:
    """Draw the figure `name` into the PDF `path`, with a PNG and a CSV beside it; equal runs, equal bytes."""
    asked = study.experiment.model_copy(update={"figures": [name]})
    check_figures(study.name, asked, study.benchmarks, left_out=())
    write(lambda: FIGURES[name](study, statistics), path)


def write(draw: Callable[[], tuple[Figure, pd.DataFrame]], path: Path) -> None:
    """What `draw` draws, as `save` does, whatever Matplotlib is set to.

    Raises:
        UserError: it holds a character that its font lacks.
    """
    with mpl.rc_context(), catch_warnings():
        filterwarnings("error", "Glyph .* missing from", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure, numbers = draw()
        drawn = {kind: _drawn(figure, kind, undated) for kind, undated in UNDATED.items()}
    for kind, content in drawn.items():
        write_bytes(path.with_suffix(f".{kind}"), content)
    write_text(path.with_suffix(".csv"), csv(numbers))


def _drawn(figure: Figure, kind: str, undated: str) -> bytes:
    drawn = io.BytesIO()
    try:
        figure.savefig(drawn, format=kind, dpi=200, metadata={undated: None})
    except UserWarning as error:
        raise UserError(f"A figure cannot show its text ({error}); write it otherwise.") from None
    return drawn.getvalue()


UNDATED = {"pdf": "CreationDate", "png": "Software"}
"""What would differ from day to day, by kind of file."""


FIGURES: dict[str, Draw] = {
    "information": learning_curves.information,
    "curves": learning_curves.curves,
    "regulation": regulation.regulation,
    "gradients": gradients.gradients,
    "differences": differences.differences,
    "sweep": sweeps.sweep,
    "gain": sweeps.gain,
    "tsne": embeddings.tsne,
    "critical_difference": critical_difference.critical_difference,
    "cost": cost.cost,
    "corruption": corruption.corruption,
    "selection": selection_rules.selection,
    "window_noise": window_noise.window_noise,
    "baseline": baseline.baseline,
    "traces": traces.traces,
    "movement": movement.movement,
    "claims": forest.claims,
}


def described(name: str) -> str:
    """What the figure `name` shows, in sentences."""
    told = (inspect.getdoc(FIGURES[name]) or "").partition("\n\nReturns:")[0]
    return " ".join(told.split()).replace("`", "")
