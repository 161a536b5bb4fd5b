import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from sweeps import BETTER, JOINT, make_sweep

from inforeg.analysis import figures
from inforeg.analysis.outputs import write_figures
from inforeg.errors import UserError


def test_information_holds_the_whole_and_each_modality(sweep):
    _, numbers = figures.information(sweep.study())
    here = numbers[(numbers["benchmark"] == "alpha") & (numbers["epoch"] == 2)]
    means = here.set_index(["row", "modality"])["mean"]
    # The fake trace is accuracy times (epoch + 1).
    assert means["joint", "whole"] == pytest.approx(3 * sum(JOINT) / 8)
    assert means["unimodal", "audio"] == pytest.approx(3 * 0.605)
    assert set(means.index) == {
        *(("joint", name) for name in ("audio", "video", "whole")),
        *(("unimodal", name) for name in ("audio", "video", "whole")),
    }


def test_curves_are_means_in_percent(sweep):
    _, numbers = figures.curves(sweep.study())
    line = numbers.query("benchmark == 'alpha' and row == 'joint' and split == 'val' and epoch == 1").iloc[0]
    assert line["mean"] == pytest.approx(70.5 - 5)
    assert line["n"] == 8


def test_differences_are_those_of_the_comparison(sweep):
    figure, numbers = figures.differences(sweep.study())
    assert numbers.set_index(["benchmark", "row"])["difference"]["alpha", "inforeg"] == pytest.approx(23 / 8)
    markers = [line for line in figure.axes[1].lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in markers] == pytest.approx([-23 / 8])


@pytest.mark.parametrize("name", sorted(figures.FIGURES))
def test_nothing_is_clipped(tmp_path, name):
    methods = ["joint", "late_fusion_ensemble", "inforeg_with_unimodal_losses", "modality_dropout", "ogm_ge"]
    accuracies = {(b, m, "default"): [0.7, 0.8] for b in ("avdigits", "multiple_features") for m in methods}
    accuracies |= {
        (b, "unimodal", m): [0.6, 0.5] for b in ("avdigits", "multiple_features") for m in ("audio", "video")
    }
    sweep = make_sweep(tmp_path, accuracies, {})
    with mpl.rc_context(figures.STYLE):
        figure, _ = figures.FIGURES[name](sweep.study())
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= -0.01
    assert box.y0 >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


def test_files_and_their_numbers(sweep, tmp_path):
    write_figures(sweep.study(), tmp_path)
    names = {f"mini_{name}.{end}" for name in figures.FIGURES for end in ("pdf", "png", "csv")}
    assert {path.name for path in tmp_path.iterdir()} >= names
    assert len(pd.read_csv(tmp_path / "mini_differences.csv")) == 3


def test_information_without_unimodal_runs_shows_joint_training(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    figure, numbers = figures.information(make_sweep(tmp_path, accuracies, {}).study())
    assert [ax.get_title() for part in figure.subfigs for ax in part.axes] == ["joint"]
    assert set(numbers["row"]) == {"joint"}


def test_information_without_its_rows_writes_nothing(tmp_path):
    accuracies = {("alpha", "ogm", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    study = make_sweep(tmp_path, accuracies, {}, figures=["information"], reference="ogm").study()
    with pytest.raises(UserError, match="needs a row 'joint' or 'unimodal'; add one"):
        write_figures(study, tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_equal_runs_give_equal_bytes_under_any_hash_seed(sweep):
    script = (
        "import sys; from pathlib import Path; from inforeg.analysis.study import Study;"
        "from inforeg.analysis.figures import save; from inforeg.project import Project;"
        "study = Study.read(Project(Path(sys.argv[1])), 'mini', Path(sys.argv[2]));"
        "save('differences', study, Path(sys.argv[3]) / 'figure.pdf')"
    )
    collected = sweep.root / "collected"
    sweep.study().collected.write(collected)
    for seed in ("1", "2"):
        arguments = [sys.executable, "-c", script, sweep.root, collected, sweep.root / seed]
        source = str(Path(figures.__file__).parents[2])
        subprocess.run(arguments, check=True, env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": source})
    for path in (sweep.root / "1").iterdir():
        assert path.read_bytes() == (sweep.root / "2" / path.name).read_bytes(), path.name
