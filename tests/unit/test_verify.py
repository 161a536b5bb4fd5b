"""`inforeg verify`: published runs, drawn at random and trained again."""

import re
from pathlib import Path

import pytest

from inforeg.__main__ import main
from inforeg.methods.joint import Joint
from inforeg.suite.plan import plan, plan_trials
from inforeg.suite.tuning import SETTINGS
from tests.unit.conftest import EXPERIMENT, TRAIN, fingerprint, refused, write

ROWS = [row for row in EXPERIMENT["rows"] if row["method"] in ("joint", "ensemble")]


@pytest.fixture
def published(project, capsys):
    """A version that holds an experiment outside `all` whose runs are trained."""
    path = project.root / "workflow/config/experiments/further.yaml"
    write(path, {**EXPERIMENT, "rows": ROWS, "claims": [], "seeds": 2})
    workflow = {"experiments": ["main"], "quick": "main", "targets": {"long": ["further"]}}
    write(project.root / "workflow/config/config.yaml", workflow)
    for method in ("joint", "ensemble"):
        main([*TRAIN, method, "--seeds", "0-1"])
    for spec in (spec for cell in plan(project, "further").cells for spec in cell.specs):
        main(["examine", "--spec", spec.canonical(), "--seeds", str(spec.seed), "--probe", "linear"])
    kept = project.results / "published/long/collected/further"
    assert main(["collect", "further", "--output", str(kept)]) == 0
    capsys.readouterr()
    return kept


def test_runs_that_are_trained_again_have_the_published_bits(published, capsys):
    before = fingerprint(Path.cwd())
    assert main(["verify", "long", "further", "--share", "0.4"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 runs of further were trained again: all ")
    assert said.endswith(" numbers are those of long\n")
    assert fingerprint(Path.cwd()) == before


def test_a_number_that_is_another_one_is_named(published, capsys, monkeypatch):
    losses = Joint.losses

    def other(self, state, batch, output):
        found = losses(self, state, batch, output)
        return {name: value * (1.0 + 1e-6 * state.epoch) for name, value in found.items()}

    monkeypatch.setattr(Joint, "losses", other)
    sentence = refused(capsys, "verify", "long", "further", "--share", "1")
    assert "4 runs of further were trained again: of " in sentence
    assert "variant default, seed 0, epoch 1, metric loss/joint: " in sentence


TRIALS = {
    "title": "Learning rates",
    "benchmarks": ["toy"],
    "first_seed": 200,
    "seeds": 2,
    "common": {"training.lr": [0.01, 0.02, 0.04]},
    "rows": [{"label": "Joint", "method": "joint"}],
}


def test_trials_of_a_protocol_are_trained_again(project, capsys):
    write(project.root / "workflow/config/settings.yaml", TRIALS)
    specs = [spec for trial in plan_trials(project, SETTINGS) for cell in trial.cells for spec in cell.specs]
    for spec in specs:
        main(["train", "--spec", spec.canonical(), "--seeds", str(spec.seed)])
    kept = project.results / "published/long"
    assert main(["tune", "settings", "--output", str(kept / "settings")]) == 0
    (kept / "provenance").mkdir()
    (kept / "settings/provenance.json").rename(kept / "provenance/settings.json")
    capsys.readouterr()
    assert main(["verify", "long", "settings", "--share", "0.5"]) == 0
    said = "4 runs of settings were trained again: all 8 numbers are those of long\n"
    assert capsys.readouterr().out == said
    listed = kept / "settings/trials.csv"
    listed.write_text(re.sub(r"(?<=toy,joint,2,)[0-9.]+", "12.5", listed.read_text()))
    sentence = refused(capsys, "verify", "long", "settings", "--share", "1")
    assert (
        "of 16 numbers 1 are not those of long; benchmark toy, row joint, trial 2, metric mean: " in sentence
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["long", "further", "--share", "0"], "--share 0 is no share; give one above 0"),
        (["long", "further", "--share", "nan"], "--share nan is no share"),
        (
            ["long", "main"],
            "long has no collected runs of 'main'; of these it has: further.",
        ),
        (["v9", "main"], "There is no published version 'v9'"),
    ],
)
def test_bad_input_is_refused(project, capsys, arguments, said):
    (project.results / "published/long/collected/further").mkdir(parents=True)
    assert said in refused(capsys, "verify", *arguments)
