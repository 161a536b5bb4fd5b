"""Optimisers by the name that benchmarks give them, fused: one kernel for all parameters."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch
from torch import nn

from inforeg.optim.sgd import SGD
from inforeg.runspec import Training


class Optimizer(Protocol):
    """What the package asks of an optimiser, as `torch.optim.Optimizer` has it."""

    param_groups: list[dict[str, Any]]

    @property
    def state(self) -> Any:
        """What it keeps, by parameter."""

    def step(self) -> object:
        """Move the parameters that have a gradient."""

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Go on from a `state_dict`."""


OPTIMIZERS: dict[str, Callable[[Iterable[nn.Parameter], Training], Optimizer]] = {
    "sgd": lambda parameters, t: SGD(parameters, t.lr, t.momentum, t.weight_decay),
    "adam": lambda parameters, t: torch.optim.Adam(parameters, t.lr, weight_decay=t.weight_decay, fused=True),
    "adamw": lambda parameters, t: torch.optim.AdamW(
        parameters, t.lr, weight_decay=t.weight_decay, fused=True
    ),
}
