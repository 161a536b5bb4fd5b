"""Named random streams: one seed, many independent sources of chance.

Every draw belongs to a stream named after what it is for, so that adding a method or a stream changes no
other number, methods of one seed share their initial weights and batch order, and a resumed run needs no
saved generator: a stream may hold the epoch among its names.
"""

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive(seed: int | None, *names: str | int) -> int:
    """A 63-bit seed for the stream `names` under `seed` (None: the same stream for all seeds)."""
    digest = hashlib.sha256(json.dumps([seed, *names]).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def stream(seed: int | None, *names: str | int, device: "torch.device | str" = "cpu") -> "torch.Generator":
    """A torch generator for the stream `names` under `seed`."""
    import torch  # here, since what draws by NumPy alone need not wait for it

    return torch.Generator(device).manual_seed(derive(seed, *names))


def numpy_stream(seed: int | None, *names: str | int) -> np.random.Generator:
    """A NumPy generator for the stream `names` under `seed`."""
    return np.random.Generator(np.random.PCG64(derive(seed, *names)))
