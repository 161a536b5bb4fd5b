"""Monitor: its numbers by hand, and a training that it leaves as it is."""

import math

import pytest
import torch
import torch.nn.functional as F
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from inforeg import InfoReg, Monitor, UserError
from tests.unit.test_regulation import PAIR, TARGET, TRIPLE, shares, single_weights


def measured(monitor, weights, gradient, *probabilities):
    for weight in weights.values():
        weight.grad = torch.tensor([gradient])
    monitor.measure(shares(*probabilities, names=tuple(weights)), TARGET)


def test_signals_of_an_epoch():
    weights = single_weights(TRIPLE)
    monitor = Monitor({m: [w] for m, w in weights.items()})
    with monitor.epoch():
        measured(monitor, weights, 1.0, 0.8, 0.4, 0.2)
        measured(monitor, weights, 3.0, 0.4, 0.8, 0.8)  # nobody leads alone
    two, four = math.log(2), math.log(4)
    assert monitor.signals == {
        name: [pytest.approx(value, rel=1e-5)]
        for name, value in {
            **dict.fromkeys(("trace/audio", "trace/video", "trace/text"), (1 + 9) / 2),
            "score/audio": (math.log(0.8) + math.log(0.4)) / 2,
            "score/video": (math.log(0.4) + math.log(0.8)) / 2,
            "score/text": (math.log(0.2) + math.log(0.8)) / 2,
            "discrepancy/audio": ((two + four) / 2 + 0) / 2,
            "discrepancy/video": (two + two) / 2,
            "discrepancy/text": (0 + two) / 2,
            "leads/audio": 1 / 2,
            **dict.fromkeys(("leads/video", "leads/text"), 0.0),
            **dict.fromkeys(("window/audio", "window/video", "window/text"), 0.0),
        }.items()
    }


def test_windows_are_those_of_equation_11():
    weights = single_weights(PAIR)
    monitor = Monitor({m: [w] for m, w in weights.items()}, threshold=0.5)
    for gradient in (1.0, 2.0, 2.5, 3.0):  # Tr(F) grows by 3/4, 9/25 and 11/36 of itself
        with monitor.epoch():
            measured(monitor, weights, gradient, 0.8, 0.4)
    assert monitor.signals["window/audio"] == [0.0, 0.0, 1.0, 0.0]


def test_its_traces_and_windows_are_those_of_inforeg():
    weights = single_weights(PAIR)
    encoders = {m: [w] for m, w in weights.items()}
    monitor, regulation = Monitor(encoders), InfoReg(encoders, weight=0.0)
    for gradient in (1.0, 2.0, 1.0, 3.0):
        with monitor.epoch(), regulation.epoch():
            measured(monitor, weights, gradient, 0.8, 0.4)
            regulation.regulate(shares(0.8, 0.4), TARGET)
            assert monitor.windows == regulation.windows
        assert monitor.history == regulation.history


def test_what_is_not_finite_does_not_count_and_every_epoch_has_its_number():
    weights = single_weights(PAIR)
    monitor = Monitor({"audio": [weights["audio"]], "video": [weights["video"]]})
    nothing = {m: torch.full((1, 2), torch.nan) for m in PAIR}
    with monitor.epoch():
        measured(monitor, weights, 2.0, 0.8, 0.4)
        measured(monitor, weights, math.inf, 0.8, 0.4)
        monitor.measure(nothing, TARGET)
    with pytest.warns(UserWarning, match="not finite"), monitor.epoch():
        for weight in weights.values():
            weight.grad = torch.tensor([math.nan])
        monitor.measure(nothing, TARGET)
    assert monitor.skipped == 3
    assert monitor.history["audio"] == [4.0]
    assert monitor.signals["leads/audio"] == [1.0, pytest.approx(math.nan, nan_ok=True)]
    assert monitor.signals["trace/audio"] == [4.0, pytest.approx(math.nan, nan_ok=True)]


class Net(nn.Module):
    """Encoders with dropout, batch norm and sparse gradients, whose words are there several times."""

    def __init__(self):
        super().__init__()
        self.audio = nn.Sequential(
            nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(), nn.Linear(6, 3)
        )
        self.text = nn.EmbeddingBag(5, 3, sparse=True)


def trained(monitored, writer=None):
    """Weights and buffers after three epochs."""
    torch.manual_seed(0)
    net = Net()
    monitor = Monitor({"audio": net.audio, "text": net.text}, writer=writer)
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    for _ in range(3):
        with monitor.epoch():
            for _ in range(4):
                target = torch.randint(3, (8,))
                unimodal = {"audio": net.audio(torch.randn(8, 4)), "text": net.text(torch.randint(5, (8, 9)))}
                optimizer.zero_grad()
                F.cross_entropy(unimodal["audio"] + unimodal["text"], target).backward()
                if monitored:
                    monitor.measure(unimodal, target)
                optimizer.step()
    return net.state_dict(), monitor


def test_trained_bits_are_those_without_it():
    (plain, _), (watched, monitor) = trained(monitored=False), trained(monitored=True)
    assert len(monitor.history["text"]) == 3
    for name, values in plain.items():
        assert torch.equal(watched[name], values)


def test_tensorboard_is_given_every_signal(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        _, monitor = trained(monitored=True, writer=writer)
    written = EventAccumulator(str(tmp_path)).Reload()
    assert set(written.Tags()["scalars"]) == monitor.signals.keys()
    for name, values in monitor.signals.items():
        events = written.Scalars(name)
        assert [event.step for event in events] == [0, 1, 2]
        assert [event.value for event in events] == pytest.approx(values, rel=1e-6)


def test_a_resumed_training_goes_on_with_its_signals():
    whole, resumed = (single_weights(PAIR) for _ in range(2))
    unbroken = Monitor({m: [w] for m, w in whole.items()})
    for gradient in (1.0, 2.0, 3.0):
        with unbroken.epoch():
            measured(unbroken, whole, gradient, 0.8, 0.4)
        if gradient == 2.0:
            state = unbroken.state_dict()
    other = Monitor({m: [w] for m, w in resumed.items()})
    other.load_state_dict(state)
    with other.epoch():
        measured(other, resumed, 3.0, 0.8, 0.4)
    assert other.signals == unbroken.signals
    assert other.state_dict() == unbroken.state_dict()


def test_bad_input_is_named():
    with pytest.raises(UserError, match="Monitor is for two or more modalities"):
        Monitor({"audio": nn.Linear(2, 2)})
    monitor = Monitor({m: nn.Linear(2, 2) for m in PAIR})
    with pytest.raises(UserError, match=r"with monitor\.epoch\(\)"):
        monitor.measure(shares(0.8, 0.4), TARGET)
    with pytest.raises(UserError, match="video"), monitor.epoch():
        monitor.measure(shares(0.8, names=["audio"]), TARGET)
    assert monitor.signals == {}
