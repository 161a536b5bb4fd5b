import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from sweeps import BETTER, CLAIM, JOINT, draw, make_sweep, placed, write_all

from inforeg.analysis.figures import catalogue, critical_difference
from inforeg.analysis.report.outputs import write_figures
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.statistics.costs import efficient
from inforeg.errors import UserError
from inforeg.suite.experiment import Drawing


def examined(study):
    """`study` with rows at places, corrupted test splits and embeddings."""
    study = placed(study, {"joint": 0.5, "ogm_ge": 1.5})
    run = {"method": "joint", "variant": "default", "seed": 0}
    cells = [(benchmark, row) for benchmark in study.benchmarks for row in study.labels]
    corruptions = pd.DataFrame(
        {
            **run,
            "benchmark": b,
            "row": r,
            "corruption": kind,
            "modality": m,
            "severity": s,
            "value": 0.5 - s / 8,
        }
        for b, r in cells
        for kind, severities in (("dropped", (0, 1)), ("noise", (0, 1, 4)))
        for m in ("audio", "video")
        for s in severities
    )
    embeddings = pd.DataFrame(
        {
            **run,
            "benchmark": b,
            "row": r,
            "modality": m,
            "index": i,
            "target": i % 3,
            "x": float(i),
            "y": -float(i),
        }
        for b, r in cells
        for m in ("audio", "video")
        for i in range(9)
    )
    return replace(study, collected=replace(study.collected, corruptions=corruptions, embeddings=embeddings))


def test_every_drawing_that_an_experiment_may_ask_for_is_there():
    assert list(catalogue.FIGURES) == list(get_args(Drawing))


def test_information_holds_the_whole_and_each_modality(study):
    _, numbers = draw("information", study)
    here = numbers.query("benchmark == 'alpha' and epoch == 2 and estimate == 'batch'")
    means = here.set_index(["row", "modality"])["mean"]
    # The fake trace is accuracy times (epoch + 1).
    assert means["joint", "whole"] == pytest.approx(3 * sum(JOINT) / 8)
    assert means["unimodal", "audio"] == pytest.approx(3 * 0.605)
    assert set(means.index) == {
        *(("joint", name) for name in ("audio", "video", "whole")),
        *(("unimodal", name) for name in ("audio", "video")),
    }


def test_curves_are_means_in_percent(study):
    _, numbers = draw("curves", study)
    line = numbers.query("benchmark == 'alpha' and row == 'joint' and split == 'val' and epoch == 1").iloc[0]
    assert line["mean"] == pytest.approx(70.5 - 5)
    assert line["n"] == 8


def test_differences_are_those_of_the_comparison(study):
    figure, numbers = draw("differences", study)
    assert numbers.set_index(["benchmark", "row"])["difference"]["alpha", "inforeg"] == pytest.approx(23 / 8)
    markers = [line for line in figure.axes[1].lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in markers] == pytest.approx([-23 / 8])


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """Rows whose names are long."""
    methods = ["joint", "sample_valuation", "modality_valuation", "modality_dropout", "ogm_ge"]
    accuracies = {(b, m, "default"): [0.7, 0.8] for b in ("avdigits", "multiple_features") for m in methods}
    accuracies |= {
        (b, "unimodal", m): [0.6, 0.5] for b in ("avdigits", "multiple_features") for m in ("audio", "video")
    }
    claim = CLAIM | {"better": "modality_valuation", "worse": "sample_valuation"}
    return examined(make_sweep(tmp_path_factory.mktemp("wide"), accuracies, {}, claims=[claim]).study())


@pytest.mark.parametrize("name", sorted(catalogue.FIGURES))
def test_nothing_is_clipped(wide, name):
    with mpl.rc_context(catalogue.STYLE):
        figure, _ = draw(name, wide)
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= -0.01
    assert box.y0 >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


def test_no_global_seed_changes_a_table_a_claim_or_a_figure(study, tmp_path):
    study = examined(study)
    written, drawn = [], []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        folder = tmp_path / str(seed)
        write_all(study, folder)
        files = (path for path in folder.rglob("*.*") if path.suffix != ".pdf")
        written.append({path.relative_to(folder): path.read_bytes() for path in files})
        drawn.append({name: draw(name, study)[1] for name in ("cost", "window_noise", "sweep")})
    assert len(written[0]) > 10
    assert written[0] == written[1]
    for name, numbers in drawn[0].items():
        pd.testing.assert_frame_equal(numbers, drawn[1][name])


