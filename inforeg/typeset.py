"""LaTeX to PDF, by the machine's own pdflatex."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from inforeg.errors import UserError
from inforeg.files import write_bytes

PROGRAM = "pdflatex"
MISSING = (
    f"{PROGRAM} is not there, so the document stays LaTeX; install it (on Debian: "
    "texlive-latex-recommended and texlive-fonts-recommended) and give the command again."
)


def typeset(source: Path, target: Path) -> list[str]:
    """Compile `source` into the PDF `target`: equal sources, equal bytes.

    Returns:
        What LaTeX could not fit into its lines, by more than a point.

    Raises:
        UserError: there is no pdflatex, or it refuses the source.
    """
    if shutil.which(PROGRAM) is None:
        raise UserError(MISSING)
    with tempfile.TemporaryDirectory() as scratch:
        command = [PROGRAM, "-interaction=nonstopmode", "-halt-on-error", f"-output-directory={scratch}"]
        undated = os.environ | {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}
        for _ in range(2):  # the second time with the references of the first
            done = subprocess.run(
                [*command, source.name],
                cwd=source.parent,
                env=undated,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        log = done.stdout.decode("utf-8", "replace")
        if done.returncode:
            reason = next((line for line in log.splitlines() if line.startswith("!")), "! no reason given")
            raise UserError(f"{PROGRAM} refuses {source}: {reason.lstrip('! ')}")
        write_bytes(target, (Path(scratch) / f"{source.stem}.pdf").read_bytes())
    return [line for line, width in re.findall(r"(Overfull \\hbox \(([\d.]+)pt.*)", log) if float(width) > 1]
