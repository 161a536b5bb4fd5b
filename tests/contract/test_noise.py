"""Noise that repeats is noticed."""

import pytest
import torch

from inforeg.methods.base import Method, stream
from inforeg.testing.noise import repeats
from tests.conftest import make_spec
from tests.contract.cases import TWO


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
def test_noise_that_repeats_is_noticed(kind, refused):
    assert bool(repeats(kind(), make_spec())) is refused
