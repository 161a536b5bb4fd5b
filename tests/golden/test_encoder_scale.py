import pytest
import torch

from inforeg.batch import Output
from tests.conftest import make_spec, start


def test_encoders_alone_are_scaled():
    method, state = start(make_spec("encoder_scale"))
    for parameter in state.model.parameters():
        parameter.grad = torch.full_like(parameter, -2.0)
    method.on_gradients(state, state.train.batch(torch.arange(2)), Output({}, torch.zeros(2, 4), {}))
    for name, parameter in state.model.named_parameters():
        assert parameter.grad.unique().item() == (-3.0 if name.startswith("encoders.") else -2.0)


def test_losses_are_of_weight_one_on_heads_of_its_own():
    method, state = start(make_spec("encoder_scale"))
    batch = state.train.batch(torch.arange(8))
    output = method.forward(state, batch)
    assert not torch.allclose(sum(output.unimodal.values()), output.logits)
    for modality, loss in method.losses(state, batch, output).items():
        logits = output.logits if modality == "joint" else output.unimodal[modality]
        assert loss.item() == pytest.approx(-logits.log_softmax(1)[range(8), batch.target].mean().item())
    _, shared = start(make_spec("encoder_scale", heads="shares"))
    whole = shared.model(batch.inputs)
    torch.testing.assert_close(sum(whole.unimodal.values()), whole.logits)
