"""How many seeds each benchmark has, which comes first, and what they are to find."""

import pytest

from inforeg.errors import UserError
from inforeg.suite.checks import configuration
from inforeg.suite.choice import Choice
from inforeg.suite.plan import plan
from inforeg.suite.project import Project
from tests.unit.conftest import BENCHMARK, EXPERIMENT, write
from tests.unit.test_tuning import TUNING

MAIN = "workflow/config/experiments/main.yaml"
CONFIG = "workflow/config/config.yaml"


@pytest.fixture
def two(project):
    """Two benchmarks for the experiment, `toy` and `other`."""
    write(project.root / "workflow/config/benchmarks/other.yaml", {**BENCHMARK, "title": "Other"})
    return project


def on_two(project, name="main", **changes):
    """The experiment on both, changed."""
    content = {**EXPERIMENT, "benchmarks": ["toy", "other"], **changes}
    write(project.root / f"workflow/config/experiments/{name}.yaml", content)


def seeds(project, name="main"):
    """Of all cells, by benchmark."""
    found = {}
    for cell in plan(project, name).cells:
        found.setdefault(cell.benchmark, set()).add(tuple(spec.seed for spec in cell.specs))
    return found


@pytest.mark.parametrize("numbers", [{"toy": 2, "other": 3}, {"toy": 2, "default": 3}])
def test_benchmarks_may_have_numbers_of_their_own(two, numbers):
    on_two(two, seeds=numbers)
    assert seeds(two) == {"toy": {(0, 1)}, "other": {(0, 1, 2)}}


def test_a_number_that_is_asked_for_is_that_of_all_from_the_first_seed_on(two):
    on_two(two, seeds={"toy": 2, "other": 3}, first_seed=5)
    assert seeds(two) == {"toy": {(5, 6)}, "other": {(5, 6, 7)}}
    asked = Project(two.root, Choice.of({"seeds": 4}, "--config"))
    assert seeds(asked) == {"toy": {(5, 6, 7, 8)}, "other": {(5, 6, 7, 8)}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": 1}, "main.yaml: seeds = 1 is not valid: Input should be greater than or equal to 2"),
        (
            {"seeds": {"toy": 1, "other": 2}},
            "seeds.toy = 1 is not valid: Input should be greater than or equal to 2",
        ),
        ({"seeds": {"toy": 2}}, "seeds has no number for 'other'; add one, or one for 'default'"),
        ({"seeds": {"toy": 2, "othr": 2}}, "no benchmark 'othr'; did you mean 'other'?"),
        ({"seeds": {}}, "seeds has no number for 'toy'"),
        ({"first_seed": -1}, "Input should be greater than or equal to 0"),
        ({"first_seed": 999_999_999}, "Input should be less than or equal to 999989999"),
        ({"detectable": {"othr": 1.0}}, "no benchmark 'othr'; did you mean 'other'?"),
        ({"detectable": {"toy": 0}}, "Input should be greater than 0"),
    ],
)
def test_numbers_that_cannot_be_are_a_sentence(two, changes, words):
    on_two(two, **changes)
    with pytest.raises(UserError, match=words):
        two.experiment("main")


def test_an_experiment_on_later_seeds_shares_the_runs_of_one_that_has_them(two):
    on_two(two, "all_seeds", seeds={"toy": 5, "other": 4})
    on_two(two, "fresh", seeds={"toy": 2, "other": 2}, first_seed=3)
    write(
        two.root / CONFIG,
        {"experiments": ["main"], "quick": "main", "targets": {"both": ["all_seeds", "fresh"]}},
    )
    found = configuration(two)
    cell = [job for job in found.jobs.values() if job.spec.cell.as_posix() == "toy/joint/default"]
    joint = [job for job in cell if job.last < 5]  # those beyond are a diagnosis's
    assert [(job.first, job.last) for job in joint] == [(0, 1), (2, 2), (3, 3), (4, 4)]
    assert seeds(two, "fresh")["toy"] == {(3, 4)}


def test_trials_of_tuning_keep_off_the_last_seed_of_all(two):
    write(two.root / "workflow/config/tuning.yaml", TUNING)
    on_two(two, seeds={"toy": 2, "other": 3}, first_seed=TUNING["first_seed"] - 2)
    with pytest.raises(UserError, match=r"'main' reports seeds that workflow/config/tuning\.yaml tunes on"):
        configuration(two)
    on_two(two, seeds={"toy": 2, "other": 2}, first_seed=TUNING["first_seed"] - 2)
    assert configuration(two)


def test_a_figure_of_seeds_that_are_not_there_is_refused(two):
    on_two(two, figures=["tsne"], first_seed=1)
    with pytest.raises(UserError, match="the probe 'embedding' examines none of its seeds; lower first_seed"):
        configuration(two)


def test_a_target_may_make_more_than_the_experiment_of_its_name(two):
    on_two(two, "fresh", first_seed=3)
    write(
        two.root / CONFIG, {"experiments": ["main"], "quick": "main", "targets": {"main": ["main", "fresh"]}}
    )
    assert configuration(two).workflow.targets == {"main": ["main", "fresh"]}


def test_what_takes_long_is_a_target(two):
    workflow = {"experiments": ["main"], "quick": "main", "targets": {"more": ["main"]}}
    write(two.root / CONFIG, {**workflow, "long": {"more": 2.5, "tuning": 9}})
    assert configuration(two).workflow.long == {"more": 2.5, "tuning": 9}
    write(two.root / CONFIG, {**workflow, "long": {"mroe": 2.5}})
    with pytest.raises(UserError, match="long: There is no target 'mroe'; did you mean 'more'"):
        configuration(two)
