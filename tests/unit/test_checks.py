"""The configuration as a whole: what is refused before anything runs."""

import json
import os
import re
from pathlib import Path

import pytest

from inforeg.cli.check import undecidable
from inforeg.engine import predictions
from inforeg.engine.contents import METRICS, PREDICTIONS
from inforeg.errors import UserError
from inforeg.metrics.base import WEAKEST
from inforeg.metrics.recorded import every_epoch, known, lost
from inforeg.probes.restore import restore
from inforeg.registry import PROBES
from inforeg.suite.checks import configuration, results, target
from tests.conftest import make_data, make_spec
from tests.unit.conftest import BENCHMARK, EXPERIMENT, write
from tests.unit.test_tuning import TUNING

CONFIG = {"experiments": ["main"], "quick": "main"}
EXPERIMENTS = "workflow/config/experiments"


def test_a_run_is_counted_once_and_none_that_no_job_trains(project):
    write(project.root / "workflow/config/tuning.yaml", TUNING)
    found = configuration(project)
    assert found.runs == 5 * 3 + 4 * 3 * 2  # cells and seeds; rows and modalities, trials and seeds
    assert found.data == {"synthetic"}


TAKEN = [
    "all",
    "claims",
    "examine",
    "statistics",
    "main_tables",
    "main_figures",
    "main_claims",
    "table_main",
    "figure_drawn",
]


@pytest.mark.parametrize("target", [*TAKEN, "drawn"])
def test_a_target_does_not_take_the_name_of_a_rule(project, target):
    write(project.root / f"{EXPERIMENTS}/drawn.yaml", {**EXPERIMENT, "figures": ["differences"]})
    write(project.root / "workflow/config/config.yaml", {**CONFIG, "targets": {target: ["main"]}})
    with pytest.raises(UserError, match=f"the target '{target}' is the workflow's own"):
        configuration(project)


def test_seeds_that_can_decide_nothing_are_told_beforehand(project):
    write(project.root / f"{EXPERIMENTS}/few.yaml", {**EXPERIMENT, "seeds": 5})
    write(project.root / "workflow/config/config.yaml", {**CONFIG, "targets": {"further": ["few"]}})
    told = list(undecidable(configuration(project)))
    assert len(told) == 1  # of `main`, which is the quick one, nothing is said
    assert re.match(r"few on \w+ has too few seeds: with n = 5 .* \(\d+ seeds suffice\)\.", told[0])
    write(project.root / f"{EXPERIMENTS}/few.yaml", {**EXPERIMENT, "seeds": 20})
    assert not list(undecidable(configuration(project)))


def test_a_target_may_have_the_name_of_the_experiment_that_it_makes(project):
    write(project.root / "workflow/config/config.yaml", {**CONFIG, "targets": {"main": ["main"]}})
    assert configuration(project).workflow.targets == {"main": ["main"]}


@pytest.mark.parametrize("name", ["all", "statistics", "quick", "main_tables"])
def test_an_experiment_does_not_take_the_name_of_a_rule(project, name):
    write(project.root / f"{EXPERIMENTS}/{name}.yaml", EXPERIMENT)
    with pytest.raises(
        UserError, match=f"The experiment '{name}' has the name of one of the workflow's rules"
    ):
        configuration(project)


def test_the_experiment_that_quick_makes_may_be_called_quick(project):
    write(project.root / f"{EXPERIMENTS}/quick.yaml", EXPERIMENT)
    write(project.root / "workflow/config/config.yaml", {**CONFIG, "quick": "quick"})
    assert "quick" in configuration(project).experiments


def test_two_experiments_do_not_make_one_file(project):
    write(project.root / f"{EXPERIMENTS}/main_toy.yaml", EXPERIMENT)
    with pytest.raises(UserError, match=r"main and main_toy would both make tables/main_toy\.tex; rename"):
        configuration(project)


@pytest.mark.parametrize("folder", ["benchmarks", "experiments"])
@pytest.mark.parametrize(
    "name", ["$(touch x).yaml", "a b.yaml", "A.yaml", "main.yml", "-x.yaml", "notes", "it's.yaml", "\n.yaml"]
)
def test_a_file_whose_name_cannot_be_used_is_refused(project, folder, name):
    where = project.root / "workflow/config" / folder
    write(where / name, EXPERIMENT if folder == "experiments" else BENCHMARK)
    with pytest.raises(UserError, match="rename the file, or move it elsewhere") as refused:
        configuration(project)
    assert f"{where} holds {name!r}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_editors_and_systems_leave_is_ignored(project):
    before = configuration(project)
    where = project.root / EXPERIMENTS
    for name in (".DS_Store", "._main.yaml", "main.yaml~", "#main.yaml#", ".main.yaml.swp", "main.yaml.orig"):
        (where / name).write_bytes(b"\0")
    (where / ".#main.yaml").symlink_to("somebody@somewhere.123:456")  # the lock of an Emacs
    for folder in (".ipynb_checkpoints", "old"):
        write(where / folder / "other.yaml", EXPERIMENT)
    assert configuration(project) == before


