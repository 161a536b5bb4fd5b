"""What the package imports and calls is declared, so that an environment of the declared alone has it."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = {"dvc_data": "dvc"}
"""A part of another package, which pins it: a bound of our own could only contradict."""


def imported() -> set[str]:
    """Names of the packages that the sources import, wherever in them, and of modules run as `-m`."""
    found: set[str] = set()
    for path in (ROOT / "inforeg").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
            elif isinstance(node, ast.List):
                texts = [getattr(each, "value", None) for each in node.elts]
                found.update(name.split(".")[0] for flag, name in pairwise(texts) if flag == "-m" and name)
    return {PARTS.get(name, name) for name in found - set(sys.stdlib_module_names) - {"inforeg"}}


def test_every_package_in_use_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=\[]", each)[0].lower() for each in project["dependencies"]}
    owners = packages_distributions()
    assert {"pip", "torch", "pydantic"} <= imported()
    for name in sorted(imported()):
        assert declared & {owner.lower().replace("_", "-") for owner in owners.get(name, [name])}, (
            f"{name} is not declared"
        )
