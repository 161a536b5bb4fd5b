import math

import pytest
import torch

from tests.conftest import make_spec, start


def test_logits_are_scaled_cosines_without_bias():
    _, state = start(make_spec("mmcosine", scale=10.0))
    fusion = state.model.fusion
    with torch.no_grad():
        fusion.weights["audio"].zero_()
        fusion.weights["audio"][0, 0] = 7.0
        fusion.weights["audio"][1, :2] = torch.tensor([1.0, 1.0])
    h = torch.tensor([[3.0, 4.0, 0.0, 0.0, 0.0], [0.0] * 5])
    output = fusion({"audio": h, "image": torch.zeros(2, 5)})
    # cos with (1, 0): 3/5; with (1, 1): 7 / (5 sqrt 2); a zero weight or feature gives 0
    assert output.unimodal["audio"][0].tolist() == pytest.approx([6, 70 / (5 * math.sqrt(2)), 0, 0], rel=1e-5)
    assert output.unimodal["audio"][1].tolist() == [0] * 4
    torch.testing.assert_close(output.logits, output.unimodal["audio"])
    assert {name.split(".")[0] for name, _ in fusion.named_parameters()} == {"weights"}


def test_an_update_has_no_part_along_the_weights():
    """Only the direction of a weight matters, so its gradient is at right angles to it."""
    method, state = start(make_spec("mmcosine"))
    batch = state.train.batch(torch.arange(16))
    method.backward(state, method.losses(state, batch, method.forward(state, batch)))
    for weight in state.model.fusion.weights.values():
        along = (weight * weight.grad).sum(1)
        assert along.abs().max() < 1e-5
        assert weight.grad.abs().max() > 1e-4


def test_an_update():
    """du_c / dW_c = s (h / |h| - cos W_c / |W_c|) / |W_c|, in lists."""
    method, state = start(make_spec("mmcosine", scale=3.0))
    batch = state.train.batch(torch.tensor([0]))
    features = {m: h[0].tolist() for m, h in state.model.encode(batch.inputs).items()}
    before = {m: w.tolist() for m, w in state.model.fusion.weights.items()}
    method.step(state, batch)

    def unit(values):
        return [v / math.sqrt(sum(x * x for x in values)) for v in values]

    cosines = {
        m: [sum(a * b for a, b in zip(unit(w), unit(h), strict=True)) for w in before[m]]
        for m, h in features.items()
    }
    raised = [math.exp(3 * sum(pair)) for pair in zip(*cosines.values(), strict=True)]
    training = state.spec.config.training
    for m, h in features.items():
        for c, w in enumerate(before[m]):
            error = raised[c] / sum(raised) - (c == batch.target.item())
            length = math.sqrt(sum(x * x for x in w))
            slope = [3 * (a - cosines[m][c] * b) / length for a, b in zip(unit(h), unit(w), strict=True)]
            moved = [
                x - training.lr * (error * g + training.weight_decay * x)
                for x, g in zip(w, slope, strict=True)
            ]
            assert state.model.fusion.weights[m][c].tolist() == pytest.approx(moved, abs=1e-5)
