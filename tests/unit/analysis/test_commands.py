"""The command line, from run directories to claims."""

import argparse
import json

import pandas as pd
import pytest

import inforeg.suite.plan
from inforeg.analysis.report import outputs
from inforeg.cli import analysis, site
from inforeg.errors import UserError
from inforeg.probes.frames import COLUMNS
from inforeg.suite.products import STATISTICS


@pytest.fixture
def inforeg_command(sweep, monkeypatch):
    """Runs a command in the sweep's project; the plan is the sweep's, since its data sets are made up."""
    monkeypatch.chdir(sweep.root)
    monkeypatch.setattr(inforeg.suite.plan, "plan", lambda project, name: sweep.plan)
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    analysis.register(commands)
    site.register(commands)

    def command(line):
        args = parser.parse_args(line.split())
        args.run(args)

    return command


def test_from_runs_to_claims(inforeg_command, sweep):
    for line in ("collect mini", "merge mini", "statistics mini", "table mini", "figure mini", "claims mini"):
        inforeg_command(line)
    results = sweep.root / "results"
    found = {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()}
    expected = {f"figures/claims.{e}" for e in ("pdf", "png", "csv")}
    expected |= {"runs.parquet", "claims.md", "claims.tex", "claims.html", "claims.json"}
    expected |= {f"claims/mini.{e}" for e in ("md", "tex", "html", "json")}
    expected |= {f"collected/mini/{n}.parquet" for n in COLUMNS}
    expected |= {
        "collected/mini/provenance.json",
        "collected/mini/times.json",
        "statistics/mini.csv",
        "statistics/mini.json",
    }
    expected |= {f"statistics/mini/{n}.parquet" for n in STATISTICS} | {"statistics/mini/provenance.json"}
    expected |= {
        f"tables/{s}.{e}" for s in ("mini", "mini_alpha", "mini_beta") for e in ("tex", "md", "html")
    }
    expected |= {"tables/mini_across.tex"}
    expected |= {
        f"figures/mini_{f}.{e}"
        for f in ("information", "curves", "differences")
        for e in ("pdf", "png", "csv")
    }
    assert {name for name in found if not name.startswith("runs/")} == expected
    for name in ("tables/mini.tex", "tables/mini_alpha.md", "claims.tex"):
        assert "commit abc123; data alpha hash-of-alpha" in (results / name).read_text()
    assert "1 reproduced, 1 contradicted" in (results / "claims.md").read_text()
    verdicts = [test["verdict"] for test in json.loads((results / "claims.json").read_text())["tests"]]
    assert verdicts == ["reproduced", "contradicted"]
    # Without others its own verdicts are all that there are, but for the picture of them.
    whole = (results / "claims.md").read_text()
    assert whole.replace(f"{outputs._PICTURE}\n\n", "") == (results / "claims/mini.md").read_text()
    assert "row" not in pd.read_parquet(results / "runs.parquet")


def test_a_site_of_all_that_has_statistics_or_of_what_is_named(inforeg_command, sweep, capsys):
    for line in ("collect mini", "statistics mini", "site", "site mini --out there"):
        inforeg_command(line)
    assert "results/site/latest/index.html is the first of" in capsys.readouterr().out
    for folder in ("results/site/latest", "there"):
        run = (sweep.root / folder / "runs/alpha/inforeg/default/seed-0.html").read_text()
        assert "inforeg train --spec" in run
        assert "Prime learning windows" in run


def test_paths_are_options(inforeg_command, sweep):
    inforeg_command("collect mini --output here")
    inforeg_command("statistics mini --collected here --output numbers")
    inforeg_command("table mini --collected here --statistics numbers --tables there --claims judged")
    assert (sweep.root / "there" / "mini.tex").exists()
    assert (sweep.root / "judged" / "mini.md").exists()
    assert (sweep.root / "numbers" / "mini.csv").exists()


def test_an_unfinished_run_leaves_nothing_behind(inforeg_command, sweep):
    (sweep.runs / "beta" / "joint" / "default" / "seed=7" / "summary.json").unlink()
    with pytest.raises(UserError, match=r"beta/joint/default/seed=7 holds no finished run; remove the seeds"):
        inforeg_command("collect mini")
    assert not (sweep.root / "results" / "collected").exists()


def test_tables_before_collect(inforeg_command):
    for command in ("statistics", "table"):
        with pytest.raises(UserError, match="make it with `inforeg collect`"):
            inforeg_command(f"{command} mini")


def test_tables_before_statistics(inforeg_command, sweep):
    inforeg_command("collect mini")
    with pytest.raises(
        UserError, match=r"provenance\.json is missing; `inforeg statistics mini` makes them anew"
    ):
        inforeg_command("table mini")
    assert not (sweep.root / "results" / "tables").exists()


def test_unknown_experiment(inforeg_command):
    with pytest.raises(UserError, match="no experiment 'minni'; did you mean 'mini'"):
        inforeg_command("claims minni")


def test_json_has_no_nan(inforeg_command, sweep):
    inforeg_command("collect mini")
    inforeg_command("statistics mini")

    def refuse(constant):
        raise AssertionError(constant)

    text = (sweep.root / "results" / "statistics" / "mini.json").read_text()
    lines = json.loads(text, parse_constant=refuse)["comparison"]
    assert [line["difference"] for line in lines if line["row"] == "joint"] == [None, None]
