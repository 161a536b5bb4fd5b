"""The command line: what it answers to good and to bad input."""

import json
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

import inforeg
from inforeg.__main__ import main
from inforeg.cli.check import meaning
from inforeg.registry import METHODS
from tests.unit.conftest import BENCHMARK, EXPERIMENT, TRAIN, refused, write


def test_a_folder_outside_every_project_is_refused(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "lies in no inforeg project" in refused(capsys, "list", "benchmarks")


def test_broken_yaml_is_named_with_its_place(project, capsys):
    path = project.root / "workflow/config/benchmarks/toy.yaml"
    path.write_text("title: [")
    assert f"{path} is not valid YAML" in refused(capsys, *TRAIN, "joint")


def test_an_unknown_key_of_a_yaml_is_named(project, capsys):
    write(project.root / "workflow/config/benchmarks/toy.yaml", {**BENCHMARK, "fussion": "sum"})
    assert "'fussion'; did you mean 'fusion'?" in refused(capsys, *TRAIN, "joint")


def test_changed_data_are_refused_before_training(project, capsys):
    path = project.root / "data/synthetic/MANIFEST.json"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    assert "data/synthetic" in refused(capsys, *TRAIN, "joint")


def test_a_spec_of_other_data_is_refused(project, capsys):
    assert main([*TRAIN, "joint", "--out", "run"]) == 0
    capsys.readouterr()
    spec = json.loads(Path("run/run.json").read_text())["spec"] | {"data_hash": "0" * 32 + ".dir"}
    assert "use the spec and the data of one commit" in refused(capsys, "train", "--spec", json.dumps(spec))


def test_a_spec_of_other_code_is_refused_and_its_own_seed_is_taken(project, capsys):
    assert main([*TRAIN, "joint", "--seed", "7", "--out", "run"]) == 0
    spec = json.loads(Path("run/run.json").read_text())["spec"]
    assert main(["train", "--spec", json.dumps(spec), "--out", "again"]) == 0
    assert Path("again/model.pt").read_bytes() == Path("run/model.pt").read_bytes()
    capsys.readouterr()
    spec["versions"]["engine"] += 1
    assert "is for the versions" in refused(capsys, "train", "--spec", json.dumps(spec))


@pytest.mark.parametrize("name", ["joint", "head", "whole", "type"])
def test_a_reserved_name_of_a_modality_is_refused(project, capsys, name):
    encoders = {"first": {"kind": "mlp"}, name: {"kind": "mlp"}}
    write(project.root / "workflow/config/benchmarks/toy.yaml", {**BENCHMARK, "encoders": encoders})
    assert f"{name!r} is reserved; choose another" in refused(capsys, *TRAIN, "joint")


def test_a_place_that_cannot_be_written_is_named(project, capsys):
    Path("blocked").write_text("a file")
    assert "blocked" in refused(capsys, *TRAIN, "joint", "--out", "blocked/run")


def test_trains_reports_and_evaluates(project, capsys):
    half = ["--variant", "half", "--set", "beta=0.5"]
    assert main([*TRAIN, "inforeg", *half, "--seeds", "4,1-2,1", "--report", "report.json"]) == 0
    folder = project.root / "results/runs/toy/inforeg/half/seed=2"
    spec = json.loads((folder / "run.json").read_text())["spec"]
    assert spec["settings"]["beta"] == 0.5
    assert spec["seed"] == 2
    assert set(json.loads(Path("report.json").read_text())["summary_sha256"]) == {"1", "2", "4"}
    capsys.readouterr()
    assert main(["evaluate", str(folder)]) == 0
    chosen = json.loads((folder / "summary.json").read_text())["selection"]["val"]["metrics"]
    assert json.loads(capsys.readouterr().out)["test/accuracy"] == chosen["test/accuracy"]


def test_what_a_method_needs_is_trained_first(project):
    assert main([*TRAIN, "ensemble", "--variant", "short", "--set", "training.epochs=1"]) == 0
    root = project.root / "results/runs/toy"
    for cell in ("unimodal/short_first", "unimodal/short_second", "ensemble/short"):
        spec = json.loads((root / cell / "seed=0/run.json").read_text())["spec"]
        assert spec["config"]["training"]["epochs"] == 1
        assert (root / cell / "seed=0/summary.json").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reference": "jiont"}, "no row for a reference: 'jiont'; did you mean 'joint'?"),
        ({"rows": [EXPERIMENT["rows"][2]] * 2}, "two rows have the key 'joint'"),
        ({"seedz": 3}, "'seedz'; did you mean 'seeds'?"),
        ({"figures": ["curve"]}, "figures.0 = 'curve' is not valid; did you mean 'curves'?"),
        ({"figures": ["pie"]}, "figures.0 = 'pie' is not valid: Input should be 'information'"),
    ],
)
def test_an_experiment_is_checked_before_anything_is_trained(project, capsys, change, words):
    write(project.root / "workflow/config/experiments/main.yaml", {**EXPERIMENT, **change})
    assert words in refused(capsys, "check")


