"""`inforeg compare`: numbers from elsewhere, read, tested beside an experiment's and shown."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from inforeg.__main__ import main
from inforeg.analysis.collected.own import read_own
from inforeg.analysis.collected.published import read_published
from inforeg.analysis.statistics import paired
from inforeg.analysis.statistics.beside import beside
from inforeg.analysis.statistics.compare import scores
from inforeg.analysis.statistics.unpaired import permuted_interval, permuted_p
from inforeg.errors import UserError
from inforeg.suite.project import Project

ROOT = Path(__file__).parents[3]
BETTER = [72.0, 74, 71, 75, 73, 76, 72, 74]
JOINT = [70.0, 71, 70, 71, 70, 71, 70, 71]
RUNS, MEANS = "method,benchmark,seed,value", "method,benchmark,mean,sd,n"
SHARED = "method,benchmark,seed,value,split,data_hash,shared_seeds"


@pytest.fixture
def own(tmp_path):
    """What is read of a file with these lines."""

    def _read(*lines: str):
        path = tmp_path / "own.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return read_own(path)

    return _read


def seeds(method: str, benchmark: str, values, rest: str = "") -> list[str]:
    return [f"{method},{benchmark},{seed},{value}{rest}" for seed, value in enumerate(values)]


def test_values_by_seed_and_means_are_read(own):
    mine, theirs, alone = own(
        "\ufeffmethod, benchmark, seed, value, mean, sd, n",
        "Mine,alpha,3,0.71,,,",
        "",
        "Theirs,beta,,,0.8,0.02,5",
        "Mine,alpha,1,0.73,,,",
        "Alone,beta,,,0.9,,",
    )
    assert mine.values == {3: pytest.approx(71), 1: pytest.approx(73)}
    assert (mine.method, mine.benchmark, mine.metric) == ("Mine", "alpha", "accuracy")
    assert (theirs.mean, theirs.sd, theirs.n, theirs.values) == (pytest.approx(80), pytest.approx(2), 5, {})
    assert (alone.mean, alone.sd, alone.n) == (pytest.approx(90), None, None)


def test_percent_stay_and_losses_have_no_percent(own):
    mine, loss = own("method,benchmark,seed,value,metric", "M,alpha,0,71.5,accuracy", "M,alpha,0,0.5,loss")
    assert (mine.values, loss.values) == ({0: 71.5}, {0: 0.5})


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([""], "own.csv is empty; its first line"),
        (["method;benchmark", "M;alpha"], "has one column, 'method;benchmark'; separate"),
        (["method,benchmark,seed,vaule"], "no column of {path} 'vaule'; did you mean 'value'?"),
        (["method,benchmark,seed,value,seed"], "has two columns 'seed'; leave one out"),
        (["method,seed,value", "M,0,1"], "has no column 'benchmark'; add it"),
        ([RUNS], "has no line below its header"),
        ([RUNS, ",alpha,0,0.5"], "line 2 has no method; add it"),
        ([RUNS, "", "M,alpha,0,high"], "line 3: value = 'high' is not valid"),
        ([RUNS, "M,alpha,0,nan"], "line 2: value = 'nan' is not valid"),
        ([RUNS, "M,alpha,0.5,0.5"], "line 2: seed = '0.5' is not valid"),
        ([RUNS, "M,Al pha,0,0.5"], "line 2: benchmark = 'Al pha' is not valid"),
        ([RUNS, "M,alpha,,0.5"], "a seed and its value belong together"),
        ([RUNS, "M,alpha,0,"], "it has to have a seed and its value, or a mean"),
        (["method,benchmark,seed,value,sd", "M,alpha,0,0.5,0.1"], "sd and n belong to a mean"),
        ([MEANS, "M,alpha,0.5,0.1,"], "sd and n belong together"),
        ([MEANS, "M,alpha,0.5,-0.1,3"], "line 2: sd = '-0.1' is not valid"),
        ([MEANS, "M,alpha,0.5,0.1,0"], "line 2: n = '0' is not valid"),
        (["method,benchmark,mean", "M,alpha,0.5", "M,alpha,0.6"], "line 2 and {path}, line 3 both tell"),
        ([RUNS, "M,alpha,0,0.5", "M,alpha,0,0.6"], "line 3 has seed 0 once more"),
        ([RUNS, "M,alpha,0,0.5", "M,alpha,1,60"], "line 2 has 0.5 as accuracy, and"),
        ([RUNS, "M,alpha,0,150"], "line 2 has 150 as accuracy; give"),
        ([RUNS, "M,alpha,0,-0.5"], "line 2 has -0.5 as accuracy; give fractions"),
        (["method,benchmark,seed,value,metric", "M,alpha,0,0.5,acuracy"], "no metric 'acuracy'; did you"),
        ([RUNS, "M,alpha,0,0.5,9"], "is no table in CSV: Expected 4 fields in line 2"),
        ([RUNS, 'M,alpha,0,"0.5'], "is no table in CSV: EOF inside string"),
        ([SHARED, "M,alpha,0,0.5,test,,yes"], "who shares seeds has to state seed, split and data_hash"),
        ([SHARED, "M,alpha,0,0.5,test,,no", "M,alpha,1,0.5,val,,no"], "differ in split for M on alpha"),
        ([RUNS, b"\xff,alpha,0,0.5"], "no text in UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_bad_files_are_refused_in_one_sentence(tmp_path, lines, words):
    path = tmp_path / "own.csv"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    with pytest.raises(UserError) as refused:
        read_own(path)
    assert words.format(path=path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_file_is_refused(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UserError, match="cannot be read"):
            read_own(path)


def test_few_seeds_are_tested_by_relabelling(own, study):
    values = [74.0, 75, 76, 73]
    found = beside(study, own(RUNS, *seeds("M", "alpha", values)), "accuracy")
    tests = found.tests.set_index("row")
    assert tests.loc["joint", "p"] == pytest.approx(permuted_p(values, JOINT))
    assert tests.loc["joint", "difference"] == pytest.approx(74.5 - np.mean(JOINT))
    assert tests.loc["inforeg", "p"] == pytest.approx(permuted_p(values, BETTER))
    assert set(tests["test"]) == {"permutation"}
    assert tests["p_holm"].tolist() == pytest.approx(paired.holm(tests["p"]).tolist())
    assert (tests["n"].tolist(), tests["m"].tolist()) == ([4] * 3, [8] * 3)


def test_many_seeds_and_means_are_tested_by_welch(own, study):
    values = [74.0, 75, 76, 73, 72, 71, 74, 75, 76]
    mean, sd = np.mean(values), np.std(values, ddof=1)
    lines = own(
        "method,benchmark,seed,value,mean,sd,n",
        *seeds("M", "alpha", values, ",,,"),
        f"Theirs,alpha,,,{mean},{sd},9",
    )
    found = beside(study, lines, "accuracy").tests.set_index(["method", "row"])
    expected = stats.ttest_ind(values, JOINT, equal_var=False)
    for method in ("M", "Theirs"):
        line = found.loc[(method, "joint")]
        assert line["test"] == "Welch"
        assert (line["p"], line["low"], line["high"]) == pytest.approx(
            (expected.pvalue, *expected.confidence_interval(0.95))
        )
        assert line["family"] == len(found) == 6


def test_shared_seeds_are_paired(own, study):
    values = [72.0, 73, 71, 74, 73, 75, 72, 74]
    lines = own(SHARED, *seeds("M", "alpha", [*values, 99], ",test,hash-of-alpha,yes"))
    found = beside(study, lines, "accuracy")
    line = found.tests.set_index("row").loc["joint"]
    expected = paired.paired(np.array(values) - JOINT)
    assert (line["p"], line["low"], line["high"]) == pytest.approx((expected.p, expected.low, expected.high))
    assert (line["test"], line["n"]) == ("paired", 8)
    assert "M on ALPHA: 8 of 9 seeds are paired; the experiment has no others of them." in found.untested


def test_seeds_that_nothing_shares_are_refused(own, study):
    with pytest.raises(UserError, match=r"line 2 shares seeds, but 'joint' has none of 50 on 'alpha'"):
        beside(study, own(SHARED, "M,alpha,50,0.7,test,hash-of-alpha,yes"), "accuracy")


def test_another_split_and_other_data_are_refused_by_name(own, study):
    with pytest.raises(UserError, match=r"line 2 is of the split 'val', but the experiment 'mini' reports"):
        beside(study, own(SHARED, "M,alpha,0,0.7,val,,"), "accuracy")
    words = r"line 2 is of data with hash abc, but the runs of 'mini' on 'alpha' are of hash-of-alpha"
    with pytest.raises(UserError, match=words):
        beside(study, own(SHARED, "M,alpha,0,0.7,,abc,"), "accuracy")


def test_what_cannot_be_compared_is_said(own, study):
    lines = own(MEANS, "Alone,alpha,0.7,,", "One,alpha,0.7,0.0,1", "M,gamma,0.7,0.1,3")
    found = beside(study, lines, "accuracy")
    assert found.tests.empty
    assert found.untested == [
        "Not compared, for the experiment has no such benchmark: M on gamma.",
        "Alone on ALPHA is not tested: sd and n are not stated.",
        "One on ALPHA is not tested: a single run says nothing of its scatter.",
    ]
    lines = own(f"{RUNS},metric", *seeds("M", "beta", [0.7, 0.8], ",accuracy/sound"))
    runs = study.collected.runs
    there = (runs["benchmark"] == "alpha") & (runs["metric"] == "accuracy")
    study.collected.runs.loc[there, "metric"] = "accuracy/sound"
    (absent,) = beside(study, lines, "accuracy/sound").untested
    assert absent == "M on BETA is not tested: the experiment has no accuracy of sound there."


def test_what_does_not_scatter_is_not_tested(own, study):
    runs = study.collected.runs
    study.collected.runs.loc[(runs["row"] == "joint") & (runs["split"] == "test"), "value"] = 0.7
    found = beside(study, own(MEANS, "M,alpha,0.7,0,5"), "accuracy")
    assert found.untested == [
        "M on ALPHA is not tested against Joint: neither scatters, or one is a single run."
    ]
    assert found.tests["row"].tolist() == ["inforeg", "unimodal"]
    assert found.tests["family"].tolist() == [2, 2]


def test_too_few_runs_are_said_to_be_too_few(own, study):
    (few,) = beside(study, own(RUNS, "M,alpha,0,0.7"), "accuracy").untested
    assert few == "M on ALPHA: too few runs; with 3 tests Holm's p cannot fall below 0.67."


@pytest.mark.parametrize("name", ["table1", "table2", "table3", "table6"])
def test_what_was_published_has_the_means_of_its_tables(monkeypatch, name):
    monkeypatch.chdir(ROOT)
    version = ROOT / "results/published/v0.1.1"
    study = read_published(Project(), name, version)
    found = scores(study, study.experiment.metric).groupby(["benchmark", "row"])["value"].mean()
    lines = json.loads((version / f"statistics/{name}.json").read_text())["comparison"]
    assert lines
    for line in lines:
        assert found[line["benchmark"], line["row"]] == pytest.approx(line["mean"])


def test_runs_that_were_not_published_are_named(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    version = tmp_path / "v0"
    shutil.copytree(ROOT / "results/published/v0.1.1/statistics", version / "statistics")
    with pytest.raises(UserError, match=r"v0/runs.parquet is missing; restore it"):
        read_published(Project(), "table2", version)
    runs = pd.read_parquet(ROOT / "results/published/v0.1.1/runs.parquet")
    runs[runs["seed"] != 3].to_parquet(version / "runs.parquet")
    with pytest.raises(UserError, match=r"Of 'joint' on AV-digits, 10 runs were published as a mean, 9 by"):
        read_published(Project(), "table2", version)
    with pytest.raises(UserError, match=r"v0 has no experiment 'field'; it has: figure1, "):
        read_published(Project(), "field", version)


def test_runs_of_what_is_published_beside_are_its_own(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    version = tmp_path / "v0"
    shutil.copytree(ROOT / "results/published/v0.1.1", version)
    (version / "collected/table2").mkdir(parents=True)
    runs = read_published(Project(), "table2", version).collected.runs
    runs.assign(value=0.25).to_parquet(version / "collected/table2/runs.parquet")
    (version / "runs.parquet").unlink()
    again = read_published(Project(), "table2", version).collected.runs
    assert set(again["value"]) == {0.25}
    assert len(again) == len(runs)


@pytest.fixture
def collected(sweep, monkeypatch):
    monkeypatch.chdir(sweep.root)
    sweep.study().collected.write(sweep.root / "results/collected/mini")
    lines = ["method,benchmark,seed,value", *seeds("Mine_1", "alpha", [74.0, 75, 76, 73, 75])]
    Path("own.csv").write_text("\n".join(lines))
    return sweep


def test_the_tables_are_printed_and_written_in_three_notations(collected, capsys):
    assert main(["compare", "own.csv", "--against", "mini"]) == 0
    said = capsys.readouterr().out
    assert "| Mine\\_1 " in said
    assert "**74.6 ± 1.1 (5)**" in said
    low, high = permuted_interval([74, 75, 76, 73, 75], JOINT)
    assert f"+4.1 \\[{low:+.1f}, {high:+.1f}\\]<sup>a</sup>" in said
    assert "a: exact permutation test of the difference of means (Pitman, 1937)" in said
    there = {path.name: path.read_text() for path in Path("results/compared").iterdir()}
    assert there.keys() == {"mini_own.tex", "mini_own.md", "mini_own.html"}
    assert there["mini_own.md"] in said
    assert "\\textbf{74.6 ± 1.1 (5)}".replace("±", r"$\pm$") in there["mini_own.tex"]
    assert "<strong>74.6 ± 1.1 (5)</strong>" in there["mini_own.html"]
    for text in there.values():
        assert "data alpha hash-of-alpha" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--against", "minni"], "no experiment 'minni'; did you mean 'mini'?"),
        (["--against", "mini", "--published", "v9"], "no published version 'v9'"),
        (["--against", "mini", "--collected", "there"], "there/mini is missing; run `snakemake"),
    ],
)  # fmt: skip
def test_a_bad_command_is_refused(collected, capsys, arguments, words):
    assert main(["compare", "own.csv", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not Path("results/compared").exists()


def test_a_name_that_no_table_can_show_is_refused(collected, capsys):
    Path("own.csv").rename("own \N{SNOWMAN}\u200b.csv")
    assert main(["compare", "own \N{SNOWMAN}\u200b.csv", "--against", "mini"]) == 2
    assert "cannot be typeset" in capsys.readouterr().err
    assert not Path("results/compared").exists()


def test_a_benchmark_that_nothing_has_is_named(collected, capsys):
    Path("own.csv").write_text("method,benchmark,seed,value\nM,alhpa,0,0.5")
    assert main(["compare", "own.csv", "--against", "mini"]) == 2
    words = "own.csv, line 2: There is no benchmark 'alhpa'; did you mean 'alpha'?"
    assert words in capsys.readouterr().err


def test_an_experiment_without_any_of_the_benchmarks_is_refused(collected, capsys):
    write_benchmark = Path("workflow/config/benchmarks/alpha.yaml").read_text()
    Path("workflow/config/benchmarks/gamma.yaml").write_text(write_benchmark)
    Path("own.csv").write_text("method,benchmark,seed,value\nM,gamma,0,0.5")
    assert main(["compare", "own.csv", "--against", "mini"]) == 2
    assert "'mini' is on alpha, beta, of which the file has none" in capsys.readouterr().err


def test_of_the_experiments_those_that_were_made_come_first(collected):
    configuration = Path("workflow/config")
    wider = yaml.safe_load((configuration / "experiments/mini.yaml").read_text())
    wider["rows"].append({"label": "OGM", "method": "ogm"})
    (configuration / "experiments/wider.yaml").write_text(yaml.safe_dump(wider))
    (configuration / "config.yaml").write_text("{experiments: [wider], quick: wider}")
    assert main(["compare", "own.csv"]) == 0
    assert Path("results/compared/mini_own.md").exists()


def test_the_experiment_is_found_by_the_benchmarks(monkeypatch, tmp_path, capsys):
    """Table 2 has most methods on them."""
    monkeypatch.chdir(ROOT)
    own = tmp_path / "own.csv"
    own.write_text("method,benchmark,seed,value\nM,htad,0,0.8\nM,mfeat,0,0.9")
    assert main(["compare", str(own), "--published", "v0.1.1", "--output", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out/table2_own.md").exists()
    assert "79.8 ± 2.2 (10)" in capsys.readouterr().out
