"""How many seeds an experiment takes, from what its finished runs scatter."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from sweeps import BETTER, JOINT, make_sweep

import inforeg.suite.plan
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.statistics.planning import planned
from inforeg.analysis.statistics.power import detectable, seeds_for
from inforeg.analysis.tables import details, main_table
from inforeg.analysis.tables.words import spread
from inforeg.cli import power
from inforeg.errors import UserError

DEVIATION = 1.2464
"""Of the differences 1 2 2 3 3 3 4 5."""


def wishing(study, **changes):
    """`study`, with other settings of its experiment."""
    return replace(study, experiment=study.experiment.model_copy(update=changes))


def test_a_benchmark_takes_the_seeds_of_its_worst_test(study):
    # On alpha two rows are tested against joint, and a claim by itself; on beta one row is.
    study = wishing(study, detectable={"alpha": 1.0, "beta": 1.0})
    seeds, tests = planned(study, compute(study), 40)
    line = tests.set_index(["benchmark", "row"]).loc[("alpha", "inforeg")]
    assert line[["family", "n"]].tolist() == [2, 8]
    assert line["deviation"] == pytest.approx(DEVIATION, abs=1e-4)
    assert line["detectable"] == pytest.approx(detectable(DEVIATION, 8, 2), rel=1e-3)
    assert line["needed"] == seeds_for(1.0, DEVIATION, 2, 40) == 18  # 17.3 by the t test
    assert seeds == {"alpha": 18, "beta": seeds_for(1.0, DEVIATION, 1, 40)}
    assert (tests["reached"] <= 1.0).all()


def test_the_plan_is_the_same_whatever_the_effect(tmp_path):
    found = []
    for place, shift in enumerate((0.0, 0.1)):
        accuracies = {
            ("alpha", "joint", "default"): JOINT,
            ("alpha", "inforeg", "default"): [value - shift for value in BETTER],
        }
        study = make_sweep(tmp_path / str(place), accuracies, {}, detectable={"alpha": 0.8}).study()
        found.append(planned(study, compute(study), 40)[0])
    assert found[0] == found[1] == {"alpha": seeds_for(0.8, DEVIATION, 1, 40)}


def test_what_is_out_of_reach_takes_as_many_as_there_may_be(study):
    study = wishing(study, detectable={"beta": 0.01})
    seeds, tests = planned(study, compute(study), 12)
    assert seeds == {"beta": 12}
    assert tests["reached"].tolist() == pytest.approx([detectable(DEVIATION, 12)], rel=1e-3)


def test_tables_say_whether_it_is_reached(study):
    study = wishing(study, detectable={"alpha": 1.0})
    statistics = compute(study)
    told = (
        "ALPHA: seeds planned to find 1 points with a chance of 80 %, as they do in 1 of 2 tests; the worst "
        "finds 1.8."
    )
    assert told in main_table.main_table(study, statistics).notes
    assert told in details.tests_table(study, statistics, "alpha").notes
    assert len(details.tests_table(study, statistics, "beta").notes) == 1


def test_tables_say_how_many_seeds_each_benchmark_has(study):
    assert spread(study) == "Mean ± sd (ddof = 1) over n = 8 seeds."
    study = wishing(study, seeds={"alpha": 8, "default": 6}, first_seed=2)
    assert spread(study) == (
        "Mean ± sd (ddof = 1) over n = 8 seeds (2 to 9) on ALPHA, 6 seeds (2 to 7) on BETA."
    )
    assert spread(study, ["beta"]) == "Mean ± sd (ddof = 1) over n = 6 seeds (2 to 7)."


@pytest.fixture
def power_command(tmp_path, monkeypatch):
    """Runs the command in the project of a small sweep."""
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    sweep = make_sweep(tmp_path, accuracies, {}, detectable={"alpha": 0.8})
    monkeypatch.chdir(sweep.root)
    monkeypatch.setattr(inforeg.suite.plan, "plan", lambda project, name: sweep.plan)
    parser = argparse.ArgumentParser()
    power.register(parser.add_subparsers(required=True))

    def command(line):
        args = parser.parse_args(["power", *line.split()])
        args.run(args)

    return command


def test_the_last_line_is_the_plan(power_command, capsys):
    power_command("mini")
    *table, last = capsys.readouterr().out.splitlines()
    assert yaml.safe_load(last) == {"seeds": {"alpha": seeds_for(0.8, DEVIATION, 1, 40)}}
    assert table[-1].split()[:5] == ["alpha", "inforeg", "joint", "1", "8"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mini --most 5", "--most 5 is too few to find anything; give 6 or more"),
        ("mini --seeds 1", "inforeg power: seeds = '1' is not valid"),
    ],
)
def test_a_number_that_cannot_be_is_a_sentence(power_command, line, words):
    with pytest.raises(UserError, match=words):
        power_command(line)


def test_an_experiment_has_to_say_what_is_to_be_found(power_command):
    config = Path("workflow/config/experiments/mini.yaml")
    content = yaml.safe_load(config.read_text())
    del content["detectable"]
    config.write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match="'mini' does not say what is to be found; add `detectable`"):
        power_command("mini")