def test_critical_difference_joins_what_nemenyi_does_not_tell_apart(tmp_path):
    # Three rows in the same order on four benchmarks: ranks 1, 2, 3; q_0.05(3) = 2.344, CD = 2.344 / 2.
    rows = {"joint": 0.5, "ogm": 0.6, "inforeg": 0.7}
    accuracies = {
        (benchmark, row, "default"): [value, value + 0.01]
        for benchmark in ("alpha", "beta", "gamma", "delta")
        for row, value in rows.items()
    }
    figure, numbers = draw("critical_difference", make_sweep(tmp_path, accuracies, {}).study())
    assert numbers["row"].to_list() == ["inforeg", "ogm", "joint"]
    assert numbers["mean_rank"].to_list() == [1, 2, 3]
    assert numbers["critical_difference"][0] == pytest.approx(2.344 * (3 * 4 / (6 * 4)) ** 0.5, rel=1e-3)
    bars = [line.get_ydata() for line in figure.axes[0].lines if line.get_linewidth() == 1.6]
    assert [tuple(map(int, bar)) for bar in bars] == [(0, 1), (1, 2)]


@pytest.mark.parametrize(
    ("ranks", "groups"),
    [
        ([1.0, 1.5, 2.0, 4.0], [(0, 2)]),
        ([1.0, 2.0, 3.0, 4.0], [(0, 1), (1, 2), (2, 3)]),
        ([1.0, 3.0], []),
        ([2.0, 2.0], [(0, 1)]),
    ],
)
def test_cliques(ranks, groups):
    assert critical_difference.cliques(ranks, 1.0) == groups


def test_critical_difference_without_enough_rows_says_so(study, tmp_path):
    rows = [row for row in study.experiment.rows if row.method != "unimodal"]
    two = replace(study, experiment=study.experiment.model_copy(update={"rows": rows}))
    with pytest.raises(UserError, match="needs two benchmarks and three rows"):
        catalogue.save("critical_difference", two, compute(study), tmp_path / "x.pdf")
    _, numbers = draw("critical_difference", study)  # one benchmark lacks a row
    assert numbers.empty


def test_cost_counts_a_backward_pass_twice_and_all_variants(study):
    _, numbers = draw("cost", study)
    # A fake run has 3.5 forward and 3 backward passes; unimodal is two runs.
    found = numbers.set_index(["benchmark", "row"])
    assert found.loc[("alpha", "joint"), ["steps", "forward_passes", "backward_passes"]].to_list() == [
        30,
        3.5,
        3,
    ]
    assert found["relative"].to_dict() == {
        ("alpha", "joint"): 1,
        ("alpha", "unimodal"): 2,
        ("alpha", "inforeg"): 1,
        ("beta", "joint"): 1,
        ("beta", "inforeg"): 1,
    }
    assert found.loc[("alpha", "inforeg"), "efficient"]
    assert not found.loc[("alpha", "unimodal"), "efficient"]
    assert not found.loc[("beta", "inforeg"), "efficient"]


def test_efficient_points():
    cost, value = pd.Series([1.0, 2.0, 3.0, 1.0]), pd.Series([5.0, 4.0, 6.0, 5.0])
    assert efficient(cost, value, lower=False).to_list() == [True, False, True, True]
    assert efficient(cost, value, lower=True).to_list() == [True, True, False, True]


def test_files_and_their_numbers(sweep, tmp_path):
    write_all(sweep.study(), tmp_path)
    asked = sweep.experiment.figures
    names = {f"mini_{name}.{end}" for name in asked for end in ("pdf", "png", "csv")}
    assert {path.name for path in (tmp_path / "figures").iterdir()} >= names
    assert len(pd.read_csv(tmp_path / "figures/mini_differences.csv")) == 3


def test_information_without_unimodal_runs_shows_joint_training(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    figure, numbers = draw("information", make_sweep(tmp_path, accuracies, {}).study())
    assert [ax.get_title() for ax in figure.axes] == ["joint training"]
    assert set(numbers["row"]) == {"joint"}


def test_information_without_its_rows_writes_nothing(tmp_path):
    accuracies = {("alpha", "ogm", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    study = make_sweep(tmp_path, accuracies, {}, figures=["information"], reference="ogm").study()
    with pytest.raises(UserError, match="needs a row 'joint' or 'unimodal'; add one"):
        write_figures(study, compute(study), tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_equal_runs_give_equal_bytes_under_any_hash_seed(sweep):
    script = (
        "import sys; from pathlib import Path; from inforeg.analysis.collected.study import Study;"
        "from inforeg.analysis.figures.catalogue import save; from inforeg.suite.project import Project;"
        "from inforeg.analysis.statistics.compute import compute;"
        "study = Study.read(Project(Path(sys.argv[1])), 'mini', Path(sys.argv[2]));"
        "save('differences', study, compute(study), Path(sys.argv[3]) / 'figure.pdf')"
    )
    collected = sweep.root / "collected"
    sweep.study().collected.write(collected)
    for seed in ("1", "2"):
        arguments = [sys.executable, "-c", script, sweep.root, collected, sweep.root / seed]
        source = str(Path(catalogue.__file__).parents[3])
        subprocess.run(arguments, check=True, env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": source})
    for path in (sweep.root / "1").iterdir():
        assert path.read_bytes() == (sweep.root / "2" / path.name).read_bytes(), path.name
