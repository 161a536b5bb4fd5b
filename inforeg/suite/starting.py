"""A project of one's own: a folder with an example of everything that a user may add."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from inforeg.errors import UserError
from inforeg.files import PART, naming
from inforeg.random import numpy_stream

TEMPLATE = Path(__file__).parents[1] / "template"

SAMPLES, CLASSES = 300, ("low", "middle", "high")
WIDTHS = {"first": 8, "second": 6}
"""Columns of each table of the example's data."""


def begin(folder: Path) -> None:
    """Make the project `folder`, whole or not at all.

    Raises:
        UserError: it is there already, and not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already; name a folder that is new or empty.")
    made = folder.absolute().with_name(f".{folder.absolute().name}{PART}")
    if made.exists():
        shutil.rmtree(made)
    try:
        with naming(made):
            shutil.copytree(TEMPLATE, made, ignore=shutil.ignore_patterns("__pycache__"))
            (made / "gitignore").rename(made / ".gitignore")
            _draw(made / "raw")
            if folder.exists():
                folder.rmdir()
            made.rename(folder)
    finally:
        if made.exists():
            shutil.rmtree(made)


def _draw(raw: Path) -> None:
    """Tables in which the first modality tells more of the class than the second."""
    raw.mkdir()
    generator = numpy_stream(None, "template")
    target = np.arange(SAMPLES) % len(CLASSES)
    names = pd.Index([f"sample_{number:03}" for number in range(SAMPLES)], name="id")
    pd.DataFrame({"class": [CLASSES[each] for each in target]}, names).to_csv(raw / "classes.csv")
    for (modality, width), noise in zip(WIDTHS.items(), (1.0, 2.0), strict=True):
        centres = generator.normal(0, 1, (len(CLASSES), width))
        values = centres[target] + generator.normal(0, noise, (SAMPLES, width))
        columns = [f"number_{place}" for place in range(width)]
        pd.DataFrame(values.round(3), names, columns).to_csv(raw / f"{modality}.csv")
