"""From names to runs and jobs."""

import pytest

from inforeg.data.sets.synthetic import Synthetic
from inforeg.errors import UserError
from inforeg.registry import METHODS
from inforeg.suite.jobs import by_cell, examinations, jobs, needs, serving
from inforeg.suite.plan import Cell, plan, with_seeds
from inforeg.suite.resolve import resolve
from tests.conftest import make_config, make_spec
from tests.unit.conftest import EXPERIMENT, write


def test_an_experiment_is_its_rows_times_seeds(project):
    cells = plan(project, "main").cells
    assert [(c.row, c.method, c.variant, len(c.specs)) for c in cells] == [
        ("unimodal", "unimodal", "first", 3),
        ("unimodal", "unimodal", "second", 3),
        ("ensemble", "ensemble", "default", 3),
        ("joint", "joint", "default", 3),
        ("inforeg/star", "inforeg", "star", 3),
    ]
    assert [spec.seed for spec in cells[0].specs] == [0, 1, 2]


def test_a_cell_that_cannot_be_is_left_out_with_its_reason(project):
    toy = project.root / "workflow/config/benchmarks/toy.yaml"
    write(toy, {**project.benchmark("toy").model_dump(), "encoders": {"first": {"kind": "mlp"}}})
    rows = [{"label": "Joint", "method": "joint"}, {"label": "InfoReg", "method": "inforeg"}]
    content = {**EXPERIMENT, "rows": rows, "claims": []}
    write(project.root / "workflow/config/experiments/main.yaml", content)
    planned = plan(project, "main")
    assert planned.left_out == {("inforeg", "toy"): "it needs at least 2 modalities"}
    assert [cell.row for cell in planned.cells] == ["joint"]


def test_jobs_are_cut_at_the_block_size_and_closed_under_needs(project):
    ensemble = next(cell for cell in plan(project, "main").cells if cell.method == "ensemble")
    found = jobs([[ensemble]])
    assert list(found) == [
        "toy/unimodal/first/seeds=0-1.json",
        "toy/unimodal/first/seeds=2-2.json",
        "toy/unimodal/second/seeds=0-1.json",
        "toy/unimodal/second/seeds=2-2.json",
        "toy/ensemble/default/seeds=0-1.json",
        "toy/ensemble/default/seeds=2-2.json",
    ]
    last = found["toy/ensemble/default/seeds=2-2.json"]
    cells = by_cell(found.values())
    assert [
        [job.path for job in serving(cells, spec, last.first, last.last)] for spec in needs(last.spec)
    ] == [
        ["toy/unimodal/first/seeds=2-2.json"],
        ["toy/unimodal/second/seeds=2-2.json"],
    ]


def test_targets_with_different_numbers_of_seeds_share_jobs_and_no_run_is_in_two():
    few, many = (Cell("joint", with_seeds(make_spec(), range(seeds)), 4) for seeds in (3, 6))
    found = jobs([[few], [many]])
    assert [(job.first, job.last, job.spec.seed) for job in found.values()] == [
        (0, 2, 0),
        (3, 3, 3),
        (4, 5, 4),
    ]
    assert found == jobs([[many], [few]])
    all_jobs, cells = list(found.values()), by_cell(reversed(found.values()))
    assert serving(cells, few.specs[0], 0, 2) == all_jobs[:1]
    assert serving(cells, few.specs[0], 2, 3) == all_jobs[:2]
    assert serving(cells, few.specs[0], 5, 9) == all_jobs[2:]
    assert serving(cells, many.specs[0], 0, 5) == all_jobs
    assert list(serving(cells, make_spec("ogm"), 0, 5)) == []


def test_examinations_have_the_blocks_of_the_training_and_a_probe_only_those_with_its_seeds():
    many = Cell("joint", with_seeds(make_spec(), range(6)), 4)
    found = jobs([[many]]).values()
    cell = "toy/joint/default"
    assert [job.path for job in found] == [f"{cell}/seeds=0-3.json", f"{cell}/seeds=4-5.json"]
    assert examinations(found, ["linear", "embedding"]) == [
        f"{cell}/probe=linear.seeds=0-3.json",
        f"{cell}/probe=embedding.seeds=0-3.json",
        f"{cell}/probe=linear.seeds=4-5.json",
    ]


