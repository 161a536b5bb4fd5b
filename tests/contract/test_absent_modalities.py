"""Where samples lack a modality, nothing stands for it."""

import torch

from inforeg.models.inference import infer
from inforeg.testing.toy import lacking
from tests.conftest import make_data, start, untrained
from tests.contract.cases import TWO, cases, spec_of


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
