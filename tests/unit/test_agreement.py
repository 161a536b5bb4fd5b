"""How a later replication is compared with a published one."""

import json
import shutil

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from inforeg.__main__ import main
from inforeg.suite.agreement import NOISE
from tests.unit.test_publish import MADE

MACHINE = {"versions": {"torch": ["2.13"]}, "machine": {"processor": ["A"]}}
ORIGIN = {
    "commits": ["abc"],
    "collected_by": "abc",
    "data": {"toy": "1"},
    "left_out": [],
    "runs": 3,
    **MACHINE,
}


def line(row, mean, **more):
    found = {"benchmark": "toy", "row": row, "reference": "joint", "n": 4, "mean": mean, "sd": 2.0}
    return found | {"difference": None, "p": None} | more


STATISTICS = {"comparison": [line("joint", 70.0), line("inforeg", 73.0, difference=3.0, p=0.25)]}
TEST = {"experiment": "main", "claim": "better", "benchmark": "toy", "verdict": "reproduced", "p": 0.25}
TEST |= {"statement": "It is", "source": "-", "metric": "accuracy", "printed": {}}
CLAIMS = {"settings": {}, "summary": "-", "tests": [TEST], "provenance": {"main": ORIGIN}}


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def results(project):
    """A replication that is published as v1."""
    folder = project.root / "results"
    for name in MADE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")
    put(folder / "collected/main/provenance.json", ORIGIN)
    put(folder / "statistics/main.json", STATISTICS)
    put(folder / "claims.json", CLAIMS)
    assert main(["publish", "v1"]) == 0
    return folder


@pytest.fixture
def check(results, capsys):
    def _check():
        capsys.readouterr()
        status = main(["publish", "v1", "--check"])
        said = capsys.readouterr()
        return status, said.out, said.err

    return _check


def elsewhere(results, **changes):
    """Let `results` be of another machine, or of whatever `changes` say."""
    origin = ORIGIN | {"versions": {"torch": ["2.14"]}, "machine": {"processor": ["B"]}} | changes
    put(results / "collected/main/provenance.json", origin)
    put(results / "claims.json", CLAIMS | {"provenance": {"main": origin}})


def test_the_same_bytes(check):
    status, out, _ = check()
    assert (status, out) == (0, "results/published/v1 is this replication, byte for byte\n")


def test_another_machine_that_finds_the_same(results, check):
    elsewhere(results)
    (results / "paper.pdf").write_text("of another LaTeX")
    status, out, _ = check()
    assert status == 0
    assert "Only what names the machine differs in claims.json, paper.pdf, provenance/main.json." in out
    assert (
        "byte for byte in all that was found; the two are of the same commit (abc), different machines" in out
    )
    assert "machine.processor: A there, B here; versions.torch: 2.13 there, 2.14 here" in out


def test_another_machine_that_finds_something_else(results, check):
    elsewhere(results)
    # The standard error of both means is sqrt(2 * 2² / 4) = 1.41: 2.5 lies within twice that, 3 does not.
    comparison = [line("joint", 72.5), line("inforeg", 76.0, difference=3.5, p=0.125)]
    put(results / "statistics/main.json", {"comparison": comparison})
    claims = json.loads((results / "claims.json").read_text())
    put(results / "claims.json", claims | {"tests": [TEST | {"verdict": "inconclusive"}]})
    status, out, err = check()
    assert status == 2
    assert NOISE == 2
    assert out.splitlines() == [
        "main, largest differences: means 3 (inforeg on toy), differences 0.5 (inforeg on toy), p 0.12 "
        "(inforeg on toy).",
        "Means outside seed noise (2 standard errors of the difference, over the seeds of both), 1 of 2: "
        "main inforeg on toy.",
        "Verdicts that differ, 1: main, better on toy: reproduced there, inconclusive here.",
        "Only what names the machine differs in provenance/main.json.",
    ]
    assert (
        "differs from this replication in 2 files, the first of them claims.json; the two are of the same"
        in err
    )


