"""The site: every page is there, links lead somewhere, equal results give equal bytes."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sweeps import CLAIM, make_sweep
from test_diverged import diverge
from test_folds_as_units import folded

from inforeg.__main__ import main
from inforeg.analysis.collected.study import Study
from inforeg.analysis.site import (
    boards,
    charts,
    claims,
    curves,
    methods,
    pages,
    published,
    runs,
    samples,
    stored,
)  # fmt: skip
from inforeg.analysis.site.content import Content, Line, Measured
from inforeg.analysis.site.grids import Grid, told
from inforeg.analysis.site.write import write_site
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.statistics.stored import Ranks
from inforeg.analysis.tables.render import Entry, Table
from inforeg.errors import UserError
from inforeg.registry import METHODS
from inforeg.suite.project import Project

ROOT = Path(__file__).parents[3]
VERSION = ROOT / "results/published/v0.1.1"


class Reader(HTMLParser):
    """What a page refers to, the names in it, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.told: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name == "id" and value:
                self.ids.append(value)

    def handle_data(self, data: str) -> None:
        self.told.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.told).split())


def content_of(study: Study, folder: Path) -> Content:
    return stored.content_of([(study, compute(study))], {}, Project(folder), folder / "figures")


@pytest.fixture(scope="module")
def content(gathered: Study, tmp_path_factory: pytest.TempPathFactory) -> Content:
    """What the site shows of the small sweep."""
    return content_of(gathered, tmp_path_factory.mktemp("content"))


@pytest.fixture(scope="module")
def version() -> Content:
    """What it shows of a published version."""
    return published.content_of(VERSION, Project(ROOT))


