"""Tuning: what trials draw, how the choice is made and how experiments read it."""

import json
import math

import pytest
import yaml

from inforeg.__main__ import main
from inforeg.data.sets.synthetic import Synthetic
from inforeg.errors import UserError
from inforeg.suite import plan as plan_module
from inforeg.suite import tuning
from inforeg.suite.jobs import jobs
from inforeg.suite.plan import plan, plan_trials
from inforeg.suite.project import Project
from inforeg.suite.tuning import Choices, Range, Tuning, at_the_edge, best, draw, grid, unsafe
from tests import runs
from tests.runs import kept
from tests.unit.conftest import EXPERIMENT, write

TUNING = {
    "title": "Trials",
    "benchmarks": ["toy"],
    "trials": 3,
    "first_seed": 100,
    "seeds": 2,
    "common": {"training.lr": {"low": 0.01, "high": 0.1, "log": True}},
    "rows": [
        {"label": "Unimodal", "method": "unimodal"},
        {"label": "UMT", "method": "umt", "space": {"weight": {"low": 1, "high": 9}}},
        {
            "label": "InfoReg*",
            "method": "inforeg",
            "variant": "star",
            "set": {"unimodal_weight": 1.0},
            "space": {"beta": [0.1, 0.9]},
        },
    ],
}


@pytest.fixture
def tuned(project) -> Project:
    write(project.root / "workflow/config/tuning.yaml", TUNING)
    return project


def trials(project, key, protocol=tuning.TUNING):
    return [trial for trial in plan_trials(project, protocol) if trial.key == key]


def finish(project, accuracies, protocol=tuning.TUNING):
    """Give every run of every trial the validation accuracy that `accuracies` says; None if it diverges."""
    for trial in plan_trials(project, protocol):
        for cell in trial.cells:
            for spec in cell.specs:
                value = accuracies(trial.key, trial.number, spec)
                folder = spec.directory(project.root / "results/runs")
                if value is None:
                    runs.finish(folder, spec, diverged="a loss is not finite")
                else:
                    runs.finish(folder, spec, kept(**{"val/accuracy": value, "test/accuracy": 1 - value}))


def test_draws_depend_on_their_names_alone_and_stay_in_the_range():
    space = Range(low=0.01, high=1, log=True)
    values = [draw(space, "umt", "weight", number) for number in range(200)]
    assert draw(space, "umt", "weight", 7) == values[7]
    assert len(set(values)) > 150
    assert all(0.01 <= value <= 1 for value in values)
    assert 70 < sum(value < 0.1 for value in values) < 130  # half of them, in logarithms
    assert {draw([1, 2, 3], "x", number) for number in range(50)} == {1, 2, 3}
    assert 30 < sum(draw(Range(low=0, high=1), number) < 0.5 for number in range(100)) < 70


@pytest.mark.parametrize("wrong", [{"low": 2, "high": 1}, {"low": 0, "high": 1, "log": True}])
def test_a_range_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="low must be below high"):
        Range(**wrong)


def test_trial_0_is_the_row_itself_and_all_rows_share_what_is_common(tuned):
    first, *others = trials(tuned, "inforeg/star")
    assert (first.row.variant, first.row.set) == ("star", {"unimodal_weight": 1.0})
    assert [trial.row.variant for trial in others] == ["star_trial_1", "star_trial_2"]
    for mine, umt in zip(others, trials(tuned, "umt")[1:], strict=True):
        assert mine.row.set["training.lr"] == umt.row.set["training.lr"]
        assert set(umt.row.set) == {"training.lr", "weight"}
        assert mine.row.set["unimodal_weight"] == 1.0
    assert {
        spec.seed
        for trial in plan_trials(tuned, tuning.TUNING)
        for cell in trial.cells
        for spec in cell.specs
    } == {
        100,
        101,
    }


def test_a_trials_teachers_are_of_its_own_training_and_shared(tuned):
    cells = [cell for trial in plan_trials(tuned, tuning.TUNING) for cell in trial.cells]
    found = jobs([cells])
    teachers = [path for path in found if "/unimodal/" in path]
    assert "toy/unimodal/trial_1_first/seeds=100-101.json" in teachers
    assert len(teachers) == 6  # three trials of two modalities: the row's own are UMT's teachers
    rate = found["toy/umt/trial_1/seeds=100-101.json"].spec.config.training.lr
    assert found["toy/unimodal/trial_1_first/seeds=100-101.json"].spec.config.training.lr == rate != 0.05


def test_seeds_of_reported_runs_are_refused(tuned):
    write(tuned.root / "workflow/config/experiments/main.yaml", {**EXPERIMENT, "seeds": 101})
    with pytest.raises(UserError, match=r"'main' reports seeds that workflow/config/tuning.yaml tunes on"):
        plan_trials(tuned, tuning.TUNING)


