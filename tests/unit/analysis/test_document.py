"""The replication as a document, and the picture of its claims."""

import re
import shutil
from collections import Counter
from dataclasses import replace

import pytest
from sweeps import BETTER, CLAIM, JOINT, make_sweep, write_all

from inforeg.analysis.report import pages
from inforeg.analysis.report.numbers import macro, numbers
from inforeg.analysis.report.outputs import write_document
from inforeg.analysis.report.typeset import typeset
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.tables import render
from inforeg.analysis.tables.claims import overview_table
from inforeg.analysis.tables.pooled import summary_tables
from inforeg.errors import UserError

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")


def judged(study):
    return [(study, compute(study))]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("table2", "htad", "inforeg/star", "mean"), "TableTwoHtadInforegStarMean"),
        (("figure10", "htad_random", "joint", "p"), "FigureOneZeroHtadRandomJointP"),
    ],
)
def test_names_of_macros_are_letters_alone(words, name):
    assert macro(*words) == name


def test_a_macro_for_every_number(study):
    lines = numbers(judged(study)).splitlines()
    assert r"\newcommand{\MiniAlphaInforegMean}{73.4}" in lines
    assert r"\newcommand{\MiniAlphaInforegDifference}{+2.9}" in lines
    assert r"\newcommand{\MiniBetaInforegDifference}{$-$2.9}" in lines
    assert r"\newcommand{\MiniAlphaUnimodalSd}{0.5}" in lines
    assert r"\newcommand{\ClaimsTests}{2}" in lines
    assert r"\newcommand{\ClaimsReproduced}{1}" in lines
    assert r"\newcommand{\ClaimsRuns}{48}" in lines
    assert r"\newcommand{\ClaimsBenchmarks}{2}" in lines
    assert "".join(lines).isascii()


def test_two_numbers_of_one_name_are_refused(study):
    ((study, statistics),) = judged(study)
    twin = replace(study, name="mini_")
    with pytest.raises(UserError, match=r"would be called \\MiniClaimBetterEffect; rename"):
        numbers([(study, statistics), (twin, statistics)])


def written(results, folder, **settings):
    """The document of these results."""
    write_document(results, folder, **settings)
    return (folder / "paper.tex").read_text()


def test_abstract_and_findings_quote_numbers_by_macros_alone(study, tmp_path):
    text = written(judged(study), tmp_path)
    named = text.split(r"\begin{abstract}")[1].split(r"\section{Setting}")[0]
    for known in ("CVPR 2025", "Table 2", "95~", r"\setcounter{tocdepth}{2}", r"0.3\textheight"):
        named = named.replace(known, "")
    assert not set("123456789") & set(re.sub(r"\\hyperlink\{[^}]*\}", "", named))


def test_claims_of_ones_own_are_not_called_the_papers(study, tmp_path):
    assert r"\title{The claims of InfoReg, tested}" in written(judged(study), tmp_path)
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    claim = {**CLAIM, "printed": {}, "source": "our own"}
    own = judged(make_sweep(tmp_path, accuracies, {}, claims=[claim]).study())
    text = written(own, tmp_path)
    assert r"\title{The claims, tested}" in text
    assert r"Claims are tested on \ClaimsBenchmarks{} benchmark, by \ClaimsRuns{} runs." in text
    assert r"Of the \ClaimsNumber{} claim, over all benchmarks," in text
    shown = render.markdown([*summary_tables(own), overview_table(*own[0])], "")
    assert "the paper" not in shown.lower()
    assert "Every claim on every benchmark." in text
    assert "Holm: over 1 test of a benchmark" in text
    assert "within ± 1 point by two" in shown


def test_every_macro_that_the_document_quotes_is_defined(study, tmp_path):
    text = written(judged(study), tmp_path)
    defined = set(re.findall(r"\\newcommand\{(\\[A-Za-z]+)\}", (tmp_path / "numbers.tex").read_text()))
    quoted = set(re.findall(r"(\\[A-Z][A-Za-z]+)\{\}", text))
    assert quoted
    assert quoted <= defined


