"""`inforeg diagnose`: its experiment, its command and its target."""

import json
import re
import shutil
from pathlib import Path
from statistics import fmean

import pytest
import yaml

from inforeg.__main__ import main
from inforeg.analysis.statistics.paired import seeds_needed
from inforeg.errors import UserError
from inforeg.suite.checks import configuration
from inforeg.suite.choice import Choice
from inforeg.suite.diagnosis import ROWS, SEEDS, diagnosis
from inforeg.suite.plan import plan, plan_experiment
from inforeg.suite.products import DIAGNOSED
from inforeg.suite.products import diagnosis as products
from inforeg.suite.project import Project
from inforeg.suite.workflow import REMEDIES
from tests.unit.conftest import BENCHMARK, EXPERIMENT, refused, write

ROOT = Path(__file__).parents[2]
CONFIG = {"experiments": ["main"], "quick": "main"}


def digests(cells):
    return {spec.digest() for cell in cells for spec in cell.specs}


def test_every_modality_and_every_row_has_its_claims():
    project = Project(ROOT)
    experiment = diagnosis(project, "mfeat")
    claims = {(claim.better, claim.worse, claim.metric) for claim in experiment.claims}
    held_back = {("unimodal", "joint", f"{kind}/{m}") for kind in ("accuracy", "probe")
                 for m in project.benchmark("mfeat").encoders}  # fmt: skip
    gains = {(row.key, "joint", "accuracy") for row in experiment.rows if row.key != "joint"}
    assert claims == held_back | gains | {("inforeg/star", "joint/star", "accuracy")}
    assert seeds_needed(len(claims)) <= SEEDS


def test_its_runs_are_those_of_the_papers_tables():
    project = Project(ROOT, Choice())
    runs = plan_experiment(project, diagnosis(project, "htad"))
    mine = digests(runs.cells)
    theirs = digests(
        cell
        for name in ("table2", "table3", "controls")
        for cell in plan(project, name).cells
        if cell.benchmark == "htad"
    )
    assert len(mine) == 9 * SEEDS
    assert mine <= theirs


def test_its_remedies_are_the_strongest_others_whichever_benchmark_is_left_out():
    whole = (path.parent for path in (ROOT / "results/published").glob("*/claims.json"))
    newest = max(whole, key=lambda path: path.name[1:].split("."))
    gains: dict[str, dict[str, float]] = {}
    for table in ("table2", "table3"):
        stored = json.loads((newest / f"statistics/{table}.json").read_text(encoding="utf-8"))
        for line in stored["comparison"]:
            if line["reference"] == "joint" and line["row"] not in {row.key for row in ROWS}:
                gains.setdefault(line["row"], {})[line["benchmark"]] = line["difference"]
    benchmarks = set(gains["ogm"])
    assert len(benchmarks) > 3
    for left_out in (None, *benchmarks):
        means = {row: fmean(v for b, v in each.items() if b != left_out) for row, each in gains.items()}
        assert sorted(means, key=means.__getitem__)[-2:] == [row.key for row in reversed(REMEDIES)]


def test_other_remedies_are_named_in_the_configuration(project):
    rows = [{"label": "OGM", "method": "ogm"}]
    write(project.root / "workflow/config/config.yaml", {**CONFIG, "remedies": rows})
    assert [row.key for row in diagnosis(project, "toy").rows][len(ROWS) :] == ["ogm"]
    write(project.root / "workflow/config/config.yaml", {**CONFIG, "remedies": [*rows, *rows]})
    with pytest.raises(UserError, match=r"config.yaml, remedies.*two rows have the key 'ogm'"):
        diagnosis(project, "toy")


def test_a_benchmark_that_cannot_be_diagnosed_is_a_sentence():
    with pytest.raises(UserError, match="'cremad_printed' has no validation split of its own"):
        diagnosis(Project(ROOT), "cremad_printed")
    with pytest.raises(UserError, match=r"101 seeds are more than .*tuning.yaml.*; ask for at most 100"):
        diagnosis(Project(ROOT, Choice(seeds=101)), "htad")
    with pytest.raises(UserError, match="`only` does not name the benchmark 'htad'"):
        diagnosis(Project(ROOT, Choice(only=["mfeat"])), "htad")