def claim(**changes):
    return {
        "id": "wins",
        "statement": "It wins",
        "better": "ensemble",
        "worse": "joint",
        "source": "-",
        **changes,
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metric": "acuracy"}, "no test metric 'acuracy'; did you mean 'accuracy'?"),
        ({"metric": "accuracy/thrid"}, "no test metric 'accuracy/thrid'"),
        ({"metric": "f1/first"}, "no test metric 'f1/first'"),
        ({"metric": "noise/first"}, "no test metric 'noise/first'"),
        ({"probes": ["corrupton"]}, "'main': There is no probe 'corrupton'; did you mean 'corruption'?"),
        ({"selection": "last", "metric": "probe/first"}, "no test metric 'probe/first'"),
        ({"beside": ["accuracy/*", "sore/*"]}, r"no test metric 'sore/\*'; did you mean 'score/\*'?"),
        ({"beside": ["imbalance_gap/*"]}, r"no test metric 'imbalance_gap/\*'"),
        ({"metric": "auroc", "figures": ["curves"]}, "needs a metric that every epoch records"),
        ({"claims": [claim(metric="accurracy/weakest")]}, "no test metric 'accurracy/weakest'"),
        ({"claims": []}, "None of the experiments in .+ has claims"),
        ({"claims": [claim(worse="ensemble")]}, "the claim 'wins' compares a row with itself"),
        ({"benchmarks": ["toy", "toy"]}, "'toy' stands there twice"),
        ({"figures": ["curves", "curves"]}, "'curves' stands there twice"),
        ({"beside": ["loss", "loss"]}, "'loss' stands there twice"),
        ({"second_reference": "joint"}, "second_reference is the reference itself"),
        ({"tuned": True}, "set it to false, run"),
        ({"seeds": 1_000_000_000}, "less than or equal to 10000"),
    ],
)
def test_what_would_fail_after_training_is_refused_before(project, change, words):
    write(project.root / f"{EXPERIMENTS}/main.yaml", {**EXPERIMENT, **change})
    with pytest.raises(UserError, match=words):
        configuration(project)


@pytest.mark.parametrize(
    "change",
    [
        {"metric": "accuracy/weakest"},
        {"metric": "noise/first", "figures": ["corruption"]},
        {"metric": "noise/first", "probes": ["corruption"]},
        {"metric": "probe_gap", "beside": ["score/*", "probe/*", "delta/second", "loss"]},
        {"selection": "last", "metric": "macro_f1", "claims": [claim(metric="score/second")]},
        {
            "metric": "auroc/weakest",
            "beside": ["calibration_error/*", "mean_average_precision", "loss/second"],
        },
    ],
)
def test_metrics_that_runs_have_are_taken(project, change):
    write(project.root / f"{EXPERIMENTS}/main.yaml", {**EXPERIMENT, **change})
    configuration(project)


def test_the_known_metrics_are_those_that_a_run_and_its_probes_have(run):
    folder = run(make_spec())
    kept = json.loads((folder / "summary.json").read_text())["selection"]
    data = make_data()
    restored = restore(make_spec(), folder, data)
    probed = {m for probe in PROBES.classes.values() for m in probe().examine(restored).metrics}
    for rule, probes in (("val", PROBES.classes), ("last", ())):
        metrics = {*kept[rule]["metrics"], *(probed if probes else ())}
        found = {name.removeprefix("test/") for name in metrics if name.startswith("test/")}
        found |= {name.removeprefix("test/") for name in lost(dict.fromkeys(metrics, 0.0))}
        named = known(data.train.inputs, probes)
        wanted = {name for name in named if not name.endswith(f"/{WEAKEST}")}
        computed = predictions.measure(folder / PREDICTIONS, predictions.missing(named, found))
        found |= {value.metric for value in computed if value.selection == rule}
        assert wanted == found
    row = json.loads((folder / METRICS).read_text().splitlines()[0])
    assert every_epoch(data.train.inputs) == {
        name.removeprefix("test/") for name in row if name.startswith("test/")
    }


