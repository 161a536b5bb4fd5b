"""Commands of `snakemake` and `inforeg` in processes of their own that share the time of one start."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.workflow.conftest import Tree

# The modules are loaded once; each command then runs in a fork, its output in files.
DRIVER = """
import json
import os
import sys
from pathlib import Path

import inforeg.probes.frames
import inforeg.suite.checks
import inforeg.cli.check
import snakemake.cli
import snakemake.workflow
from inforeg.__main__ import entry

scratch = Path(sys.argv[1])
for number, (folder, program, *arguments) in enumerate(json.load(sys.stdin)):
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        for stream, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(scratch / f"{number}.{name}", os.O_WRONLY | os.O_CREAT), stream)
        sys.argv = [program, *arguments]
        entry() if program == "inforeg" else snakemake.cli.main()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    (scratch / f"{number}.status").write_text(str(status))
"""


def forked(commands: Iterable[tuple[Tree, str]], scratch: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run each command in its project, one after another, with the modules of the first project.

    Args:
        commands: pairs of a project and what a user would type there.
        scratch: an empty folder for their output.
    """
    given = [(tree, command.split()) for tree, command in commands]
    scratch.mkdir(parents=True)
    subprocess.run(
        [given[0][0].python, "-c", DRIVER, scratch],
        input=json.dumps([[str(tree.path), *words] for tree, words in given]),
        cwd=given[0][0].path,
        env=given[0][0].environment(),
        text=True,
        check=True,
    )
    answers = []
    for number, (_, words) in enumerate(given):
        status, out, err = (
            (scratch / f"{number}.{name}").read_text(encoding="utf-8") for name in ("status", "out", "err")
        )
        answers.append(subprocess.CompletedProcess(words, int(status), out, err))
    return answers
