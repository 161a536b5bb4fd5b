"""What a run answers is kept, and metrics that it did not record are computed from that."""

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from inforeg.data.arrays import assembled
from inforeg.engine import checkpoint, predictions
from inforeg.engine.contents import CHECKPOINT, PREDICTIONS
from inforeg.engine.evaluate import evaluate
from inforeg.errors import UserError
from inforeg.metrics.ranking import AUROC
from inforeg.metrics.recorded import ANSWER
from inforeg.probes.restore import restore
from tests.conftest import CLASSES, make_data, make_spec
from tests.unit.engine.test_training import summary


def measured(folder, asked, recorded=()):
    """Values by rule, split and name."""
    values = predictions.measure(folder / PREDICTIONS, predictions.missing(asked, recorded))
    return {each[:3]: each.value for each in values}


@pytest.mark.parametrize("method", ["joint", "greedy", "ensemble", "unimodal"])
def test_logits_give_what_was_recorded(run, method):
    folder = run(make_spec(method, modality="audio") if method == "unimodal" else make_spec(method))
    found = measured(folder, [*(metric.name for metric in ANSWER), "accuracy/*"])
    for rule, kept in summary(folder)["selection"].items():
        for name, value in kept["metrics"].items():
            split, _, metric = name.partition("/")
            if metric.partition("/")[0] in ("accuracy", "macro_f1", "loss"):
                assert found.pop((rule, split, metric)) == pytest.approx(value)
    assert not found


def test_logits_are_those_of_the_model_that_was_selected(run):
    spec, data = make_spec(), make_data()
    folder = run(spec, data)
    restored = restore(spec, folder, data)
    again = evaluate(restored.model, restored.method, data.test).logits
    rows = [
        row
        for row in pq.read_table(folder / PREDICTIONS).to_pylist()
        if (row["selection"], row["split"]) == ("val", "test")
    ]
    assert set(again) == {"logits", "logits/audio", "logits/image"}
    for name, logits in again.items():
        assert logits.shape == (40, CLASSES)
        assert torch.equal(torch.tensor([row[name] for row in rows]), logits)
    value = AUROC(again["logits/image"], data.test.target)
    assert measured(folder, ["auroc/image"])["val", "test", "auroc/image"] == value


def test_a_sample_is_named_by_its_place_in_the_data_set(run):
    whole = make_data()
    folder = run(make_spec(), replace(whole, ids={"test": torch.arange(40) + 500}))
    ids = {"val": [], "test": []}
    for row in pq.read_table(folder / PREDICTIONS).to_pylist():
        if row["selection"] == "last":
            ids[row["split"]].append(row["id"])
    assert ids == {"val": list(range(40)), "test": list(range(500, 540))}


def test_data_sets_of_arrays_name_samples_by_their_positions():
    inputs = {"a": np.arange(6, dtype=np.float32).reshape(6, 1)}
    parts = {"train": np.array([5, 0]), "val": np.array([1, 3]), "test": np.array([4, 2])}
    data = assembled(("x", "y"), inputs, np.array([0, 1] * 3), parts)
    assert data.to("cpu").ids["test"].tolist() == [4, 2]


def test_only_what_was_not_recorded_is_missing():
    recorded = ["accuracy", "accuracy/audio", "loss", "probe/audio"]
    asked = ["accuracy", "accuracy/*", "loss", "loss/weakest", "auroc", "probe/*", "imbalance_gap", "dropped"]
    named = [(metric.name, part) for metric, part in predictions.missing(asked, recorded)]
    assert named == [("auroc", False), ("loss", True)]


def without_logits(path):
    """Make the file one of before logits were kept."""
    table = pq.read_table(path)
    kept = [name for name in table.column_names if not name.startswith("logits")]
    pq.write_table(table.select(kept), path)


def test_a_run_of_before_logits_were_kept_is_refused(run):
    folder = run(make_spec())
    without_logits(folder / PREDICTIONS)
    with pytest.raises(UserError, match="is of a version that kept no logits, from which auroc is computed"):
        measured(folder, ["auroc"])


def test_a_checkpoint_of_before_logits_were_kept_is_set_aside(tmp_path):
    path = tmp_path / CHECKPOINT
    checkpoint.save(path, {"epoch": 1, "spec_sha256": "abc"})
    with pytest.raises(UserError, match=r"last\.ckpt is of another version and was set aside as"):
        checkpoint.resume(path, "abc")
    checkpoint.keep(path, {"epoch": 1}, "abc")
    assert checkpoint.resume(path, "abc")["epoch"] == 1
