"""Drawings worked out by hand, on a view of 8 by 8 drawn at 8 pixels, so that a unit is a pixel."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inforeg.data import svg
from inforeg.data.outlines import turned
from inforeg.errors import UserError


def grey(body: str, side: int = 8) -> np.ndarray:
    """The red of the picture, as how much darker than white it is, in 255ths."""
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">{body}</svg>'
    return 255 - svg.draw(drawing.encode(), side)[0].astype(int)


def block(left: int, top: int, right: int, low: int) -> np.ndarray:
    expected = np.zeros((8, 8), int)
    expected[top:low, left:right] = 255
    return expected


@pytest.mark.parametrize(
    "shape",
    [
        '<rect x="1" y="2" width="4" height="3"/>',
        '<polygon points="1,2 5,2 5,5 1,5"/>',
        '<polyline points="1,2 5,2 5,5 1,5"/>',
        '<path d="M1 2h4v3h-4z"/>',
        '<path d="m1,2 4,0 0,3 -4,0"/>',
        '<path d="M1 2V5H5V2zl0 1 2 0z"/>',
        '<rect width="4" height="3" transform="translate(1 2)"/>',
        '<rect x=".5" y="1" width="2" height="1.5" transform="scale(2)"/>',
        '<rect x="2" y="-5" width="3" height="4" transform="rotate(90)"/>',
        '<rect x="1" y="1" width="3" height="4" transform="rotate(90 3 4) translate(0 1)"/>',
        '<g transform="matrix(1 0 0 1 1 0)"><rect width="4" height="3" transform="translate(0,2)"/></g>',
    ],
)
def test_a_rectangle_in_many_words(shape: str) -> None:
    assert np.array_equal(grey(shape), block(1, 2, 5, 5))


def test_edges_between_pixels_count_by_what_they_cover() -> None:
    found = grey('<rect x="1.5" y="2.25" width="2" height="1"/>')
    # Columns are covered by a half, whole and a half; rows by three quarters and one.
    assert np.array_equal(found[2:4, 1:4], np.rint(255 * np.outer([0.75, 0.25], [0.5, 1, 0.5])))
    assert found.sum() == found[2:4, 1:4].sum()


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        ('<circle cx="4" cy="4" r="3"/>', 9 * np.pi),
        ('<ellipse cx="4" cy="4" rx="3" ry="1.5"/>', 4.5 * np.pi),
        ('<rect x="1" y="1" width="6" height="5" rx="2"/>', 30 - (4 - np.pi) * 4),
        ('<path d="M1 4A3 3 0 0 1 7 4z"/>', 4.5 * np.pi),
        ('<path d="M0 0Q4 8 8 0z"/>', 64 / 3),
        ('<path d="M0 0C0 8 8 8 8 0z"/>', 38.4),
        ('<path d="M0 4C0 2 4 2 4 4S8 6 8 4V0H0z"/>', 32),
        ('<path d="M0 4Q2 1 4 4T8 4V0H0z"/>', 32),
        ('<path d="M0 4S0 1 4 4V0H0z"/>', 12.4),
        ('<line x1="2" x2="6" y1="4" y2="4" stroke="#000" stroke-width="2"/>', 8 + np.pi),
        ('<circle cx="4" cy="4" r="3" fill="none" stroke="#000"/>', (3.5**2 - 2.5**2) * np.pi),
        ('<path d="M1 1h6v6h-6zM2 2h4v4h-4z" fill-rule="evenodd"/>', 20),
        ('<path d="M1 1h6v6h-6zM2 2h4v4h-4z"/>', 36),
        ('<path d="M1 1h6v6h-6zM2 2v4h4v-4z"/>', 20),
        ('<g fill="none" stroke="#000"><path d="M2 4h4"/></g>', 4 + np.pi / 4),
        ('<path d="M1 2h2" stroke="#000" stroke-width=".5" transform="scale(2)"/>', 4 + np.pi / 4),
    ],
)
def test_areas(shape: str, area: float) -> None:
    assert grey(shape, 64).sum() / 255 / 64 == pytest.approx(area, rel=0.03)  # chords lie inside their curve


def test_a_polygon_is_closed_and_a_polyline_is_not() -> None:
    corners = 'points="1,1 7,1 7,7" fill="none" stroke="#000"'
    assert grey(f"<polygon {corners}/>")[4, 4] > 200
    assert grey(f"<polyline {corners}/>")[4, 4] == 0


def test_what_comes_later_lies_above_and_lets_through() -> None:
    below, above = '<rect width="8" height="8" fill="#f00"/>', '<rect width="4" height="8" fill="#00ff00"/>'
    drawing = '<svg viewBox="0 0 8 8">{}</svg>'
    picture = svg.draw(drawing.format(below + above).encode(), 2)
    assert picture[:, 0, 0].tolist() == [0, 255, 0]
    assert picture[:, 0, 1].tolist() == [255, 0, 0]
    half = svg.draw(drawing.format(below + above.replace("/>", ' opacity="0.4"/>')).encode(), 2)
    assert half[:, 0, 0].tolist() == [153, 102, 0]
    none = svg.draw(drawing.format(below + above.replace("/>", ' fill-opacity="0"/>')).encode(), 2)
    assert none[:, 0, 0].tolist() == [255, 0, 0]


EVERYTHING = """
<svg viewBox="0 0 8 8"><g transform="rotate(11.3 4 4) scale(.97)">
<rect x=".3" y=".4" width="7.1" height="6.9" rx="1.3" ry=".7" fill="#fcea2b"/>
<path d="M1 7.3A3 2 20 0 1 7 4a2.1 1.3-31 1 0 .2.9Q5 1 3.1 2.2T1.3 4C0 3 2 1 3 2.7s2 1 2.9.1" fill="#92d3f5"
fill-rule="evenodd" stroke="#000" stroke-width=".37"/>
<circle cx="3.7" cy="4.1" r="1.3" stroke="#333" opacity=".6"/>
<ellipse cx="5" cy="3" rx="1.7" ry=".6" fill="#ea5a47" transform="rotate(-73.1)translate(-7 2)"/></g></svg>
"""
DRAWN = """
import hashlib
from inforeg.data import svg
from tests.unit.data.test_svg import EVERYTHING
print(hashlib.sha256(svg.draw(EVERYTHING.encode(), 32).tobytes()).hexdigest(), end="")
"""


@pytest.mark.parametrize("parts", [(), ("found", "not found")], ids=["as it is", "without extensions"])
def test_every_processor_draws_the_same_bytes(parts: tuple[str, ...]) -> None:
    extensions = np.show_config(mode="dicts")["SIMD Extensions"]
    disabled = " ".join(name for part in parts for name in extensions.get(part, []))
    environment = {name: value for name, value in os.environ.items() if name != "NPY_ENABLE_CPU_FEATURES"}
    answer = subprocess.run(
        [sys.executable, "-c", DRAWN],
        cwd=Path(__file__).parents[3],
        env={**environment, "NPY_DISABLE_CPU_FEATURES": disabled},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "8de23a79544f16bf1a7cedc36e86b37e38a48e027aae722d35f602b70f5efdc8"


@pytest.mark.parametrize("degrees", [0, 11.3, 44.9, 45, 45.1, 133, -73.1, 359, 721])
def test_a_turn_is_as_a_library_has_it(degrees: float) -> None:
    angle = math.radians(degrees)
    assert turned(degrees) == pytest.approx((math.cos(angle), math.sin(angle)), abs=1e-14)


def test_whole_quarters_are_exact() -> None:
    assert [turned(degrees) for degrees in (0, 90, 180, -90)] == [(1, 0), (0, 1), (-1, 0), (0, -1)]


@pytest.mark.parametrize(
    ("arc", "area"),
    [
        ("M4 1A3 3 0 0 1 7 4", (np.pi / 4 - 0.5) * 9),
        ("M4 1A3 3 0 1 0 7 4", (3 * np.pi / 4 + 0.5) * 9),
        ("M4 1a3-3 0 013 3", (np.pi / 4 - 0.5) * 9),
        ("M4 1A3 0 0 0 1 7 4L4 4", 4.5),  # no ellipse, so a line
        ("M7 4A3 3 0 0 0 4 1", (np.pi / 4 - 0.5) * 9),
        ("M1 4A.3 .2 0 0 1 7 4", np.pi * 3),  # too small for its ends, so it grows
        ("M4 7A3 1.5 90 0 1 4 1", np.pi * 2.25),
    ],
)
def test_arcs_small_and_large_both_ways_round(arc: str, area: float) -> None:
    assert grey(f'<path d="{arc}z"/>', 64).sum() / 255 / 64 == pytest.approx(area, rel=0.02)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('<path d="L1 1"/>', "The path 'L1 1' cannot be drawn; it begins with M"),
        ('<path d="1 M1 1"/>', "The path '1 M1 1' cannot be drawn"),
        ('<path d="M1 1L1"/>', "The path 'M1 1L1' cannot be drawn"),
        ('<path d="M1 1z3"/>', "The path 'M1 1z3' cannot be drawn"),
        ('<path d="M1 1L"/>', "The path 'M1 1L' cannot be drawn"),
        ('<path d="M1 1L2 b"/>', "The path 'M1 1L2 b' cannot be drawn"),
        ('<path d="M1 1A1 1 0 2 1 3 3"/>', "cannot be drawn"),
        ("<text>a</text>", "The element 'text' cannot be drawn"),
        ('<rect width="1" height="1" fill="red"/>', "The colour 'red' cannot be drawn"),
        ('<rect width="1" height="1" transform="skewX(3)"/>', "The transform 'skewX' of 1 numbers cannot be"),
    ],
)
def test_what_cannot_be_drawn_is_named(body: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        grey(body)
