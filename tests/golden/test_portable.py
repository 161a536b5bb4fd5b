"""Eleven short runs, to the bit, at the level that every processor with AVX2 is meant to keep.

Seen to hold, with torch 2.13.0, on an AMD EPYC with AVX-512; there with MKL told that the processor is
Intel's; and emulated by QEMU 7.2, without AVX-512, as Intel's Haswell, Broadwell and Skylake and AMD's EPYC,
EPYC Rome and EPYC Milan (`qemu-x86_64 -cpu Haswell python -m pytest tests/golden/test_portable.py`). No real
processor of Intel's was at hand. The run on emoji was seen on the first alone.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from inforeg.batch import Values
from inforeg.data.base import Data, Held, Split
from inforeg.engine import checkpoint, machine
from inforeg.engine.record import MODEL, PREDICTIONS
from inforeg.runspec import EncoderConfig, RunConfig
from inforeg.suite.project import Project
from tests.conftest import make_config, make_spec

TORCH = "2.13.0"
"""Another version may well round otherwise; with it, the hashes are written anew at the level `avx2`."""

SHAPES = {
    "avdigits": {"audio": (13, 24), "image": (1, 14, 14)},
    "mfeat": {"fou": (76,), "zer": (47,), "mor": (6,), "pix": (240,)},
    "htad": {"audio": (36,), "accelerometer": (16,)},
    "watch": {"accelerometer": (3, 64), "gyroscope": (3, 64)},
    "emoji": {"image": (3, 32, 32), "text": (16,)},
    "synthetic": {"first": (24,), "second": (24,)},
    "watch_transformer": {"accelerometer": (3, 64), "gyroscope": (3, 64)},
    "resnet18": {"spectrogram": (1, 32, 24), "frame": (3, 32, 32)},
}
"""Of a sample of each embedded benchmark, text in words, and of small ones for the paper's backbone."""

RUNS = {
    ("avdigits", "inforeg", "sgd"): "b3230663b6994d2a",
    ("avdigits", "mmpareto", "sgd"): "3cb2f542ed9dde9d",
    ("mfeat", "joint", "adam"): "400ce0eafe87fe58",
    ("mfeat", "relearning", "sgd"): "a83e7ee8e628f432",
    ("htad", "pmr", "sgd"): "7bb98dddaea5c779",
    ("htad", "agm", "adamw"): "4b99444ae2246f3b",
    ("watch", "ogm_ge", "sgd"): "b1b188929d37ba9a",
    ("watch_transformer", "inforeg", "sgd"): "e6c2b8a686af77ee",
    ("emoji", "joint", "sgd"): "4544b1b8f4a9d927",
    ("synthetic", "cggm", "sgd"): "5e69b71f8625df79",
    ("resnet18", "joint", "sgd"): "a613c9441f480f00",
}


def drawn(shapes: dict[str, tuple[int, ...]], size: int, seed: int) -> Split:
    """Noise about a mean of each class."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.arange(size) % 5
    inputs: dict[str, Values] = {}
    for name, shape in shapes.items():
        means = torch.randn(5, *shape, generator=torch.Generator().manual_seed(99))
        values = means[target] + 2 * torch.randn(size, *shape, generator=generator)
        words = {"tokens": (10 * values.abs()).long(), "length": 1 + torch.arange(size) % 11}
        inputs[name] = words if name == "text" else values
    return Held(inputs, target)


def config(source: str, optimizer: str) -> RunConfig:
    """Two epochs on the benchmark's own encoders."""
    training = {"epochs": 2, "lr": 0.02 if optimizer == "sgd" else 0.002, "optimizer": optimizer}
    if source == "resnet18":
        encoders = dict.fromkeys(SHAPES[source], EncoderConfig(kind="resnet18"))
        training |= {"epochs": 1, "batch_size": 8}
    else:
        encoders = dict(Project().benchmark(source).encoders)
    made = make_config(tuple(SHAPES[source]), training={"batch_size": 32, **training})
    return made.model_copy(update={"encoders": encoders})


def bits(folder: Path) -> str:
    """Of the selected weights, and of the log-probabilities of all predictions."""
    digest = hashlib.sha256()
    for name, tensor in sorted(checkpoint.load(folder / MODEL).items()):
        digest.update(name.encode() + tensor.contiguous().numpy().tobytes())
    digest.update(pq.read_table(folder / PREDICTIONS)["log_probability"].to_numpy().tobytes())
    return digest.hexdigest()[:16]


@pytest.mark.parametrize(("source", "method", "optimizer"), RUNS)
def test_a_run_has_the_same_bits_on_every_processor(
    source: str, method: str, optimizer: str, run: Callable[..., Path]
) -> None:
    level = machine.facts()["level"]
    if level != machine.PORTABLE:
        pytest.skip(f"the bits are pinned at the level {machine.PORTABLE}, and this process is at {level}")
    if torch.__version__.split("+")[0] != TORCH:
        pytest.skip(f"the bits are pinned for torch {TORCH}, and this is {torch.__version__}")
    shapes = SHAPES[source]
    small = 16 if source == "resnet18" else 64
    sizes = {"train": 2 * small, "val": small, "test": small}
    parts = {name: drawn(shapes, size, seed) for seed, (name, size) in enumerate(sizes.items())}
    data = Data(tuple("abcde"), **parts)
    folder = run(make_spec(method, config=config(source, optimizer)), data)
    assert bits(folder) == RUNS[source, method, optimizer]
