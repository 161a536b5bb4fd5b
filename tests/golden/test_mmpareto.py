import math

import pytest
import torch

from inforeg.methods.mmpareto import multimodal_weight
from tests.conftest import make_spec, start


def integrated(multimodal, unimodal, variant="default"):
    method, _ = start(make_spec("mmpareto", variant))
    first, second = ([torch.tensor(values) for values in part] for part in (multimodal, unimodal))
    result = [g + g_m for g, g_m in zip(first, second, strict=True)]
    weight = method._integrate(result, first, second)
    return weight.item(), [values.tolist() for values in result]


def test_gradients_that_agree_are_summed_and_scaled():
    weight, (found,) = integrated([[1.0, 0.0]], [[1.0, 1.0]])
    assert weight == 0.5
    assert found == pytest.approx([1.5 * 2, 1.5 * 1])


def test_opposed_gradients_give_the_point_of_least_norm():
    # g = (1, 0), g_m = (-1, 1): w = (2 + 1) / 5; h = 2 (0.6 g + 0.4 g_m) = (0.4, 0.8), |g + g_m| = 1
    weight, (found,) = integrated([[1.0, 0.0]], [[-1.0, 1.0]])
    assert weight == pytest.approx(0.6)
    assert found == pytest.approx([1.5 * 0.4 / math.sqrt(0.8), 1.5 * 0.8 / math.sqrt(0.8)])


def test_length_is_restored_only_where_it_fell():
    # g = (4, 0), g_m = (-4, 1): w = (17 + 16) / 65
    weight = 33 / 65
    h = [8 * weight - 8 * (1 - weight), 2 * (1 - weight)]
    restored = max(1.0, 1 / math.hypot(*h))
    _, (found,) = integrated([[4.0, 0.0]], [[-4.0, 1.0]])
    assert found == pytest.approx([1.5 * restored * value for value in h], rel=1e-4)


def test_orthogonal_gradients_give_the_point_of_least_norm_too():
    # g = (2, 0), g_m = (0, 1): w = 1 / 5; h = 2 (0.2 g + 0.8 g_m) = (0.8, 1.6), |g + g_m| = sqrt(5)
    weight, (found,) = integrated([[2.0, 0.0]], [[0.0, 1.0]])
    assert weight == pytest.approx(0.2)
    restored = math.sqrt(5) / math.hypot(0.8, 1.6)
    assert restored > 1
    assert found == pytest.approx([1.5 * restored * 0.8, 1.5 * restored * 1.6])


def test_length_is_restored_however_far_it_fell():
    # g = (12, 0), g_m = (-2, 0.1): w = (4.01 + 24) / 196.01; almost parallel, so h is short
    weight = 28.01 / 196.01
    h = [2 * (12 * weight - 2 * (1 - weight)), 2 * 0.1 * (1 - weight)]
    restored = math.hypot(10, 0.1) / math.hypot(*h)
    assert restored > 50
    found_weight, (found,) = integrated([[12.0, 0.0]], [[-2.0, 0.1]])
    assert found_weight == pytest.approx(weight, rel=1e-5)
    assert found == pytest.approx([1.5 * restored * value for value in h], rel=1e-3)


@pytest.mark.parametrize("variant", ["default", "released"])
def test_no_gradient_stays_none(variant):
    """A batch without an error, or an encoder whose units are all dead, makes no NaN."""
    _, found = integrated([[0.0], [0.0, 0.0]], [[0.0], [0.0, 0.0]], variant)
    assert found == [[0.0], [0.0, 0.0]]


def test_weights_are_clipped():
    assert multimodal_weight([torch.tensor([1.0])], [torch.tensor([-100.0])], 0.1).item() == pytest.approx(
        0.9
    )
    assert multimodal_weight([torch.tensor([100.0])], [torch.tensor([-1.0])], 0.1).item() == pytest.approx(
        0.1
    )


def test_lengths_are_the_encoders_or_in_the_code_each_tensors():
    multimodal, unimodal = [[3.0], [1.0, 0.0]], [[-1.0], [-1.0, 1.0]]
    # inner product -4 <= 0, |g_m|^2 = 3, |g - g_m|^2 = 16 + 5: w = 7 / 21
    weight = 1 / 3
    h = [[2 * (weight * 3 - (1 - weight))], [2 * (weight - (1 - weight)), 2 * (1 - weight)]]
    found_weight, whole = integrated(multimodal, unimodal)
    assert found_weight == pytest.approx(weight)
    length = math.sqrt(sum(v**2 for values in h for v in values))
    restored = max(1.0, math.sqrt(2**2 + 0 + 1**2) / length)
    assert [v for values in whole for v in values] == pytest.approx(
        [1.5 * restored * v for values in h for v in values], abs=1e-6
    )
    _, by_tensor = integrated(multimodal, unimodal, "released")
    second = max(1.0, 1 / math.hypot(*h[1]))
    assert by_tensor[1] == pytest.approx([1.5 * second * v for v in h[1]], rel=1e-5)
    assert by_tensor != whole


def gradients(method_name, conflict):
    method, state = start(make_spec(method_name))
    batch = state.train.batch(torch.arange(16))
    output = method.forward(state, batch)
    losses = method.losses(state, batch, output)
    if conflict:
        losses["audio"] = -3 * losses["audio"]
    with state.cost:
        output = method.forward(state, batch)
        method.backward(state, losses)
    method.on_gradients(state, batch, output)
    return {name: p.grad for name, p in state.model.named_parameters()}


@pytest.mark.parametrize("conflict", [False, True])
def test_without_conflict_it_is_the_control_with_scaled_encoders(conflict):
    """The heads get the plain sum either way.

    Mistake 1: without zeroing between the backward passes both gradients are one, and no conflict is seen.
    """
    pareto, control = gradients("mmpareto", conflict), gradients("encoder_scale", conflict)
    same = {name: torch.allclose(pareto[name], control[name], rtol=1e-4, atol=1e-7) for name in pareto}
    audio = {name for name in same if name.startswith("encoders.audio.")}
    assert all(same[name] for name in same.keys() - audio)
    assert all(same[name] for name in audio) is not conflict


def test_the_trace_is_of_the_plain_sum():
    """Tr(F) says what the losses ask for, not what the method makes of it."""
    pareto, joint = (start(make_spec(name)) for name in ("mmpareto", "encoder_scale"))
    for method, state in (pareto, joint):
        method.step(state, state.train.batch(torch.arange(16)))
    assert pareto[1].trace.close() == pytest.approx(joint[1].trace.close(), rel=1e-5)


def test_two_backward_passes_through_the_encoders():
    method, state = start(make_spec("mmpareto"))
    with state.cost:
        method.step(state, state.train.batch(torch.arange(16)))
    assert state.cost.forward == {"audio": 16, "image": 16}
    assert state.cost.backward == {"audio": 32, "image": 32}
