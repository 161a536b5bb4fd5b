"""How long a step of training takes with `inforeg.Monitor`, over what it takes without.

    pytest tests/benchmarks/test_monitor_time.py

The column to read is `ratio`, in the line that is printed: the median over steps of one with its measurement
over the same one without. Two steps in turn, which differ by more than that by themselves, tell nothing.
"""

import statistics
from time import process_time

import torch
import torch.nn.functional as F
from torch import nn

from inforeg import Monitor
from inforeg.models.encoders.resnet18 import ResNet18

SHAPES = {"audio": (1, 65, 47), "image": (3, 56, 56)}
BATCH, CLASSES, STEPS = 16, 6, 20


class Training:
    """Joint training of a pair of ResNet-18 on a batch of noise, on one thread."""

    def __init__(self):
        torch.set_num_threads(1)
        self.encoders = nn.ModuleDict({m: ResNet18().network(shape) for m, shape in SHAPES.items()})
        self.heads = nn.ModuleDict({m: nn.Linear(512, CLASSES) for m in SHAPES})
        self.monitor = Monitor(dict(self.encoders.items()))
        parameters = [*self.encoders.parameters(), *self.heads.parameters()]
        self.optimizer = torch.optim.SGD(parameters, 0.002, momentum=0.9)
        self.inputs = {m: torch.randn(BATCH, *shape) for m, shape in SHAPES.items()}
        self.target = torch.arange(BATCH) % CLASSES

    def step(self) -> float:
        """Its time with the measurement over that without."""
        started = process_time()
        unimodal = {m: self.heads[m](self.encoders[m](values)) for m, values in self.inputs.items()}
        self.optimizer.zero_grad()
        F.cross_entropy(torch.stack([*unimodal.values()]).sum(0), self.target).backward()
        trained = process_time()
        self.monitor.measure(unimodal, self.target)
        measured = process_time()
        self.optimizer.step()
        whole = process_time() - started
        return whole / (whole - (measured - trained))


def test_monitoring_costs_at_most_three_percent_of_a_step(benchmark, capsys):
    training = Training()
    with training.monitor.epoch():
        training.step()
        ratio = statistics.median(training.step() for _ in range(STEPS))
        benchmark.extra_info["ratio"] = ratio
        benchmark.pedantic(training.step, rounds=3)
    with capsys.disabled():
        print(f"  step time with Monitor over without: {ratio:.3f}")
    assert ratio <= 1.03