def test_a_data_set_is_asked_once_whether_it_can_be_tuned_on(tuned, monkeypatch):
    built, dataset_of = [], plan_module.dataset_of
    monkeypatch.setattr(plan_module, "dataset_of", lambda config: built.append(config) or dataset_of(config))
    assert len(plan_trials(tuned, tuning.TUNING)) == 9
    assert len(built) == 1


def test_data_without_a_validation_split_are_refused(tuned, monkeypatch):
    monkeypatch.setattr(Synthetic, "validates", False)
    with pytest.raises(UserError, match="no validation split of its own to select by; tune on data"):
        plan_trials(tuned, tuning.TUNING)


def test_the_best_on_validation_is_chosen_and_of_equals_the_first():
    def chosen(scores):
        return best({trial: [score] for trial, score in scores.items()}, dict.fromkeys(scores, 40))

    assert chosen({0: 0.5, 1: 0.7, 2: 0.7}) == 1
    assert chosen({0: 0.25, 1: 0.3, 2: 0.1 + 0.2}) == 1  # rounding apart
    assert chosen({0: -math.inf, 1: -math.inf}) == 0


def test_fewer_epochs_are_chosen_where_they_are_as_good():
    epochs = {1: 20, 2: 20, 3: 40}
    # Below the best by 2, 0 and 1: 1 on average, with a standard error of 1 / sqrt(3).
    worse = {1: [70.0, 71.0, 70.0], 2: [68.0, 71.0, 69.0], 3: [72.0, 71.0, 71.0]}
    assert best(worse, epochs) == 3
    # Below it by 3, -1 and 0.5: 0.83, with a standard error of 1.17.
    as_good = {**worse, 1: [69.0, 72.0, 70.5]}
    assert best(as_good, epochs) == 1
    assert best(as_good, dict.fromkeys(epochs, 20)) == 3
    assert best({1: [70.0, -math.inf], 3: [70.0, 70.0]}, epochs) == 3
    assert best({1: [70.0], 3: [70.5]}, epochs) == 3  # one seed has no error
    assert best({1: [70.0], 3: [70.5]}, epochs, indifference=0.5) == 1
    assert best(worse, epochs, indifference=0.9) == 3
    assert best(worse, epochs, indifference=1.0) == 1  # of 20 epochs, and better than the other one
    assert best({1: [-math.inf], 3: [70.5]}, epochs, indifference=0.5) == 3
    # 1 is as good as 3, by a standard error of 1, and 2 is not: 20 epochs do, and with these 2 is best.
    assert best({1: [69.0, 71.0], 2: [70.3, 70.3], 3: [71.0, 71.0]}, {1: 20, 2: 20, 3: 40}) == 2
    # Where no epochs can be saved, the best is chosen.
    assert best({1: [70.4, 70.4], 2: [70.3, 70.5], 3: [70.6, 70.8]}, {1: 20, 2: 20, 3: 20}, 1.0) == 3


def test_learning_rates_near_one_that_diverges_are_not_safe():
    rates = {1: 0.01, 2: 0.02, 3: 0.05, 4: 0.1, 5: 0.2}
    settings = {number: {"training.lr": rate, "training.epochs": "x1"} for number, rate in rates.items()}
    settings[6] = {"training.lr": 0.1, "training.epochs": "x2"}
    settings[7] = {"training.epochs": "x2"}  # at the benchmark's own rate
    scores = {number: [70.0, 71.0] for number in settings}
    assert unsafe(scores, settings, 2.5) == set()
    scores[5] = [80.0, -math.inf]
    assert unsafe(scores, settings, 1.0) == {5}
    assert unsafe(scores, settings, 2.0) == {4, 5}
    assert unsafe(scores, settings, 2.5) == {4, 5}
    assert unsafe(scores, settings, 4.0) == {3, 4, 5}
    scores[6] = [-math.inf, -math.inf]
    assert unsafe(scores, settings, 2.0) == {4, 5, 6}
    # Far below the best, 90: at higher rates than its own training has broken down, at lower ones not begun.
    scores = {1: [60.0, 70.0], 2: [90.0, 90.0], 3: [86.0, 86.0], 4: [85.0, 85.0], 5: [80.0, 86.0]}
    assert unsafe(scores, settings, 2.5) == set()
    assert unsafe(scores, settings, 2.5, 6.0) == {1, 4, 5}
    assert unsafe(scores, settings, 2.5, 5.0) == {1, 4, 5}  # 85 is no more than 5 below
    assert unsafe(scores, settings, 2.5, 4.5) == {1, 3, 4, 5}


SETTINGS = {
    "title": "Learning rates",
    "benchmarks": ["toy"],
    "first_seed": 200,
    "seeds": 2,
    "common": {"training.lr": [0.01, 0.02, 0.04]},
    "rows": [
        {"label": "Joint", "method": "joint", "space": {"training.epochs": ["x1", "x2"]}},
        {"label": "Joint*", "method": "joint", "variant": "star", "set": {"unimodal_weight": 1.0}},
    ],
}


