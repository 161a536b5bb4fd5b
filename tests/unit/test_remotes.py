"""`inforeg runs push` and `pull`, with a folder as DVC's remote: runs go round whole or not at all."""

import json
import re
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from filelock import FileLock

from inforeg.__main__ import main
from inforeg.engine.contents import CHECKPOINT, MODEL, RESULTS, RUN, SUMMARY
from inforeg.engine.finished import finished
from inforeg.engine.record import conclude
from inforeg.suite.checks import configuration
from inforeg.suite.remotes.archive import name_of
from inforeg.suite.remotes.remote import FOLDER, MARK
from tests.runs import COSTS, ORIGIN, finish, kept
from tests.unit.conftest import EXPERIMENT, fingerprint, refused, write

RUNS, TRAINED = Path("results/runs"), Path("trained")
JOINT = Path("toy/joint/default/seed=0")


@pytest.fixture
def lab(project, tmp_path):
    """Where runs lie in the project's remote."""
    write(Path(".dvc/config"), "")
    Path(".dvc/config").write_text("[core]\n    analytics = false\n    no_scm = true\n    remote = lab\n")
    Path(".dvc/config.local").write_text(f"['remote \"lab\"']\n    url = {tmp_path / 'lab'}\n")
    return tmp_path / "lab" / FOLDER


@pytest.fixture
def specs(project):
    return [spec for job in configuration(project).jobs_of([]) for spec in job.specs]


@pytest.fixture
def joint(specs):
    return next(spec for spec in specs if spec.directory(Path()) == JOINT)


@pytest.fixture
def pushed(lab, specs, capsys):
    """The remote after all runs were pushed, which lie elsewhere now."""
    for spec in specs:
        finish(spec.directory(RUNS), spec, kept(**{"test/accuracy": 0.5}))
    assert main(["runs", "push"]) == 0
    assert capsys.readouterr().out == f"runs: {len(specs)} pushed\n"
    RUNS.rename(TRAINED)
    return lab


def files(root):
    """What runs consist of below `root`."""
    skipped = re.compile(r"\.lock|probe=.*|seeds=.*")
    paths = [path for path in root.rglob("*") if path.is_file() and not skipped.fullmatch(path.name)]
    return {path.relative_to(root): path.read_bytes() for path in paths}


def another(folder, spec):
    """Let the finished run in `folder` have another model."""
    (folder / MODEL).write_text("another model")
    selection = json.loads((folder / SUMMARY).read_text())["selection"]
    conclude(folder, spec, RESULTS, {"parameters": 10, "selection": selection}, COSTS)


def test_runs_come_back_as_they_were_with_what_made_them(pushed, project, specs, capsys):
    assert main(["runs", "pull"]) == 0
    assert capsys.readouterr().out == f"runs: {len(specs)} pulled\n"
    assert files(RUNS) == files(TRAINED)
    assert json.loads((RUNS / JOINT / RUN).read_text())["commit"] == ORIGIN["commit"]
    assert all((RUNS / job.path).exists() for job in configuration(project).jobs_of([]))
    assert main(["check", "--runs"]) == 0
    capsys.readouterr()
    before = {path: path.stat().st_mtime_ns for path in RUNS.rglob("*.json")}
    for action in ("pull", "push"):
        assert main(["runs", action]) == 0
        assert capsys.readouterr().out == f"runs: {len(specs)} there already\n"
    assert before == {path: path.stat().st_mtime_ns for path in RUNS.rglob("*.json")}


def test_jobs_are_reported_once_their_data_are_there(pushed, project, capsys):
    """Before, the workflow would plan them all the same: they would be older than the data."""
    Path("data").rename("elsewhere")
    assert main(["runs", "pull"]) == 0
    assert "run `inforeg data fetch synthetic` and pull again" in capsys.readouterr().err
    assert not any((RUNS / path).exists() for path in configuration(project).jobs)
    Path("elsewhere").rename("data")
    assert main(["runs", "pull"]) == 0
    assert all((RUNS / job.path).exists() for job in configuration(project).jobs_of([]))


