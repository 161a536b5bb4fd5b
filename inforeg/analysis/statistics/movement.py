"""How far encoders move in an epoch, against how far a constant gradient would take them."""

import pandas as pd

from inforeg.analysis.collected.study import Study

MOVEMENT = ["benchmark", "label", "column", "modality", "reach", "mean", "low", "high", "n"]


def movement(study: Study) -> pd.DataFrame:
    """Of the rows that record it, a line per benchmark, column and modality: `MOVEMENT`.

    reach is T = learning rate × steps of an epoch / (1 - momentum). It and the movement are means over the
    epochs at the full learning rate, and over the n seeds, of which low and high are the range of the latter.
    """
    epochs = study.collected.epochs
    by = ["benchmark", "row", "seed", "epoch"]
    reached = epochs[epochs["metric"] == "reach"].set_index(by)["value"].rename("reach")
    reached = reached[reached == reached.groupby(by[:-1]).transform("max")]
    moved = epochs[epochs["metric"].str.startswith("movement/")]
    moved = moved.assign(modality=moved["metric"].str.removeprefix("movement/"))
    moved = moved.merge(reached.reset_index(), on=by)
    runs = moved.groupby(["benchmark", "row", "modality", "seed"], sort=False)[["value", "reach"]].mean()
    found = runs.groupby(["benchmark", "row", "modality"], sort=False).agg(
        reach=("reach", "mean"), mean=("value", "mean"), low=("value", "min"), high=("value", "max"),
        n=("value", "size"),
    ).reset_index()  # fmt: skip
    rows = {row.key: row for row in study.experiment.rows}
    found = found.sort_values("row", key=lambda keys: keys.map([*rows].index), kind="stable")
    found["label"] = [rows[key].label for key in found["row"]]
    found["column"] = [rows[key].column for key in found["row"]]
    return found[MOVEMENT]
