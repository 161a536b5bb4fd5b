"""Drawings in SVG as pictures, with the same bytes on every machine.

What lies inside of corners in whole numbers, and all that follows, is found by whole numbers.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import sqrt
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from inforeg.data.outlines import Corners, Matrix, lines, thick, turned
from inforeg.errors import UserError, shown

SAMPLES = 4
"""Of each side of a pixel."""

STEP = 64
"""Whole numbers from a sample to the next."""

STYLE = {"fill": "#000", "stroke": "none", "stroke-width": "1", "fill-rule": "nonzero"}
"""What an element takes from those around it, and what it is where none says so."""


def draw(svg: bytes, side: int) -> NDArray[np.uint8]:
    """The picture on white, (3, side, side).

    It may hold groups, paths and the basic shapes, each in one colour: what flat icons are made of. Lines
    have round ends and corners, and no dashes.

    Args:
        svg: the file, whose view begins at 0, 0 and is a square.
        side: in pixels.

    Raises:
        UserError: it holds something else.
    """
    root = ElementTree.fromstring(svg)
    samples = side * SAMPLES
    scale = samples * STEP / float(root.attrib["viewBox"].split()[2])
    canvas = np.full((samples, samples, 3), 255, np.int64)
    for element, style, matrix in _shapes(root, STYLE, (scale, 0, 0, scale, 0, 0)):
        outline = lines(_path(element), matrix)
        opacity = float(element.get("opacity", 1))
        if style["fill"] != "none":
            inside = _inside(outline, samples, style["fill-rule"])
            _paint(canvas, inside, style["fill"], opacity * float(element.get("fill-opacity", 1)))
        if style["stroke"] != "none":
            width = float(style["stroke-width"]) * sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))
            _paint(canvas, _inside(thick(outline, width / 2), samples, "nonzero"), style["stroke"], opacity)
    total = canvas.reshape(side, SAMPLES, side, SAMPLES, 3).sum((1, 3))
    picture: NDArray[np.uint8] = ((2 * total + SAMPLES**2) // (2 * SAMPLES**2)).astype(np.uint8)
    return picture.transpose(2, 0, 1)


def _shapes(
    element: ElementTree.Element, style: Mapping[str, str], matrix: Matrix
) -> Iterator[tuple[ElementTree.Element, Mapping[str, str], Matrix]]:
    """What is drawn, the lowest first, with its style and the way to whole numbers."""
    style = {key: element.get(key, value) for key, value in style.items()}
    for name, values in re.findall(r"(\w+)\s*\(([^)]*)\)", element.get("transform", "")):
        matrix = _after(matrix, _matrix(name, *map(float, values.replace(",", " ").split())))
    if _kind(element) not in ("svg", "g"):
        yield element, style, matrix
    for child in element:
        yield from _shapes(child, style, matrix)


def _kind(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _matrix(name: str, *values: float) -> Matrix:
    match name, values:
        case "matrix", (a, b, c, d, e, f):
            return a, b, c, d, e, f
        case "translate", (x, *y):
            return 1, 0, 0, 1, x, y[0] if y else 0
        case "scale", (x, *y):
            return x, 0, 0, y[0] if y else x, 0, 0
        case "rotate", (degrees, *centre):
            across, down = centre or (0, 0)
            c, s = turned(degrees)
            return c, s, -s, c, across - c * across + s * down, down - s * across - c * down
    raise UserError(f"The transform {shown(name)} of {len(values)} numbers cannot be drawn; leave it out.")


def _after(outer: Matrix, inner: Matrix) -> Matrix:
    """`inner`, then `outer`."""
    a, b, c, d, e, f = outer
    columns = [(a * x + c * y, b * x + d * y) for x, y in zip(inner[::2], inner[1::2], strict=True)]
    (p, q), (r, s), (t, u) = columns
    return p, q, r, s, t + e, u + f


def _path(element: ElementTree.Element) -> str:
    """The element in the words of a path."""

    def of(*names: str) -> list[float]:
        return [float(element.get(name, 0)) for name in names]

    match _kind(element):
        case "path":
            path = element.get("d", "")
        case "polyline":
            path = f"M{element.get('points', '')}"
        case "polygon":
            path = f"M{element.get('points', '')}Z"
        case "line":
            x, y, right, low = of("x1", "y1", "x2", "y2")
            path = f"M{x} {y} {right} {low}"
        case "circle":
            path = _ellipse(*of("cx", "cy", "r", "r"))
        case "ellipse":
            path = _ellipse(*of("cx", "cy", "rx", "ry"))
        case "rect":
            path = _rectangle(of("x", "y", "width", "height"), of("rx", "ry"))
        case other:
            raise UserError(f"The element {shown(other)} cannot be drawn; take it out of the drawing.")
    return path


def _ellipse(x: float, y: float, rx: float, ry: float) -> str:
    arc = f"A{rx} {ry} 0 1 1"
    return f"M{x - rx} {y}{arc} {x + rx} {y}{arc} {x - rx} {y}Z" if rx and ry else ""


def _rectangle(place: Iterable[float], radii: Iterable[float]) -> str:
    """From the upper left corner on, which is round where a radius is given."""
    (x, y, width, height), (rx, ry) = place, radii
    rx, ry = min(rx or ry, width / 2), min(ry or rx, height / 2)
    arc = f"a{rx} {ry} 0 0 1" if rx and ry else "l"
    w, h = width - 2 * rx, height - 2 * ry
    return f"M{x + rx} {y}h{w}{arc} {rx} {ry}v{h}{arc} {-rx} {ry}h{-w}{arc} {-rx} {-ry}v{-h}{arc} {rx} {-ry}Z"


def _inside(rings: Iterable[Corners], samples: int, rule: str) -> NDArray[np.bool_]:
    """Which samples, (samples, samples), lie inside rings, which are closed where they are not."""
    pairs = [np.stack([ring, np.roll(ring, -1, axis=-2)], -2).reshape(-1, 2, 2) for ring in rings]
    edges = np.concatenate([np.empty((0, 2, 2), np.int64), *pairs])
    upward = edges[:, 1, 1] < edges[:, 0, 1]
    (x, y), (right, low) = np.where(upward[:, None, None], edges[:, ::-1], edges).transpose(1, 2, 0)
    half = STEP // 2
    first, last = (np.clip(-((half - end) // STEP), 0, samples) for end in (y, low))
    # Each edge once for every row of samples that it crosses.
    edge = np.repeat(np.arange(len(edges)), last - first)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(last - first) - last, last - first)
    height = (low - y)[edge]
    across = (x[edge] - half) * height + (row * STEP + half - y[edge]) * (right - x)[edge]
    column = np.clip(-(-across // (height * STEP)), 0, samples)
    turns = np.zeros((samples, samples + 1), np.int64)
    np.add.at(turns, (row, column), np.where(upward, -1, 1)[edge])
    winding = turns.cumsum(1)[:, :-1]
    inside: NDArray[np.bool_] = (winding & 1 if rule == "evenodd" else winding) != 0
    return inside


def _paint(canvas: NDArray[np.int64], inside: NDArray[np.bool_], colour: str, opacity: float) -> None:
    """Lay a colour, #rgb or #rrggbb, over the samples `inside` of the canvas (samples, samples, 3)."""
    digits = colour.removeprefix("#")
    if not re.fullmatch("(?:[0-9a-fA-F]{3}){1,2}", digits):
        raise UserError(f"The colour {shown(colour)} cannot be drawn; write it as #rrggbb.")
    size = len(digits) // 3
    value = [int(digits[start : start + size] * (2 // size), 16) for start in range(0, len(digits), size)]
    alpha = round(255 * opacity)
    canvas[inside] = (alpha * np.array(value) + (255 - alpha) * canvas[inside] + 127) // 255
