"""Numbers and flags: plain where they are known, tensors where to read them costs a wait for the device."""

from collections.abc import Iterable

import torch
from torch import Tensor


def waits(device: torch.device) -> bool:
    """Whether it costs a wait to read a number: where it does not, what comes to nothing is not computed."""
    return device.type != "cpu"


def any_of(flags: Iterable[Tensor | bool]) -> Tensor | bool:
    """Whether one of them is set; a tensor where one has to be asked."""
    found: Tensor | bool = False
    for flag in flags:
        found = found | flag
    return found


def on(device: torch.device, number: Tensor | float, dtype: torch.dtype | None = None) -> Tensor:
    """A number on a device; one that is no tensor's in float64 unless another type is named."""
    if isinstance(number, Tensor):
        return number.to(device, dtype)
    return torch.tensor(number, dtype=dtype or torch.float64, device=device)