def test_a_broken_data_dvc_is_named(project, capsys):
    (project.root / "data.dvc").write_text("<<<<<<< ours\nouts: 3")
    assert "data.dvc" in refused(capsys, *TRAIN, "joint")


def test_a_full_disk_is_one_sentence_with_the_file(project, capsys, monkeypatch):
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        assert main([*TRAIN, "joint", "--out", "run"]) == 2
    assert "run/run.json: No space left on device" in capsys.readouterr().err
    assert main([*TRAIN, "joint", "--out", "run"]) == 0


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")]
)
def test_too_little_memory_is_one_sentence(project, capsys, monkeypatch, error):
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr("inforeg.engine.train.begin", fails)
    assert main([*TRAIN, "joint"]) == 2
    assert "there is not enough memory" in capsys.readouterr().err


def test_a_variant_of_the_method_brings_its_settings(project):
    assert main([*TRAIN, "inforeg", "--variant", "released", "--out", "run"]) == 0
    settings = json.loads(Path("run/run.json").read_text())["spec"]["settings"]
    assert settings["definition"] == "released"
    assert settings["threshold"] == 0.05


def test_ctrl_c_ends_with_130_and_the_same_command_continues(project):
    slow = [sys.executable, "-m", "inforeg", *TRAIN, "joint", "--set", "training.epochs=300", "--out", "run"]
    slow += ["--machine", "checkpoint_seconds=0"]
    # A shell starts what runs in its background with SIGINT ignored, and children inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(slow, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    while not Path("run/last.ckpt").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate()
    assert process.returncode == 130
    assert message.strip().endswith("the same command continues where this one stopped.")
    assert not Path("run/summary.json").exists()
    assert main(slow[3:]) == 0
    assert Path("run/summary.json").exists()


