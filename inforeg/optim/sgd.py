"""Stochastic gradient descent with momentum: one kernel for all parameters."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.sgd import sgd

BUFFER = "momentum_buffer"


class SGD:
    """v = momentum v + g + weight_decay w, then w = w - lr v, from v = 0.

    `torch.optim.SGD` does the same by the same kernel, but imports torch's compiler, which takes a job a
    second, and spends more time around the kernel than in it. It also fails (2.13, fused) when a parameter
    gets its first gradient later than others, as where modalities take turns.

    Attributes:
        param_groups: one, with the settings.
        state: the buffer v of each parameter that has had a gradient, as "momentum_buffer".
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, momentum: float, weight_decay: float
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        self.param_groups: list[dict[str, Any]] = [{"params": list(parameters), **settings}]
        self.state: dict[Tensor, dict[str, Tensor]] = _State()

    @torch.no_grad()
    def step(self) -> None:
        """Move the parameters that have a gradient."""
        (group,) = self.param_groups
        moved = [p for p in group["params"] if p.grad is not None]
        sgd(
            moved,
            [p.grad for p in moved],
            [self.state[p][BUFFER] for p in moved] if group["momentum"] else [None] * len(moved),
            fused=True,
            lr=group["lr"],
            momentum=group["momentum"],
            weight_decay=group["weight_decay"],
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )

    def state_dict(self) -> dict[str, Any]:
        """The buffers by the places of their parameters."""
        (group,) = self.param_groups
        return {"state": {n: self.state[p] for n, p in enumerate(group["params"]) if p in self.state}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`, of whatever device."""
        (group,) = self.param_groups
        self.state.clear()
        for place, kept in state["state"].items():
            parameter = group["params"][place]
            self.state[parameter] = {BUFFER: kept[BUFFER].to(parameter.device)}


class _State(dict[Tensor, dict[str, Tensor]]):
    def __missing__(self, parameter: Tensor) -> dict[str, Tensor]:
        return self.setdefault(parameter, {BUFFER: torch.zeros_like(parameter)})