def test_an_experiment_is_examined_by_the_probe_of_its_tables_those_of_its_figures_and_its_own(project):
    asked = {"figures": ["curves", "tsne", "corruption"], "probes": ["linear", "corruption"]}
    write(project.root / "workflow/config/experiments/main.yaml", {**EXPERIMENT, **asked})
    assert project.experiment("main").examined_by == ["linear", "embedding", "separation", "corruption"]


def test_experiments_of_one_target_are_cut_nowhere_but_at_the_block_size():
    few, many = (Cell("joint", with_seeds(make_spec(), range(seeds)), 4) for seeds in (3, 6))
    assert [(job.first, job.last) for job in jobs([[few, many]]).values()] == [(0, 3), (4, 5)]
    assert jobs([[few, many]]) == jobs([[many, few]])


def test_seeds_between_two_experiments_of_one_target_are_in_no_job():
    first, later = (Cell("joint", with_seeds(make_spec(), seeds), 4) for seeds in (range(2), range(5, 11)))
    found = [(job.first, job.last) for job in jobs([[first, later]]).values()]
    assert found == [(0, 1), (5, 6), (7, 10)]
    several = Cell("joint", with_seeds(make_spec(), range(3)), 4)
    found = [(job.first, job.last) for job in jobs([[several], [first, later]]).values()]
    assert found == [(0, 1), (2, 2), (5, 6), (7, 10)]


def test_a_needed_run_is_the_run_that_an_experiment_asks_for(project):
    """Otherwise the ensemble would train its own copies over the table's unimodal runs."""
    cells = plan(project, "main").cells
    wanted = {cell.variant: cell.specs[1] for cell in cells if cell.method == "unimodal"}
    ensemble = next(cell for cell in cells if cell.method == "ensemble").specs[1]
    assert {
        spec.variant: spec for spec in METHODS.build("ensemble", ensemble.settings).needs(ensemble)
    } == wanted


def test_two_meanings_of_one_directory_are_an_error():
    cells = [
        Cell("x", with_seeds(make_spec("inforeg", "mine", beta=beta), range(2)), 10) for beta in (0.1, 0.2)
    ]
    with pytest.raises(UserError, match="different settings of toy/inforeg/mine"):
        jobs([cells])
    with pytest.raises(UserError, match="different settings of toy/inforeg/mine"):
        jobs([[cells[0]], [Cell("x", cells[1].specs[:1], 10)]])
    assert len(jobs([[cells[0]], [cells[0]]])) == 1


def test_a_spec_spells_out_every_default(project):
    spec = resolve(project, "toy", "inforeg", overrides={})
    assert spec.settings["beta"] == 0.9
    assert spec.config.data.options["maps"] == "rotation"
    assert spec.config.encoders["first"].options["hidden"] == [8]
    assert spec.data_hash == project.data_hashes()["synthetic"]
    assert set(spec.versions) == {"engine", "method", "data"}


@pytest.mark.parametrize(
    ("key", "value"), [("beta", 0.5), ("training.lr", 0.1), ("data.train", 32), ("fusion", "sum")]
)
def test_each_setting_changes_the_spec_and_nothing_else_does(project, key, value):
    plain, again, changed = (
        resolve(project, "toy", "inforeg", overrides=overrides) for overrides in ({}, {}, {key: value})
    )
    assert plain.digest() == again.digest()
    assert changed.digest() != plain.digest()


def test_what_only_tables_and_jobs_read_is_no_part_of_a_spec(project):
    before = resolve(project, "toy", "joint", overrides={}).digest()
    toy = project.root / "workflow/config/benchmarks/toy.yaml"
    write(toy, {**project.benchmark("toy").model_dump(), "title": "Other", "seeds_per_job": 1})
    assert resolve(project, "toy", "joint", overrides={}).digest() == before


