"""The replication as a document, and the picture of its claims."""

import shutil
from dataclasses import replace

import pytest
from sweeps import CLAIM, make_sweep, write_all

from inforeg.analysis.report import document
from inforeg.analysis.report.typeset import typeset
from inforeg.analysis.statistics.compute import compute
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
    assert document.macro(*words) == name


def test_a_macro_for_every_number(study):
    lines = document.numbers(judged(study)).splitlines()
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
    with pytest.raises(UserError, match=r"would be called \\MiniAlphaJointMean; rename"):
        document.numbers([(study, statistics), (twin, statistics)])


def test_the_abstract_quotes_numbers_by_macros_alone(study):
    text = document.document([study])
    abstract = text.split(r"\noindent")[1].split(r"\drawing")[0]
    assert not set("123456789") & set(abstract.replace("CVPR 2025", "").replace("0.05", ""))


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
