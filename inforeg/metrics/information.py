"""Information amount, sample by sample: the trace of the Fisher information matrix, Eq. 7 exactly."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from inforeg.batch import Batch, Values, on_each
from inforeg.models.multimodal import MultimodalModel
from inforeg.regulation.trace import WHOLE

GRADIENT_BYTES = 2**30
"""What the gradients of the samples that are differentiated at once may take."""


def at_once(model: nn.Module) -> int:
    """How many samples `sample_trace` should be given at once: 64, or fewer where the model is large."""
    size = sum(4 * parameter.numel() for parameter in model.parameters())
    return min(64, max(1, GRADIENT_BYTES // size))


def sample_trace(model: MultimodalModel, batches: Iterable[Batch]) -> dict[str, float]:
    """The `sample` estimate: Tr(F_m) = mean over samples of ||gradient of L_joint(x, y)||^2, Eq. 7 exactly.

    Args:
        model: taken in evaluation mode and left in the mode it was in.
        batches: the samples of the mean; each one's are differentiated at once.

    Returns:
        The trace of each encoder by modality, and of all parameters as "whole".
    """
    values = {name: p.detach() for name, p in model.named_parameters()}
    buffers = dict(model.named_buffers())

    def loss(values: dict[str, Tensor], inputs: dict[str, Values], target: Tensor) -> Tensor:
        single = {m: on_each(x, lambda tensor: tensor.unsqueeze(0)) for m, x in inputs.items()}
        logits = functional_call(model, (values, buffers), (single,)).logits
        return F.cross_entropy(logits, target.unsqueeze(0))

    training = model.training
    model.eval()
    gradients = vmap(grad(loss), in_dims=(None, 0, 0))
    squares: dict[str, list[Tensor]] = {name: [] for name in values}
    for batch in batches:
        for name, gradient in gradients(values, dict(batch.inputs), batch.target).items():
            squares[name].append(gradient.reshape(len(gradient), -1).square().sum(1))
    model.train(training)
    square = {name: torch.cat(parts).mean().item() for name, parts in squares.items()}
    traces = {
        m: sum(square[f"encoders.{m}.{n}"] for n, _ in model.encoders[m].named_parameters())
        for m in model.modalities
    }
    return traces | {WHOLE: sum(square.values())}
