import pytest
import torch

from inforeg.models.multimodal import branch
from tests.conftest import make_config, make_spec, start


def begun(patience=0.2, epochs=10, **settings):
    config = make_config(training={"epochs": epochs})
    return start(make_spec("mses", config=config, patience=patience, **settings))


def metrics(audio, image):
    """Validation cross-entropies; the engine records scores, their negatives."""
    return {"val/score/audio": -audio, "val/score/image": -image}


def test_smoothed_loss_by_hand():
    method, state = begun(smoothing=0.6)
    for losses in ((1.0, 1.0), (0.5, 2.0)):
        method.on_epoch_end(state, metrics(*losses))
    # 0.6 l(t - 1) + 0.4 l(t): audio 0.8, image 1.4 after 1.0
    assert method._best == pytest.approx({"audio": 0.8, "image": 1.0})
    assert method._waited == {"audio": 0, "image": 1}
    method.on_epoch_end(state, metrics(0.4, 2.0))
    assert method._best["audio"] == pytest.approx(0.6 * 0.5 + 0.4 * 0.4)  # not of the smoothed loss before


def test_a_branch_stops_alone_at_its_best_weights():
    method, state = begun()  # patience of two epochs
    best = {}
    for epoch, losses in enumerate(((1.0, 1.0), (0.9, 1.5), (0.8, 1.6))):
        state.epoch = epoch
        method.on_epoch_start(state)
        for index in method.sampler(state, state.train):
            method.step(state, state.train.batch(index))
        if epoch == 0:
            best = {k: v.clone() for k, v in branch(state.model, "image").state_dict().items()}
        method.on_epoch_end(state, metrics(*losses))
    assert (method.stopped("audio"), method.stopped("image")) == (False, True)
    state.epoch = 3
    method.on_epoch_start(state)
    before = {k: v.clone() for k, v in branch(state.model, "audio").state_dict().items()}
    for index in method.sampler(state, state.train):
        method.step(state, state.train.batch(index))
    # neither a gradient nor momentum nor weight decay moves it
    assert all(torch.equal(best[k], v) for k, v in branch(state.model, "image").state_dict().items())
    assert not any(torch.equal(before[k], v) for k, v in branch(state.model, "audio").state_dict().items())
    assert not state.model.encoders["image"].training


def test_no_batch_when_all_have_stopped():
    method, state = begun()
    for losses in ((1.0, 1.0), (1.5, 1.5), (1.5, 1.5)):
        assert len(method.sampler(state, state.train)) == 5
        method.on_epoch_end(state, metrics(*losses))
    assert method.sampler(state, state.train) == []


def test_a_resumed_run_keeps_what_was_best():
    method, state = begun()
    method.on_epoch_end(state, metrics(1.0, 1.0))
    saved = method.state_dict()
    other, other_state = begun()
    other.load_state_dict(saved)
    other.on_epoch_end(other_state, metrics(1.5, 0.5))
    assert other._waited == {"audio": 1, "image": 0}
    weights = branch(state.model, "audio").state_dict()
    assert all(torch.equal(other._kept["audio"][k], v) for k, v in weights.items())


def test_the_modalities_are_tasks_beside_the_joint_one():
    method, state = begun()
    batch = state.train.batch(torch.arange(8))
    output = method.forward(state, batch)
    terms = method.losses(state, batch, output)
    assert list(terms) == ["joint", "audio", "image"]
    audio = -output.unimodal["audio"].log_softmax(1)[range(8), batch.target].mean()
    assert terms["audio"].item() == pytest.approx(audio.item())
