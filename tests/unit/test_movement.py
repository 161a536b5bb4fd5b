"""What is measured of an epoch where it is asked for: how far encoders move, and Tr(F) by both estimates."""

import json
import math

import pytest
import torch

from inforeg.metrics.movement import movement, places, reach
from inforeg.runspec import Training
from tests.conftest import make_config, make_spec, start

BOTH = {"measure": ["movement", "sample_trace"]}


def lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_the_movement_is_the_norm_over_all_of_an_encoders_parameters():
    _, state = start(make_spec("joint"))
    before = places(state.model)
    first, *_, last = state.model.parameters_of("audio")
    with torch.no_grad():
        first.view(-1)[0] += 3
        last.view(-1)[-1] -= 4
    found = movement(state.model, before)
    assert found == {"audio": pytest.approx(5), "image": 0}


def test_what_steps_reach_by_hand():
    # 0.1 × 20 / (1 - 0.9) = 20: after many steps of a constant gradient each moves by 0.1 / (1 - 0.9) = 1.
    place = torch.nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.SGD([place], lr=0.1, momentum=0.9)
    assert reach(optimizer, 20) == pytest.approx(20)
    for _ in range(2000):
        place.grad = torch.ones(())
        optimizer.step()
    assert -place.item() == pytest.approx(reach(optimizer, 2000), rel=0.01)
    assert reach(torch.optim.Adam([place], lr=0.5), 3) == 1.5


def test_an_epoch_reaches_as_far_as_its_rate_and_its_steps(run):
    decayed = {"measure": ["movement"], "decay_at": 0.5, "momentum": 0.8}
    folder = run(make_spec("joint", config=make_config(training=decayed)))
    found = lines(folder)
    steps = json.loads((folder / "cost.json").read_text())["steps"] / len(found)
    assert len({line["lr"] for line in found}) == 2
    for line in found:
        assert line["reach"] == pytest.approx(line["lr"] * steps / 0.2)


def test_measuring_changes_no_result(run):
    plain = run(make_spec("inforeg"))
    measured = run(make_spec("inforeg", "measured", config=make_config(training=BOTH)))
    for name in ("predictions.parquet", "model.pt"):
        assert (plain / name).read_bytes() == (measured / name).read_bytes()
    for known, line in zip(lines(plain), lines(measured), strict=True):
        new = {f"{kind}/{m}" for kind in ("movement", "trace/sample") for m in ("audio", "image")}
        assert line.keys() - known.keys() == new | {"trace/sample/whole", "reach"}
        assert all(math.isfinite(line[name]) and line[name] > 0 for name in new)
        assert line | known == line  # windows among it: they are decided by the estimate `batch`


def test_the_sample_trace_is_that_which_decides_where_it_is_asked_to(run):
    beside = lines(run(make_spec("joint", "beside", config=make_config(training=BOTH))))
    decides = lines(run(make_spec("joint", "decides", config=make_config(training={"trace": "sample"}))))
    for one, other in zip(beside, decides, strict=True):
        assert one["trace/sample/image"] == other["trace/sample/image"]


def test_an_interrupted_run_measures_the_same(run, monkeypatch):
    config = make_config(training=BOTH)
    whole = run(make_spec("joint", config=config))
    from inforeg.engine import loop

    inner, calls = loop.movement, []

    def stop(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return inner(*arguments)

    monkeypatch.setattr(loop, "movement", stop)
    with pytest.raises(KeyboardInterrupt):
        run(make_spec("joint", config=config), root="again")
    assert lines(run(make_spec("joint", config=config), root="again")) == lines(whole)


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ValueError, match="measure"):
        Training(epochs=1, lr=0.1, measure=["speed"])


def test_specs_of_runs_that_are_asked_for_nothing_are_what_they_were():
    assert "measure" not in Training(epochs=1, lr=0.1).model_dump()
