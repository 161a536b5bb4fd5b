"""Optimisers by the name that benchmarks give them, fused: one kernel for all parameters."""

from collections.abc import Callable, Iterable
from typing import Any

import torch

from inforeg.config import Training


class SGD(torch.optim.SGD):
    """Fused SGD whose momentum begins at zero.

    torch's own (2.13) fails when a parameter gets its first gradient later than others, as where modalities
    take turns; from zero the first step is the same.
    """

    def step(self, closure: Any = None) -> Any:
        """One step of the parameters that have a gradient."""
        for group in self.param_groups:
            if group["momentum"] and len(self.state) < len(group["params"]):
                for parameter in group["params"]:
                    self.state[parameter].setdefault("momentum_buffer", torch.zeros_like(parameter))
        return super().step(closure)


OPTIMIZERS: dict[str, Callable[[Iterable[torch.nn.Parameter], Training], torch.optim.Optimizer]] = {
    "sgd": lambda parameters, t: SGD(
        parameters, t.lr, momentum=t.momentum, weight_decay=t.weight_decay, fused=True
    ),
    "adam": lambda parameters, t: torch.optim.Adam(parameters, t.lr, weight_decay=t.weight_decay, fused=True),
    "adamw": lambda parameters, t: torch.optim.AdamW(
        parameters, t.lr, weight_decay=t.weight_decay, fused=True
    ),
}
