"""A method's noise is new in every batch and in every epoch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from unittest.mock import patch

import torch
from torch.overrides import TorchFunctionMode

from inforeg.engine.assembly import method_of
from inforeg.engine.train import begin
from inforeg.methods.base import Method
from inforeg.methods.shared.state import Blueprint
from inforeg.runspec import RunSpec
from inforeg.testing.cases import Case, Trainings
from inforeg.testing.promises import require
from inforeg.testing.toy import make_data, untrained

ENOUGH = 10
"""Integers in a draw, below which two may be equal by chance."""

RANDOM = ("rand", "normal", "uniform", "bernoulli", "multinomial", "exponential", "dropout")


def check_noise(case: Case, trainings: Trainings) -> None:
    """No draw is that of another batch or epoch."""
    spec = case.spec({"epochs": 6})
    found = repeats(method_of(spec), spec)
    require(
        not found,
        f"{(found or [''])[0]}; take the generator from `state.generators`, "
        "which goes on from batch to batch.",
    )


@dataclass
class Draws(TorchFunctionMode):
    """Remembers what was drawn at random, and when."""

    when: tuple[int, int] = (-1, -1)
    hidden: bool = False
    seen: dict[tuple[str, bytes], tuple[int, int]] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
        found = function(*arguments, **(options or {}))
        name = getattr(function, "__name__", "")
        if any(part in name for part in RANDOM) and isinstance(found, torch.Tensor) and not self.hidden:
            self._take(name, found)
        return found

    def _take(self, name: str, found: torch.Tensor) -> None:
        if found.numel() < (1 if found.is_floating_point() else ENOUGH):
            return
        first = self.seen.setdefault((name, found.detach().numpy().tobytes()), self.when)
        if first != self.when:
            (epoch, batch), (other, later) = first, self.when
            self.repeated.append(
                f"{name}{tuple(found.shape)} of the epoch {epoch}, batch {batch} is drawn again in the epoch "
                f"{other}, batch {later}"
            )


def repeats(method: Method, spec: RunSpec, epochs: int = 3) -> list[str]:
    """The draws of a method's hooks that are those of another batch or epoch."""
    modalities = tuple(spec.config.encoders)
    data = make_data(modalities)
    state, draws = begin(spec, method, data), Draws()
    method.setup(state, untrained(data))
    kinds = [f"{p}/{k}/{m}" for m in modalities for p in ("train", "val") for k in ("score", "accuracy")]
    # Initial weights are the same on purpose; a copy's are overwritten.
    with patch.object(Blueprint, "build", _unseen(Blueprint.build, draws)):
        for state.epoch in range(epochs):
            state.model.train()
            with draws:
                draws.when = state.epoch, -1
                method.on_epoch_start(state)
                batches = list(method.sampler(state, state.train))
                for number, index in enumerate(batches):
                    draws.when = state.epoch, number
                    method.step(state, method.on_batch(state, state.train.batch(index)))
            traces = {f"trace/batch/{m}": 2.0**state.epoch for m in modalities}
            method.on_epoch_end(state, dict.fromkeys(kinds, 0.5) | traces)
    return draws.repeated


def _unseen(build: Callable[..., Any], draws: Draws) -> Callable[..., Any]:
    @wraps(build)
    def _build(*arguments: Any, **options: Any) -> Any:
        with _hidden(draws):
            return build(*arguments, **options)

    return _build


@contextmanager
def _hidden(draws: Draws) -> Iterator[None]:
    draws.hidden = True
    yield
    draws.hidden = False
