import pytest
import torch

from inforeg.batch import Output
from inforeg.methods.mslr import relative
from tests.conftest import make_spec, start


@pytest.mark.parametrize(
    ("past", "factor"),
    [
        ([], 1),
        ([0.5], 1),
        ([0.4, 0.5], 1),  # two before it are needed
        ([0.4, 0.6, 0.6], 0.6 / 0.5),
        ([0.9, 0.4, 0.6, 0.25], 0.25 / 0.5),  # the memory is of two
        ([0.0, 0.0, 0.3], 1),
    ],
)
def test_last_accuracy_over_the_mean_of_those_before(past, factor):
    assert relative(past, 2) == pytest.approx(factor)


def test_each_branch_follows_its_own_accuracy():
    """Mistake 4: one released code counts the audio accuracy under the video's check."""
    method, state = start(make_spec("mslr", memory=1, rates={"image": 1.1}))
    for audio, image in ((0.5, 0.8), (0.75, 0.4)):
        method.on_epoch_end(state, {"val/accuracy/audio": audio, "val/accuracy/image": image})
    method.on_epoch_start(state)
    for parameter in state.model.parameters():
        parameter.grad = torch.full_like(parameter, 2.0)
    method.on_gradients(state, state.train.batch(torch.arange(2)), Output({}, torch.zeros(2, 4), {}))
    for name, parameter in state.model.named_parameters():
        factor = 1.5 if "audio" in name else 1.1 * 0.5
        torch.testing.assert_close(parameter.grad, torch.full_like(parameter, 2 * factor))


def test_rates_of_unknown_modalities_are_refused():
    method, _ = start(make_spec("mslr"))
    supported, reason = type(method)(rates={"video": 2.0}).supports(make_spec("mslr").config)
    assert not supported
    assert "'video'" in reason