@pytest.fixture
def settings(tuned) -> Project:
    write(tuned.root / "workflow/config/settings.yaml", SETTINGS)
    return tuned


def test_a_grid_tries_every_combination_beside_the_row_as_it_stands(settings):
    joint = trials(settings, "joint", tuning.SETTINGS)
    assert [trial.row.variant for trial in joint] == ["default", *(f"setting_{n}" for n in range(1, 7))]
    tried = [spec.config.training for trial in joint for spec in trial.cells[0].specs[:1]]
    epochs = tried[0].epochs
    assert [(each.lr, each.epochs) for each in tried[1:]] == [
        (rate, factor * epochs) for rate in (0.01, 0.02, 0.04) for factor in (1, 2)
    ]
    star = trials(settings, "joint/star", tuning.SETTINGS)
    assert [trial.row.variant for trial in star][1:] == [f"star_setting_{n}" for n in (1, 2, 3)]
    assert grid({}) == [{}]


def test_what_a_grid_chose_is_written_with_its_courses_and_edges(settings):
    def accuracies(key, number, spec):
        training = spec.config.training
        noise = 0.002 * (spec.seed - 200)
        if number == 0:
            return 0.9 + noise  # it is for comparison, and never chosen
        if key == "joint":
            return 0.5 + noise + {0.01: 0.0, 0.02: 0.2, 0.04: 0.1}[training.lr]
        return 0.5 + noise + training.lr

    write(settings.root / "workflow/config/settings.yaml", {**SETTINGS, "indifference": 0.25})
    finish(settings, accuracies, tuning.SETTINGS)
    assert main(["tune", "settings"]) == 0
    folder = settings.root / "results/settings"
    origin = json.loads((folder / "provenance.json").read_text())
    assert (origin["runs"], list(origin["data"])) == (2 * (7 + 4), ["toy"])
    assert len(origin["commits"]) == 1
    chosen = yaml.safe_load((folder / "chosen.yaml").read_text())["choices"]["toy"]
    assert chosen["joint"]["row"]["set"] == {"training.lr": 0.02, "training.epochs": "x1"}
    assert chosen["joint/star"]["row"]["set"] == {"unimodal_weight": 1.0, "training.lr": 0.04}
    table = (folder / "trials.md").read_text()
    assert "The smallest or the largest of what was tried: Joint\\* on toy (training.lr)." in table
    assert "is within one standard error, paired over seeds, or 0.25 points of the best" in table
    courses = table.partition("training.lr, all other settings being the chosen ones")[2]
    course = next(line for line in courses.splitlines() if line.startswith("| Joint "))
    assert [float(entry) for entry in course.split("|")[3:6]] == [50.1, 70.1, 60.1]


def test_what_may_diverge_is_not_chosen_by_a_grid_with_a_margin(settings):
    def accuracies(key, number, spec):
        rate = spec.config.training.lr
        return None if rate == 0.04 else 0.5 + rate + 0.001 * (spec.seed - 200)

    def chosen(margin):
        write(settings.root / "workflow/config/settings.yaml", {**SETTINGS, "margin": margin})
        assert main(["tune", "settings"]) == 0
        folder = settings.root / "results/settings"
        choices = yaml.safe_load((folder / "chosen.yaml").read_text())["choices"]["toy"]
        return choices["joint/star"]["row"]["set"]["training.lr"], (folder / "trials.md").read_text()

    finish(settings, accuracies, tuning.SETTINGS)
    rate, table = chosen(1.0)
    assert (rate, "within a factor" in table) == (0.02, False)
    rate, table = chosen(2.0)
    assert (rate, "within a factor of 2 below one at which training breaks down" in table) == (0.01, True)
    assert chosen(5.0)[0] == 0.02  # nothing else is left


def test_choices_may_go_to_a_folder_with_any_name(settings):
    finish(settings, lambda key, number, spec: 0.5, tuning.SETTINGS)
    folder = settings.root / "a {odd} name"
    assert main(["tune", "settings", "--output", str(folder)]) == 0
    assert {file.name for file in folder.iterdir()} == set(tuning.SETTINGS.files)


def test_a_grid_is_of_lists_and_has_something_to_choose_from():
    with pytest.raises(ValueError, match=r"'training.lr' is a range; give a list of choices"):
        Tuning(**{**SETTINGS, "common": TUNING["common"]})
    with pytest.raises(ValueError, match=r"the row 'joint/star' has nothing to choose from"):
        Tuning(**{**SETTINGS, "common": {}})


