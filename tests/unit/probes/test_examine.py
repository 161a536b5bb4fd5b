"""`inforeg examine`: what it writes, what it leaves, what it refuses."""

import json
import shutil
from pathlib import Path

import pytest

from inforeg.__main__ import main
from inforeg.files import PART, sealed, sha256, write_json
from inforeg.probes import restore as restoring
from inforeg.probes.linear import Linear
from tests.unit.conftest import TRAIN, fingerprint, refused

CELL = Path("results/runs/toy/joint/default")
EXAMINE = ["examine", "--benchmark", "toy", "--method", "joint", "--seeds", "0-1", "--probe", "linear"]
REPORT = ["--report", str(CELL / "probe=linear.seeds=0-1.json")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> dict[str, Path]:
    return {"runs": tmp_path_factory.mktemp("trained") / "runs"}


@pytest.fixture
def runs(project, trained) -> Path:
    """Two finished runs in the project, trained once for all tests."""
    if not trained["runs"].exists():
        assert main([*TRAIN, "joint", "--seeds", "0-1", "--runs", str(trained["runs"])]) == 0
    return Path(shutil.copytree(trained["runs"], project.root / "results/runs"))


def result(seed: int = 0, probe: str = "linear") -> Path:
    return CELL / f"seed={seed}/probe={probe}.json"


def test_a_result_states_what_it_is_of_and_the_report_states_it(runs):
    before = fingerprint(runs)
    assert main([*EXAMINE, *REPORT]) == 0
    run = json.loads((CELL / "seed=1/run.json").read_text())
    found = json.loads(result(1).read_text())
    assert found == sealed(found)
    assert (found["probe"], found["version"]) == ("linear", 1)
    assert found["spec_sha256"] == run["spec_sha256"]
    assert found["summary_sha256"] == sha256(CELL / "seed=1/summary.json")
    assert {key: found[key] for key in ("commit", "versions", "machine", "machine_sha256")} == {
        key: run[key] for key in ("commit", "versions", "machine", "machine_sha256")
    }
    assert set(found["metrics"]) == {
        *(f"{split}/probe/{m}" for split in ("val", "test") for m in ("first", "second")),
        *(f"{split}/probe_gap" for split in ("val", "test")),
    }
    report = json.loads(Path(REPORT[1]).read_text())
    assert report == sealed(report)
    assert report["result_sha256"] == {str(seed): sha256(result(seed)) for seed in (0, 1)}
    assert set(report["summary_sha256"]) == {"0", "1"}
    for path in (result(0), result(1), Path(REPORT[1])):
        path.unlink()
    assert fingerprint(runs) == before


def test_killed_between_two_runs_the_same_command_does_the_rest(runs, monkeypatch, capsys):
    examine = Linear.examine

    def stop(probe, run):
        if run.spec.seed == 1:
            raise KeyboardInterrupt
        return examine(probe, run)

    with monkeypatch.context() as patch:
        patch.setattr(Linear, "examine", stop)
        assert main([*EXAMINE, *REPORT]) == 130
    assert (result(0).exists(), result(1).exists(), Path(REPORT[1]).exists()) == (True, False, False)
    first = result(0).stat()
    parts = [result(1).with_name(f".{result(1).name}.99{PART}"), CELL / f"seed=1/.other.99{PART}"]
    for part in parts:
        part.write_text("half")
    capsys.readouterr()
    assert main([*EXAMINE, *REPORT]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{CELL}/seed=0 was already examined: linear",
        f"{CELL}/seed=1 is examined: linear",
    ]
    assert result(0).stat() == first
    assert [part.exists() for part in parts] == [False, True]
    assert Path(REPORT[1]).exists()


def test_what_is_there_and_whole_needs_neither_data_nor_model(runs, project, monkeypatch):
    assert main(EXAMINE) == 0
    shutil.rmtree(project.root / "data/synthetic")
    monkeypatch.setattr(restoring, "restore", None)
    before = fingerprint(runs)
    assert main(EXAMINE) == 0
    assert fingerprint(runs) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: {**found, "metrics": {}}, "is damaged (it was changed after it had been written)"),
        (lambda found: sealed({**found, "summary_sha256": "0" * 64}), "is of another summary.json"),
        (lambda found: sealed({**found, "spec_sha256": "0" * 64}), "is of another run or probe"),
        (lambda found: sealed({**found, "probe": "other"}), "is of another run or probe"),
        (lambda found: sealed({**found, "version": 2}), "is by version 2 of the probe, which is now at 1"),
        (lambda found: sealed({"probe": "linear"}), "is damaged"),
    ],
    ids=["edited", "another summary", "another run", "another probe", "another version", "not ours"],
)
def test_what_is_not_whole_is_made_anew_and_that_is_said(runs, capsys, change, said):
    assert main(EXAMINE) == 0
    content = result().read_bytes()
    write_json(result(), change(json.loads(content)))
    capsys.readouterr()
    assert main(EXAMINE) == 0
    warned = capsys.readouterr().err
    assert f"{result()} {said}" in warned
    assert "the run is examined again" in warned
    assert warned.count("\n") == 1
    assert result().read_bytes() == content