@pytest.mark.parametrize("what", ["methods", "benchmarks", "experiments"])
def test_listings(project, capsys, what):
    assert main(["list", what]) == 0
    assert {"methods": "inforeg", "benchmarks": "toy", "experiments": "main"}[what] in capsys.readouterr().out
    assert main(["list", what, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_the_json_listing_of_methods_has_every_setting_with_its_default(capsys):
    main(["list", "methods", "--json"])
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed.keys() == METHODS.classes.keys()
    assert listed["inforeg"]["settings"]["beta"]["default"] == 0.9
    assert listed["inforeg"]["variants"]["released"]["definition"] == "released"


def test_check_goes_through_everything(project, capsys):
    assert main(["check", "--write-schemas"]) == 0
    out = capsys.readouterr().out
    for word in (
        "environment: torch",
        "1 benchmark, 1 experiment, 15 runs",
        "schemas: 5 up to date",
        "synthetic",
    ):
        assert word in out
    for content in ("{}", "{", "[]", "\udcff"):
        path = project.root / "workflow/schemas/benchmark.schema.json"
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
        assert "run inforeg check --write-schemas" in refused(capsys, "check")


def test_schemas_are_compared_by_what_they_accept():
    """pydantic 2.7, 2.9 and 2.14 write the same model in these ways."""
    old = {
        "properties": {
            "kind": {"allOf": [{"$ref": "#/$defs/Kind"}], "default": "sgd", "description": "how"},
            "off": {"const": 0, "enum": [0]},
            "title": {"title": "Title", "type": "object"},
        }
    }
    new = {
        "title": "Model",
        "properties": {
            "kind": {"$ref": "#/$defs/Kind", "default": "sgd"},
            "off": {"const": 0, "description": "none"},
            "title": {"type": "object", "additionalProperties": True},
        },
    }
    assert meaning(old) == meaning(new)
    for change in (
        {"kind": {"$ref": "#/$defs/Other", "default": "sgd"}},
        {"off": {"const": 1}},
        {"title": {"type": "object", "additionalProperties": False}},
    ):
        assert meaning(old) != meaning({"properties": {**new["properties"], **change}})
    assert meaning(old) != meaning(
        {"properties": {k: v for k, v in new["properties"].items() if k != "title"}}
    )


def test_check_finds_two_experiments_that_claim_one_directory(project, capsys):
    main(["check", "--write-schemas"])
    rows = [{"label": "InfoReg*", "method": "inforeg", "variant": "star", "set": {"unimodal_weight": 2.0}}]
    other = {**EXPERIMENT, "rows": rows, "reference": "inforeg/star", "claims": []}
    write(project.root / "workflow/config/experiments/other.yaml", other)
    capsys.readouterr()
    assert "different settings of toy/inforeg/star" in refused(capsys, "check")


def test_the_repository_itself_is_in_order(capsys, monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])
    assert main(["check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["", "list", "data", "train", "evaluate", "examine", "collect", "table", "check"]
)
def test_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as stopped:
        main([*command.split(), "--help"])
    assert stopped.value.code == 0
    assert "usage: inforeg" in capsys.readouterr().out


def test_the_schemas_describe_what_yaml_may_hold():
    schema = json.loads((Path(__file__).parents[2] / "workflow/schemas/benchmark.schema.json").read_text())
    assert "lr" in schema["$defs"]["Training"]["required"]
    assert yaml.safe_load(yaml.safe_dump(schema)) == schema


def test_a_setting_that_is_the_default_needs_no_name(project):
    assert main([*TRAIN, "inforeg", "--set", "beta=0.9"]) == 0
    assert (project.root / "results/runs/toy/inforeg/default/seed=0/summary.json").exists()


def test_a_variant_of_one_modality_brings_it(project):
    assert main([*TRAIN, "unimodal", "--variant", "second"]) == 0
    spec = json.loads(Path("results/runs/toy/unimodal/second/seed=0/run.json").read_text())["spec"]
    assert spec["settings"]["modality"] == "second"


def test_divergence_is_an_error_to_a_user_and_a_result_to_the_workflow(project, capsys):
    command = [*TRAIN, "joint", "--set", "training.lr=1e30", "--variant", "wild", "--seeds", "0-1"]
    assert main(command) == 2
    assert "not finite" in capsys.readouterr().err
    assert main([*command, "--report", "report.json"]) == 0
    assert set(json.loads(Path("report.json").read_text())["summary_sha256"]) == {"0", "1"}
    folder = "results/runs/toy/joint/wild/seed=0"
    assert main(["evaluate", folder]) == 2
    assert "its training diverged" in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"inforeg {version('inforeg')}\n"
    assert inforeg.__version__ == version("inforeg")


def test_a_command_that_leaves_nothing_says_so_when_it_is_interrupted(capsys, monkeypatch):
    def interrupt(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("inforeg.testing.collected.of_method", interrupt)
    assert main(["test-method", "joint"]) == 130
    assert "interrupted; nothing is left behind." in capsys.readouterr().err
