"""Which test samples are answered correctly, as tables of seeds by samples."""

from collections.abc import Collection, Mapping

import pandas as pd

Answers = Mapping[tuple[str, str, str], pd.DataFrame]
"""Whether test samples are answered correctly, by benchmark, row and variant: seeds by (index, group)."""


def answers(predictions: pd.DataFrame, folded: Collection[str] = ()) -> Answers:
    """The frame of that name of `Collected` as tables.

    Without the benchmarks `folded`, whose unit is the fold: that samples are others in each is in the
    differences between folds already.
    """
    predictions = predictions[~predictions["benchmark"].isin(folded)]
    by = ["benchmark", "row", "variant"]
    return {
        (str(benchmark), str(row), str(variant)): own.pivot(
            index="seed", columns=["index", "group"], values="correct"
        )
        for (benchmark, row, variant), own in predictions.groupby(by, sort=False)
    }
