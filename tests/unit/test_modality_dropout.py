"""Modality dropout: how often a modality is lost, and that one is always left."""

import pytest
import torch
from scipy.stats import binomtest

from inforeg.data.base import Held
from tests.conftest import make_config, make_spec, start

PAIR, TRIPLE = ("audio", "image"), ("audio", "image", "text")
SAMPLES = 4000


def begun(method, modalities=PAIR, **settings):
    """The method and its state at the first batch."""
    plugin, state = start(make_spec(method, config=make_config(modalities), **settings))
    plugin.on_epoch_start(state)
    return plugin, state


def kept(modalities, probability):
    """Which samples keep which modality, (M, SAMPLES)."""
    plugin, state = begun("modality_dropout", modalities, probability=probability)
    inputs = {m: torch.ones(SAMPLES, 6) for m in modalities}
    batch = Held(inputs, torch.zeros(SAMPLES, dtype=torch.int64)).batch(torch.arange(SAMPLES))
    with state.cost:
        found = plugin.forward(state, batch).features
    whole = state.model.encode(inputs)
    keep = torch.stack([h.any(1) for h in found.values()])
    for (m, h), rows in zip(found.items(), keep, strict=True):
        torch.testing.assert_close(h, whole[m] * rows.unsqueeze(1))
        assert state.cost.forward[m] == rows.sum()  # what is lost is not encoded
    return keep


@pytest.mark.parametrize(
    ("modalities", "probability", "lost"),
    [
        (PAIR, 0.2, 0.2 - 0.2**2 / 2),  # where both would be lost, each is kept half of the time
        (PAIR, 0.6, 0.6 - 0.6**2 / 2),
        (TRIPLE, 0.6, 0.6 - 0.6**3 / 3),
    ],
)
def test_frequencies(modalities, probability, lost):
    for row in kept(modalities, probability):
        count = int((~row).sum())
        assert binomtest(count, SAMPLES, lost).pvalue > 1e-3, count / SAMPLES


@pytest.mark.parametrize("modalities", [PAIR, TRIPLE], ids=len)
def test_never_drops_all(modalities):
    keep = kept(modalities, 0.95)
    assert keep.any(0).all()
    assert (keep.sum(0) == 1).float().mean() > 0.8  # it nearly always would have


def test_modalities_are_dropped_independently():
    audio, image, text = kept(TRIPLE, 0.1)
    both = int((~audio & ~image & text).sum())
    assert binomtest(both, SAMPLES, 0.1 * 0.1 * 0.9 + 0.1**3 / 3).pvalue > 1e-3, both / SAMPLES


def weights_after(method, **settings):
    plugin, state = begun(method, **settings)
    for epoch in range(2):
        state.epoch = epoch
        plugin.on_epoch_start(state)
        for index in plugin.sampler(state, state.train):
            plugin.step(state, plugin.on_batch(state, state.train.batch(index)))
    return torch.cat([p.flatten() for p in state.model.parameters()])


def test_probability_zero_is_joint_training_bit_for_bit():
    joint = weights_after("joint")
    assert torch.equal(weights_after("modality_dropout", probability=0.0), joint)
    assert not torch.equal(weights_after("modality_dropout", probability=0.2), joint)
