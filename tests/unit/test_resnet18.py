"""ResNet-18 against its published size, and on clips that it has to learn."""

import numpy as np
import pytest
import torch

from inforeg.data import arrays
from inforeg.data.clips import Clips
from inforeg.data.pictures import RandomResizedCrops
from inforeg.data.spectra import LogSpectrogram
from inforeg.data.split import Data
from inforeg.engine.evaluate import evaluate
from inforeg.engine.loop import fit
from inforeg.models.encoders.resnet18 import ResNet18, ResNet18Clip
from inforeg.random import stream
from inforeg.registry import DATASETS
from inforeg.runspec import RunConfig
from tests.conftest import Unrecorded, make_spec, start

PUBLISHED = 11_689_512
"""Of the whole network for ImageNet (He et al., 2016; torchvision's count), its last layer included."""

LAST = 512 * 1000 + 1000
STEM = 64 * 7 * 7
"""Weights of the first layer for each channel."""


@pytest.mark.parametrize(
    ("encoder", "shape", "channels"),
    [(ResNet18(), (3, 64, 64), 3), (ResNet18(), (1, 64, 64), 1), (ResNet18Clip(), (3, 2, 64, 64), 3)],
)
def test_it_has_the_published_number_of_parameters(encoder, shape, channels):
    network = encoder.build(shape, stream(0, "init", "video"))
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == PUBLISHED - LAST - (3 - channels) * STEM
    assert network.eval()(torch.zeros(2, *shape)).shape == (2, 512)


def test_a_clips_features_are_the_mean_of_its_frames():
    network = ResNet18Clip().build((3, 2, 64, 64), stream(0, "init", "video")).eval()
    clip = torch.randn(1, 3, 2, 64, 64, generator=torch.Generator().manual_seed(0))
    alone = [network(clip[:, :, [frame]]) for frame in (0, 1)]
    torch.testing.assert_close(network(clip), torch.stack(alone).mean(0))


def two_classes(count: int = 96) -> Data:
    """Clips of stripes that lie or stand, with a low or a high tone, under noise."""
    generator, target = np.random.default_rng(0), np.arange(count) % 2
    stripes = 100.0 * (np.arange(40) // 4 % 2)
    lying = np.broadcast_to(stripes[:, None], (40, 40))
    pictures = np.where(target[:, None, None] == 0, lying, lying.T)[:, None, None].repeat(3, 2).repeat(4, 1)
    frames = (pictures + generator.uniform(0, 100, pictures.shape)).astype(np.uint8)
    time = np.arange(4_000) / 8_000
    tones = np.sin(2 * np.pi * np.where(target == 0, 500, 1500)[:, None] * time)
    sound = (8_000 * (tones + generator.normal(0, 0.5, tones.shape))).astype(np.int16)
    clips = Clips(frames.reshape(-1, 3, 40, 40), torch.arange(count) * 4, torch.full((count,), 4), taken=2)
    parts = dict(zip(("train", "val", "test"), np.split(np.arange(count), [48, 64]), strict=True))
    transforms = {
        "audio": LogSpectrogram(size=128, hop=256),
        "video": RandomResizedCrops(size=32, scale=(0.5, 1.0), frames=2),
    }
    return arrays.streamed(("lying", "standing"), {"audio": sound, "video": clips}, target, parts, transforms)


@pytest.mark.parametrize("method", ["joint", "inforeg"])
def test_a_pair_of_them_learns_two_classes_of_clips(method):
    config = RunConfig(
        data={"name": next(iter(DATASETS.classes))},  # the data are given
        encoders={"audio": {"kind": "resnet18"}, "video": {"kind": "resnet18_clip"}},
        training={"epochs": 4, "lr": 0.01, "batch_size": 8},
    )
    data = two_classes()
    plugin, state = start(make_spec(method, config=config), data)
    fit(state, plugin, data.test, Unrecorded())
    found = evaluate(state.model, plugin, data.test)
    assert found.metrics["accuracy"] > 0.95