def test_a_target_is_pulled_alone_and_with_what_it_needs(pushed, capsys):
    rows = [row for row in EXPERIMENT["rows"] if row["method"] in ("joint", "ensemble")]
    few = {**EXPERIMENT, "rows": rows, "seeds": 2, "claims": []}
    write(Path("workflow/config/experiments/few.yaml"), few)
    write(Path("workflow/config/config.yaml"), {"experiments": ["main"], "quick": "few"})
    assert main(["runs", "pull", "few"]) == 0
    cells = {path.parent.parent.as_posix() for path in files(RUNS)}
    assert {"toy/joint/default", "toy/ensemble/default", "toy/unimodal/first"} <= cells
    assert not any("inforeg" in cell for cell in cells)
    assert "no target 'fuw'; did you mean 'few'?" in refused(capsys, "runs", "pull", "fuw")


def test_a_run_that_differs_is_refused_by_name_and_both_stay(pushed, joint, capsys):
    shutil.copytree(TRAINED, RUNS)
    another(RUNS / JOINT, joint)
    before = fingerprint(pushed)
    sentence = refused(capsys, "runs", "push")
    assert f"{RUNS / JOINT} differs in model.pt from the run of the same spec in DVC's remote lab" in sentence
    assert fingerprint(pushed) == before
    assert main(["runs", "pull"]) == 0
    assert (RUNS / JOINT / MODEL).read_text() == "another model"


def test_the_same_results_by_another_commit_are_the_same_run(pushed, joint, capsys):
    shutil.copytree(TRAINED, RUNS)
    run = json.loads((RUNS / JOINT / RUN).read_text())
    del run["seal"]
    (RUNS / JOINT / RUN).write_text(json.dumps({**run, "commit": "def456"}))
    selection = json.loads((RUNS / JOINT / SUMMARY).read_text())["selection"]
    conclude(RUNS / JOINT, joint, RESULTS, {"parameters": 10, "selection": selection}, COSTS)
    assert main(["runs", "push"]) == 0


