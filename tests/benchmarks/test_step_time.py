"""How long a step of each method takes next to one of joint training, measured in turns in one run.

    pytest tests/benchmarks

The column to read is `ratio`, in the line that each test prints: the median over rounds of the method's
step time over joint's in the same round. There is no bound to fail: machines differ.
"""

import itertools
import statistics
import time
from collections.abc import Callable

import pytest
import torch

from inforeg.data.base import Data, Held
from inforeg.registry import METHODS
from inforeg.runspec import RunConfig
from tests.conftest import make_spec, start, untrained

SMALL = {
    "shapes": {"audio": (13, 24), "image": (1, 14, 14)},
    "encoders": {
        "audio": {"kind": "conv1d", "channels": [16, 32]},
        "image": {"kind": "conv2d", "channels": [8, 16, 16], "kernel": 3},
    },
    "batch": 64,
    "rounds": 300,
}
RESNETS = {
    "shapes": {"audio": (1, 65, 47), "image": (3, 56, 56)},
    "encoders": {"audio": {"kind": "resnet18"}, "image": {"kind": "resnet18"}},
    "batch": 16,
    "rounds": 6,
}
COMPARED = [name for name in METHODS.classes if name not in ("joint", "unimodal", "ensemble")]
EPOCHS = 100
EPOCH = 20  # past every warm-up, before the end of every schedule


def stepper(pair: dict, method: str) -> Callable[[], None]:
    """One step of `method` on batches of noise, every window open."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    samples = 8 * pair["batch"]
    inputs = {m: torch.randn(samples, *shape, generator=generator) for m, shape in pair["shapes"].items()}
    split = Held(inputs, torch.arange(samples) % 6)
    data = Data(tuple("abcdef"), split, split, split)
    config = RunConfig(
        data={"name": "synthetic"},
        encoders=pair["encoders"],
        training={"epochs": EPOCHS, "lr": 0.002, "batch_size": pair["batch"]},
    )
    plugin, state = start(make_spec(method, config=config), data, untrained(data))
    state.epoch = EPOCH
    modalities = state.model.modalities
    if method == "inforeg":
        plugin.load_state_dict({"_regulation": {"history": {m: [1.0, 2.0] for m in modalities}}})
    elif method == "g_blending":
        plugin.load_state_dict({"_weights": dict.fromkeys(("joint", *modalities), 1 / 3)})
    plugin.on_epoch_start(state)
    indices = (index for _ in itertools.count() for index in plugin.sampler(state, split))

    def step() -> None:
        plugin.step(state, plugin.on_batch(state, split.batch(next(indices))))

    return step


def seconds(step: Callable[[], None]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


@pytest.mark.parametrize("method", COMPARED)
@pytest.mark.parametrize("pair", [SMALL, RESNETS], ids=["small encoders", "ResNet-18 pair"])
def test_step_time_over_joint(benchmark, capsys, pair, method):
    steps = {"joint": stepper(pair, "joint"), method: stepper(pair, method)}
    for step in steps.values():
        seconds(step)
    rounds = [{name: seconds(step) for name, step in steps.items()} for _ in range(pair["rounds"])]
    ratio = statistics.median(times[method] / times["joint"] for times in rounds)
    benchmark.extra_info["ratio"] = ratio
    benchmark.pedantic(steps[method], rounds=3)
    with capsys.disabled():
        print(f"  step time of {method} over joint: {ratio:.3f}")
