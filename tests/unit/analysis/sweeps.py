"""Fake run directories: what training leaves behind, with numbers chosen by the test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import yaml
from torch import Tensor
from torch.nn.functional import one_hot

from inforeg.analysis.canvas import Figure
from inforeg.analysis.collected.collect import collect
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.catalogue import FIGURES
from inforeg.analysis.report.outputs import write_claims, write_document, write_figures, write_tables
from inforeg.analysis.statistics.compare import compare, scores
from inforeg.analysis.statistics.compute import compute
from inforeg.engine.record import Record
from inforeg.engine.selection import Selection
from inforeg.runspec import BenchmarkConfig, RunSpec
from inforeg.suite.experiment import Experiment
from inforeg.suite.plan import Cell, Plan
from inforeg.suite.rows import Contrast
from tests.runs import COSTS, ORIGIN, answer, recorded_as

DRAWN = "noise is part of the data and drawn once, so that intervals hold for this draw of it."
"""What tables say of the data set that these experiments are on."""

Accuracies = Mapping[tuple[str, str, str], Sequence[float]]
"""Test accuracy per seed, by benchmark, row key and variant."""

EPOCHS = 3


@dataclass(frozen=True)
class Sweep:
    """An experiment, its plan and its finished runs under `root`/results/runs."""

    root: Path
    experiment: Experiment
    benchmarks: dict[str, BenchmarkConfig]
    plan: Plan

    @property
    def runs(self) -> Path:
        return self.root / "results" / "runs"

    def study(self) -> Study:
        asked = self.experiment.metrics
        collected = collect(self.plan, self.runs, self.experiment.selection, metrics=asked)
        return Study("mini", self.experiment, self.benchmarks, collected)


def benchmark_config(name: str) -> BenchmarkConfig:
    encoders = {"audio": {"kind": "mlp"}, "video": {"kind": "mlp"}}
    return BenchmarkConfig.model_validate(
        {
            "title": name.upper(),
            "data": {"name": "synthetic"},
            "encoders": encoders,
            "training": {"epochs": EPOCHS, "lr": 0.1},
        }
    )


WRITTEN: dict[tuple[str, float], dict[str, bytes]] = {}
"""Files of the runs so far, by spec and accuracy: they follow from these alone, and are made once."""


def write_run(folder: Path, spec: RunSpec, accuracy: float) -> None:
    """One finished run; validation accuracy is one point below the test one."""
    key = spec.digest(), accuracy
    if key not in WRITTEN:
        _write_run(folder, spec, accuracy)
        found = (path for path in folder.rglob("*") if path.is_file())
        WRITTEN[key] = {str(path.relative_to(folder)): path.read_bytes() for path in found}
        return
    folder.mkdir(parents=True)
    for name, content in WRITTEN[key].items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def _write_run(folder: Path, spec: RunSpec, accuracy: float) -> None:
    folder.mkdir(parents=True)
    modalities = ["audio", "video"] if spec.variant.startswith(("default", "fold")) else [spec.variant]
    kept = {}
    for rule, bonus in (("val", 0.0), ("last", -0.02), ("test_oracle", 0.03)):
        metrics = {"val/accuracy": accuracy - 0.01, "test/accuracy": accuracy + bonus}
        metrics |= {"test/macro_f1": accuracy - 0.05, "test/loss": 1 - accuracy, "test/imbalance_gap": 0.2}
        metrics |= {f"test/accuracy/{m}": accuracy - 0.1 for m in modalities}
        metrics |= {f"val/accuracy/{m}": accuracy - 0.1 * len(m) for m in modalities}
        kept[rule] = {"epoch": 1, "metrics": metrics}
    lines = [
        {"epoch": epoch, "lr": 0.1, "val/accuracy": accuracy - 0.1 + 0.05 * epoch, "test/accuracy": accuracy}
        | {f"trace/batch/{m}": accuracy * (epoch + 1) for m in [*modalities, "whole"]}
        | {f"trace/sample/{m}": accuracy / (epoch + 1) for m in modalities}
        | {"reach": 2.0 - (epoch == 2)}
        | {f"movement/{m}": accuracy / (epoch + 2) for m in modalities}
        | {f"test/accuracy/{m}": accuracy - 0.1 for m in modalities}
        | {f"gradient/norm/{m}": accuracy * place for place, m in enumerate(modalities, start=1)}
        | {f"gradient/cosine/{m}": 0.25 for m in modalities}
        | {f"window/{m}": float(epoch == 1) for m in modalities}
        for epoch in range(EPOCHS)
    ]
    with recorded_as(ORIGIN):
        record = Record(folder, spec)
        for line in lines:
            record.append(line)
        targets = {split: torch.arange(100) % 8 for split in ("val", "test")}
        selection = selected(kept, modalities, round(accuracy * 100), targets)
        record.finish(selection, targets, {}, {"parameters": 10, "selection": kept}, COSTS)
    probed = {f"test/probe/{m}": accuracy - 0.2 for m in modalities} | {"test/probe_gap": 0.1}
    # As if one probe found all.
    probed |= {f"test/silhouette/{m}": accuracy - 0.5 for m in modalities}
    probed |= {f"test/neighbour/{m}": accuracy for m in modalities}
    answer(folder, spec, "linear", probed)


def selected(
    kept: Mapping[str, Mapping[str, Any]],
    modalities: Sequence[str],
    right: int,
    targets: Mapping[str, Tensor],
) -> Selection:
    """What the rules keep: the first modality answers as the whole, the others never rightly."""
    selection = Selection()
    selection.weights = {"weight": torch.zeros(1)}
    for name, rule in selection.rules.items():
        rule.epoch, rule.metrics = kept[name]["epoch"], kept[name]["metrics"]
        for split, target in targets.items():
            whole = one_hot(target + (torch.arange(len(target)) >= right), 9).float()
            wrong = one_hot(target + 1, 9).float()
            shares = {f"logits/{m}": wrong if place else whole for place, m in enumerate(modalities)}
            rule.logits[split] = {"logits": whole, **shares}
    return selection


def contrasts(experiment: Experiment) -> list[Contrast]:
    """Those of `experiment`, or that of its last row with the first, without which there is no `baseline`."""
    labels = [row.label for row in experiment.rows]
    other = [Contrast(row=labels[-1], reference=labels[0])] if len(labels) > 1 else []
    return experiment.contrasts or other


def draw(name: str, study: Study) -> tuple[Figure, pd.DataFrame]:
    """The figure `name` of `study`, which may not ask for it, and its numbers."""
    asked = study.experiment.model_copy(update={"figures": [name], "contrasts": contrasts(study.experiment)})
    asking = replace(study, experiment=asked)
    return FIGURES[name](asking, compute(asking))


def write_all(study: Study, folder: Path) -> None:
    """Statistics, tables and figures and, if there are any, the claims and the document of `study`."""
    statistics = compute(study)
    statistics.write(study, folder / "statistics")
    write_tables(study, statistics, folder / "tables")
    write_figures(study, statistics, folder / "figures")
    if study.experiment.claims:
        write_claims([(study, statistics)], folder)
        write_document([(study, statistics)], folder)


def compared(study: Study) -> pd.DataFrame:
    """The rows against their own references."""
    return compare(study, scores(study, study.experiment.metric))


def placed(study: Study, places: Mapping[str, float]) -> Study:
    """`study` with rows at the `places` of a figure, by row key."""
    rows = [row.model_copy(update={"x": places.get(row.key)}) for row in study.experiment.rows]
    return replace(study, experiment=study.experiment.model_copy(update={"rows": rows}))


def make_sweep(
    root: Path, accuracies: Accuracies, left_out: Mapping[tuple[str, str], str], **settings
) -> Sweep:
    """An experiment whose cells have these test accuracies."""
    names = list(dict.fromkeys(benchmark for benchmark, _, _ in accuracies))
    keys = list(dict.fromkeys(row for _, row, _ in accuracies))
    experiment = Experiment.model_validate(
        {
            "title": "Mini",
            "benchmarks": names,
            "seeds": len(next(iter(accuracies.values()))),
            "rows": [{"label": key.capitalize(), "method": key} for key in keys],
            "reference": "joint",
            **settings,
        }
    )
    benchmarks = {name: benchmark_config(name) for name in names}
    cells = []
    for (benchmark, row, variant), values in accuracies.items():
        spec = RunSpec(
            benchmark=benchmark,
            method=row,
            variant=variant,
            seed=0,
            versions={"engine": 1},
            settings={},
            config=benchmarks[benchmark],
            data_hash=f"hash-of-{benchmark}",
        )
        specs = tuple(spec.model_copy(update={"seed": seed}) for seed in range(len(values)))
        cells.append(Cell(row, specs, 10))
        for each, accuracy in zip(specs, values, strict=True):
            write_run(each.directory(root / "results" / "runs"), each, accuracy)
    config = root / "workflow" / "config"
    for kind, models in (("benchmarks", benchmarks), ("experiments", {"mini": experiment})):
        (config / kind).mkdir(parents=True, exist_ok=True)
        for name, model in models.items():
            (config / kind / f"{name}.yaml").write_text(yaml.safe_dump(model.model_dump(mode="json")))
    return Sweep(root, experiment, benchmarks, Plan(tuple(cells), dict(left_out)))


BETTER = [0.72, 0.74, 0.71, 0.75, 0.73, 0.76, 0.72, 0.74]
JOINT = [0.70, 0.71, 0.70, 0.71, 0.70, 0.71, 0.70, 0.71]
AUDIO = [0.60, 0.61, 0.60, 0.61, 0.60, 0.61, 0.60, 0.61]
VIDEO = [0.40, 0.42, 0.40, 0.42, 0.40, 0.42, 0.40, 0.42]

CLAIM = {
    "id": "better",
    "statement": "InfoReg beats joint training",
    "better": "inforeg",
    "worse": "joint",
    "source": "Table 2",
    "printed": {"CREMA-D": 5.29},
}