def test_a_spec_survives_its_json():
    spec = make_spec("inforeg", config=make_config())
    assert type(spec).model_validate_json(spec.canonical()) == spec


def test_a_factor_multiplies_the_benchmarks_own_number(project):
    spec = resolve(
        project, "toy", "joint", "long", overrides={"training.epochs": "x2", "training.lr": "x0.5"}
    )
    assert (spec.config.training.epochs, spec.config.training.lr) == (4, 0.025)
    with pytest.raises(UserError, match="x2 of 'fusion' has no number to multiply"):
        resolve(project, "toy", "joint", "long", overrides={"fusion": "x2"})


@pytest.mark.parametrize(
    ("method", "overrides", "rate"),
    [
        ("joint", {}, 0.05),
        ("joint", {"unimodal_weight": 0.5}, 0.2),
        ("joint", {"training": "multitask"}, 0.2),
        ("joint", {"unimodal_weight": 0.5, "training": "joint"}, 0.05),
        ("joint", {"unimodal_weight": 0.5, "training.lr": "x2"}, 0.4),
        ("joint", {"unimodal_weight": 0.5, "training.lr": 0.1}, 0.1),
        ("mlb", {}, 0.2),
        ("mmpareto", {}, 0.2),
        ("greedy", {}, 0.05),
    ],
)
def test_methods_with_unimodal_losses_have_settings_of_their_own(project, method, overrides, rate):
    toy = project.root / "workflow/config/benchmarks/toy.yaml"
    write(toy, {**project.benchmark("toy").model_dump(), "multitask": {"lr": 0.2}})
    variant = "own" if overrides else "default"
    training = resolve(project, "toy", method, variant, overrides=overrides).config.training
    assert training.lr == rate
    assert training.epochs == project.benchmark("toy").training.epochs


def test_a_wrong_setting_of_multitask_training_is_named(project):
    toy, content = project.root / "workflow/config/benchmarks/toy.yaml", project.benchmark("toy").model_dump()
    for wrong, words in (({"lr": -1}, "lr"), ({"rate": 1}, "rate")):
        write(toy, {**content, "multitask": wrong})
        with pytest.raises(UserError, match=f"toy.yaml is not valid: multitask.{words}"):
            resolve(project, "toy", "joint", overrides={})


def test_which_methods_have_unimodal_losses():
    found = {name for name, cls in METHODS.classes.items() if METHODS.build(name, {}).supervises_each}
    by_weight = {"arl", "encoder_scale", "iprm", "mbsd", "mlb", "mses"}
    assert found == by_weight | {"amco", "aug", "g_blending", "mla", "mmpareto", "reconboost"}


def test_the_suite_of_the_paper(project):
    toy = {**project.benchmark("toy").model_dump(), "title": "Big"}
    experiment = {**EXPERIMENT, "paper_benchmarks": ["big"], "paper_caption": "Of the paper."}
    write(project.root / "workflow/config/experiments/main.yaml", experiment)
    assert project.experiment("main").benchmarks == ["toy"]
    write(
        project.root / "workflow/config/config.yaml",
        {"experiments": ["main"], "quick": "main", "suite": "paper"},
    )
    with pytest.raises(
        UserError, match=r"needs the benchmark 'big', .*add workflow/config/benchmarks/big.yaml"
    ):
        project.experiment("main")
    write(project.root / "workflow/config/benchmarks/big.yaml", toy)
    assert {cell.benchmark for cell in plan(project, "main").cells} == {"big"}
    assert project.experiment("main").caption == "Of the paper."
    write(project.root / "workflow/config/experiments/main.yaml", EXPERIMENT)
    assert {cell.benchmark for cell in plan(project, "main").cells} == {"toy"}


def test_nothing_is_selected_by_a_validation_split_that_is_the_test_split(project, monkeypatch):
    monkeypatch.setattr(Synthetic, "validates", False)
    with pytest.raises(UserError, match="'toy' has no validation split of its own to select by; give"):
        plan(project, "main")
    write(project.root / "workflow/config/experiments/main.yaml", {**EXPERIMENT, "selection": "test_oracle"})
    assert plan(project, "main").cells


