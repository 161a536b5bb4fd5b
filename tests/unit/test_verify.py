"""`inforeg verify`: published runs, drawn at random and trained again."""

from pathlib import Path

import pytest

from inforeg.__main__ import main
from inforeg.methods.joint import Joint
from inforeg.suite.plan import plan
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
    assert "further of long is not repeated: of " in sentence
    assert "loss/joint of joint on toy (variant default, seed 0) in epoch 1 is " in sentence


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