def test_a_missing_config_is_named_with_a_remedy(project):
    (project.root / "workflow/config/config.yaml").unlink()
    with pytest.raises(UserError, match=r"config\.yaml is missing; write one that names"):
        configuration(project)


@pytest.mark.parametrize("obstacle", ["file", "link", "denied"])
def test_results_that_cannot_be_written_are_refused(project, monkeypatch, obstacle):
    folder = project.root / "results"
    results(project)
    if obstacle == "file":
        folder.touch()
    elif obstacle == "link":
        folder.symlink_to("nowhere")
    else:  # whoever runs the tests may be allowed everything
        monkeypatch.setattr(os, "access", lambda path, _: path != project.root)
    with pytest.raises(UserError, match=f"{folder} cannot be written; make it a folder of yours"):
        results(project)


FILES = ["data/synthetic/MANIFEST.json", "results/tables/main.md", "results/tables/other.md"]
EVIL = [
    "data/$(touch x)/MANIFEST.json",
    "data/a b/MANIFEST.json",
    "data/`touch x`/MANIFEST.json",
    "data/'/MANIFEST.json",
]


@pytest.mark.parametrize(
    "name", ["all", "main", FILES[1], f"./{FILES[1]}", "results//figures/../tables/main.md"]
)
def test_a_target_is_a_rule_or_a_file_that_one_makes(name):
    target(name, ["all", "main"], FILES)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("main_tabels", "did you mean 'main_tables'?"),
        ("mian", "did you mean 'main'?"),
        ("results/tables/mian.md", "did you mean 'results/tables/main.md'?"),
        (str(Path(FILES[1]).absolute()), "did you mean 'results/tables/main.md'?"),
        ("../results/tables/main.md", "did you mean 'results/tables/main.md'?"),
        *((name, "did you mean 'data/synthetic/MANIFEST.json'?") for name in EVIL),
        ("zzz", "see `snakemake --list-target-rules`."),
        ("", "see `snakemake --list-target-rules`."),
    ],
)
def test_another_target_is_refused_with_the_nearest(name, hint):
    with pytest.raises(UserError) as refused:
        target(name, ["all", "claims", "main", "main_tables"], FILES)
    assert str(refused.value) == f"There is no target {name!r}; {hint}"


SAID = {"text": "better on average", "source": "a summary", "claims": {"main": ["better"]}}


def test_a_sentence_names_claims_that_are_there(project):
    config = project.root / "workflow/config/config.yaml"
    claim = {"id": "better", "statement": "-", "better": "inforeg/star", "worse": "joint", "source": "-"}
    write(project.root / f"{EXPERIMENTS}/main.yaml", {**EXPERIMENT, "claims": [claim]})
    write(config, {**CONFIG, "sentences": [SAID]})
    assert "better on average" in [*configuration(project).texts(["main"])]
    write(config, {**CONFIG, "sentences": [{**SAID, "claims": {"main": ["bettr"]}}]})
    sentence = (
        "the sentence 'better on average': There is no claim of the experiment 'main' called 'bettr'; did"
    )
    with pytest.raises(UserError, match=sentence):
        configuration(project)
    write(project.root / f"{EXPERIMENTS}/aside.yaml", {**EXPERIMENT, "claims": [claim]})
    write(config, {**CONFIG, "sentences": [{**SAID, "claims": {"aside": ["better"]}}]})
    with pytest.raises(UserError, match="claims of 'aside', which `all` does not make; add it"):
        configuration(project)
    write(config, {**CONFIG, "sentences": [{**SAID, "claims": {"man": ["better"]}}]})
    with pytest.raises(UserError, match="There is no experiment 'man'; did you mean 'main'"):
        configuration(project)


def test_a_finding_names_claims_that_are_there(project):
    config = project.root / "workflow/config/config.yaml"
    claim = {"id": "better", "statement": "-", "better": "inforeg/star", "worse": "joint", "source": "-"}
    write(project.root / f"{EXPERIMENTS}/main.yaml", {**EXPERIMENT, "claims": [claim]})
    finding = {"title": "Is it better?", "claims": {"main": ["better"]}}
    write(config, {**CONFIG, "findings": [finding]})
    assert "Is it better?" in [*configuration(project).texts(["main"])]
    write(config, {**CONFIG, "findings": [{**finding, "claims": {"main": ["bettr"]}}]})
    with pytest.raises(UserError, match=r"the finding 'Is it better\?': There is no claim .* called 'bettr'"):
        configuration(project)
    write(config, {**CONFIG, "findings": [{**finding, "claims": {}}]})
    with pytest.raises(UserError, match="findings"):
        configuration(project)
