"""How well K-means clusters of features match the classes."""

import numpy as np
import torch
from torch import Tensor

STARTS = 10


def clusters(features: Tensor, count: int, seed: int) -> np.ndarray:
    """K-means' cluster (N,) of each of the features (N, d), each dimension scaled to [0, 1] first."""
    values = features.double()
    values = values - values.min(0).values
    # A dimension that is the same for all samples stays at 0.
    scaled = (values / values.max(0).values.clamp(min=torch.finfo(values.dtype).tiny)).cpu().numpy()
    distinct = len(np.unique(scaled, axis=0))
    # Imported where they are needed, so that no other method waits for them.
    from sklearn.cluster import KMeans  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    means = KMeans(min(count, distinct), n_init=STARTS, random_state=seed)
    # The sums of several threads come in any order, and with it their last bits.
    with threadpool_limits(1):
        found: np.ndarray = means.fit_predict(scaled)
    return found


def purity(cluster: np.ndarray, target: np.ndarray) -> float:
    """Share of the samples (N,) that belong to the commonest class of their cluster."""
    table = np.zeros((cluster.max() + 1, target.max() + 1), dtype=np.int64)
    np.add.at(table, (cluster, target), 1)
    return float(table.max(1).sum() / len(target))
