"""A method's noise is new in every batch and in every epoch."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps

import pytest
import torch
from torch.overrides import TorchFunctionMode

from inforeg.engine.train import begin, method_of
from inforeg.methods.base import Method, stream
from inforeg.methods.shared.state import Blueprint
from tests.conftest import make_config, make_data, make_spec, untrained
from tests.contract.cases import TWO, cases, spec_of

ENOUGH = 10  # integers in a draw, below which two may be equal by chance
RANDOM = ("rand", "normal", "uniform", "bernoulli", "multinomial", "exponential", "dropout")


@dataclass
class Draws(TorchFunctionMode):
    """Remembers what was drawn at random, and when."""

    when: tuple[int, int] = (-1, -1)
    seen: dict[tuple[str, bytes], tuple[int, int]] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(self, function, types, arguments=(), options=None):
        found = function(*arguments, **(options or {}))
        name = getattr(function, "__name__", "")
        if any(part in name for part in RANDOM) and isinstance(found, torch.Tensor):
            self.take(name, found)
        return found

    def take(self, name: str, found: torch.Tensor) -> None:
        if found.numel() < (1 if found.is_floating_point() else ENOUGH):
            return
        first = self.seen.setdefault((name, found.detach().numpy().tobytes()), self.when)
        if first != self.when:
            self.repeated.append(f"{name}{tuple(found.shape)} of {first} again in {self.when}")


def repeats(method: Method, spec, monkeypatch, epochs: int = 3) -> list[str]:
    """The draws of a method's hooks that are those of another batch or epoch."""
    data = make_data(TWO)
    state, draws = begin(spec, method, data), Draws()
    method.setup(state, untrained(data))
    # Initial weights are the same on purpose; a copy's are overwritten.
    monkeypatch.setattr(Blueprint, "build", unseen(Blueprint.build, draws))
    for state.epoch in range(epochs):
        state.model.train()
        with draws:
            draws.when = state.epoch, -1
            method.on_epoch_start(state)
            batches = list(method.sampler(state, state.train))
            for number, index in enumerate(batches):
                draws.when = state.epoch, number
                method.step(state, method.on_batch(state, state.train.batch(index)))
        metrics = {f"{p}/{k}/{m}": 0.5 for m in TWO for p in ("train", "val") for k in ("score", "accuracy")}
        method.on_epoch_end(state, metrics | {f"trace/batch/{m}": 2.0**state.epoch for m in TWO})
    return draws.repeated


def unseen(build: Callable, draws: Draws) -> Callable:
    @wraps(build)
    def _build(*arguments, **options):
        with hidden(draws):
            return build(*arguments, **options)

    return _build


@contextmanager
def hidden(draws: Draws):
    take, draws.take = draws.take, lambda name, found: None
    yield
    draws.take = take


@cases
def test_no_draw_is_that_of_another_batch_or_epoch(case, monkeypatch):
    spec = spec_of(case, make_config(TWO, training={"epochs": 6}))
    assert repeats(method_of(spec), spec, monkeypatch) == []


class Masked(Method):
    """Loses features at random; the subclasses say with what noise."""

    title, family, reference = "Masked", "feed-forward", "nobody"

    def forward(self, state, batch):
        features = state.model.encode(batch.inputs)
        size, noise = (len(batch), 1), self.noise(state)
        return state.model.fuse(
            {m: h * (torch.rand(size, generator=noise[m]) < 0.5) for m, h in features.items()}
        )


class AskedInEveryBatch(Masked):
    """What was a mistake: it drew the epoch's first numbers in every batch."""

    def noise(self, state):
        return state.generators("masked")


class BegunInEveryBatch(Masked):
    def noise(self, state):
        return {m: stream(state.spec.seed, "masked", m, state.epoch) for m in TWO}


class SameInEveryEpoch(Masked):
    def on_epoch_start(self, state):
        self._noise = {m: stream(state.spec.seed, "masked", m) for m in TWO}

    def noise(self, state):
        return self._noise


class Seeded(Masked):
    def noise(self, state):
        return dict.fromkeys(TWO, torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("kind", "refused"),
    [(AskedInEveryBatch, False), (BegunInEveryBatch, True), (SameInEveryEpoch, True), (Seeded, True)],
)
def test_noise_that_repeats_is_noticed(kind, refused, monkeypatch):
    assert bool(repeats(kind(), make_spec(), monkeypatch)) is refused
