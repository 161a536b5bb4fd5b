"""Optimisers by the name that benchmarks give them, fused: one kernel for all parameters."""

from collections.abc import Callable, Iterable

import torch

from inforeg.runspec import Training


def sgd(parameters: Iterable[torch.nn.Parameter], training: Training) -> torch.optim.Optimizer:
    """SGD whose momentum begins at zero.

    torch's own (2.13, fused) fails when a parameter gets its first gradient later than others, as where
    modalities take turns; from zero the first step is the same.
    """
    optimizer = torch.optim.SGD(
        parameters, training.lr, momentum=training.momentum, weight_decay=training.weight_decay, fused=True
    )
    optimizer.register_step_pre_hook(_begin_at_zero)
    return optimizer


def _begin_at_zero(optimizer: torch.optim.Optimizer, arguments: object, keywords: object) -> None:
    for group in optimizer.param_groups:
        if group["momentum"] and len(optimizer.state) < len(group["params"]):
            for parameter in group["params"]:
                optimizer.state[parameter].setdefault("momentum_buffer", torch.zeros_like(parameter))


OPTIMIZERS: dict[str, Callable[[Iterable[torch.nn.Parameter], Training], torch.optim.Optimizer]] = {
    "sgd": sgd,
    "adam": lambda parameters, t: torch.optim.Adam(parameters, t.lr, weight_decay=t.weight_decay, fused=True),
    "adamw": lambda parameters, t: torch.optim.AdamW(
        parameters, t.lr, weight_decay=t.weight_decay, fused=True
    ),
}
