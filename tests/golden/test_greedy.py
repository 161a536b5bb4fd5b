import math

import pytest
import torch

from inforeg.batch import Output
from inforeg.methods.greedy import log_ratio, speed
from inforeg.models.joined import MMTM
from inforeg.random import stream
from tests.conftest import make_config, make_data, make_spec, start


def streams(layer):
    return stream(0, "test", layer)


def test_speed_by_hand():
    weights = [torch.nn.Parameter(torch.tensor([3.0, 4.0])), torch.nn.Parameter(torch.tensor([0.0]))]
    weights[0].grad, weights[1].grad = torch.tensor([1.0, 2.0]), torch.tensor([5.0])
    assert speed(weights) == pytest.approx((1 + 4 + 25) / 25)
    assert log_ratio(100.0, 1.0) == pytest.approx(2)
    assert math.isfinite(log_ratio(0.0, 1.0))


def mmtm(leader="", gain=2.0):
    """Two branches of one channel: v = relu(s_a + 2 s_b), e_a = 2 sigmoid(v), e_b = 2 sigmoid(-v)."""
    joint = MMTM({"a": 1, "b": 1}, streams, ratio=4, gain=gain, leader=leader)
    with torch.no_grad():
        for parameters, values in ((joint.squeeze, (1.0, 2.0)), (joint.excite, (1.0, -1.0))):
            for modality, value in zip("ab", values, strict=True):
                layer = parameters[modality]
                (layer if isinstance(layer, torch.Tensor) else layer.weight).fill_(value)
    return joint


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def test_excitation_by_hand():
    # squeezed by the mean over positions: s_a = 1, s_b = 0.5, v = 2
    values = {"a": torch.tensor([[[0.0, 2.0]]]), "b": torch.tensor([[0.5]])}
    found = mmtm()(values, ())
    assert found["a"].flatten().tolist() == pytest.approx([0, 2 * 2 * sigmoid(2)])
    assert found["b"].item() == pytest.approx(0.5 * 2 * sigmoid(-2))


def twice(joint):
    """Two batches of one sample: v = 2, then v = 1."""
    for s in (1.0, 0.0):
        joint({"a": torch.tensor([[s]]), "b": torch.tensor([[0.5]])}, ())


@pytest.mark.parametrize(("leader", "holds_b"), [("", "b"), ("a", "a")])
def test_a_held_branch_takes_the_average_of_its_own_or_of_the_leader(leader, holds_b):
    """Mistake 5: in the released code one branch's average accumulates the other's excitation."""
    joint = mmtm(leader)
    twice(joint)
    values = {"a": torch.tensor([[1.0]]), "b": torch.tensor([[0.5]])}
    found = joint(values, ("a", "b"))  # which is v = 2 once more
    means = {"a": (4 * sigmoid(2) + 2 * sigmoid(1)) / 3, "b": (4 * sigmoid(-2) + 2 * sigmoid(-1)) / 3}
    assert {m: joint.average(m).item() for m in "ab"} == pytest.approx(means)
    assert found["a"].item() == pytest.approx(means["a"])
    assert found["b"].item() == pytest.approx(0.5 * means[holds_b])


@pytest.mark.parametrize("leader", ["", "a"])
def test_a_branch_alone_is_rescaled_by_its_own_average(leader):
    joint = mmtm(leader)
    twice(joint)
    means = {"a": sigmoid(2) + sigmoid(1), "b": sigmoid(-2) + sigmoid(-1)}  # 2 (x + y) / 2
    for m, mean in means.items():
        for values in (torch.tensor([[3.0]]), torch.tensor([[[3.0, 6.0]]])):
            torch.testing.assert_close(joint.alone(m, values), mean * values)


def test_a_held_branch_takes_its_average_in_training_alone():
    joint = mmtm()
    twice(joint)
    values = {"a": torch.tensor([[1.0]]), "b": torch.tensor([[0.5]])}
    joint.eval()
    assert joint(values, ("a",))["a"].item() == pytest.approx(2 * sigmoid(2))
    joint.train()
    found = joint(values, ("a",))
    assert found["a"].item() == pytest.approx(joint.average("a").item())
    assert found["b"].item() == pytest.approx(0.5 * 2 * sigmoid(-2))


def begun(**settings):
    return start(make_spec("greedy", **settings))


def test_the_branch_with_the_largest_ratio_is_held_for_q_steps():
    method, state = begun(warm_up=0, steps=2, epsilon=0.01)
    for name, parameter in state.model.named_parameters():
        # audio's own parameters move little, so its bypass is large beside its main part
        parameter.grad = torch.full_like(parameter, 1e-3 if name.startswith("encoders.audio.") else 1.0)
    batch, output = state.train.batch(torch.arange(2)), Output({}, torch.zeros(2, 4), {})
    held = []
    for _ in range(4):
        method.on_gradients(state, batch, output)
        held.append(list(method._held))
    # decided, first and second step of re-balancing done, decided anew
    assert held == [["audio"], ["audio"], [], ["audio"]]


def test_nothing_is_held_in_the_warm_up_or_within_the_tolerance():
    for settings in ({"warm_up": 1}, {"warm_up": 0, "epsilon": 99.0}):
        method, state = begun(**settings)
        method.step(state, state.train.batch(torch.arange(16)))
        assert method._held == []


