"""Every method trains where samples lack a modality: what stands in its place changes no bit."""

import math
from dataclasses import replace

import torch

from inforeg.batch import PRESENT, VALUES
from inforeg.data.split import Data, Held
from inforeg.models.inference import infer
from tests.conftest import make_config, make_data, start, untrained
from tests.contract.cases import TWO, cases, rows, spec_of


def lacking(data: Data, noise: float = 0.0) -> Data:
    """Every third sample has no audio, the one after it no image; `noise` stands in their place."""

    def changed(split: Held) -> Held:
        inputs = {}
        for first, (modality, values) in enumerate(split.inputs.items()):
            present = torch.arange(len(split)) % 3 != first
            nothing = noise * torch.randn(values.shape, generator=torch.Generator().manual_seed(first))
            inputs[modality] = {
                VALUES: torch.where(present.unsqueeze(1), values, nothing),
                PRESENT: present,
            }
        return replace(split, inputs=inputs)

    return Data(data.classes, changed(data.train), changed(data.val), changed(data.test))


@cases
def test_nothing_comes_from_what_is_absent(run, case):
    config = make_config(training={"epochs": 4, "trace": "sample", "trace_samples": 16})
    spec = spec_of(case, config)
    zeros, others = (run(spec, lacking(make_data(TWO), noise), root=str(noise)) for noise in (0.0, 5.0))
    assert (zeros / "model.pt").read_bytes() == (others / "model.pt").read_bytes()
    assert rows(zeros) == rows(others)
    assert all(math.isfinite(value) for row in rows(zeros) for value in row.values())


@cases
def test_features_of_what_is_absent_are_zero(case):
    data = lacking(make_data(TWO), 1.0)
    _, state = start(spec_of(case), data, untrained(data))
    answered = infer(state.model, data.test).features
    state.model.eval()
    features = state.model.encode(data.test.batch(torch.arange(len(data.test))).inputs)
    for modality, values in features.items():
        present = data.test.present(modality)
        assert torch.equal(values.any(1), present)
        assert not answered[modality][~present].any()
