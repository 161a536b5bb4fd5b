"""Statistics as they are stored: computed once, read to the bit, refused where they are not of the runs."""

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest
from sweeps import BETTER, CLAIM, JOINT, make_sweep
from test_figures import examined

from inforeg.analysis.collected.parquet import read_parquet, write_parquet
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures import catalogue
from inforeg.analysis.report.outputs import write_claims, write_document, write_figures, write_tables
from inforeg.analysis.statistics import stored, window_noise
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.statistics.stored import Ranks, Statistics
from inforeg.errors import UserError
from inforeg.files import sealed, write_json
from inforeg.probes.frames import COLUMNS
from inforeg.suite.products import RAW, STATISTICS, raw

UNMEASURED = ("gradients", "traces", "movement")
"""Figures of what the settings of these runs do not ask for."""

REMEDY = r"`inforeg statistics mini` makes them anew\.$"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Three rows on two benchmarks with all figures, as read from files; the folder of its statistics."""
    root = tmp_path_factory.mktemp("written")
    values = {"joint": JOINT, "inforeg": BETTER, "ogm_ge": JOINT[::-1]}
    accuracies = {(b, row, "default"): values[row] for b in ("alpha", "beta") for row in values}
    accuracies["beta", "inforeg", "default"] = JOINT
    accuracies |= {("alpha", "unimodal", m): JOINT for m in ("audio", "video")}
    claims = [
        CLAIM,
        CLAIM | {"id": "alone", "better": "unimodal", "metric": "accuracy/weakest", "printed": {}},
    ]
    figures = [name for name in catalogue.FIGURES if name not in UNMEASURED]
    contrasts = [{"row": "Inforeg", "reference": "Joint"}, {"row": "Ogm_ge", "reference": "Joint"}]
    settings = {"claims": claims, "figures": figures, "second_reference": "ogm_ge", "beside": ["accuracy/*"]}
    settings |= {"contrasts": contrasts}
    left_out = {("unimodal", "beta"): "needs two modalities"}
    study = examined(make_sweep(root, accuracies, left_out, **settings).study())
    study.collected.write(root / "collected")
    study = replace(study, collected=type(study.collected).read(root / "collected"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_noise, "TRIALS", 2)
        compute(study).write(study, root / "statistics")
        return study, compute(study), root / "statistics"


def render(study: Study, statistics: Statistics, folder: Path) -> dict[str, bytes]:
    write_tables(study, statistics, folder)
    write_figures(study, statistics, folder)
    write_claims([(study, statistics)], folder)
    write_document([(study, statistics)], folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


def test_every_file_is_an_attribute():
    assert tuple(field.name for field in fields(Statistics)) == STATISTICS


def test_what_is_read_is_what_was_computed_to_the_bit(written):
    study, computed, folder = written
    read = Statistics.read(study, folder)
    for field in fields(Statistics):
        ours, theirs = getattr(read, field.name), getattr(computed, field.name)
        if field.name == "ranks":
            assert isinstance(ours, Ranks)
            assert (ours.statistic, ours.p, ours.benchmarks) == (theirs.statistic, theirs.p, 2)
            assert ours.critical_difference == theirs.critical_difference
            assert ours.mean_rank.to_dict() == theirs.mean_rank.to_dict()
            assert ours.nemenyi.to_dict() == theirs.nemenyi.to_dict()
        else:
            pd.testing.assert_frame_equal(
                ours,
                theirs.reset_index(drop=True),
                check_dtype=False,
                check_exact=True,
                check_column_type=not theirs.empty,
            )


def test_read_statistics_and_no_frame_but_the_drawn_ones_give_the_same_bytes(written, tmp_path):
    study, computed, folder = written
    whole = render(study, computed, tmp_path / "whole")
    assert len(whole) > 50
    frames = {name: pd.DataFrame() for name in COLUMNS if name not in raw(study.experiment)}
    lean = replace(study, collected=replace(study.collected, **frames))
    assert render(lean, Statistics.read(lean, folder), tmp_path / "lean") == whole


@pytest.mark.parametrize("figure", [name for name in catalogue.FIGURES if name not in UNMEASURED])
def test_a_figure_draws_the_frame_that_is_named(written, figure):
    study, computed, _ = written
    named = {RAW[figure]} if figure in RAW else set()
    for name in COLUMNS:
        lean = replace(study, collected=replace(study.collected, **{name: pd.DataFrame()}))
        if name in named:
            with pytest.raises(KeyError):
                catalogue.FIGURES[figure](lean, computed)
        else:
            catalogue.FIGURES[figure](lean, computed)


def test_one_benchmark_has_no_ranks(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    study = make_sweep(tmp_path, accuracies, {}).study()
    compute(study).write(study, tmp_path / "statistics")
    read = Statistics.read(study, tmp_path / "statistics")
    assert read.ranks is None
    assert read.overview.empty and read.verdicts.empty and read.cost.empty
    assert json.loads((tmp_path / "statistics/mini.json").read_text())["across"] == {}


def test_statistics_that_are_missing_are_refused(written, tmp_path):
    study, *_ = written
    with pytest.raises(UserError, match=rf"mini/provenance\.json is missing; {REMEDY}"):
        Statistics.read(study, tmp_path)


@pytest.mark.parametrize("name", STATISTICS)
def test_a_file_that_is_not_as_it_was_written_is_refused(written, tmp_path, name):
    study, _, folder = written
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    path = copy / f"mini/{name}.parquet"
    content = path.read_bytes()
    frame = read_parquet(path)
    for damage in (
        path.unlink,
        lambda: path.write_bytes(content[:-9]),
        lambda: write_parquet(frame.assign(more=1), path),
    ):
        damage()
        with pytest.raises(UserError, match=rf"{name}\.parquet is missing or damaged; {REMEDY}"):
            Statistics.read(study, copy)
    path.write_bytes(content)
    Statistics.read(study, copy)


def test_an_edited_provenance_is_refused(written, tmp_path):
    study, _, folder = written
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    path = copy / "mini/provenance.json"
    origin = json.loads(path.read_text())
    write_json(path, {**origin, "files": {}})
    with pytest.raises(UserError, match=rf"damaged \(it was changed after it had been written\); {REMEDY}"):
        Statistics.read(study, copy)
    write_json(path, sealed({"files": origin["files"]}))
    with pytest.raises(UserError, match=rf"damaged \(made_from: .*\); {REMEDY}"):
        Statistics.read(study, copy)


def test_statistics_of_other_runs_settings_or_versions_are_refused(written, monkeypatch):
    study, _, folder = written
    others = replace(study, collected=replace(study.collected, seal="of others"))
    with pytest.raises(UserError, match=rf"are of other runs; {REMEDY}"):
        Statistics.read(others, folder)
    experiment = study.experiment.model_copy(update={"metric": "macro_f1"})
    with pytest.raises(UserError, match=rf"are of other settings; {REMEDY}"):
        Statistics.read(replace(study, experiment=experiment), folder)
    monkeypatch.setattr(stored, "VERSION", stored.VERSION + 1)
    with pytest.raises(UserError, match=rf"are of other versions; {REMEDY}"):
        Statistics.read(study, folder)


def test_frames_that_are_collected_anew_have_another_seal(written, tmp_path):
    study, *_ = written
    runs = study.collected.runs.assign(value=0.5)
    study.collected.write(tmp_path / "same")
    replace(study.collected, runs=runs).write(tmp_path / "other")
    seals = [type(study.collected).read(tmp_path / name, ()).seal for name in ("same", "other")]
    assert seals[0] == study.collected.seal != seals[1]
