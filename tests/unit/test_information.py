"""Both estimates of Tr(F), and the released code's "trace", against values worked out by hand."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inforeg.batch import Batch
from inforeg.data.split import Held
from inforeg.metrics.information import sample_trace
from inforeg.models.fusions.concat import Concat
from inforeg.models.multimodal import MultimodalModel
from inforeg.random import stream
from inforeg.regulation.trace import FisherTrace, LayerTrace

CLASSES = 3


def parameter(gradient):
    """A parameter with a given gradient; None: without one."""
    tensor = torch.zeros(2) if gradient is None else torch.zeros_like(torch.tensor(gradient))
    weight = nn.Parameter(tensor)
    weight.grad = None if gradient is None else torch.tensor(gradient)
    return weight


def test_fisher_trace_is_the_mean_of_squared_norms():
    trace = FisherTrace({"a": [parameter([3.0, 4.0]), parameter([[1.0], [2.0]])], "b": [parameter([2.0])]})
    trace.add()  # a: 9 + 16 + 1 + 4, b: 4
    for weight in trace.parameters:
        weight.grad *= 3
    trace.add()  # nine times as much
    assert trace.batches == 2
    assert trace.sums() == pytest.approx({"a": 300.0, "b": 40.0})
    assert trace.close() == pytest.approx({"a": 150.0, "b": 20.0})


def test_fisher_trace_starts_anew_after_closing():
    trace = FisherTrace({"a": [parameter([2.0])]})
    trace.add()
    trace.close()
    assert trace.close() == {"a": 0.0}
    trace.add()
    assert trace.close() == {"a": 4.0}


def test_an_epoch_is_summed_in_parts(monkeypatch):
    monkeypatch.setattr("inforeg.regulation.trace.TOGETHER", 2)
    trace = FisherTrace({"a": [parameter([2.0])]})
    for value in (1.0, 2.0, math.inf, 3.0, 4.0):  # squares 1 and 4, 9 of two, and 16
        trace.parameters[0].grad.fill_(value)
        trace.add()
    assert (trace.batches, trace.skipped) == (5, 1)
    assert trace.close() == pytest.approx({"a": 30 / 4})


def test_absent_gradients_count_as_zero():
    trace = FisherTrace({"a": [parameter(None), parameter([2.0])], "frozen": [parameter(None)]})
    trace.add()
    trace.parameters[1].grad = None
    trace.add()
    assert trace.close() == {"a": 2.0, "frozen": 0.0}


def test_layer_trace_averages_over_elements_and_sums_over_layers_and_batches():
    convolution = parameter([[[1.0, 2.0, 3.0]], [[0.0, 0.0, 4.0]]])  # (1 + 4 + 9 + 16) / 6 = 5
    linear = parameter([[1.0, 1.0], [3.0, 3.0]])  # (1 + 1 + 9 + 9) / 4 = 5
    bias = parameter([100.0, 100.0])
    trace = LayerTrace({"a": [convolution, linear, bias], "b": [linear], "c": [bias]})
    trace.add()
    linear.grad *= 2
    trace.add()
    expected = {"a": 2 * 5 + 5 + 20, "b": 5 + 20, "c": 0}
    assert trace.sums() == pytest.approx(expected)
    assert trace.sums() == pytest.approx(expected)  # reading changes nothing
    assert trace.close() == pytest.approx(expected)
    assert trace.close() == {"a": 0.0, "b": 0.0, "c": 0.0}


def model_of(encoders, width):
    widths = dict.fromkeys(encoders, width)
    return MultimodalModel(encoders, Concat(widths, CLASSES, lambda layer: stream(0, "fusion", layer)))


@pytest.fixture
def linear():
    torch.manual_seed(0)
    model = model_of({"audio": nn.Linear(4, 2), "image": nn.Linear(5, 2)}, 2)
    model.fusion.bias.data = torch.tensor([0.5, -0.2, 0.1])
    return model


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    inputs = {
        "audio": torch.randn(10, 4, generator=generator),
        "image": torch.randn(10, 5, generator=generator),
    }
    return Batch(inputs, torch.arange(10) % CLASSES, torch.arange(10))


def test_sample_trace_of_one_sample_by_hand():
    """Encoders (x -> W x, W = 0) under an identity head: p = 1/3, ||p - y||^2 = 4/9 + 1/9 + 1/9 = 2/3."""
    model = model_of({"audio": nn.Linear(2, 3, bias=False), "image": nn.Linear(1, 3, bias=False)}, 3)
    for m, encoder in model.encoders.items():
        encoder.weight.data.zero_()
        model.fusion.weights[m].data = torch.eye(3)
    inputs = {"audio": torch.tensor([[3.0, 4.0]]), "image": torch.tensor([[2.0]])}
    traces = sample_trace(model, [Batch(inputs, torch.tensor([1]), torch.tensor([0]))])
    # Tr = ||p - y||^2 ||x||^2; features are 0, so that the head adds only its bias's ||p - y||^2
    expected = {"audio": 2 / 3 * 25, "image": 2 / 3 * 4, "whole": 2 / 3 * (25 + 4 + 1)}
    assert traces == pytest.approx(expected, rel=1e-6)


def test_sample_trace_of_a_linear_model_is_the_analytic_value(linear, batch):
    """With g = p - y: ||W_m' g||^2 (||x_m||^2 + 1) of encoder m, ||g||^2 (sum ||h_m||^2 + 1) of the head."""
    with torch.no_grad():
        output = linear(batch.inputs)
        g = output.logits.softmax(1) - F.one_hot(batch.target, CLASSES)
        expected = {
            m: ((g @ linear.fusion.weights[m]).square().sum(1) * (x.square().sum(1) + 1)).mean().item()
            for m, x in batch.inputs.items()
        }
        features = sum(h.square().sum(1) for h in output.features.values())
        head = (g.square().sum(1) * (features + 1)).mean().item()
    expected["whole"] = sum(expected.values()) + head
    assert sample_trace(linear, [batch]) == pytest.approx(expected, rel=1e-5)


def test_sample_trace_is_the_batch_estimate_at_batch_size_one(linear, batch):
    trace = FisherTrace({m: linear.parameters_of(m) for m in linear.modalities})
    for n in range(len(batch)):
        linear.zero_grad()
        single = {m: x[n : n + 1] for m, x in batch.inputs.items()}
        F.cross_entropy(linear(single).logits, batch.target[n : n + 1]).backward()
        trace.add()
    expected = trace.close()
    computed = sample_trace(linear, [batch])
    assert {m: computed[m] for m in expected} == pytest.approx(expected, rel=1e-5)


def test_sample_trace_does_not_depend_on_the_batches(linear, batch):
    thirds = Held(batch.inputs, batch.target).batches(3)
    assert sample_trace(linear, thirds) == pytest.approx(sample_trace(linear, [batch]), rel=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_sample_trace_reads_in_evaluation_mode_and_leaves_no_mark(batch, training):
    torch.manual_seed(0)
    encoders = {
        m: nn.Sequential(nn.Linear(x.shape[1], 2), nn.BatchNorm1d(2), nn.Dropout(0.9))
        for m, x in batch.inputs.items()
    }
    model = model_of(encoders, 2).train(training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, second = sample_trace(model, [batch]), sample_trace(model, [batch])
    assert first == second  # no dropout
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(module.training is training for module in model.modules())
    assert all(p.grad is None for p in model.parameters())
