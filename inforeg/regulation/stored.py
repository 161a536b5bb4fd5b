"""Gradients as they are stored: dense, or sparse as those of `nn.Embedding(sparse=True)`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn

HALF = (torch.float16, torch.bfloat16)
"""Too short to sum in."""


def stored(parameter: nn.Parameter) -> Tensor | None:
    """What is stored of a parameter's gradient, to be edited in place: all, or its entries."""
    gradient = parameter.grad
    if gradient is None or not gradient.is_sparse:
        return gradient
    # Entries of one place, as those of a word that is there twice, have to be added up first.
    parameter.grad = gradient.coalesce()
    return parameter.grad.values()


def norms_of(parameters: Iterable[nn.Parameter]) -> list[Tensor]:
    """The norm of each parameter's gradient, only read, 0 where there is none; in float32 at least."""
    found = []
    for parameter in parameters:
        values = parameter.new_zeros(1) if parameter.grad is None else parameter.grad
        if values.is_sparse:
            values = values.coalesce().values()  # a copy, since other bits may come of the sum
        found.append(values.float() if values.dtype in HALF else values)
    return list(torch._foreach_norm(found))


@contextmanager
def dense(parameters: Iterable[nn.Parameter]) -> Iterator[list[Tensor]]:
    """The gradients of parameters that have one, to be edited in place; sparse ones become so again."""
    listed = list(parameters)
    sparse = {p: p.grad.sparse_dim() for p in listed if p.grad is not None and p.grad.is_sparse}
    for parameter in sparse:
        parameter.grad = cast(Tensor, parameter.grad).to_dense()
    yield [cast(Tensor, p.grad) for p in listed]
    for parameter, dimensions in sparse.items():
        parameter.grad = cast(Tensor, parameter.grad).to_sparse(dimensions)
