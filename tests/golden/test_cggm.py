"""CGGM against its equations, worked out with lists and the math module alone."""

import math

import pytest
import torch

from inforeg.batch import Output
from inforeg.methods.cggm import balance, linear_gradient
from inforeg.methods.shared.supports import supports
from tests.conftest import make_config, make_spec, start

MODALITIES = ("audio", "image")
INDEX = torch.arange(6)


@pytest.mark.parametrize(
    ("improvement", "expected"),
    [
        ([0.1, 0.3], [0.75, 0.25]),
        ([0.1, 0.2, 0.1], [0.75, 0.5, 0.75]),
        ([0.2, -0.1], [-1.0, 2.0]),
        ([-0.1, -0.3], [0.75, 0.25]),
        ([0.25, 0.0], [0.0, 1.0]),
        ([0.0, 0.0], [1.0, 1.0]),
        ([0.5, -0.5], [1.0, 1.0]),
        ([0.1 + 0.2, -0.3], [1.0, 1.0]),  # 6e-17, not 5e15
    ],
)
def test_balance(improvement, expected):
    got = balance(torch.tensor(improvement, dtype=torch.float64))
    assert got.tolist() == pytest.approx(expected, rel=1e-9)


def softmax(logits):
    exponentials = [math.exp(z) for z in logits]
    return [e / sum(exponentials) for e in exponentials]


def outer(logits, target, features):
    """sum_i (p_i - y_i) h_i^T, flat."""
    rows = [[0.0] * len(features[0]) for _ in logits[0]]
    for z, y, h in zip(logits, target, features, strict=True):
        for c, p in enumerate(softmax(z)):
            for d, x in enumerate(h):
                rows[c][d] += (p - (c == y)) * x
    return [value for row in rows for value in row]


def cosine(left, right):
    norms = [math.sqrt(sum(x * x for x in v)) for v in (left, right)]
    return sum(a * b for a, b in zip(left, right, strict=True)) / (norms[0] * norms[1])


def linear(weight, bias, features):
    return [
        [sum(w * x for w, x in zip(row, h, strict=True)) + b for row, b in zip(weight, bias, strict=True)]
        for h in features
    ]


def test_linear_gradient():
    logits = torch.tensor([[0.0, math.log(3)], [0.0, 0.0]], dtype=torch.float64)
    got = linear_gradient(logits, torch.tensor([0, 1]), torch.tensor([[2.0, 4.0], [6.0, 0.0]]).double())
    # errors (-3/4, 3/4) and (1/2, -1/2)
    assert got.tolist() == [pytest.approx([-1.5 + 3, -3.0]), pytest.approx([1.5 - 3, 3.0])]


def begun(variant="default", **settings):
    """Set up in double precision, with its answer to a batch."""
    plugin, state = start(make_spec("cggm", variant, **settings))
    state.model.double()
    batch = state.train.batch(INDEX)
    batch = type(batch)({m: x.double() for m, x in batch.inputs.items()}, batch.target, batch.index)
    return plugin, state, batch, plugin.forward(state, batch)


def plain(state, batch, output, blocks, *, weights=False):
    """mean_m(|B_m| - B_m cos_m) of the first batch, the fusion's weights being `blocks`."""
    heads, target = state.model.fusion.heads, batch.target.tolist()
    features = {m: output.features[m].tolist() for m in MODALITIES}
    shares = [linear(blocks[m], state.model.fusion.joint.bias.tolist(), features[m]) for m in MODALITIES]
    bias = state.model.fusion.joint.bias.tolist()
    logits = [[a + b - c for a, b, c in zip(*rows, bias, strict=True)] for rows in zip(*shares, strict=True)]
    own = {m: linear(heads[m].weight.tolist(), heads[m].bias.tolist(), features[m]) for m in MODALITIES}
    right = [sum(u.index(max(u)) == y for u, y in zip(own[m], target, strict=True)) for m in MODALITIES]
    total = 0.0
    for m, others in zip(MODALITIES, right[::-1], strict=True):
        factor = others / sum(right)
        if weights:
            pair = [[w for row in block for w in row] for block in (blocks[m], heads[m].weight.tolist())]
        else:
            pair = [outer(z, target, features[m]) for z in (logits, own[m])]
        total += (abs(factor) - factor * cosine(*pair)) / 2
    return total


def blocks_of(state):
    return {m: state.model.fusion.joint.weights[m].tolist() for m in MODALITIES}