def test_a_summary_with_the_probes_of_earlier_versions_is_examined_to_the_same_numbers(runs):
    """Runs used to end with the linear probe; here its numbers are put where they were."""
    assert main(EXAMINE) == 0
    numbers = json.loads(result().read_text())["metrics"]
    summary = CELL / "seed=0/summary.json"
    stated = json.loads(summary.read_text())
    stated["selection"]["val"]["metrics"] |= numbers
    write_json(summary, sealed(stated))
    weights = (CELL / "seed=0/model.pt").stat()
    assert main(EXAMINE) == 0
    assert json.loads(result().read_text())["metrics"] == numbers
    assert (CELL / "seed=0/model.pt").stat() == weights


def test_a_probe_examines_the_seeds_that_it_takes(runs, capsys):
    command = [*EXAMINE[:-1], "embedding"]
    assert main([*command, *REPORT]) == 0
    assert result(0, "embedding").exists()
    assert not result(1, "embedding").exists()
    assert set(json.loads(Path(REPORT[1]).read_text())["result_sha256"]) == {"0"}
    capsys.readouterr()
    command[command.index("0-1")] = "1-3"
    assert "'embedding' examines no run of --seeds 1,2,3; give one of [0]." in refused(capsys, *command)


def test_a_run_that_diverged_has_nothing_to_examine_and_the_report_says_so(project, capsys):
    wild = ["--set", "training.lr=1e30", "--variant", "wild", "--seeds", "0-1"]
    assert main([*TRAIN, "joint", *wild, "--report", "trained.json"]) == 0
    command = ["examine", "--benchmark", "toy", "--method", "joint", *wild, "--probe", "linear"]
    assert main([*command, "--report", "examined.json"]) == 0
    assert "seed=1 has nothing to examine, for its training diverged" in capsys.readouterr().out
    report = json.loads(Path("examined.json").read_text())
    assert report["result_sha256"] == {}
    assert set(report["diverged"]) == set(report["summary_sha256"]) == {"0", "1"}
    assert "not finite" in report["diverged"]["0"]
    assert not list(project.root.rglob("probe=*"))


def test_bad_input_is_refused(runs, capsys):
    def said(*changes: str) -> str:
        return refused(capsys, *EXAMINE, *changes)

    assert "There is no probe 'lineer'; did you mean 'linear'?" in said("--probe", "lineer")
    assert "There is no method 'jonit'; did you mean 'joint'?" in said("--method", "jonit")
    assert "There is no benchmark 'tyo'; did you mean 'toy'?" in said("--benchmark", "tyo")
    assert f"The finished run {CELL}/seed=2 is needed; train it first." in said("--seeds", "0-2")
    assert "The finished run elsewhere/toy/joint/default/seed=0 is needed" in said("--runs", "elsewhere")
    assert "--report results is a directory; name a file" in said("--report", "results")
    assert "machine.device is 'cuda', but no CUDA device is there" in said("--machine", "device=cuda")
    (CELL / "seed=1/summary.json").rename("aside")
    assert f"The finished run {CELL}/seed=1 is needed; train it first." in said()
    Path("aside").rename(CELL / "seed=1/summary.json")
    model = CELL / "seed=1/model.pt"
    content = model.read_bytes()
    model.write_bytes(content[:-9])
    assert f"{model} is damaged (it is not as the run wrote it); remove the run's directory" in said()
    model.unlink()
    assert f"{model} is missing; remove the run's directory and train the run again." in said()


def test_the_check_knows_results_and_reports(runs, capsys):
    def said(*arguments: str) -> str:
        assert main(["check", "--runs", *arguments]) == 0
        return capsys.readouterr().out.splitlines()[-1]

    assert said() == "probes: 0 examined, 0 outdated"
    assert main([*EXAMINE, *REPORT]) == 0
    capsys.readouterr()
    assert said() == "probes: 2 examined, 0 outdated"
    content, summary = result().read_bytes(), CELL / "seed=0/summary.json"
    summary.rename("aside")
    assert said() == "probes: 1 examined, 1 outdated"
    Path("aside").rename(summary)
    result().write_bytes(content.replace(b'"linear"', b'"other"'))
    assert f"{result()} is damaged (it was changed" in refused(capsys, "check", "--runs")
    write_json(result(), sealed({**json.loads(content), "commit": "another"}))
    name = Path(REPORT[1]).name
    assert f"{result()} is not the one that {name} names" in refused(capsys, "check", "--runs")
    result().unlink()
    assert f"{result()} is missing, which {name} names" in refused(capsys, "check", "--runs")
    report = json.loads(Path(REPORT[1]).read_text())
    write_json(Path(REPORT[1]), sealed({**report, "spec_sha256": "0" * 64}))  # an earlier spec left it behind
    assert said() == "probes: 1 examined, 0 outdated"
    Path(REPORT[1]).write_text("{}")
    assert f"{REPORT[1]} is damaged" in refused(capsys, "check", "--runs")
    Path(REPORT[1]).unlink()
    (CELL / "seed=1/probe=linear.json").rename(CELL / "probe=linear.json")
    assert "probe=linear.json belongs to no run; remove it." in refused(capsys, "check", "--runs")
