"""Matplotlib, and what imports it, as they come: no user's settings change a figure or stop a command."""

import os
from contextlib import chdir

from inforeg.characters import FONTS

# Matplotlib reads settings while it is imported, and looks for them in the working folder first. In this one
# its own lie.
os.environ["MPLBACKEND"] = "agg"
with chdir(FONTS.parents[1]):
    import matplotlib as mpl
    import scikit_posthocs
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase
    from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, LogLocator, NullFormatter

__all__ = [
    "Axes",
    "Figure",
    "FigureBase",
    "FuncFormatter",
    "LogFormatterSciNotation",
    "LogLocator",
    "NullFormatter",
    "mpl",
    "scikit_posthocs",
]
