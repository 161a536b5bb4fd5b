"""Outlines of shapes in SVG's words as corners in whole numbers, the same on every machine.

Corners are found by sums, products, quotients and square roots of single numbers, which IEEE 754 rounds in
one way, so no library is asked for a sine. Each is rounded to a whole number at the end.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from math import fsum, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from inforeg.errors import UserError, shown

CHORDS = 8
"""Lines in place of a Bézier curve."""

HALVINGS = 4
"""Of an arc, until lines are taken in its place."""

COUNTS = {"M": 2, "Z": 0, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}
"""The numbers of each command of a path."""

SMOOTH = {"S": "CS", "T": "QT"}
"""Curves without a first handle, and those after which it is known."""

NUMBER, FLAG = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"), re.compile("[01]")
SEPARATORS = " ,\t\r\n\f"

Corners = NDArray[np.int64]
"""In whole numbers, (n, 2): across and down; or of several rings of as many each, (rings, n, 2)."""

Matrix = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f of x' = a x + c y + e, y' = b x + d y + f."""

_Points = NDArray[np.float64]


def lines(path: str, matrix: Matrix) -> list[Corners]:
    """The lines of a path after `matrix`, one after another until the pen is lifted."""
    pen = _Pen()
    for kind, relative, numbers in _commands(path):
        pen.follow(kind, relative, numbers)
    return [np.rint(_after(matrix, np.concatenate(line))).astype(np.int64) for line in pen.lines]


def thick(lines: Iterable[Corners], half: float) -> list[Corners]:
    """Rings around lines: a disc at each corner and a rectangle between two, all the same way round.

    Args:
        lines: each (n, 2).
        half: of the lines' width.
    """
    circle = _halved(np.array([(1.0, 0.0), (-1.0, 0.0), (1.0, 0.0)]), 1, HALVINGS - 1)[:-1]
    disc = np.rint(half * circle).astype(np.int64)
    rings = []
    for line in lines:
        start, along = line[:-1], np.diff(line, axis=0)
        length = np.maximum(np.sqrt((along**2).sum(1, keepdims=True)), 1)
        side = np.rint(along[:, ::-1] * (half, -half) / length).astype(np.int64)
        rectangles = (start + side, start + along + side, start + along - side, start - side)
        rings += [line[:, None] + disc, np.stack(rectangles, 1)]
    return rings


def turned(degrees: float) -> tuple[float, float]:
    """Cosine and sine of an angle: whole quarters, which are exact, and the series of what is left."""
    quarters = round(degrees / 90)
    angle = (degrees - 90 * quarters) * pi / 180
    terms = list(accumulate(range(1, 20), lambda term, power: term * angle / power, initial=1.0))
    c, s = (fsum(terms[start::4]) - fsum(terms[start + 2 :: 4]) for start in (0, 1))
    return ((c, s), (-s, c), (-c, -s), (s, -c))[quarters % 4]


class _Pen:
    """Follows a path's commands and leaves lines, each of pieces (n, 2)."""

    def __init__(self) -> None:
        self.lines: list[list[_Points]] = []
        self.here = self.handle = np.zeros(2)
        self.before = "Z"

    def follow(self, kind: str, relative: bool, numbers: Sequence[float]) -> None:
        """Go on by one command, whose numbers are counted from here where it is `relative`."""
        if kind == "Z":
            piece = self.lines[-1][0][:1]
        else:
            if kind == "M" or self.before == "Z":
                self.lines.append([] if kind == "M" else [self.here[None]])
            piece = self._piece(kind, self._points(kind, relative, numbers), numbers)
        self.lines[-1].append(piece)
        self.here, self.before = piece[-1], kind

    def _points(self, kind: str, relative: bool, numbers: Sequence[float]) -> _Points:
        """Where a command goes, (n, 2), the last one its end."""
        origin = self.here if relative else np.zeros(2)
        x, y = self.here - origin
        pairs = {"H": (*numbers, y), "V": (x, *numbers), "A": numbers[5:]}.get(kind, numbers)
        return np.array(pairs, np.float64).reshape(-1, 2) + origin

    def _piece(self, kind: str, points: _Points, numbers: Sequence[float]) -> _Points:
        if kind == "A":
            return _arc(np.stack([self.here, *points]), np.abs(numbers[:2]), *numbers[2:5])
        if kind in SMOOTH:
            # The handle of a curve of the same kind is turned about where it ended.
            first = 2 * self.here - self.handle if self.before in SMOOTH[kind] else self.here
            points = np.stack([first, *points])
        if kind in "CSQT":
            self.handle = points[-2]
            return _curve(self.here[None], *points)
        return points