def test_no_name_of_a_claim_or_a_row_is_shown(study, tmp_path):
    claim = study.experiment.claims[0].model_copy(update={"id": "raw_name"})
    study = replace(study, experiment=study.experiment.model_copy(update={"claims": [claim]}))
    text = written(judged(study), tmp_path)
    shown = re.sub(r"\\hyper(link|target)\{[^}]*\}", "", text)
    assert "raw_name" not in shown.replace("\\_", "_")
    assert text.count("InfoReg beats joint training") > 3


def test_links_lead_somewhere(study, tmp_path):
    text = written(judged(study), tmp_path)
    for link, target in (("hyperlink", "hypertarget"), ("ref", "label")):
        named = set(re.findall(rf"\\{link}\{{([^}}]*)\}}", text))
        assert named
        assert named <= set(re.findall(rf"\\{target}\{{([^}}]*)\}}", text))


def test_each_note_stands_once(study, tmp_path):
    text = written(judged(study), tmp_path)
    (oracle,) = re.findall(r"\\item\[\\hypertarget\{note:\d+\}.*test oracle picks the epoch", text)
    number = re.search(r"note:(\d+)", oracle)[1]
    assert text.count(rf"\hyperlink{{note:{number}}}") == len(study.benchmarks)
    notes = re.findall(r"\\tablenote\{(?!See note)(.*)\}", text)
    assert notes
    assert len(notes) == len(set(notes))


def test_without_notes_that_tables_share_there_is_no_section_for_them(study, tmp_path, monkeypatch):
    shared = Counter()  # of one table, which shares them with none
    monkeypatch.setattr(pages, "Counter", lambda _: shared)
    text = written(judged(study), tmp_path)
    assert r"\section{Notes}" not in text
    assert r"\begin{description}" not in text


@needs_latex
def test_the_document_compiles_to_the_same_bytes_and_nothing_overflows(tmp_path):
    accuracies = {(b, m, "default"): [0.7, 0.8] * 4 for b in ("alpha", "beta") for m in ("joint", "inforeg")}
    claim = CLAIM | {"statement": "InfoReg beats joint training at β = 0.9 & 100 % of K_1"}
    study = make_sweep(
        tmp_path, accuracies, {}, claims=[claim], figures=["differences", "regulation"]
    ).study()
    write_all(study, tmp_path)
    assert typeset(tmp_path / "paper.tex", tmp_path / "first.pdf") == []
    typeset(tmp_path / "paper.tex", tmp_path / "second.pdf")
    assert (tmp_path / "first.pdf").read_bytes() == (tmp_path / "second.pdf").read_bytes()
    assert {path.suffix for path in tmp_path.glob("paper.*")} == {".tex"}


@needs_latex
def test_what_does_not_fit_is_named(tmp_path):
    wide = r"\documentclass{article}\begin{document}\noindent\rule{30cm}{1pt}\end{document}"
    (tmp_path / "wide.tex").write_text(wide)
    (line,) = typeset(tmp_path / "wide.tex", tmp_path / "wide.pdf")
    assert line.startswith(r"Overfull \hbox (")


@needs_latex
def test_a_refused_source_is_one_sentence_and_writes_nothing(tmp_path):
    (tmp_path / "bad.tex").write_text(r"\documentclass{article}\begin{document}\nothing\end{document}")
    with pytest.raises(UserError, match=r"refuses .*bad\.tex: Undefined control sequence"):
        typeset(tmp_path / "bad.tex", tmp_path / "bad.pdf")
    assert not (tmp_path / "bad.pdf").exists()


def test_without_latex_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "paper.tex").write_text("\\documentclass{article}")
    with pytest.raises(UserError, match="pdflatex is not there, so the document stays LaTeX; install it"):
        typeset(tmp_path / "paper.tex", tmp_path / "paper.pdf")
