"""How well the classes are ranked, at whatever threshold: one class against the rest."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from inforeg.metrics.base import Metric

Scores = NDArray[np.float64]


def auroc(logits: Tensor, target: Tensor) -> float:
    """Area under the ROC curve, one class against the rest by its probability, mean over the C classes.

    The chance that a sample of the class scores above one of the rest, ties counting half. Of two classes the
    second against the first. As in scikit-learn it is undefined, NaN, where a class has no sample or all.
    """
    probability, positive = _one_against_rest(logits, target)
    if logits.shape[1] == 2:
        probability, positive = probability[:, 1:], positive[:, 1:]
    # Imported late: it takes a third of a second, which no training run needs.
    from scipy.stats import rankdata  # noqa: PLC0415

    ours = positive.sum(0)
    pairs = (ours * (len(positive) - ours)).astype(float)
    above = (rankdata(probability, axis=0) * positive).sum(0) - ours * (ours + 1) / 2
    return float(np.divide(above, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0).mean())


def mean_average_precision(logits: Tensor, target: Tensor) -> float:
    """Mean over the C classes of the average precision, one class against the rest by its probability.

    AP = Σ (R_k - R_{k-1}) P_k, with precision P and recall R at each distinct score from the highest on, not
    interpolated. As in scikit-learn a class without a sample counts as 0.
    """
    probability, positive = _one_against_rest(logits, target)
    return float(np.mean([_average_precision(*each) for each in zip(probability.T, positive.T, strict=True)]))


def _average_precision(score: Scores, positive: NDArray[np.bool_]) -> float:
    """Of one class: its scores (N,), and which samples are of it."""
    order = np.argsort(-score, kind="stable")
    # Samples of one score are above a threshold together.
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits = positive[order].cumsum()[last]
    gained = np.diff(hits, prepend=0) / max(hits[-1], 1)
    return float((gained * hits / (last + 1)).sum())


def _one_against_rest(logits: Tensor, target: Tensor) -> tuple[Scores, NDArray[np.bool_]]:
    """Probabilities (N, C), and which of them are of the true class."""
    probability = logits.double().softmax(1).cpu().numpy()
    return probability, target.cpu().numpy()[:, None] == np.arange(logits.shape[1])


AUROC = Metric("auroc", "AUROC", auroc)
MEAN_AVERAGE_PRECISION = Metric("mean_average_precision", "mean average precision", mean_average_precision)