def test_an_edge_is_one_of_three_numbers_or_more():
    space = {"lr": [1, 2, 4], "epochs": ["x1", "x2"], "decay": [0.7, 1.0], "beta": Range(low=0, high=1)}
    assert at_the_edge(space, {"lr": 4, "epochs": "x2", "decay": 1.0, "beta": 0.0}) == ["lr"]
    assert at_the_edge(space, {"lr": 2}) == []
    assert at_the_edge(space, {}) == []


def test_protocols_share_no_seed(settings):
    write(settings.root / "workflow/config/settings.yaml", {**SETTINGS, "first_seed": 101})
    with pytest.raises(UserError, match=r"settings.yaml and workflow/config/tuning.yaml share seeds"):
        plan_trials(settings, tuning.SETTINGS)


def test_a_trial_that_diverges_is_not_chosen(tuned):
    finish(tuned, lambda key, number, spec: 0.5)
    for trial in trials(tuned, "umt"):
        if trial.number != 1:
            spec = trial.cells[0].specs[1]
            runs.finish(spec.directory(tuned.root / "results/runs"), spec, diverged="a loss is not finite")
    assert main(["tune"]) == 0
    chosen = yaml.safe_load((tuned.root / "results/tuning/tuned.yaml").read_text())["choices"]["toy"]
    assert chosen["umt"]["trial"] == 1
    assert "diverged" in (tuned.root / "results/tuning/trials.md").read_text()
    assert "inf," not in (tuned.root / "results/tuning/trials.csv").read_text()


def test_choices_are_read_by_tuned_experiments_and_by_no_other(tuned):
    # UMT does best in trial 2, InfoReg* as it stands; unimodal by its second modality in trial 1
    def accuracies(key, number, spec):
        noise = 0.01 * (spec.seed - 100)
        if key == "unimodal":
            return noise + (0.8 if number == 1 and spec.settings["modality"] == "second" else 0.5)
        return noise + {"umt": [0.5, 0.4, 0.6], "inforeg/star": [0.7, 0.7, 0.2]}[key][number]

    finish(tuned, accuracies)
    assert main(["tune"]) == 0
    path = tuned.root / "results/tuning/tuned.yaml"
    chosen = Choices.model_validate(yaml.safe_load(path.read_text())).choices["toy"]
    assert {key: choice.trial for key, choice in chosen.items()} == {
        "unimodal": 1,
        "umt": 2,
        "inforeg/star": 0,
    }
    table = (tuned.root / "results/tuning/trials.md").read_text()
    umt = next(line for line in table.splitlines() if "UMT" in line)
    assert "50.5" in umt
    assert "60.5" in umt
    path.rename(tuned.root / "workflow/config/tuned.yaml")
    rows = TUNING["rows"]
    rows = [{key: row[key] for key in row if key != "space"} for row in rows]
    content = {**EXPERIMENT, "rows": rows, "reference": "umt", "claims": []}
    write(tuned.root / "workflow/config/experiments/plain.yaml", content)
    write(tuned.root / "workflow/config/experiments/tuned.yaml", {**content, "tuned": True})
    variants = {name: [c.variant for c in plan(tuned, name).cells] for name in ("plain", "tuned")}
    assert variants["plain"] == ["first", "second", "default", "star"]
    assert variants["tuned"] == ["trial_1_first", "trial_1_second", "trial_2", "star"]
    assert [cell.row for cell in plan(tuned, "tuned").cells] == [
        "unimodal",
        "unimodal",
        "umt",
        "inforeg/star",
    ]


def test_a_row_without_a_choice_names_the_remedy(tuned):
    write(tuned.root / "workflow/config/tuned.yaml", {"choices": {"toy": {}}})
    write(tuned.root / "workflow/config/experiments/main.yaml", {**EXPERIMENT, "tuned": True})
    with pytest.raises(UserError, match=r"has no choice for 'unimodal' on 'toy'; add the row .*snakemake"):
        plan(tuned, "main")


def test_unfinished_trials_and_no_trials_are_one_sentence(tuned, capsys):
    assert main(["tune"]) == 2
    assert "holds no finished run" in capsys.readouterr().err
    (tuned.root / "workflow/config/tuning.yaml").unlink()
    assert main(["tune"]) == 2
    assert "nothing to choose from" in capsys.readouterr().err


def test_the_projects_own_tuning_covers_the_field(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)
    monkeypatch.delenv("INFOREG_ROOT", raising=False)
    own = Project()
    written = own.tuning(tuning.TUNING)
    assert isinstance(written, Tuning)
    assert {row.key for row in written.rows} == {row.key for row in own.experiment("field").rows}


def test_a_trial_begins_with_its_rows_variant():
    row = tuning.Searched(label="-", method="inforeg", variant="fast", base="always", set={"beta": 0.5})
    assert tuning.trial(row, 2, {"training.lr": 0.1}, tuning.TUNING).base == "always"