def test_another_number_of_a_claim_is_found_where_its_verdict_is_the_same(results, check):
    put(results / "claims.json", CLAIMS | {"tests": [TEST | {"p": 0.125}]})
    status, out, err = check()
    assert status == 2
    assert "No verdict differs." in out
    assert "differs from this replication in 1 files, the first of them claims.json" in err


def test_differences_within_seed_noise(results, check):
    put(results / "statistics/main.json", {"comparison": [line("joint", 72.5), STATISTICS["comparison"][1]]})
    status, out, err = check()
    assert status == 2
    assert "All 2 means of these tables lie within seed noise" in out
    assert "differences none, p none." in out
    assert "No verdict differs." in out
    assert "the same commit (abc), machines that their records do not tell apart." in err


def test_seeds_that_do_not_vary_have_no_noise(results, check):
    comparison = [line("joint", 70.0 + 1e-13, sd=0.0), line("inforeg", 73.5, sd=None)]
    steady = {"comparison": [line("joint", 70.0, sd=0.0), line("inforeg", 73.0, sd=None)]}
    put(results / "published/v1/statistics/main.json", steady)
    put(results / "statistics/main.json", {"comparison": comparison})
    _, out, _ = check()
    assert "1 of 2: main inforeg on toy." in out


def test_rows_of_one_alone_are_counted(results, check):
    put(results / "statistics/main.json", {"comparison": [*STATISTICS["comparison"], line("ogm", 1.0)]})
    assert "lines of one of the two alone 1." in check()[1]


def test_another_commit_says_so(results, check):
    elsewhere(results, commits=["def"], collected_by="def")
    (results / "tables/main.md").write_text("of commit def")
    status, out, err = check()
    assert status == 2
    assert "All numbers of all tables are the same." in out
    assert "the two are of different commits (abc there, def here)" in err


def test_other_data_say_so(results, check):
    elsewhere(results, data={"toy": "2"})
    status, _, err = check()
    assert status == 2
    assert "different data." in err


def test_a_picture_is_compared_without_the_name_of_its_maker(results, check):
    figure = Figure((1, 1))
    figure.subplots().plot([1, 2])
    name = "figures/claims.pdf"
    with mpl.rc_context({"pdf.compression": 0}):
        figure.savefig(results / "published/v1" / name, metadata={"Creator": "A (1.0)", "CreationDate": None})
        figure.savefig(results / name, metadata={"Creator": "Another one", "CreationDate": None})
    status, out, _ = check()
    assert status == 0
    assert f"differs in {name}." in out
    figure.axes[0].plot([2, 1])
    figure.savefig(results / name, metadata={"CreationDate": None})
    assert check()[0] == 2


@pytest.mark.parametrize("name", ["claims.json", "statistics/main.json", "provenance/main.json"])
@pytest.mark.parametrize("content", ["", "[]", "5", "null", "{}", '{"tests": [5], "comparison": [{}]}'])
def test_damaged_files_are_one_sentence(results, check, name, content):
    (results / "published/v1" / name).write_text(content)
    (results / "tables/main.md").write_text("something else")
    status, _, err = check()
    assert status == 2
    assert f"published/v1/{name} is damaged" in err
    assert "restore it from version control, or publish anew" in err


def test_hidden_files_of_a_file_browser_are_no_difference(results, check):
    (results / "published/v1/tables/.DS_Store").write_text("")
    assert check()[0] == 0


def test_the_published_version_is_this_format(request, results, check):
    """What v0.1 holds can be read, and differs from itself in nothing."""
    own = request.config.rootpath / "results/published/v0.1"
    for name in ("statistics/table2.json", "claims.json", "provenance/table2.json"):
        shutil.copy(own / name, results / "published/v1" / name.replace("table2", "main"))
    status, out, err = check()
    assert status == 2
    assert "lines of one of the two alone" in out
    assert "Verdicts that differ" in out
    assert "different commits (58f93509b4149b06e885412306acca8aa545f4c5 there, abc here)" in err
