"""How often a method acted that leaves gradients as they are in some steps."""

import pandas as pd

from inforeg.analysis.collected.study import Study


def acted(study: Study) -> pd.DataFrame:
    """Share of the steps in which a method changed a gradient: benchmark, row, variant, mean, sd, n, idle.

    Over n seeds or folds, in `idle` of which it never did. Rows that do not say are not there: those of other
    methods, or of before there was a count.
    """
    epochs = study.collected.epochs
    said = epochs[epochs["metric"] == "acted"]
    by = ["benchmark", "row", "variant"]
    # All epochs of a run have as many steps.
    shares = said.groupby([*by, "seed"], sort=False)["value"].mean().reset_index()
    shares["never"] = shares["value"] == 0
    return shares.groupby(by, sort=False, as_index=False).agg(
        mean=("value", "mean"), sd=("value", "std"), n=("value", "size"), idle=("never", "sum")
    )