def cut(raw):
    return raw[: len(raw) // 2]


def turned(raw):
    middle = raw.index(b"spec_sha256") if b"spec_sha256" in raw else len(raw) // 3
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


def nothing(raw):
    return b""


@pytest.mark.parametrize("damage", [cut, turned, nothing])
def test_a_damaged_object_never_looks_finished(damage, pushed, joint, specs, capsys):
    place = pushed / name_of(joint.digest(), {})
    whole = place.read_bytes()
    place.write_bytes(damage(whole))
    assert main(["runs", "pull"]) == 2
    told = capsys.readouterr()
    assert told.out == f"runs: {len(specs) - 1} pulled\n"
    assert re.match(
        f"inforeg: DVC's remote lab does not give {RUNS / JOINT}: .* it is trained here", told.err
    )
    assert str(place) in told.err
    assert len(told.err.splitlines()) == 1
    assert not (RUNS / JOINT).exists()
    assert not list((RUNS / JOINT).parent.glob("seeds=0-*.json"))
    assert not list(RUNS.glob(".pull*"))
    shutil.copytree(TRAINED / JOINT, RUNS / JOINT)
    if damage is not turned:  # of an upload that was not brought to its end
        assert main(["runs", "push"]) == 0
        assert place.read_bytes() == whole


def test_an_object_that_holds_anything_else_is_refused(pushed, joint, specs, capsys):
    place = pushed / name_of(joint.digest(), {})
    with ZipFile(place, "a") as archive:
        archive.writestr("../../precious.txt", "evil")
    assert main(["runs", "pull"]) == 2
    assert "holds '../../precious.txt', which is no part of a run" in capsys.readouterr().err
    other = next(spec for spec in specs if spec.cell == joint.cell and spec != joint)
    shutil.copy(pushed / name_of(other.digest(), {}), place)
    assert main(["runs", "pull"]) == 2
    assert "another spec (seed = " in capsys.readouterr().err


def test_several_refusals_are_named_each(pushed, joint, specs, capsys):
    for spec in specs[:2]:
        (pushed / name_of(spec.digest(), {})).write_bytes(b"")
    assert main(["runs", "pull"]) == 2
    *warnings, last = capsys.readouterr().err.splitlines()
    assert [any(str(spec.directory(RUNS)) in line for line in warnings) for spec in specs[:2]] == [True] * 2
    assert last == "inforeg: 2 runs were refused, as said above; the others were not."


def test_what_is_in_the_way_stays_unless_it_is_an_attempt_at_the_run(pushed, joint, specs, capsys):
    folder = RUNS / JOINT
    finish(folder, joint.model_copy(update={"settings": {"unimodal_weight": 7.0}}), kept(x=0.5))
    before = files(folder)
    assert main(["runs", "pull"]) == 2
    assert f"{folder} holds a run with another spec" in (said := capsys.readouterr().err)
    assert "--discard" in said
    assert files(folder) == before
    assert main(["runs", "pull", "--discard"]) == 0
    assert finished(folder, joint)

    (folder / SUMMARY).unlink()
    (folder / CHECKPOINT).write_text("half")
    assert main(["runs", "pull"]) == 0
    assert files(folder) == files(TRAINED / JOINT)


def test_a_run_in_training_is_left_alone(pushed, joint, capsys):
    folder = RUNS / JOINT
    shutil.copytree(TRAINED / JOINT, folder)
    (folder / SUMMARY).unlink()
    with FileLock(folder / ".lock"):
        assert main(["runs", "pull"]) == 2
    assert f"{folder} is being trained at this moment" in capsys.readouterr().err
    assert not (folder / SUMMARY).exists()


def test_a_damaged_run_is_not_pushed(lab, joint, specs, capsys):
    for spec in specs[:2]:
        finish(spec.directory(RUNS), spec, kept(x=0.5))
    (specs[0].directory(RUNS) / MODEL).write_text("damaged")
    assert main(["runs", "push"]) == 2
    told = capsys.readouterr()
    assert told.out == "runs: 1 pushed\n"
    assert "model.pt is damaged" in told.err
    assert not (lab / name_of(specs[0].digest(), {})).exists()


def test_runs_of_other_sources_are_other_runs(pushed, joint, monkeypatch, capsys):
    monkeypatch.setattr("inforeg.suite.remotes.exchange.sources", lambda spec: {"own.method": "0" * 64})
    assert main(["runs", "pull"]) == 0
    assert "not in the remote" in capsys.readouterr().out
    assert not files(RUNS)


def test_diverged_runs_are_results_too(lab, joint, capsys):
    finish(RUNS / JOINT, joint, diverged="the loss is nan")
    assert main(["runs", "push"]) == 0
    RUNS.rename(TRAINED)
    assert main(["runs", "pull"]) == 0
    assert finished(RUNS / JOINT, joint).diverged == "the loss is nan"


def test_refusals(project, lab, joint, tmp_path, capsys):
    assert main(["runs", "push"]) == 2  # DVC has its own folders in place
    capsys.readouterr()
    assert "results/runs is no directory" in refused(capsys, "runs", "push")
    assert "holds no runs; push some by `inforeg runs push`" in refused(capsys, "runs", "pull")
    finish(RUNS / JOINT, joint, kept(x=0.5))
    assert "`dvc remote add --local" in refused(capsys, "runs", "push", "--remote", "elsewhere")
    local = Path(".dvc/config.local")
    kept_text = local.read_text()
    for url, said in {
        "gs://bucket/inforeg": "its plug-in is not installed (pip install dvc-gs)",
        "nowhere://x": "Unsupported URL type",
        "/dev/null/lab": "Not a directory",
    }.items():
        local.write_text(f"['remote \"lab\"']\n    url = {url}\n")
        assert said in refused(capsys, "runs", "push")
    local.write_text(kept_text)
    lab.mkdir(parents=True)
    (lab / MARK).write_text('{"format": 99}')
    assert "is of another version of inforeg" in refused(capsys, "runs", "pull")
    Path(".dvc/config").write_text("[core]\n    no_scm = true\n")
    assert "has no default remote; add one by `dvc remote add --local" in refused(capsys, "runs", "pull")
    shutil.rmtree(".dvc")
    assert "is not under DVC" in refused(capsys, "runs", "pull")
