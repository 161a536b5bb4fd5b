"""What a user sets for Matplotlib changes no figure and stops no command."""

import os
import re
import subprocess
import sys
from pathlib import Path

import inforeg

SOURCE = Path(inforeg.__file__).parent
SCRIPT = """
import sys
from pathlib import Path
from inforeg.analysis.report.outputs import write_figures, write_tables
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compute import compute
from inforeg.suite.project import Project

root, out = map(Path, sys.argv[1:])
study = Study.read(Project(root), "mini", root / "collected")
write_figures(study, compute(study), out)
write_tables(study, compute(study), out)
"""
LOUD = "font.size: 30\nlines.linewidth: 9\nbackend: tkagg\ntext.usetex: True\naxes.facecolor: red\n"


def test_figures_are_the_same_bytes_and_tables_are_made(sweep, tmp_path):
    sweep.study().collected.write(sweep.root / "collected")
    here = tmp_path / "here"
    here.mkdir()
    (here / "matplotlibrc").write_bytes(b"\xff\xfe not: text\n")
    (tmp_path / "loud").write_text(LOUD)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MPL", "MATPLOTLIB"))}
    plain["PYTHONPATH"] = str(SOURCE.parent)
    odd = {"MPLBACKEND": "nonsense", "MATPLOTLIBRC": str(tmp_path / "loud"), "MPLCONFIGDIR": "/dev/null/x"}
    hostile = {name: value for name, value in plain.items() if name != "HOME"} | odd
    made = []
    for folder, environment in ((tmp_path, plain), (here, hostile)):
        out = tmp_path / f"made-{folder.name}"
        command = [sys.executable, "-c", SCRIPT, str(sweep.root), str(out)]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        made.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert len(made[0]) > 10
    assert made[0] == made[1]


def test_a_process_that_has_set_matplotlib_already_draws_the_same(study, tmp_path):
    import matplotlib as mpl

    from inforeg.analysis.figures.catalogue import save
    from inforeg.analysis.statistics.compute import compute

    statistics = compute(study)
    save("differences", study, statistics, tmp_path / "plain.pdf")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "savefig.bbox": "tight"}):
        save("differences", study, statistics, tmp_path / "loud.pdf")
        assert mpl.rcParams["font.size"] == 30
    for kind in ("pdf", "png"):
        assert (tmp_path / f"plain.{kind}").read_bytes() == (tmp_path / f"loud.{kind}").read_bytes()


def test_matplotlib_is_imported_undisturbed():
    importing = re.compile(r"^ *(import|from) (matplotlib|seaborn|scikit_posthocs)\b", re.MULTILINE)
    beside = re.compile(r"^(import|from) (matplotlib|seaborn|scikit_posthocs)\b", re.MULTILINE)
    assert [
        path.name for path in SOURCE.rglob("*.py") if beside.search(path.read_text(encoding="utf-8"))
    ] == []
    found = [path.name for path in SOURCE.rglob("*.py") if importing.search(path.read_text(encoding="utf-8"))]
    assert sorted(found) == ["across.py", "canvas.py"]
