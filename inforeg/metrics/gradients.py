"""How alike the gradients of different batches are (InfoReg, CVPR 2025, Figures 3 and 4)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inforeg.batch import Batch
from inforeg.models.multimodal import MultimodalModel


def batch_gradients(model: MultimodalModel, batches: Sequence[Batch]) -> dict[str, float]:
    """Norms and cosine similarities of the gradients of L_joint on `batches`, by encoder.

    Args:
        model: taken in evaluation mode and left in the mode it was in; its `.grad` is not touched.
        batches: two or more.

    Returns:
        norm/<modality>: mean norm over the batches; cosine/<modality>: mean cosine over all pairs of batches.
    """
    training = model.training
    model.eval()
    rows = [_gradients(model, batch) for batch in batches]
    model.train(training)
    found = {}
    for modality in model.modalities:
        gradients = torch.stack([row[modality] for row in rows])
        found[f"norm/{modality}"] = gradients.norm(dim=1).mean().item()
        found[f"cosine/{modality}"] = mean_cosine(gradients)
    return found


def mean_cosine(vectors: Tensor) -> float:
    """Mean cosine similarity over all pairs of the rows of (K, d), K >= 2."""
    directions = F.normalize(vectors.double(), dim=1)
    count = len(directions)
    # Of all ordered pairs, those of a row with itself have cosine 1.
    total = directions.sum(0).square().sum() - directions.square().sum()
    return (total / (count * (count - 1))).item()


def _gradients(model: MultimodalModel, batch: Batch) -> dict[str, Tensor]:
    loss = F.cross_entropy(model(batch.inputs).logits, batch.target)
    groups = {modality: model.parameters_of(modality) for modality in model.modalities}
    everything = [parameter for group in groups.values() for parameter in group]
    gradients = iter(torch.autograd.grad(loss, everything))
    return {m: torch.cat([next(gradients).flatten() for _ in group]) for m, group in groups.items()}
