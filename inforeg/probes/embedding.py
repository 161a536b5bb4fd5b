"""Features in two dimensions, to look at."""

from typing import TYPE_CHECKING, Any

import torch

from inforeg.models.inference import infer
from inforeg.probes.base import Answer, Probe
from inforeg.random import stream

if TYPE_CHECKING:
    from inforeg.probes.restore import Restored

SAMPLES = 400
"""Test samples shown, at most; the same ones whatever the method and the seed."""


class Embedding(Probe):
    """Test features in two dimensions, of one run a cell: they are looked at, not tested."""

    name = "embedding"
    frame = "embeddings"
    seeds = frozenset({0})

    def examine(self, run: "Restored") -> Answer:
        """The places of `embed`, without a metric."""
        return Answer(columns=embed(run))


PERPLEXITY = 30.0
"""How many neighbours of a sample count, as the method's authors advise and scikit-learn has it."""


def _perplexity(samples: int) -> float:
    """Fewer neighbours where there are few samples: a third of the others, as far as t-SNE itself looks."""
    return min(PERPLEXITY, max(1.0, (samples - 1) / 3))


def embed(run: "Restored") -> dict[str, list[Any]]:
    """Each modality's standardised test features in two dimensions: modality, index, target, x, y.

    By t-SNE (van der Maaten and Hinton, 2008) from the principal
    components, on one thread, so that it is the same every time.
    """
    from sklearn.manifold import TSNE
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    test = run.data.test
    chosen = torch.randperm(len(test), generator=stream(None, "tsne"))[:SAMPLES].sort().values
    features = infer(run.model, test.part(chosen.to(test.target.device))).features
    target = test.target.cpu()[chosen].tolist()
    columns: dict[str, list[Any]] = {name: [] for name in ("modality", "index", "target", "x", "y")}
    for modality, values in features.items():
        with threadpool_limits(1):
            scaled = StandardScaler().fit_transform(values.double().cpu().numpy())
            tsne = TSNE(perplexity=_perplexity(len(scaled)), init="pca", random_state=0, n_jobs=1)
            places = tsne.fit_transform(scaled)
        parts = ([modality] * len(chosen), chosen.tolist(), target, *places.T.tolist())
        for name, part in zip(columns, parts, strict=True):
            columns[name] += part
    return columns
