"""How far encoders move: the norm of the change of their parameters, and what is to be expected of it."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from inforeg.models.multimodal import MultimodalModel
from inforeg.optim.optimizers import Optimizer

Places = Mapping[str, Sequence[Tensor]]
"""The values of each encoder's parameters at some time, by modality."""


def places(model: MultimodalModel) -> Places:
    """Where the model's encoders are now."""
    return {m: [p.detach().clone() for p in model.parameters_of(m)] for m in model.modalities}


@torch.no_grad()
def movement(model: MultimodalModel, before: Places) -> dict[str, float]:
    """Norm of the change of all parameters of an encoder since `before`, by modality."""
    found = {}
    for modality, old in before.items():
        moved = torch._foreach_sub([p.detach() for p in model.parameters_of(modality)], list(old))
        found[modality] = torch.stack(torch._foreach_norm(moved)).norm().item()
    return found


def reach(optimizer: Optimizer, steps: int) -> float:
    """T = learning rate × steps / (1 - momentum): how far a constant gradient of norm 1 moves parameters.

    As long as the steps are many, that is: momentum takes some to build up. Without momentum where the
    optimizer has none of that name.
    """
    group = optimizer.param_groups[0]
    return float(group["lr"] * steps / (1 - group.get("momentum", 0.0)))
