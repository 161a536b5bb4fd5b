"""How long joint training takes here next to a loop written by hand for the same model, in turns in one run.

    pytest tests/benchmarks

The line that each test prints has two ratios, the medians over rounds: of an epoch with its evaluation and
checkpoints, and of its training alone. There is no bound to fail: machines differ. What the loop by hand does
not do is Tr(F) of every batch, and the shares of the joint logits, of which it needs no more than their sum.
"""

import copy
import itertools
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inforeg.data.base import Data, Held, Split
from inforeg.engine.loop import fit
from inforeg.engine.record import Record
from inforeg.random import stream
from inforeg.runspec import RunConfig, Training
from inforeg.suite.project import Project
from tests.conftest import make_spec, start

ROUNDS = 7
BATCH = 1024  # of an evaluation
CHECKPOINT = 5.0  # seconds between two


class Source(NamedTuple):
    """A benchmark's samples."""

    shapes: dict[str, tuple[int, ...]]
    sizes: tuple[int, int, int]
    classes: int


WATCH = Source({"accelerometer": (3, 64), "gyroscope": (3, 64)}, (2055, 777, 773), 7)
SOURCES = {
    "avdigits": Source({"audio": (13, 24), "image": (1, 14, 14)}, (3000, 1000, 1000), 10),
    "htad": Source({"audio": (36,), "accelerometer": (16,)}, (830, 278, 278), 7),
    "mfeat": Source({"fou": (76,), "zer": (47,), "mor": (6,), "pix": (240,)}, (1200, 400, 400), 10),
    "synthetic": Source({"first": (24,), "second": (24,)}, (1800, 600, 2000), 8),
    "watch": WATCH,
    "watch_transformer": WATCH,
}


class Seconds(NamedTuple):
    """What a run took, and what it came to: its first and last loss over an epoch."""

    training: float
    whole: float
    losses: tuple[float, float]


class Plain(nn.Module):
    """Encoders and one linear head over their features."""

    def __init__(self, encoders: nn.ModuleDict, width: int, classes: int) -> None:
        super().__init__()
        self.encoders, self.head = encoders, nn.Linear(width, classes)

    def encode(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        return [encoder(inputs[m]) for m, encoder in self.encoders.items()]

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.head(torch.cat(self.encode(inputs), 1))

    def shares(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        features = self.encode(inputs)
        weights = self.head.weight.split([h.shape[1] for h in features], 1)
        return [
            F.linear(h, w, self.head.bias / len(features)) for h, w in zip(features, weights, strict=True)
        ]


@torch.no_grad()
def measured(model: Plain, split: Held) -> dict[str, float]:
    """Loss and accuracy of the joint logits, accuracy of each modality's share."""
    model.eval()
    parts = []
    for begin in range(0, len(split.target), BATCH):
        parts.append(model.shares({m: x[begin : begin + BATCH] for m, x in split.inputs.items()}))
    shares = dict(zip(split.inputs, map(torch.cat, zip(*parts, strict=True)), strict=True))
    logits = sum(shares.values())
    accuracies = {
        m: (z.argmax(1) == split.target).float().mean().item() for m, z in {"joint": logits, **shares}.items()
    }
    return {"loss": F.cross_entropy(logits, split.target).item(), **accuracies}


def by_hand(model: Plain, data: Data, training: Training, folder: Path) -> Seconds:
    """The loop that one would write for this model alone."""
    optimizer = torch.optim.SGD(
        model.parameters(), training.lr, training.momentum, weight_decay=training.weight_decay, fused=True
    )
    train, best, losses, trained = data.train, -1.0, [], 0.0
    some = train.part(torch.randperm(len(train.target))[: len(data.val.target)])
    begun = saved = time.perf_counter()
    for epoch in range(training.epochs):
        started = time.perf_counter()
        if epoch == round(training.decay_at * training.epochs):
            for group in optimizer.param_groups:
                group["lr"] *= training.decay_factor
        model.train()
        total = 0.0
        order = torch.randperm(len(train.target), generator=stream(0, "order", epoch))
        for index in order.split(training.batch_size):
            loss = F.cross_entropy(model({m: x[index] for m, x in train.inputs.items()}), train.target[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(order.split(training.batch_size)))
        trained += time.perf_counter() - started
        splits = {"train": some, "val": data.val, "test": data.test}
        metrics = {name: measured(model, split) for name, split in splits.items()}
        with (folder / "log.jsonl").open("a") as log:
            log.write(json.dumps({"epoch": epoch, "loss": losses[-1], **metrics}) + "\n")
        if metrics["val"]["joint"] > best:
            best, kept = metrics["val"]["joint"], copy.deepcopy(model.state_dict())
        if time.perf_counter() - saved > CHECKPOINT:
            saved = time.perf_counter()
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": kept}
            torch.save(state, folder / "last.pt")
    return Seconds(trained, time.perf_counter() - begun, (losses[0], losses[-1]))


def noise(source: Source) -> Data:
    generator = torch.Generator().manual_seed(0)

    def split(size: int) -> Split:
        inputs = {m: torch.randn(size, *shape, generator=generator) for m, shape in source.shapes.items()}
        return Held(inputs, torch.arange(size) % source.classes)

    return Data(tuple("abcdefghij"[: source.classes]), *map(split, source.sizes))


def pairs(name: str, folder: Path) -> Iterator[tuple[Seconds, Seconds]]:
    """Runs from the same weights: of this package, and by hand."""
    source = SOURCES[name]
    data = noise(source)
    benchmark = Project().benchmark(name)
    config = RunConfig(data=benchmark.data, encoders=benchmark.encoders, training=benchmark.training)
    spec = make_spec(config=config)
    for turn in itertools.count():
        method, state = start(spec, data)
        weights = torch.cat([state.model.fusion.weights[m] for m in source.shapes], 1).detach()
        plain = Plain(copy.deepcopy(state.model.encoders), weights.shape[1], source.classes)
        with torch.no_grad():
            plain.head.weight.copy_(weights)
            plain.head.bias.zero_()
        for encoder in plain.encoders.values():
            encoder._forward_hooks.clear()  # those that count passes
        (place := folder / str(turn)).mkdir()
        record = Record(place, spec)
        started = time.perf_counter()
        fit(state, method, data.test, record)
        whole = time.perf_counter() - started
        losses = tuple(record.history[epoch]["loss/joint"] for epoch in (0, -1))
        yield (
            Seconds(record.seconds["training"], whole, losses),
            by_hand(plain, data, config.training, place),
        )


@pytest.mark.parametrize("name", SOURCES)
def test_epoch_time_over_a_loop_by_hand(benchmark, capsys, tmp_path, name):
    rounds = pairs(name, tmp_path)
    ours, theirs = next(rounds)
    assert ours.losses[0] == pytest.approx(theirs.losses[0], rel=1e-4)  # the same model on the same batches
    benchmark.pedantic(next, args=(rounds,))
    found = list(itertools.islice(rounds, ROUNDS))
    ratios = {
        part: statistics.median(getattr(a, part) / getattr(b, part) for a, b in found)
        for part in ("whole", "training")
    }
    benchmark.extra_info |= ratios
    with capsys.disabled():
        print(f"  {name}: epoch {ratios['whole']:.3f}, its training {ratios['training']:.3f} of that by hand")
