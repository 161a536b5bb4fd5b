"""What a step of training holds in memory, computed from the shapes of what it makes: nothing is run."""

import math
from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn

from inforeg.batch import Shape, Values
from inforeg.registry import ENCODERS
from inforeg.runspec import RunConfig

FLOAT = 4
"""Bytes of a number."""

WHOLE = ("tokens", "length")
"""What of a modality of several tensors is of whole numbers."""

KEPT = {"sgd": 1, "adam": 2, "adamw": 2}
"""Numbers that an optimizer keeps of each parameter."""


def step_bytes(config: RunConfig, shapes: Mapping[str, Shape]) -> int | None:
    """Parameters, gradients, what the optimizer keeps, inputs and every layer's output for one batch.

    Heads, what a method adds, and the scratch memory of kernels come on top.

    Args:
        config: of the benchmark.
        shapes: of one sample, by modality.

    Returns:
        Bytes; None where the shapes cannot be followed through an encoder without running it.
    """
    training, total = config.training, 0
    kept = KEPT[training.optimizer] if training.optimizer != "sgd" or training.momentum else 0
    for modality, encoder in config.encoders.items():
        recipe = ENCODERS.build(encoder.kind, encoder.options)
        try:
            with torch.device("meta"):
                network = recipe.network(shapes[modality])
                inputs = _inputs(shapes[modality], training.batch_size)
                outputs = _outputs(network, inputs)
        except (NotImplementedError, RuntimeError):
            return None
        parameters = sum(parameter.numel() for parameter in network.parameters())
        total += FLOAT * (parameters * (2 + kept) + outputs + _count(inputs))
    return total


def _inputs(shape: Shape, batch: int) -> Values:
    """A batch without content."""
    if isinstance(shape, Mapping):
        kinds = {name: torch.int64 if name in WHOLE else torch.float32 for name in shape}
        return {name: torch.ones(batch, *size, dtype=kinds[name]) for name, size in shape.items()}
    return torch.ones(batch, *shape)


def _outputs(network: nn.Module, inputs: Values) -> int:
    """How many numbers the layers of `network` give."""
    counts: list[int] = []
    for module in network.modules():
        if not list(module.children()) and not getattr(module, "inplace", False):
            module.register_forward_hook(partial(_note, counts))
    network(inputs)
    return sum(counts)


def _note(counts: list[int], module: nn.Module, inputs: object, output: object) -> None:
    if isinstance(output, Tensor):
        counts.append(output.numel())


def _count(values: Values) -> int:
    parts = [values] if isinstance(values, Tensor) else values.values()
    return sum(math.prod(part.shape) for part in parts)
