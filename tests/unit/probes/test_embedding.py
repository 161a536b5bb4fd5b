"""Features in two dimensions: as many places as samples, however few these are."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler

from inforeg.models.inference import infer
from inforeg.probes.embedding import embed
from inforeg.probes.restore import Restored, restore
from tests.conftest import make_data, make_spec


@pytest.fixture
def restored(run) -> Restored:
    spec = make_spec()
    return restore(spec, run(spec), make_data())


@pytest.mark.parametrize("samples", [2, 6, 40])
def test_few_samples_have_places_too(restored, samples):
    few = restored.data.test.part(torch.arange(samples))
    found = embed(replace(restored, data=replace(restored.data, test=few)))
    assert found["modality"] == ["audio"] * samples + ["image"] * samples
    assert np.isfinite([found["x"], found["y"]]).all()


def test_where_there_are_enough_samples_neighbours_are_thirty(restored):
    more = restored.data.train.part(torch.arange(80).repeat(2)[:100])
    found = embed(replace(restored, data=replace(restored.data, test=more)))
    features = infer(restored.model, more).features["audio"]
    scaled = StandardScaler().fit_transform(features.double().numpy())
    expected = TSNE(perplexity=30, init="pca", random_state=0, n_jobs=1).fit_transform(scaled)
    np.testing.assert_allclose(found["x"][:100], expected[:, 0], rtol=1e-4)
