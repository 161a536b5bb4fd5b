"""results/README.md names every column and every metric that the package writes."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import torch

from inforeg.engine import predictions
from inforeg.engine.evaluate import Evaluation
from inforeg.engine.selection import Selection
from inforeg.metrics import calibration, classification, ranking, recorded
from inforeg.metrics.base import Metric
from inforeg.probes.frames import COLUMNS, RUN

TEXT = (Path(__file__).parents[2] / "results/README.md").read_text(encoding="utf-8")
NAMES = set(re.findall(r"`([\w./<>]+)`", TEXT))


def test_every_column_of_a_frame_is_named():
    assert set(RUN) <= NAMES
    for name, columns in COLUMNS.items():
        (line,) = re.findall(rf"^\| `{name}`[^|]*\|(.*)\|$", TEXT, re.MULTILINE)
        assert (
            re.findall(r"`(\w+)`", line.partition(":")[0])[: len(columns) - len(RUN)] == columns[len(RUN) :]
        )


def test_every_column_of_the_predictions_is_named(tmp_path):
    logits = {"logits": torch.eye(2), "logits/audio": torch.eye(2)}
    selection = Selection()
    for rule in selection.rules.values():
        rule.offer(0, {"val/accuracy": 1.0, "test/accuracy": 1.0}, {"test": Evaluation({}, logits)})
    predictions.write(tmp_path / "predictions.parquet", selection, {"test": torch.arange(2)}, {})
    written = pq.read_schema(tmp_path / "predictions.parquet").names
    assert {name.replace("/audio", "/<modality>") for name in written} <= NAMES


def test_every_metric_of_the_package_is_named():
    modules = (calibration, classification, ranking, recorded)
    shipped = {each for module in modules for each in vars(module).values() if isinstance(each, Metric)}
    assert len(shipped) > 10
    for metric in shipped:
        assert {metric.name, f"{metric.name}/<modality>"} & NAMES, metric.name