@pytest.mark.parametrize("variant", ["default", "released"])
def test_direction_and_its_gradient(variant):
    plugin, state, batch, output = begun(variant, strength=0.7)
    weights = variant == "released"
    loss = plugin.losses(state, batch, output)["direction"]
    expected = 0.7 * plain(state, batch, output, blocks_of(state), weights=weights)
    assert loss.item() == pytest.approx(expected, rel=1e-6)  # factors pass through float32 nowhere
    loss.backward()
    gradient = state.model.fusion.joint.weights["image"].grad[1, 2].item()
    ends = []
    for shift in (1e-5, -1e-5):
        blocks = blocks_of(state)
        blocks["image"][1][2] += shift
        ends.append(0.7 * plain(state, batch, output, blocks, weights=weights))
    assert gradient == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4)


def test_released_compares_weights_not_gradients():
    """The paper's direction moves the fusion otherwise than the code's."""
    values = []
    for variant in ("default", "released"):
        plugin, state, batch, output = begun(variant)
        values.append(plugin.losses(state, batch, output)["direction"].item())
    assert values[0] != pytest.approx(values[1], rel=1e-3)


@pytest.mark.parametrize("fusion", ["concat", "sum", "film", "gated"])
def test_released_needs_weights_of_a_classifiers_shape(fusion):
    config = make_config(fusion=fusion)
    assert supports(make_spec("cggm", config=config))[0]
    assert supports(make_spec("cggm", "released", config=config))[0] is (fusion in ("concat", "sum"))


@pytest.mark.parametrize("variant", ["default", "released"])
def test_each_loss_reaches_its_own_part(variant):
    reached = {}
    for term in ("joint", "audio", "direction"):
        plugin, state, batch, output = begun(variant)
        plugin.losses(state, batch, output)[term].backward()
        moved = [name for name, p in state.model.named_parameters() if p.grad is not None and p.grad.any()]
        reached[term] = {".".join(name.split(".")[:2]) for name in moved}
    assert reached == {
        "joint": {"encoders.audio", "encoders.image", "fusion.joint"},
        "audio": {"fusion.heads"},
        "direction": {"fusion.joint"},
    }


def own_heads_right(right, samples=4):
    """Own heads' logits of samples of class 0, of which so many are right per modality."""
    return {
        m: torch.tensor([[1.0, 0.0, 0.0, 0.0]] * n + [[0.0, 1.0, 0.0, 0.0]] * (samples - n))
        for m, n in zip(MODALITIES, right, strict=True)
    }


def after(plugin, state, *batches):
    """Show the method batches, each given by how many of four samples its classifiers have right."""
    batch = state.train.batch(torch.arange(4))
    batch.target.zero_()
    features = {m: torch.ones(4, 5) for m in MODALITIES}
    for right in batches:
        output = Output(features, torch.zeros(4, 4), own_heads_right(right))
        plugin.losses(state, batch, output)
    return batch, output


@pytest.mark.parametrize("clip", [1000.0, 0.8])
def test_an_update(clip):
    plugin, state = start(make_spec("cggm", clip=clip))
    # improvements 1/4 - 0, 2/4 - 0; then 3/4 - 1/4, 3/4 - 2/4: B = 1/3 and 2/3
    batch, output = after(plugin, state, (1, 2), (3, 3))
    before = {name: p.detach().clone() for name, p in state.model.named_parameters()}
    factors = {"encoders.audio": 1.3 / 3, "encoders.image": 1.3 * 2 / 3}
    for parameter in state.model.parameters():
        parameter.grad = torch.ones_like(parameter)
    plugin.on_gradients(state, batch, output)
    state.optimizer.step()
    expected, square = {}, 0.0
    for name, values in before.items():
        expected[name] = factors.get(".".join(name.split(".")[:2]), 1.0)
        square += 0 if name.startswith("fusion.heads") else expected[name] ** 2 * values.numel()
    training = state.spec.config.training
    shrink = min(1.0, clip / math.sqrt(square))
    assert (shrink < 1) is (clip < 1)
    for name, parameter in state.model.named_parameters():
        gradient = expected[name] * (1 if name.startswith("fusion.heads") else shrink)
        moved = before[name] - training.lr * (gradient + training.weight_decay * before[name])
        torch.testing.assert_close(parameter.detach(), moved)


def test_accuracies_of_the_last_batch_survive_a_resume():
    plugin, state = start(make_spec("cggm"))
    after(plugin, state, (1, 2))
    other, fresh = start(make_spec("cggm"))
    other.load_state_dict(plugin.state_dict())
    for each, its in ((plugin, state), (other, fresh)):
        batch, output = after(each, its, (3, 3))
        for parameter in its.model.parameters():
            parameter.grad = torch.full_like(parameter, 1e-3)
        each.on_gradients(its, batch, output)
        assert its.model.encoders["audio"][0].bias.grad[0].item() == pytest.approx(1e-3 * 1.3 / 3)
