"""Runs on the folds of a benchmark are one run: the means over them."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from sweeps import DRAWN, make_sweep

from inforeg.analysis.collected.collect import COLUMNS
from inforeg.analysis.collected.folds import FOLD, UNIT, pooled
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.tables.main_table import main_table
from inforeg.suite.plan import Fold

RUN = {"row": "joint", "benchmark": "crowds", "method": "joint", "variant": "default"}


def frame(name: str, *lines: dict[str, object], unit: str = "seed") -> pd.DataFrame:
    own = [{**RUN, "seed": 0, UNIT: unit, **line} for line in lines]
    return pd.DataFrame(own, columns=[*COLUMNS[name], FOLD, UNIT])


def observed(fold: int, value: float, **more: object) -> dict[str, object]:
    own = {"selection": "val", "epoch": fold, "split": "test", "metric": "accuracy", "diverged": False}
    return {**own, "value": value, "spec_sha256": f"spec {fold}", "data_hash": "data", FOLD: fold, **more}


def test_values_are_means_over_the_folds_of_each_seed() -> None:
    lines = [observed(fold, value) for fold, value in ((2, 0.5), (1, 0.7), (3, 0.9))]
    lines += [observed(fold, 0.1 * fold, seed=1) for fold in (1, 2, 3)]
    found = pooled("runs", frame("runs", *lines)).set_index("seed")
    assert list(found.reset_index()[COLUMNS["runs"]].columns) == COLUMNS["runs"]
    assert found["value"].to_dict() == pytest.approx({0: 0.7, 1: 0.2})
    assert found["epoch"].to_dict() == {0: 2, 1: 2}
    assert found["epoch"].dtype == "int64"
    assert found["spec_sha256"].nunique() == 1
    assert found["data_hash"].unique().tolist() == ["data"]


def test_a_mean_over_some_of_the_folds_is_none() -> None:
    lines = [observed(1, 0.5), observed(2, math.nan)]
    lines += [
        observed(1, 0.5, metric="loss"),
        observed(1, 0.5, metric="auroc"),
        observed(2, 0.6, metric="auroc"),
    ]
    found = pooled("runs", frame("runs", *lines)).set_index("metric")["value"]
    assert found.isna().to_dict() == {"accuracy": True, "loss": True, "auroc": False}


def test_benchmarks_with_other_folds_or_none_are_left_alone() -> None:
    lines = [observed(1, 0.5), observed(2, 0.7)]
    lines += [observed(fold, 0.2 * fold, benchmark="thirds") for fold in (1, 2, 3)]
    lines += [observed(0, 0.3, benchmark="whole", epoch=7)]
    found = pooled("runs", frame("runs", *lines)).set_index("benchmark")
    assert found["value"].to_dict() == pytest.approx({"crowds": 0.6, "thirds": 0.4, "whole": 0.3})
    assert found.loc["whole", ["epoch", "spec_sha256"]].tolist() == [7, "spec 0"]


def test_every_test_sample_stands_there_once() -> None:
    lines = [
        {"index": index, "correct": fold == 1, FOLD: fold, "seed": seed}
        for seed in (0, 1)
        for fold, size in ((1, 3), (2, 2))
        for index in range(size)
    ]
    found = pooled("predictions", frame("predictions", *lines))
    for _, own in found.groupby("seed"):
        assert sorted(own["index"]) == [0, 1, 2, 3, 4]
        assert own[own["correct"]]["index"].tolist() == [0, 1, 2]


def test_epochs_costs_and_corruptions_are_means_and_embeddings_of_the_first() -> None:
    epochs = [{"epoch": e, "metric": "lr", "value": e + f, FOLD: f} for e in (0, 1) for f in (1, 2)]
    assert pooled("epochs", frame("epochs", *epochs))["value"].tolist() == [1.5, 2.5]
    costs = [{"metric": "steps", "value": 10.0 * fold, FOLD: fold} for fold in (1, 2)]
    assert pooled("costs", frame("costs", *costs))["value"].tolist() == [15.0]
    corrupted = {"corruption": "noise", "modality": "audio", "severity": 1.0}
    lines = [{**corrupted, "value": 0.2 * fold, FOLD: fold} for fold in (1, 2)]
    assert pooled("corruptions", frame("corruptions", *lines))["value"].tolist() == pytest.approx([0.3])
    points = [{"modality": "audio", "index": 0, "target": 0, "x": x, "y": 0.0, FOLD: x} for x in (1, 2)]
    assert pooled("embeddings", frame("embeddings", *points))["x"].tolist() == [1]


def test_a_table_has_one_number_for_each_seed(tmp_path) -> None:
    wanted = {"joint": [0.6, 0.7, 0.5], "inforeg": [0.8, 0.9, 0.7]}
    sweep = make_sweep(
        tmp_path,
        {
            ("alpha", row, f"fold{fold}"): [value + (0.1 if fold == 2 else -0.1) for value in values]
            for row, values in wanted.items()
            for fold in (1, 2)
        },
        {},
    )
    cells = tuple(
        replace(cell, fold=Fold(int(cell.variant[-1]), "default", "seed")) for cell in sweep.plan.cells
    )
    folded = sweep.benchmarks["alpha"].model_copy(update={"folds": 2})
    sweep = replace(sweep, plan=replace(sweep.plan, cells=cells), benchmarks={"alpha": folded})
    study = sweep.study()
    runs = study.collected.runs.query("selection == 'val' and split == 'test' and metric == 'accuracy'")
    for row, values in wanted.items():
        assert runs[runs["row"] == row].sort_values("seed")["value"].tolist() == pytest.approx(values)
    assert set(runs["variant"]) == {"default"}
    statistics = compute(study)
    assert set(statistics.comparison["n"]) == {3}
    table = main_table(study, statistics)
    assert table.rows[0][1].text.startswith("60.0 ± 10.0")
    assert study.caveats == ["ALPHA: a run is its mean over 2 folds.", f"ALPHA: {DRAWN}"]