def _commands(path: str) -> Iterator[tuple[str, bool, list[float]]]:
    """The kind of each command, whether it is relative, and its numbers.

    Raises:
        UserError: there is something else, or not as many numbers as a command needs.
    """
    begun, *others = re.split(f"([{''.join(COUNTS)}])", path, flags=re.IGNORECASE)
    for order, (letter, text) in enumerate(zip(others[::2], others[1::2], strict=True)):
        kind, count = letter.upper(), COUNTS[letter.upper()]
        numbers, rest = _numbers(kind, text)
        whole = not len(numbers) % count and numbers if count else not numbers
        if begun.strip() or rest or not whole or (order == 0 and kind != "M"):
            raise UserError(
                f"The path {shown(path)} cannot be drawn; it begins with M, and each command has its numbers."
            )
        for start in range(0, len(numbers) or 1, count or 1):
            # More pairs after the one that the pen is moved to are lines.
            yield "L" if kind == "M" and start else kind, letter.islower(), numbers[start : start + count]


def _numbers(kind: str, text: str) -> tuple[list[float], str]:
    """The numbers after a command, and what is left of the text."""
    numbers: list[float] = []
    rest = text.lstrip(SEPARATORS)
    while match := (FLAG if kind == "A" and len(numbers) % 7 in (3, 4) else NUMBER).match(rest):
        numbers.append(float(match[0]))
        rest = rest[match.end() :].lstrip(SEPARATORS)
    return numbers, rest


def _curve(*points: _Points) -> _Points:
    """The ends (chords, 2) of lines along a Bézier curve, by de Casteljau."""
    share = np.arange(1, CHORDS + 1)[:, None] / CHORDS
    while len(points) > 1:
        points = tuple(start + share * (end - start) for start, end in pairwise(points))
    return points[0]


def _arc(ends: _Points, radii: _Points, rotation: float, large: float, sweep: float) -> _Points:
    """Points (n, 2) on part of an ellipse to its end, found on a circle of radius 1."""
    if not radii.all() or (ends[0] == ends[1]).all():
        return ends[1:]
    c, s = turned(rotation)
    first, last = _after((c, -s, s, c, 0, 0), ends) / radii
    across, down = last - first
    square = across * across + down * down
    grown = max(sqrt(square) / 2, 1.0)  # where the ellipse is too small to reach both ends
    away = sqrt(max(grown * grown / square - 0.25, 0.0)) * (1 if large != sweep else -1)
    centre = (first + last) / 2 + away * np.array([-down, across])
    directions = _halved((np.stack([first, last]) - centre) / grown, 1 if sweep else -1, HALVINGS)
    between = _after((c, s, -s, c, 0, 0), (centre + grown * directions[1:-1]) * radii)
    return np.concatenate([between, ends[1:]])


def _halved(directions: _Points, turn: int, times: int) -> _Points:
    """Corners on the arcs between neighbours of `directions`, (n, 2), which are of length 1.

    Args:
        directions: from the centre.
        turn: 1 where arcs run from the first axis to the second, -1 the other way round.
        times: how often each arc is halved.
    """
    for _ in range(times):
        across, down = np.diff(directions, axis=0).T
        # Half done, an arc is furthest from the line between its ends, on whichever side of it the centre is.
        halfway = turn * np.stack([down, -across], 1) / np.sqrt(across * across + down * down)[:, None]
        both = np.empty((2 * len(directions) - 1, 2))
        both[::2], both[1::2] = directions, halfway
        directions = both
    return directions


def _after(matrix: Matrix, points: _Points) -> _Points:
    """The points, (n, 2), after `matrix`."""
    a, b, c, d, e, f = matrix
    x, y = points.T
    return np.stack([a * x + c * y + e, b * x + d * y + f], 1)
