"""How all figures look."""

from itertools import product
from typing import Any

# Okabe and Ito (2008), told apart by the colour-blind; its yellow is too light for a line on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

MODALITIES = (*COLOURS, "#882255", "#999933", "#332288")
"""Of modalities: the same, and three of Tol's (2021) that differ from them in lightness."""

MARKERS = "osD^vP"
STYLES = [(colour, line) for line, colour in product(("-", "--", ":"), COLOURS)]

STYLE: dict[Any, Any] = {
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "pdf.fonttype": 42,
    "text.parse_math": False,  # a dollar is a dollar
}

COLUMN = 3.4
"""Width of a printed column in inches."""

PAGE = 6.9
"""Width of a printed page's text in inches."""
