"""Columns of a table, in each of which every row is repeated."""

import pytest

from inforeg.errors import UserError
from inforeg.suite.experiment import Experiment
from inforeg.suite.plan import plan
from tests.unit.conftest import BENCHMARK, EXPERIMENT, refused, write

JOINT = {"label": "Joint training", "method": "joint"}
ALWAYS = {"label": "InfoReg, always", "method": "inforeg", "variant": "always"}
PLAIN, SLOW = (
    {"title": "as it stands", "name": "plain"},
    {"title": "slow", "name": "slow", "set": {"training.lr": "x0.4", "training.epochs": "x2"}},
)
CONTENT = {
    "title": "A table",
    "benchmarks": ["toy"],
    "seeds": 3,
    "reference": "joint",
    "columns": [PLAIN, SLOW],
    "rows": [JOINT, ALWAYS],
}


def rows(**changes):
    return Experiment.model_validate(CONTENT | changes).in_columns().rows


def test_every_row_is_in_every_column_and_tested_in_it():
    found = [(row.key, row.title, row.reference) for row in rows()]
    assert found == [
        ("joint", "Joint training, as it stands", ""),
        ("joint/slow", "Joint training, slow", "joint/slow"),
        ("inforeg/always", "InfoReg, always, as it stands", ""),
        ("inforeg/always_slow", "InfoReg, always, slow", "joint/slow"),
    ]


def test_what_a_methods_own_variant_sets_goes_with_it():
    assert rows()[2].set == {}
    assert (rows()[3].base, rows()[3].set) == ("always", {"training.lr": "x0.4", "training.epochs": "x2"})


def test_a_column_has_the_last_word():
    (_, row) = rows(rows=[JOINT | {"set": {"training.lr": 0.5, "training.batch_size": 8}}])
    assert row.set == {"training.lr": "x0.4", "training.epochs": "x2", "training.batch_size": 8}


def test_a_rows_own_reference_is_in_its_column_too():
    star = {"label": "*", "method": "joint", "variant": "star", "set": {"unimodal_weight": 1.0}}
    found = rows(rows=[JOINT, star, ALWAYS | {"reference": "joint/star"}])
    assert [row.reference for row in found[-2:]] == ["joint/star", "joint/star_slow"]


def test_where_every_column_sets_something_the_first_ones_reference_is_the_experiments():
    whole = Experiment.model_validate(CONTENT | {"columns": [SLOW]}).in_columns()
    assert (whole.reference, whole.columns) == ("joint/slow", [])
    assert [row.key for row in whole.rows] == ["joint/slow", "inforeg/always_slow"]
    assert whole.in_columns() is whole


def test_a_column_of_a_rows_own_does_not_go_with_columns():
    with pytest.raises(ValueError, match="the row 'joint' has a column of its own beside columns"):
        rows(rows=[JOINT | {"column": "mine"}])


def test_two_columns_cannot_be_one():
    with pytest.raises(ValueError, match="two rows have the key 'joint/slow'"):
        rows(columns=[SLOW, SLOW | {"title": "slower"}])


def test_claims_name_rows_in_columns():
    claim = {"id": "wins", "statement": "It wins", "source": "-", "better": "inforeg/always_slow"}
    assert rows(claims=[claim | {"worse": "joint/slow"}])
    with pytest.raises(ValueError, match=r"no row for .*'joint/fast'"):
        rows(claims=[claim | {"worse": "joint/fast"}])


def test_runs_are_planned_under_the_settings_of_their_column(project):
    write(project.root / "workflow/config/experiments/main.yaml", CONTENT)
    found = {cell.row: cell.specs[0] for cell in plan(project, "main").cells}
    slow = found["inforeg/always_slow"]
    own = BENCHMARK["training"]
    assert slow.settings["active"] == "always"
    assert slow.config.training.lr == pytest.approx(0.4 * own["lr"])
    assert slow.config.training.epochs == 2 * own["epochs"]
    assert found["joint"].config.training.lr == own["lr"]


def test_a_method_that_is_not_there_is_said_in_one_sentence(project, capsys):
    claim = {
        "id": "wins",
        "statement": "-",
        "source": "-",
        "better": "joint",
        "worse": "inforge/always",
    }
    content = EXPERIMENT | {"rows": [JOINT, ALWAYS | {"method": "inforge"}], "claims": [claim]}
    write(project.root / "workflow/config/experiments/main.yaml", content)
    assert "'inforge'" in refused(capsys, "check")


def test_a_row_may_begin_with_a_variant_of_its_method(project):
    own = ALWAYS | {"variant": "mine", "base": "always", "set": {"training.lr": 0.5}}
    write(project.root / "workflow/config/experiments/main.yaml", CONTENT | {"rows": [JOINT, own]})
    found = {cell.row: cell.specs[0] for cell in plan(project, "main").cells}
    for key, rate in (("inforeg/mine", 0.5), ("inforeg/mine_slow", 0.4 * BENCHMARK["training"]["lr"])):
        assert found[key].settings["active"] == "always"
        assert found[key].config.training.lr == pytest.approx(rate)
    wrong = CONTENT | {"rows": [JOINT, own | {"base": "allways"}]}
    write(project.root / "workflow/config/experiments/main.yaml", wrong)
    with pytest.raises(UserError, match="'allways'"):
        plan(project, "main")


def test_another_variants_settings_need_a_name_of_their_own(project):
    wrong = CONTENT | {"columns": [], "rows": [JOINT, ALWAYS | {"variant": "default", "base": "always"}]}
    write(project.root / "workflow/config/experiments/main.yaml", wrong)
    with pytest.raises(UserError, match="makes another run than the variant 'default'"):
        plan(project, "main")
    unnamed = CONTENT | {"columns": [], "rows": [JOINT, ALWAYS | {"variant": "alway_mine", "base": "alway"}]}
    unnamed["rows"][1]["set"] = {"training.lr": 0.5}
    write(project.root / "workflow/config/experiments/main.yaml", unnamed)
    with pytest.raises(UserError, match="'alway'"):
        plan(project, "main")
