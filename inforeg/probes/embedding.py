"""Features in two dimensions, to look at."""

import numpy as np
import pandas as pd
import torch
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from inforeg.models.inference import infer
from inforeg.probes.restore import Restored
from inforeg.random import stream

SAMPLES = 400
"""Test samples shown, at most; the same ones whatever the method and the seed."""


def embed(run: Restored) -> pd.DataFrame:
    """Each modality's standardised test features in two dimensions: modality, index, target, x, y.

    By t-SNE (van der Maaten and Hinton, 2008) from the principal
    components, on one thread, so that it is the same every time.
    """
    test = run.data.test
    chosen = torch.randperm(len(test), generator=stream(None, "tsne"))[:SAMPLES].sort().values
    features = infer(run.model, test.part(chosen.to(test.target.device))).features
    target = test.target.cpu()[chosen].numpy()
    parts = []
    for modality, values in features.items():
        with threadpool_limits(1):
            scaled = StandardScaler().fit_transform(values.double().cpu().numpy())
            places = TSNE(init="pca", random_state=0, n_jobs=1).fit_transform(scaled)
        columns = {"index": chosen.numpy(), "target": target, "x": places[:, 0], "y": places[:, 1]}
        parts.append(pd.DataFrame(columns).assign(modality=modality))
    return pd.concat(parts).astype({"x": np.float64, "y": np.float64})
