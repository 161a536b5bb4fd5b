"""Controls on real runs: what must not be found, and what must."""

import json

import pytest

from inforeg.analysis.statistics.paired import sign_flip_p
from inforeg.data.sets.synthetic import Synthetic
from tests.conftest import make_config, make_spec


def accuracy(folder) -> float:
    return json.loads((folder / "summary.json").read_text())["selection"]["last"]["metrics"]["test/accuracy"]


def test_one_method_under_two_disjoint_seed_sets_is_not_declared_different(run):
    config = make_config(training={"epochs": 2, "lr": 0.01})
    scores = [accuracy(run(make_spec("joint", config=config, seed=seed))) for seed in range(16)]
    differences = [one - other for one, other in zip(scores[:8], scores[8:], strict=True)]
    assert any(differences)
    assert sign_flip_p(differences) > 0.05


def test_joint_training_comes_close_to_the_bayes_accuracy_where_nothing_is_in_its_way(run, tmp_path):
    """Synthetic without the maps, equally fast, with enough samples: within 2 points of the closed form."""
    source = Synthetic(maps="identity", slowness=1.0, train=40_000, val=500, test=20_000)
    config = make_config(source.modalities, training={"epochs": 8, "lr": 0.02, "batch_size": 64}).model_copy(
        update={"encoders": {m: make_config().encoders["audio"] for m in source.modalities}}
    )
    reached = accuracy(run(make_spec("joint", config=config), source.load(tmp_path)))
    assert reached == pytest.approx(source.bayes_accuracy()["joint"], abs=0.02)
