"""Runs on the folds of a benchmark, as one for each seed or, where folds are the unit, for each fold."""

import hashlib
from collections.abc import Sequence

import pandas as pd

from inforeg.analysis.collected.diverged import NO_EPOCH
from inforeg.probes.frames import COLUMNS

FOLD = "fold"
"""The column that says which fold a run was on, until they are one; 0 where there is but one."""

UNIT = "unit"
"""The column that says over what the tests on its benchmark are."""

LABELS = {"runs": ["epoch", "spec_sha256", "data_hash", "diverged"]}
"""Columns that neither name an observation nor are its value, by frame."""


def pooled(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame `name` with the runs of a seed on all folds of a benchmark as one run.

    Values are means over the folds, and not finite where one is missing. Test samples of all folds stand one
    after the other, embeddings are those of the first fold, and epochs the mean of those selected, rounded.
    Folds share what they train on: they are parts of one measurement, unless the benchmark says that they
    are its unit. There the runs of all seeds on a fold are one, whose number stands in the place of a seed's.

    Args:
        name: of the frame.
        frame: its columns, `FOLD` and `UNIT`.
    """
    apart = frame[frame[FOLD] > 0]
    if apart.empty:
        return frame[COLUMNS[name]]
    parts = [_of_one(name, group) for _, group in apart.groupby("benchmark", sort=False)]
    return pd.concat([frame.loc[frame[FOLD] == 0, COLUMNS[name]], *(part[COLUMNS[name]] for part in parts)])


def _of_one(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The runs on the folds of one benchmark as one each."""
    if name == "embeddings":
        first: pd.DataFrame = frame[frame[FOLD] == frame[FOLD].min()]
        return first
    if name == "predictions":
        sizes = frame.groupby(FOLD)["index"].max() + 1
        return frame.assign(index=frame["index"] + frame[FOLD].map(sizes.cumsum() - sizes))
    if frame[UNIT].iloc[0] == "fold":
        frame = frame.rename(columns={"seed": FOLD, FOLD: "seed"})
    labels = LABELS.get(name, [])
    keys = [column for column in COLUMNS[name] if column not in ("value", *labels)]
    wide = frame.set_index([*keys, FOLD])["value"].unstack(FOLD)
    means = wide.mean(axis=1, skipna=False).rename("value").reset_index()
    return means.merge(_labelled(frame, keys), on=keys) if labels else means


def _labelled(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """What of `runs` is beside the value, by observation."""
    finished = frame["epoch"].where(~frame["diverged"].astype(bool))
    groups = frame.assign(epoch=finished).sort_values(FOLD).groupby([*keys], sort=False)
    told = groups.agg(
        epoch=("epoch", "mean"),
        spec_sha256=("spec_sha256", _digest),
        data_hash=("data_hash", "first"),
        diverged=("diverged", "any"),
    )
    return told.assign(epoch=told["epoch"].fillna(NO_EPOCH).round().astype("int64")).reset_index()


def _digest(digests: "pd.Series[str]") -> str:
    """One of several specs."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()
