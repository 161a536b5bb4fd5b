"""What is asked for, by --config or by the environment: suite, benchmarks, seeds."""

import pytest

from inforeg.__main__ import main
from inforeg.errors import UserError
from inforeg.suite.checks import configuration
from inforeg.suite.choice import Choice
from inforeg.suite.plan import plan
from inforeg.suite.project import Project
from inforeg.suite.replication import made
from tests.unit.conftest import BENCHMARK, EXPERIMENT, refused, write
from tests.unit.test_publish import MADE, commit

CLAIM = EXPERIMENT["claims"][0]


@pytest.fixture
def paper(project):
    """Two experiments in the suite of the paper: one on `big` and `other`, one on `big` alone."""
    for name in ("big", "other"):
        write(project.root / f"workflow/config/benchmarks/{name}.yaml", {**BENCHMARK, "title": name.title()})
    both = {**EXPERIMENT, "paper_benchmarks": ["big", "other"]}
    alone = {**EXPERIMENT, "paper_benchmarks": ["big"]}
    write(project.root / "workflow/config/experiments/main.yaml", both)
    write(project.root / "workflow/config/experiments/alone.yaml", alone)
    config = {"experiments": ["main", "alone"], "quick": "alone", "targets": {"more": ["alone"]}}
    write(project.root / "workflow/config/config.yaml", config)
    return project.root


def chosen(root, **given):
    return Project(root, Choice.of(given, "--config"))


def test_what_is_given_by_a_command_line_is_what_the_variable_says(monkeypatch):
    given = Choice.of({"suite": "paper", "only": "big,other", "seeds": 3}, "--config")
    assert (given.suite, given.only, given.seeds) == ("paper", ["big", "other"], 3)
    monkeypatch.setenv("INFOREG_SELECT", str(given))
    assert Choice.from_environment() == given == Choice.of({**given.model_dump()}, "--config")


def test_nothing_is_asked_for_where_nothing_is_given(monkeypatch):
    monkeypatch.setenv("INFOREG_SELECT", "")
    assert Choice.from_environment() == Choice.of({}, "--config") == Choice()
    assert str(Choice()) == ""


def test_a_later_choice_comes_first_key_by_key():
    first = Choice.of({"suite": "paper", "seeds": 3}, "-")
    assert str(first.but(Choice.of({"seeds": 5, "only": "a"}, "-"))) == "suite=paper only=a seeds=5"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sede": 3}, "no setting of --config named 'sede'; did you mean 'seeds'?"),
        ({"suite": "all"}, "--config: suite = 'all' is not valid"),
        ({"suite": None}, "suite = None is not valid: it is empty"),
        ({"seeds": 1}, "seeds = 1 is not valid: Input should be greater than or equal to 2"),
        ({"seeds": "many"}, "seeds = 'many' is not valid: Input should be a valid integer"),
        ({"seeds": 10_001}, "less than or equal to 10000"),
        ({"only": "big,big"}, "'big' stands there twice"),
        ({"only": "big,"}, "--config: only.1 = '' is not valid"),
        ({"only": ""}, "only = '' is not valid: it is empty"),
        ({"only": []}, "only = .* is not valid: Value should have at least 1 item"),
        ({"only": "$(touch x)"}, "only.0 = '.*' is not valid"),
    ],
)
def test_a_choice_that_cannot_be_is_a_sentence(given, words):
    with pytest.raises(UserError, match=words):
        Choice.of(given, "--config")


def test_a_variable_of_another_form_is_refused(project, monkeypatch, capsys):
    monkeypatch.setenv("INFOREG_SELECT", "suite=paper big")
    assert "INFOREG_SELECT holds 'big', which is not of the form" in refused(capsys, "list", "experiments")


def test_experiments_run_on_what_is_asked_for(paper):
    project = chosen(paper, suite="paper", only="other", seeds=5)
    assert project.asked(project.experiments()) == ["main"]
    found = project.experiment("main")
    assert (found.benchmarks, found.seeds) == (["other"], 5)
    assert {(cell.benchmark, len(cell.specs)) for cell in plan(project, "main").cells} == {("other", 5)}
    with pytest.raises(UserError, match="'alone' is on big, of which `only` names none; add one"):
        project.experiment("alone")
    assert chosen(paper, suite="paper").experiment("main").benchmarks == ["big", "other"]


def test_without_a_choice_all_is_as_the_files_say(paper):
    found = Project(paper).experiment("main")
    assert (found.benchmarks, found.seeds) == (["toy"], 3)


def test_what_is_left_of_the_workflow(paper):
    found = configuration(chosen(paper, suite="paper", only="other"))
    assert (found.workflow.experiments, found.workflow.targets) == (["main"], {})
    assert found.left_out == {"alone": "alone", "quick": "alone", "more": "alone"}
    assert {job.spec.benchmark for job in found.jobs.values()} == {"other"}


def test_the_runs_of_fewer_seeds_are_among_those_of_more(paper):
    few, many = (configuration(chosen(paper, suite="paper", seeds=n)) for n in (2, 4))
    specs = [{(job.spec.cell, job.spec.canonical()) for job in each.jobs.values()} for each in (few, many)]
    assert specs[0] <= specs[1]


@pytest.mark.parametrize(
    ("only", "words"),
    [
        ("ohter", "There is no benchmark 'ohter'; did you mean 'other'?"),
        ("toy", "The experiment 'main' is on big, other, of which `only` names none"),
    ],
)
def test_an_only_that_leaves_nothing_is_refused(paper, only, words):
    with pytest.raises(UserError, match=words):
        configuration(chosen(paper, suite="paper", only=only))


def test_a_figure_over_benchmarks_is_not_drawn_of_one(paper):
    drawn = {**EXPERIMENT, "paper_benchmarks": ["big", "other"], "figures": ["critical_difference", "curves"]}
    write(paper / "workflow/config/experiments/main.yaml", drawn)
    assert configuration(chosen(paper, suite="paper", only="other")).experiments["main"].figures == ["curves"]
    whole = configuration(chosen(paper, suite="paper", only="other,big"))
    assert whole.experiments["main"].figures == ["critical_difference", "curves"]


def test_tuning_seeds_are_not_reported_whatever_is_asked_for(paper):
    write(
        paper / "workflow/config/tuning.yaml",
        {
            "title": "Trials",
            "benchmarks": ["toy"],
            "trials": 2,
            "first_seed": 100,
            "seeds": 1,
            "common": {"training.lr": [0.1]},
            "rows": [{"label": "Joint", "method": "joint"}],
        },
    )
    configuration(chosen(paper, suite="paper", only="other", seeds=100))
    with pytest.raises(UserError, match=r"reports seeds that .* tunes on"):
        configuration(chosen(paper, suite="paper", only="other", seeds=101))


def test_each_suite_has_its_own_place(paper, monkeypatch, capsys):
    assert str(Project(paper).results) == "results"
    monkeypatch.setenv("INFOREG_SELECT", "suite=paper")
    assert str(Project().results) == "results/paper"
    assert main(["statistics", "main"]) == 2
    assert "results/paper/collected/main/provenance.json" in capsys.readouterr().err


def test_what_is_published_is_what_is_asked_for(paper, monkeypatch):
    monkeypatch.setenv("INFOREG_SELECT", "suite=paper only=other")
    project = Project()
    commit(project, ["abc"])
    for name in MADE:
        path = project.root / "results" / name.replace("main_toy", "main_other")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = made(project, project.root / "results").files
    assert "tables/main_other.md" in found
    assert not [name for name in found if "alone" in name]
