"""LaTeX to PDF, by the machine's own pdflatex, or xelatex for letters that pdflatex lacks."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from inforeg.characters import FONTS, is_plain
from inforeg.errors import UserError
from inforeg.files import write_bytes
from inforeg.reading import read_text

PROGRAMS = {
    "pdflatex": "texlive-latex-recommended, texlive-fonts-recommended and lmodern",
    "xelatex": "texlive-xetex",
}
"""What compiles documents, and where Debian has it; the first one where it has all letters."""

# Of a document only names below its own folder are opened, and no command is run, whatever texmf.cnf says.
CONFINED = {"openin_any": "p", "openout_any": "p", "shell_escape": "f"}
STEADY = ("-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "-jobname=document")
RERUN, MOST = "Rerun ", 5
"""What LaTeX asks for while references move, and how often it gets it."""
UNDATED = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}


def compiler(texts: Iterable[str]) -> str:
    """The program that has all letters of `texts`."""
    plain, complete = PROGRAMS
    return plain if is_plain(texts) else complete


def marked(program: str) -> str:
    """The first line of a document for `program`, as editors know it; none for pdflatex."""
    return "" if program == next(iter(PROGRAMS)) else f"% !TEX program = {program}\n"


def missing(program: str) -> str:
    """What to do where `program` is not there; empty where it is."""
    if shutil.which(program):
        return ""
    return (
        f"{program} is not there, so the document stays LaTeX; install it (on Debian: {PROGRAMS[program]}) "
        "and give the command again."
    )


def typeset(source: Path, target: Path) -> list[str]:
    """Compile `source` into the PDF `target`: equal sources, equal bytes.

    Returns:
        What LaTeX could not fit into its lines, by more than a point.

    Raises:
        UserError: there is no such program, or it refuses the source.
    """
    program = _program(read_text(source))
    if lacking := missing(program):
        raise UserError(lacking)
    with tempfile.TemporaryDirectory() as scratch:
        command = [program, *STEADY, f"-output-directory={scratch}", f"./{source.name}"]
        log = RERUN
        for _ in range(MOST):  # each time with the contents, references and widths of the time before
            if RERUN not in log:
                break
            done = subprocess.run(
                command,
                cwd=source.parent,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
            log = done.stdout.decode("utf-8", "replace")
            if done.returncode:
                reason = next(
                    (line for line in log.splitlines() if line.startswith("!")), "! no reason given"
                )
                raise UserError(f"{program} refuses {source}: {reason.lstrip('! ')}")
        write_bytes(target, (Path(scratch) / "document.pdf").read_bytes())
    return [line for line, width in re.findall(r"(Overfull \\hbox \(([\d.]+)pt.*)", log) if float(width) > 1]


def _program(document: str) -> str:
    """The program that the first line of `document` names."""
    return next(program for program in reversed(PROGRAMS) if document.startswith(marked(program)))


def _environment() -> dict[str, str]:
    """The environment without what adds to what a document may read, and with Matplotlib's fonts."""
    # kpathsea prefers a variable of the program's own, such as openin_any_pdflatex.
    told = ("TEXINPUTS", *CONFINED)
    own = {name: value for name, value in os.environ.items() if not name.startswith(told)}
    return own | CONFINED | UNDATED | {"TTFONTS": f"{FONTS}{os.pathsep}"}