def test_names_have_no_say():
    """Mistake 5: swapping the branches' names changes nothing but the names."""
    names = {"audio": "image", "image": "audio"}
    data = make_data()
    swapped = type(data.train)({names[m]: x for m, x in data.train.inputs.items()}, data.train.target)
    losses = []
    for inputs in (data.train, swapped):
        method, state = begun(warm_up=0)
        with torch.no_grad():
            for parameter in state.model.parameters():
                parameter.fill_(0.1)
        for start_at in range(0, 64, 16):
            terms = method.step(state, inputs.batch(torch.arange(start_at, start_at + 16)))
        losses.append({m: terms[m].item() for m in inputs.inputs})
    first, second = losses
    assert {names[m]: value for m, value in first.items()} == pytest.approx(second, rel=1e-5)


def test_what_is_reported_of_a_modality_is_of_its_branch_alone():
    """One joint, two layers: u_m = W h + b of the branch's second stage after average * first stage."""
    method, state = begun()
    batch = state.train.batch(torch.arange(16))
    for _ in range(3):
        method.step(state, batch)
    state.model.eval()
    with torch.no_grad():
        answer, joined = state.model.answer(batch.inputs), state.model(batch.inputs)
        assert torch.equal(answer.logits, joined.logits)
        (joint,) = state.model.fusion.joints
        for m, values in batch.inputs.items():
            first, second = state.model._pieces[m]
            features = second(first(values) * joint.average(m))
            assert torch.equal(answer.features[m], features)
            assert torch.equal(answer.unimodal[m], state.model.fusion.heads[m](features))
            assert not torch.allclose(answer.unimodal[m], joined.unimodal[m])


def test_loss_is_the_branches_and_the_answer_their_mean():
    method, state = begun()
    batch = state.train.batch(torch.arange(8))
    with state.cost:
        output = method.forward(state, batch)
        method.backward(state, method.losses(state, batch, output))
    assert set(method.losses(state, batch, output)) == {"audio", "image"}
    torch.testing.assert_close(output.logits, (output.unimodal["audio"] + output.unimodal["image"]) / 2)
    assert state.cost.forward == state.cost.backward == {"audio": 8, "image": 8}


@pytest.mark.parametrize("kind", ["mlp", "conv1d", "conv2d", "resnet18", "resnet18_clip"])
def test_stages_are_the_network(kind):
    from inforeg.registry import ENCODERS

    shape = {"mlp": (6,), "conv1d": (3, 20), "conv2d": (1, 12, 12), "resnet18": (3, 32, 32)}
    shape["resnet18_clip"] = (3, 2, 32, 32)
    recipe = ENCODERS.build(kind, {})
    network = recipe.build(shape[kind], stream(0, "test")).eval()
    values = torch.randn(2, *shape[kind], generator=stream(0, "values"))
    found, widths = values, []
    for stage in recipe.stages(network):
        found = stage(found)
        widths.append(found.shape[1])
    assert tuple(widths[:-1]) == recipe.stage_widths
    torch.testing.assert_close(found, network(values))


def test_an_encoder_without_depths_is_refused():
    config = make_config()
    flat = {"kind": "mlp", "hidden": [], "features": 5}
    config = config.model_validate({**config.model_dump(), "encoders": {"audio": flat, "image": flat}})
    spec = make_spec("greedy", config=config)
    method, _ = begun()
    assert method.supports(spec.config) == (
        False,
        "an encoder has no intermediate depth at which branches could be joined",
    )


def test_speeds_of_bypass_and_branch_by_hand():
    """All weights are 1; squared gradients by group, over encoders of 101 and heads of 24 parameters."""
    method, state = begun(warm_up=0, epsilon=99.0)
    squares = {"squeeze": 1.0, "bias": 1.0, "excite.audio": 4.0, "excite.image": 9.0}
    groups = {f"fusion.joints.0.{name}": square for name, square in squares.items()}
    groups |= {"encoders.audio": 0.25, "fusion.heads.audio": 16.0}
    groups |= {"encoders.image": 2.25, "fusion.heads.image": 1.0}
    for name, parameter in state.model.named_parameters():
        (square,) = (value for group, value in groups.items() if name.startswith(group))
        parameter.data.fill_(1.0)
        parameter.grad = torch.full_like(parameter, math.sqrt(square))
    for _ in range(2):
        method.on_gradients(state, state.train.batch(torch.arange(2)), Output({}, torch.zeros(2, 4), {}))
    # the squeeze, from 8 + 8 to 8 channels, is shared: 136 parameters; an excitation has 72
    bypass = {"audio": (136 + 72 * 4) / 208, "image": (136 + 72 * 9) / 208}
    main = {"audio": (101 * 0.25 + 24 * 16) / 125, "image": (101 * 2.25 + 24) / 125}
    assert method._bypass == pytest.approx({m: 2 * value for m, value in bypass.items()})
    assert method._main == pytest.approx({m: 2 * value for m, value in main.items()})


@pytest.mark.parametrize(("held", "reached"), [([], True), (["audio"], False), (["image"], True)])
def test_a_held_branch_hears_nothing_of_the_other(held, reached):
    method, state = begun()
    batch = state.train.batch(torch.arange(8))
    image = batch.inputs["image"].requires_grad_()
    method._held = held
    method.forward(state, batch).unimodal["audio"].sum().backward()
    assert (image.grad is not None and bool(image.grad.any())) is reached


@pytest.mark.parametrize(("variant", "leader", "gain"), [("default", "", 2.0), ("released", "audio", 1.0)])
def test_whose_average_and_how_large_an_excitation(variant, leader, gain):
    _, state = start(make_spec("greedy", variant))
    assert [(joint.leader, joint.gain) for joint in state.model.fusion.joints] == [(leader, gain)]
