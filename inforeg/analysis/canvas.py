"""Matplotlib as it comes: no user's settings change a figure or stop a command."""

import os
from contextlib import AbstractContextManager, chdir

from inforeg.characters import FONTS


def undisturbed() -> AbstractContextManager[None]:
    """What Matplotlib, and what imports it, is imported in.

    It reads settings meanwhile, and looks for them in the working folder first. In this one its own lie.
    """
    return chdir(FONTS.parents[1])


os.environ["MPLBACKEND"] = "agg"
with undisturbed():
    import matplotlib as mpl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import (
        FuncFormatter,
        LogFormatterSciNotation,
        LogLocator,
        MaxNLocator,
        NullFormatter,
    )

__all__ = [
    "Axes",
    "Figure",
    "FuncFormatter",
    "LogFormatterSciNotation",
    "LogLocator",
    "MaxNLocator",
    "NullFormatter",
    "mpl",
    "undisturbed",
]