def read(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def check_links(folder: Path) -> int:
    """How many pages there are, whose links all lead to a place of the site, and whose names are unique."""
    found = {path: Reader(path) for path in folder.resolve().rglob("*.html")}
    for path, page in found.items():
        for link in (link for link in page.links if not link.startswith(("data:", "https:"))):
            file, _, name = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target.is_relative_to(folder.resolve()), link
            assert target.is_file(), f"{path}: {link}"
            assert not name or name in found[target].ids, f"{path}: {link}"
        assert len(page.ids) == len(set(page.ids)), path
    return len(found)


def test_equal_results_give_equal_bytes(content, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert write_site(content, first) == write_site(content, second)
    assert read(first) == read(second)


def test_all_links_lead_to_a_page(content, tmp_path):
    count = write_site(content, tmp_path / "site")
    assert check_links(tmp_path / "site") == count
    text = Reader(tmp_path / "site/claims/mini/better.html").text
    assert "● reproduced" in text
    assert "✗ contradicted" in text


def test_a_run_on_a_fold_and_one_that_diverged_have_pages_too(tmp_path):
    values = {"joint": np.full((6, 2), 0.5), "inforeg": np.full((6, 2), 0.6)}
    beside = {("beta", row, "default"): [0.5, 0.6, 0.7] for row in values}
    sweep = folded(tmp_path, values, beside, claims=[CLAIM])
    diverge(sweep, "inforeg", 1)
    write_site(content_of(sweep.study(), tmp_path), tmp_path / "site")
    check_links(tmp_path / "site")
    fold = Reader(tmp_path / "site/runs/alpha/inforeg/default/seed-6.html").text
    assert "(default) on ALPHA, fold 6" in fold
    diverged = Reader(tmp_path / "site/runs/beta/inforeg/default/seed-1.html").text
    assert "The epochs of this run are not kept beside its results." in diverged


def test_texts_are_escaped(study, tmp_path):
    experiment = study.experiment.model_copy(update={"title": "<script>alert(1)</script> & more"})
    write_site(content_of(replace(study, experiment=experiment), tmp_path), tmp_path / "site")
    for path in (tmp_path / "site").rglob("*.html"):
        assert "<script>alert" not in path.read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in (tmp_path / "site/index.html").read_text()


def test_a_chart_ends_no_script():
    line = Line(benchmark="alpha", difference=1.0, ci_low=0.5, ci_high=1.5, verdict="</script>")
    assert "</script>" not in charts.Chart({"data": {"values": [line]}}, "", "").json


def test_the_best_row_comes_first_with_its_interval_and_group(content):
    rows = [dict(zip(boards.HEADER, row, strict=True)) for row in boards.of_benchmark(content, "alpha").rows]
    assert [row["Method"].text for row in rows][:2] == ["Inforeg", "Joint"]
    best, reference = rows[:2]
    assert best["Group"].text == "above"
    assert re.fullmatch(r"\+\d\.\d \[\+\d\.\d, \+\d\.\d\]", best["Difference [95 %]"].text)
    assert reference["Group"].text == "reference"
    assert best["Method"].link == "methods/inforeg.html"
    assert best["Selected by"].text == "validation"
    assert best["Tuned"].text == "not tuned"


def test_a_leaderboard_of_a_loss_begins_with_the_smallest(content):
    (shown,) = content.experiments
    lines = boards.ranked(replace(shown, lower=True), "alpha")
    assert lines == boards.ranked(shown, "alpha")[::-1]


@pytest.mark.parametrize(
    ("line", "group"),
    [
        ({"significant": True, "difference": 1.0, "p_holm": 0.01}, "above"),
        ({"significant": True, "difference": -1.0, "p_holm": 0.01}, "below"),
        ({"significant": False, "difference": 1.0, "p_holm": 0.2}, "not told apart"),
        ({"significant": None, "difference": 1.0}, "not tested"),
    ],
)
def test_groups_are_of_the_corrected_test(line, group):
    assert boards.group(Line({"row": "a", "reference": "b", **line})) == group


def test_rows_whose_ranks_differ_share_no_letter(content):
    ranks = pd.Series({"x": 1.0, "y": 2.0, "z": 3.5})
    shown = replace(content.experiments[0], ranks=Ranks(ranks, 1.0, 0.1, pd.DataFrame(), 1.5, 4))
    assert boards.letters(shown) == {"x": "a", "y": "ab", "z": "b"}


def test_how_often_a_method_acted_and_what_it_costs_stand_beside_it(content):
    at = ("inforeg", "alpha")
    shown = replace(content.experiments[0], acted={at: 0.256}, cost={at: 1.5})
    row = boards.row(shown, next(line for line in shown.comparison if (line["row"], line["benchmark"]) == at))
    cells = dict(zip(boards.HEADER, (cell.text for cell in row), strict=True))
    assert (cells["Acted (%)"], cells["Cost (×)"]) == ("25.6", "1.50")


def test_runs_have_curves_windows_and_their_command(content, tmp_path):
    names = next(names for names in content.runs if names[:2] == ("alpha", "inforeg"))
    drawn = list(runs.drawn(content.epochs[names]))
    assert [chart.title for chart in drawn] == [
        "Test accuracy (%)", "Validation accuracy (%)", "Tr(F) by batch", "Tr(F) by sample",
        "Prime learning windows",
    ]  # fmt: skip
    assert drawn[-1].told == "Epochs in which the window is open, by modality: audio: 1, video: 1."
    assert runs.command(content, names) == "git checkout abc123\nsnakemake --cores all mini"


def test_a_run_whose_spec_is_known_is_repeated_by_it(tmp_path):
    sweep = make_sweep(tmp_path, {("alpha", "joint", "default"): [0.5, 0.6]}, {})
    specs = {spec.digest(): spec for cell in sweep.plan.cells for spec in cell.specs}
    content = replace(content_of(sweep.study(), tmp_path), specs=specs)
    told = runs.command(content, ("alpha", "joint", "default", 1)).splitlines()[1]
    start, _, end = told.partition("'")
    spec, _, seed = end.rpartition("' ")
    assert (start, seed) == ("inforeg train --spec ", "--seed 1")
    assert spec == sweep.plan.cells[0].specs[1].canonical()


def test_a_trace_that_is_0_has_no_logarithm():
    course = [Measured(0, "trace/batch/audio", 0.0), Measured(1, "trace/batch/audio", 2.0)]
    chart = curves.courses(course, "trace/batch/", "Tr(F)", scale="log")
    assert chart is not None
    assert [value["epoch"] for value in chart.spec["data"]["values"]] == [1]


def test_every_method_has_its_settings_with_their_sources():
    table = methods.settings("inforeg")
    row = next(row for row in table.rows if row[0].text == "threshold")
    assert [cell.text for cell in row[1:]] == [
        "0.04", "number ≥ 0, < 1", "K of the window, Eq. 11; 0.04 in the paper (Figure 8), 0.05 in the code.",
    ]  # fmt: skip
    for name in METHODS.classes:
        assert methods.told(name), name
        assert all(row[3].text for row in methods.settings(name).rows), name


def test_columns_in_which_nothing_stands_are_left_out():
    rows = [[Entry("a"), Entry("—"), Entry("1 ± 2")], [Entry("b"), Entry(""), Entry("—")]]
    grid = Grid(told(Table("t", "t", ["Name", "Empty", "Number"], rows)))
    assert grid.table.header == ["Name", "Number"]
    assert grid.numeric == [False, True]


def test_rows_below_headings_keep_their_order():
    heading = [Entry("one", "heading"), Entry("")]
    assert not Grid(Table("t", "t", ["a", "b"], [heading, [Entry("x"), Entry("1")]])).sortable


def test_a_published_version_is_shown_by_its_files_alone(version):
    assert version.summary == json.loads((VERSION / "claims.json").read_text())["summary"]
    assert version.experiment("table1").metric == "accuracy of the weakest modality"
    assert version.experiment("table2").selection == "val"
    assert version.experiment("table2").tuned is False
    table = boards.of_benchmark(version, "avdigits")
    assert "Acted (%)" not in told(table).header
    row = next(row for row in table.rows if row[0].text == "Greedy" and row[10].text == "table2")
    assert [cell.text for cell in row[1:7]] == [
        "96.1 ± 0.6", "accuracy (%)", "+2.3 [+1.5, +3.1]", "Joint training", "0.0098", "above",
    ]  # fmt: skip


JSON = ("claims.json", "statistics/table2.json", "provenance/table2.json")


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_damaged_file_of_a_published_version_is_one_sentence(name, content, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("inforeg.engine.machine.limit", lambda: None)
    kept = tmp_path / "published/v1"
    for part in (*JSON, "runs.parquet"):
        (kept / part).parent.mkdir(parents=True, exist_ok=True)
        (kept / part).write_bytes((VERSION / part).read_bytes())
    (kept / name).write_text(content)
    assert main(["site", "--published", "v1", "--results", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert f"published/v1/{name} is damaged" in said
    assert "restore it from version control" in said


def test_a_published_version_has_a_page_for_all_that_it_holds(version, tmp_path):
    few = {names: numbers for names, numbers in version.runs.items() if names[3] == 0}
    count = write_site(replace(version, runs=few), tmp_path / "site")
    assert check_links(tmp_path / "site") == count
    text = Reader(tmp_path / "site/claims/table2/inforeg_greedy.html").text
    assert "CREMA-D +4.1; Kinetics-Sounds +2.8 points" in text
    assert "−4.0 [−5.4, −2.5]" in text
    assert len(list((tmp_path / "site/claims").rglob("*/*.html"))) == len(version.claims) == 38


def test_what_a_version_collected_beside_is_shown_with_its_curves(study, tmp_path):
    folder = tmp_path / "v0"
    shutil.copytree(VERSION, folder, ignore=shutil.ignore_patterns("figures", "tables"))
    study.collected.write(folder / "collected/mini")
    found = published.content_of(folder, Project(ROOT))
    run = ("alpha", "inforeg", "default", 3)
    assert {each.metric for each in found.runs[run]} >= {"accuracy", "macro_f1"}
    traces = [each for each in found.epochs[run] if each.metric == "trace/batch/whole"]
    assert [each.epoch for each in traces] == [0, 1, 2]
    assert found.epochs.keys() < found.runs.keys()


def test_what_claims_of_a_later_version_pool_is_shown(version):
    pooled = {"effect": 1.5, "low": 0.5, "high": 2.5, "ci90_low": 0.7, "ci90_high": 2.3, "p_holm": 0.01}
    pooled |= {"verdict": "reproduced", "above": 4.0, "below": 0.0, "effect_low": 0.5, "effect_high": 2.5}
    claim = replace(version.claims[0], pooled=Line(pooled))
    row = claims.listed(replace(version, claims=[claim])).rows[0]
    cells = [cell.text for cell in row[1:6]]
    assert cells == ["+1.5 [+0.5, +2.5]", "[+0.7, +2.3]", "0.01", "● reproduced", "4 / 0"]
    drawn = charts.forest(claim, version)
    assert drawn is not None
    assert drawn.told.endswith("all benchmarks +1.5 (reproduced).")


@pytest.mark.parametrize(
    ("shape", "pictured", "lines"),
    [
        ((1, 28, 28), True, 0),
        ((3, 16, 16), True, 0),
        ((2, 3, 16, 16), True, 0),
        ((36,), False, 1),
        ((50, 3), False, 3),
        ((3, 50), False, 3),
    ],
)
def test_samples_are_pictures_or_curves(shape, pictured, lines):
    sample = samples._sample("m", torch.arange(float(torch.Size(shape).numel())).view(shape))
    assert sample.picture.startswith("data:image/png;base64,") == pictured
    assert len(sample.curves) == lines


def test_a_picture_is_a_png_of_its_pixels():
    import base64
    import io

    from matplotlib.image import imread

    values = torch.tensor([[0.0, 1.0], [0.5, 0.25]]).repeat_interleave(4, 0).repeat_interleave(4, 1)
    content = base64.b64decode(samples._sample("m", values).picture.partition(",")[2])
    assert torch.allclose(torch.from_numpy(imread(io.BytesIO(content))), values, atol=1 / 255)


def test_a_folder_of_others_is_not_replaced(content, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is no site that may be replaced; name another place by --out"):
        write_site(content, tmp_path / "mine")
    assert read(tmp_path / "mine") == {"notes.txt": b"mine"}


def test_a_site_is_whole_or_as_it_was(content, tmp_path, monkeypatch):
    write_site(content, tmp_path / "site")
    before = read(tmp_path / "site")
    first = next(pages.pages(content))

    def broken(_: Content) -> Iterator[Any]:
        yield first
        raise UserError("broken")

    monkeypatch.setattr("inforeg.analysis.site.write.pages", broken)
    with pytest.raises(UserError, match="broken"):
        write_site(content, tmp_path / "site")
    assert read(tmp_path / "site") == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_pages_of_former_results_are_gone(content, tmp_path):
    write_site(content, tmp_path / "site")
    write_site(replace(content, claims=[]), tmp_path / "site")
    assert not (tmp_path / "site/claims/mini").exists()
    assert "None of these experiments has any." in Reader(tmp_path / "site/claims/index.html").text


@pytest.mark.parametrize(("suite", "place"), [("embedded", ""), ("paper", "paper/")])
def test_the_site_of_a_version_lies_beside_it(suite, place, tmp_path, monkeypatch):
    project = tmp_path / "project"
    (project / "workflow").mkdir(parents=True)
    (project / "workflow/config").symlink_to(ROOT / "workflow/config")
    published_here = project / "results" / place / "published"
    published_here.mkdir(parents=True)
    (published_here / "v1").symlink_to(VERSION)
    monkeypatch.chdir(project)
    monkeypatch.setenv("INFOREG_SELECT", f"suite={suite}")
    monkeypatch.setattr("inforeg.engine.machine.limit", lambda: None)
    monkeypatch.setattr("inforeg.analysis.site.write.pages", lambda content: iter(()))
    assert main(["site", "--published", "v1"]) == 0
    assert (project / "results" / place / "site/v1/assets/site.js").exists()
    assert [path.name for path in published_here.iterdir()] == ["v1"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--published ../v0.1", "There is no published version '../v0.1'"),
        ("--published v9", "There is no published version 'v9'"),
        ("mini --published v0.1", "leave out the experiments"),
        ("--statistics {empty}", "has no statistics of an experiment"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(line, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("inforeg.engine.machine.limit", lambda: None)
    words = line.format(empty=tmp_path / "empty").split()
    assert main(["site", *words, "--out", str(tmp_path / "site")]) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "site").exists()