@pytest.fixture
def crowds(project):
    """An experiment on the five folds of Violent Flows."""
    encoders = {"audio": {"kind": "resnet18"}, "video": {"kind": "resnet18_clip"}}
    training = {"epochs": 2, "lr": 0.1}
    content = {
        "title": "Crowds",
        "data": {"name": "violent_flows"},
        "encoders": encoders,
        "training": training,
    }
    write(project.root / "workflow/config/benchmarks/crowds.yaml", {**content, "folds": 5})
    write(project.root / "workflow/config/experiments/main.yaml", {**EXPERIMENT, "benchmarks": ["crowds"]})
    return project


def test_a_row_is_trained_on_each_fold_of_its_benchmark(crowds):
    cells = [cell for cell in plan(crowds, "main").cells if cell.row == "joint"]
    assert [cell.fold for cell in cells] == [(fold, "default", "seed") for fold in range(1, 6)]
    assert [cell.variant for cell in cells] == [f"fold{fold}" for fold in range(1, 6)]
    assert [cell.specs[0].config.data.options["fold"] for cell in cells] == [1, 2, 3, 4, 5]
    assert len({cell.specs[0].cell for cell in cells}) == 5
    jobs([cells])


def test_a_run_on_a_fold_needs_those_that_the_experiment_trains_there(crowds):
    cells = plan(crowds, "main").cells
    trained = {cell.variant: cell.specs[0] for cell in cells if cell.method == "unimodal"}
    assert set(trained) == {f"fold{fold}_{m}" for fold in range(1, 6) for m in ("audio", "video")}
    for cell in cells:
        if cell.method == "ensemble":
            assert all(trained[spec.variant] == spec for spec in needs(cell.specs[0]))


def test_a_row_says_nothing_of_the_folds_over_which_means_are_taken(crowds):
    row = {"label": "Third", "method": "joint", "variant": "third", "set": {"data.fold": 3}}
    content = {**EXPERIMENT, "benchmarks": ["crowds"], "rows": [*EXPERIMENT["rows"], row]}
    write(crowds.root / "workflow/config/experiments/main.yaml", content)
    with pytest.raises(
        UserError, match=r"The row 'joint/third' sets data\.fold, over whose values the benchmark"
    ):
        plan(crowds, "main")


def test_folds_may_be_the_unit(crowds):
    path = crowds.root / "workflow/config/benchmarks/crowds.yaml"
    content = crowds.benchmark("crowds").model_dump(mode="json")
    before = [cell.specs for cell in plan(crowds, "main").cells]
    write(path, {**content, "unit": "fold"})
    cells = plan(crowds, "main").cells
    assert {cell.fold.unit for cell in cells} == {"fold"}
    assert [cell.specs for cell in cells] == before  # no run's concern
    asked = {**EXPERIMENT, "benchmarks": ["crowds"], "detectable": {"crowds": 1.0}}
    write(crowds.root / "workflow/config/experiments/main.yaml", asked)
    with pytest.raises(
        UserError, match="No number of seeds finds more on 'crowds', whose tests are over its 5"
    ):
        plan(crowds, "main")
    write(path, {**content, "folds": 1, "unit": "fold"})
    with pytest.raises(
        UserError, match="unit = 'fold' is not valid: there is but one fold; say over how many"
    ):
        plan(crowds, "main")


@pytest.mark.parametrize(
    ("data", "folds", "words"),
    [
        ({"name": "violent_flows"}, 6, "fold = 6 is not valid"),
        ({"name": "cremad"}, 5, "'crowds' has folds = 5, but its data set 'cremad' has no option `fold`"),
    ],
)
def test_folds_that_a_data_set_does_not_have_are_refused(crowds, data, folds, words):
    path = crowds.root / "workflow/config/benchmarks/crowds.yaml"
    write(path, {**crowds.benchmark("crowds").model_dump(mode="json"), "data": data, "folds": folds})
    with pytest.raises(UserError, match=words):
        plan(crowds, "main")