def test_the_workflow_plans_it_and_counts_what_it_was_asked_for(project):
    before = configuration(project)
    assert before.runs == 5 * 3  # cells and seeds of the experiment alone
    assert set(before.diagnoses) == {"diagnose_toy"}
    assert "toy/mmpareto/default/seeds=0-1.json" in before.jobs
    # Another meaning of a name that the diagnosis uses stays the experiment's.
    own = {"label": "Mine", "method": "joint", "variant": "star", "set": {"unimodal_weight": 0.5}}
    rows = [*EXPERIMENT["rows"], own]
    write(project.root / "workflow/config/experiments/main.yaml", {**EXPERIMENT, "rows": rows})
    found = configuration(project)
    assert not found.diagnoses
    assert "ask for different settings of toy/joint/star" in found.undiagnosed["diagnose_toy"]
    write(project.root / "workflow/config/config.yaml", {**CONFIG, "targets": {"diagnose_toy": ["main"]}})
    with pytest.raises(UserError, match="the target 'diagnose_toy' is the workflow's own"):
        configuration(project)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["toys"], "no benchmark 'toys'; did you mean 'toy'?"),
        (["toy", "--seeds", "1"], "seeds = '1' is not valid: Input should be greater than or equal to 2"),
        (["toy", "--budget", "0"], "--budget '0' is no number of minutes above 0"),
        (["toy", "--budget", "soon"], "--budget 'soon' is no number of minutes above 0"),
        (["toy", "--machine", "threads=0"], "--machine: threads = 0 is not valid"),
        (["alone"], "'alone' has but one modality"),
        (["absent"], "data/htad"),
    ],
)
def test_bad_input_is_a_sentence(project, capsys, arguments, words):
    one = {**BENCHMARK, "encoders": {"first": BENCHMARK["encoders"]["first"]}}
    write(project.root / "workflow/config/benchmarks/alone.yaml", one)
    encoders = {modality: {"kind": "mlp"} for modality in ("audio", "accelerometer")}
    absent = {**BENCHMARK, "data": {"name": "htad"}, "encoders": encoders}
    write(project.root / "workflow/config/benchmarks/absent.yaml", absent)
    assert words in refused(capsys, "diagnose", *arguments)


def test_a_budget_adds_seeds_while_it_lasts_and_nothing_is_trained_twice(project, capsys, monkeypatch):
    now = iter(range(0, 10**6, 60))
    monkeypatch.setattr("inforeg.cli.diagnose.clock", lambda: next(now))  # each look a minute later
    assert main(["diagnose", "toy", "--budget", "3.5", "--seeds", "3"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "The budget of 3.5 minutes ended after 2 of 3 seeds; the same command adds more." in told
    assert "Nothing can be said yet, for there are too few seeds: with n = 2" in told
    folder = project.root / "results/diagnoses/toy"
    assert {f"diagnoses/toy/{path.name}" for path in folder.iterdir()} == set(products("toy"))
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'src="(\w+)\.png"', page) == list(DIAGNOSED)
    assert "ended after 2 of 3 seeds" in page
    before = summaries(project)
    assert len(before) == 9 * 2
    assert main(["diagnose", "toy", "--seeds", "3"]) == 0
    assert "with n = 3" in " ".join(capsys.readouterr().out.split())
    shutil.rmtree(project.root / "data")
    assert main(["diagnose", "toy", "--seeds", "3"]) == 0  # what is done takes no data
    assert "budget" not in (folder / "index.html").read_text(encoding="utf-8")
    assert before.items() <= summaries(project).items()
    assert len(summaries(project)) == 9 * 3


def test_runs_of_other_data_are_in_the_way_unless_they_are_discarded(project, capsys):
    command = ["diagnose", "toy", "--seeds", "2"]
    assert main(command) == 0
    toy = project.root / "workflow/config/benchmarks/toy.yaml"
    write(toy, yaml.safe_load(toy.read_text()) | {"training": {"epochs": 1, "lr": 0.3}})
    assert re.search(r"with another spec .*; .* delete the run, as --discard does", refused(capsys, *command))
    assert main([*command, "--discard"]) == 0
    assert "another spec" in (said := capsys.readouterr().err)
    assert said.count("the run is discarded and trained again") == 9 * 2


def summaries(project):
    return {path: path.stat().st_mtime_ns for path in project.root.rglob("summary.json")}
