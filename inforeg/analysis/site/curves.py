"""Curves of a run over its epochs."""

import math
from collections.abc import Sequence
from typing import Any, Literal

from inforeg.analysis.figures.style import COLOURS, MODALITIES
from inforeg.analysis.site.content import Measured
from inforeg.analysis.site.vega import STEP, Chart, amount, field, scaled

Scale = Literal["linear", "log"]
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]]
WHOLE = {"tickMinStep": 1, "format": "d", "labelOverlap": True}
EPOCHS = {"field": "epoch", "title": "Epoch"}


def courses(
    course: Sequence[Measured], prefix: str, title: str, factor: float = 1.0, scale: Scale = "linear"
) -> Chart | None:
    """The quantities of a run that begin with `prefix`, by epoch; None where it has none.

    Args:
        course: of one run.
        prefix: of the names of metrics; the rest names the curve.
        title: of the vertical axis, with its unit.
        factor: from the values as they are stored.
        scale: of the axis.
    """
    values: list[dict[str, Any]] = [
        {"epoch": epoch, "curve": metric.removeprefix(prefix).strip("/") or "all", "value": factor * value}
        for epoch, metric, value in course
        if metric.startswith(prefix) and math.isfinite(value) and (value > 0 or scale == "linear")
    ]
    if not values:
        return None
    curves = list(dict.fromkeys(value["curve"] for value in values))
    encoding = {
        "x": {**EPOCHS, "type": "quantitative", "scale": {"nice": False}, "axis": WHOLE},
        "y": amount("value", {"title": title, "scale": {"zero": False, "type": scale}}),
        "color": {
            "field": "curve",
            "scale": scaled(curves, MODALITIES),
            "title": None,
            "legend": {"columns": 4},
        },
        "strokeDash": {"field": "curve", "scale": scaled(curves, DASHES), "title": None},
        "tooltip": [field("curve"), field("epoch"), field("value", ".4g")],
    }
    last = max(value["epoch"] for value in values)
    mark = {"type": "line", "point": {"size": 18}, "strokeWidth": 2}
    spec = {"data": {"values": values}, "height": 220, "mark": mark, "encoding": encoding}
    return Chart(spec, title, f"{', '.join(curves)} over epochs 0 to {last}.")


def windows(course: Sequence[Measured]) -> Chart | None:
    """The epochs in which each modality's window is open; None where there is no window."""
    values = [
        {"modality": metric.removeprefix("window/"), "epoch": epoch, "open": "open" if value else "closed"}
        for epoch, metric, value in course
        if metric.startswith("window/")
    ]
    if not values:
        return None
    states = {"domain": ["open", "closed"], "range": [COLOURS[0], "#8888884d"]}
    encoding = {
        "x": {**EPOCHS, "type": "ordinal", "axis": {"labelOverlap": True, "labelAngle": 0}},
        "y": {"field": "modality", "type": "nominal", "title": None},
        "color": {"field": "open", "scale": states, "title": None, "legend": {"columns": 2}},
        "tooltip": [field("modality"), field("epoch"), field("open")],
    }
    spec = {"data": {"values": values}, "height": {"step": STEP}, "mark": "rect", "encoding": encoding}
    told = [
        f"{name}: {sum(each['open'] == 'open' for each in values if each['modality'] == name)}"
        for name in dict.fromkeys(str(each["modality"]) for each in values)
    ]
    return Chart(
        spec, "Prime learning windows", f"Epochs in which the window is open, by modality: {', '.join(told)}."
    )
