import shutil
import subprocess

import pytest

from inforeg.analysis.tables.render import Entry, Table, html, latex, markdown

TABLE = Table(
    caption="Costs 5 % of $x_1 & more",
    label="t",
    header=["Method", "Long header with a unit (%)"],
    rows=[
        [Entry(r"a_b & {c} #1 ~ ^ \d <e> | *"), Entry("70.1 ± 0.2", "best", "↑")],
        [Entry("InfoReg*"), Entry("−1.0", "second", "a")],
    ],
    notes=["50 % of a_b; ●, ○, ✗, ×, —."],
)


def test_latex_says_what_packages_it_needs():
    assert latex([TABLE], "-").splitlines()[1] == r"% \usepackage{booktabs,graphicx}"
    square = Table("c", "t", ["a"], [[Entry("□")]])
    assert latex([square], "-").splitlines()[1] == r"% \usepackage{booktabs,graphicx,amssymb}"


def test_latex_escapes_and_marks():
    text = latex([TABLE], "commit abc")
    assert text.startswith("% commit abc\n")
    assert r"\caption{Costs 5~\% of \$x\_1 \& more}" in text
    assert r"a\_b \& \{c\} \#1" in text
    assert r"\textbf{70.1 $\pm$ 0.2}\textsuperscript{$\uparrow$}" in text
    assert r"\underline{$-$1.0}\textsuperscript{a}" in text
    assert [text.count(f"\\{rule}rule") for rule in ("top", "mid", "bottom")] == [1, 1, 1]
    assert r"\hline" not in text
    assert text.isascii()


def test_wide_cells_break_before_their_brackets():
    row = [Entry("Joint"), Entry("94.2 ± 2.5 (42.0 / 39.5 / 34.2)"), Entry("+0.8 [+0.4, +1.2]")]
    text = latex([Table("c", "t", ["Method", "A", "B"], [row])], "")
    assert r"94.2 $\pm$ 2.5 \\ (42.0 / 39.5 / 34.2)\end{tabular}" in text
    assert "& +0.8 [+0.4, +1.2] " in text


def test_the_first_column_has_more_room():
    claim = "InfoReg is more accurate than PMR"
    text = latex([Table("c", "t", ["Claim", "A"], [[Entry(claim), Entry(claim)]])], "")
    assert f"{claim} " in text
    assert r"InfoReg is more \\ accurate than PMR" in text


def test_markdown_escapes_and_marks():
    text = markdown([TABLE], "commit abc")
    assert r"\| \*" in text
    assert r"InfoReg\*" in text
    assert "**70.1 ± 0.2**<sup>↑</sup>" in text
    assert "<ins>−1.0</ins><sup>a</sup>" in text
    assert text.endswith("<!-- commit abc -->\n")


def test_html_escapes_and_marks():
    text = html([TABLE], "commit abc")
    assert text.startswith("<!DOCTYPE html>")
    assert "<h2>Costs 5 % of $x_1 &amp; more</h2>" in text
    assert "&lt;e&gt;" in text
    assert "<strong>70.1 ± 0.2</strong><sup>↑</sup>" in text
    assert "<u>−1.0</u><sup>a</sup>" in text
    assert text.endswith("<!-- commit abc -->\n</html>\n")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(tmp_path):
    (tmp_path / "table.tex").write_text(latex([TABLE, TABLE], "commit abc"))
    head = "\\documentclass{article}\\usepackage{booktabs,graphicx}"
    main = f"{head}\\begin{{document}}\\input{{table}}\\end{{document}}"
    (tmp_path / "main.tex").write_text(main)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_what_is_best_is_marked_without_its_brackets():
    cell = Entry("84.0 ± 1.6 (68.9 / 72.7)", "second", "†")
    body = latex([Table("Mini", "mini", ["Method", "A"], [[Entry("Joint"), cell]])], "-")
    first = r"\underline{84.0 $\pm$ 1.6}\textsuperscript{$\dagger$}"
    assert rf"\begin{{tabular}}[t]{{@{{}}l@{{}}}}{first} \\ (68.9 / 72.7)\end{{tabular}}" in body
