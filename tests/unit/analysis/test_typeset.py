"""The typesetter runs no command and reads nothing outside of the document's folder."""

import os
import shutil
import subprocess

import pytest

from inforeg.analysis.report.typeset import compiler, marked, missing, typeset
from inforeg.errors import UserError

engine = pytest.mark.parametrize("program", ["pdflatex", "xelatex"])


def compiled(folder, program, body):
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    source = folder / "results" / "paper.tex"
    source.parent.mkdir(exist_ok=True)
    head = f"{marked(program)}\\documentclass{{article}}\\usepackage{{graphicx}}"
    source.write_text(f"{head}\\begin{{document}}{body}\\end{{document}}")
    typeset(source, folder / "paper.pdf")
    return folder / "paper.pdf"


@pytest.fixture
def loosened(tmp_path, monkeypatch):
    """A user who allows LaTeX everything, and names more folders to read from."""
    (tmp_path / "texmf.cnf").write_text("openin_any = a\nopenout_any = a\nshell_escape = t\n")
    monkeypatch.setenv("TEXMFCNF", f"{tmp_path}{os.pathsep}")
    monkeypatch.setenv("TEXINPUTS", f"{tmp_path}{os.pathsep}/etc{os.pathsep}")
    for name, value in {"openin_any": "a", "openout_any": "a", "shell_escape": "t"}.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(f"{name}_pdflatex", value)
        monkeypatch.setenv(f"{name}_xelatex", value)
    (tmp_path / "secret.tex").write_text("secret")


@engine
@pytest.mark.parametrize("name", ["/etc/hostname", "../secret", "secret", "|cat /etc/hostname"])
def test_nothing_outside_is_read(tmp_path, loosened, program, name):
    with pytest.raises(UserError, match=r"refuses .*paper\.tex: LaTeX Error: File `.*' not found"):
        compiled(tmp_path, program, f"\\input{{{name}}}")
    assert not (tmp_path / "paper.pdf").exists()


@engine
def test_no_command_runs_and_nothing_is_written_elsewhere(tmp_path, loosened, program):
    compiled(tmp_path, program, f"x\\immediate\\write18{{touch {tmp_path}/made}}")
    assert not (tmp_path / "made").exists()
    with pytest.raises(UserError, match="refuses"):
        compiled(tmp_path, program, f"\\newwrite\\w\\immediate\\openout\\w={tmp_path}/made.tex x")
    assert not (tmp_path / "made.tex").exists()


@engine
def test_a_document_that_compiles_in_one_place_does_in_another(tmp_path, program):
    first = compiled(tmp_path, program, "Text.").read_bytes()
    assert first.startswith(b"%PDF")


@pytest.mark.parametrize(
    "name", ["-shell-escape.tex", "a b.tex", "\\write18{touch made}.tex", "$(touch made).tex"]
)
def test_a_name_is_no_option_and_no_command(tmp_path, name):
    if missing("pdflatex"):
        pytest.skip("needs pdflatex")
    (tmp_path / name).write_text("\\documentclass{article}\\begin{document}x\\end{document}")
    try:
        typeset(tmp_path / name, tmp_path / "x.pdf")
    except UserError as error:
        assert "refuses" in str(error)
    assert not [*tmp_path.glob("made*")]


def test_letters_decide_the_program_and_the_first_line_names_it():
    assert compiler(["γ é $ % Łódź ± —"]) == "pdflatex"
    assert marked("pdflatex") == ""
    assert compiler(["γ", "Привет"]) == "xelatex"
    assert marked("xelatex") == "% !TEX program = xelatex\n"


def test_a_program_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "paper.tex").write_text(f"{marked('xelatex')}\\documentclass{{article}}")
    with pytest.raises(UserError, match=r"xelatex is not there.*on Debian: texlive-xetex"):
        typeset(tmp_path / "paper.tex", tmp_path / "paper.pdf")


@engine
def test_a_letter_that_a_font_lacks_is_refused(tmp_path, program):
    with pytest.raises(UserError, match="refuses"):
        compiled(tmp_path, program, "\\tracinglostchars=3 中")


def test_no_shell_is_asked(tmp_path, monkeypatch):
    asked = []

    def run(command, **settings):
        asked.append((command, settings))
        return subprocess.CompletedProcess(command, 1, b"! no", b"")

    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(subprocess, "run", run)
    (tmp_path / "paper.tex").write_text("x")
    with pytest.raises(UserError, match="refuses"):
        typeset(tmp_path / "paper.tex", tmp_path / "paper.pdf")
    for command, settings in asked:
        assert "-no-shell-escape" in command
        assert "shell" not in settings
        assert settings["env"]["openin_any"] == settings["env"]["openout_any"] == "p"
