"""What a command loads before its work: packages that take long to import, only where it needs them."""

import math
import subprocess
import sys

import pytest

import inforeg
from inforeg import errors

PREDICTIONS = """
import torch
from types import SimpleNamespace
from inforeg.engine.predictions import _table
rule = SimpleNamespace(logits={"test": {"logits": torch.eye(3)}})
assert _table(SimpleNamespace(rules={"val": rule}), {"test": torch.arange(3)}, {}).num_rows == 3
"""

SNAKEFILE = """
import inforeg.suite.checks, inforeg.probes.frames
from inforeg.registry import PROBES
assert "linear" in PROBES.classes
"""

EXAMINE = """
import torch
import inforeg.cli.examine, inforeg.probes.examine, inforeg.suite.folders.store, inforeg.suite.plan
from inforeg.probes import linear
from inforeg.registry import PROBES
assert "linear" in PROBES.classes
linear._fit(torch.eye(3, dtype=torch.float64), torch.arange(3), 3)
"""
HEAVY = {"pandas", "sklearn", "scipy", "matplotlib", "pyarrow", "tensorboard", "torch._dynamo"}


@pytest.mark.parametrize(
    ("code", "spared"),
    [
        ("from inforeg.__main__ import parser; parser()", {"torch", "pandas", "scipy"}),
        ("from inforeg.cli.listing import experiments; experiments()", {"torch", "pandas", "scipy"}),
        (SNAKEFILE, {"pandas", "sklearn", "pyarrow"}),
        (PREDICTIONS, {"pandas", "sklearn", "matplotlib"}),
        (EXAMINE, HEAVY),
        ("import inforeg.analysis.collected.study", {"sklearn", "matplotlib"}),
        ("import inforeg.analysis.report.outputs", {"sklearn", "scikit_posthocs", "statsmodels"}),
    ],
    ids=["--help", "list experiments", "the Snakefile", "train", "examine", "merge", "table"],
)
def test_what_takes_long_to_import_is_not(request, code, spared):
    code = f"{code}\nimport sys\nprint(*sys.modules)"
    root = request.config.rootpath
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert not spared & set(answer.stdout.split())


def test_inforeg_for_anyones_loop_brings_nothing_else_of_the_package():
    code = (
        "from inforeg import InfoReg; import sys; print(*(m for m in sys.modules if m.startswith('inforeg')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    wings = {name.split(".")[1] for name in done.stdout.split() if "." in name}
    assert wings == {"regulation", "errors"}


def test_what_hands_a_command_to_a_worker_loads_neither_parser_nor_metadata():
    program = "import inforeg.__main__, sys; print({'argparse', 'importlib.metadata'} & {*sys.modules})"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"


def test_bad_input_is_a_value_error_that_the_package_exports():
    assert inforeg.UserError is errors.UserError
    with pytest.raises(ValueError, match="beta = inf is not a finite number"):
        inforeg.InfoReg({"audio": [], "video": []}, beta=math.inf)


def test_finding_data_sets_loads_no_decoder():
    """All are loaded to find one, and most hold no media."""
    program = (
        "import sys; from inforeg.registry import DATASETS; DATASETS.classes; print('av' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"
