"""What a step of training is made of."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from inforeg.optim.optimizers import Optimizer


def zero(parameters: Iterable[nn.Parameter]) -> None:
    """Take away the gradients of parameters."""
    for parameter in parameters:
        parameter.grad = None


def backward(losses: Iterable[Tensor], *, retain: bool = False) -> None:
    """Add the gradients of the sum of scalar losses to those that parameters have.

    Args:
        losses: at least one; summed in their order.
        retain: keep the graph for another backward pass.
    """
    first, *rest = losses
    sum(rest, start=first).backward(retain_graph=retain)  # type: ignore[no-untyped-call]


def gradients_of(loss: Tensor, parameters: Iterable[nn.Parameter], *, retain: bool = False) -> list[Tensor]:
    """The gradients of a scalar loss in the parameters' order, whose own gradients stay as they are.

    Args:
        loss: depends on all of the parameters.
        parameters: to differentiate by.
        retain: keep the graph for another backward pass.
    """
    return list(torch.autograd.grad(loss, list(parameters), retain_graph=retain))


def update(optimizer: Optimizer, clip: float | None = None) -> None:
    """Clip the gradients of an optimiser's parameters by their global norm, then step.

    Args:
        optimizer: of the parameters to move.
        clip: the largest norm of all gradients together, as they are now; longer ones are scaled to it in
            place.
    """
    if clip is not None:
        nn.utils.clip_grad_norm_(parameters_of(optimizer), clip)
    optimizer.step()


def parameters_of(optimizer: Optimizer) -> list[nn.Parameter]:
    """All that an optimiser moves."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Where forward passes have a `precision` of Training; their outputs are then to be taken as float32."""
    if precision == "float32":
        return nullcontext()
    # Not cached: a weight that was cast in a pass without gradient would stay without in the next pass.
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False)
