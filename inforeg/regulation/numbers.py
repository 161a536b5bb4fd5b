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


def on(device: torch.device, number: Tensor | float) -> Tensor:
    """A number on a device, in float64 if it is none of a tensor's."""
    if isinstance(number, Tensor):
        return number.to(device)
    return torch.tensor(number, dtype=torch.float64, device=device)
