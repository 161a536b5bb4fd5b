"""Charts as specifications of Vega-Lite, and what all of them have; text and axes have the page's colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inforeg.analysis.figures.style import COLOURS
from inforeg.files import json_text

INK = "currentColor"
STEP = 22
"""Pixels of a line of names."""
DOT = {"type": "point", "filled": True, "size": 65, "color": COLOURS[0], "opacity": 1}


@dataclass(frozen=True)
class Chart:
    """A picture with the words for who does not see it.

    Attributes:
        spec: of Vega-Lite.
        title: what it shows, in short.
        told: what is to be seen in it; the table beside it has its numbers.
    """

    spec: Mapping[str, Any]
    title: str
    told: str

    @property
    def json(self) -> str:
        """The specification, in which no tag can end."""
        whole = {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}, **self.spec}
        return json_text(whole).replace("<", "\\u003c")


def scaled(domain: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """Each of `domain` its own of `values`, from the beginning again where these end."""
    return {"domain": list(domain), "range": [values[place % len(values)] for place in range(len(domain))]}


def lines(names: Sequence[str], by: str = "name") -> dict[str, Any]:
    """A vertical axis with a line for each of `names`, in their order."""
    limit = {"expr": "min(300, containerSize()[0] * 0.45)"}
    axis = {"title": None, "labelLimit": limit, "ticks": False, "domain": False, "grid": True}
    return {"field": by, "type": "nominal", "sort": list(dict.fromkeys(names)), "axis": axis, "title": None}


def amount(name: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """An axis of numbers."""
    return {"field": name, "type": "quantitative", "axis": {"tickCount": 8}, **more}


def field(name: str, form: str = ".2f") -> dict[str, Any]:
    """What a tooltip says, numbers in the format `form`."""
    told = {"field": name, "title": name}
    return {**told, "format": form} if name in ("effect", "low", "high", "mean", "rank", "value") else told
