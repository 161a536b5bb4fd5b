"""What the package imports and calls is declared, so that an environment of the declared alone has it."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PARTS = {"dvc_data": "dvc"}
"""A part of another package, which pins it: a bound of our own could only contradict."""


def statements(path: Path) -> Iterator[ast.AST]:
    """All that is in a module but what only a type checker reads."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


def modules(path: Path) -> Iterator[str]:
    """Names of what a module imports, wherever in it, and of modules run as `-m`."""
    for node in statements(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.List):
            texts = [getattr(each, "value", None) for each in node.elts]
            yield from (name for flag, name in pairwise(texts) if flag == "-m" and name)


def imported(paths: Iterable[Path]) -> set[str]:
    """Names of the packages of others that modules import."""
    found = {name.split(".")[0] for path in paths for name in modules(path)}
    return {PARTS.get(name, name) for name in found - set(sys.stdlib_module_names) - {"inforeg"}}


def reached(module: str) -> set[Path]:
    """The package's files that are loaded for a module of it."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        parts = waiting.pop().split(".")
        for end in range(1, len(parts) + 1):
            folder = ROOT.joinpath(*parts[:end])
            for path in {folder / "__init__.py", folder.with_suffix(".py")} - found:
                if path.is_file():
                    found.add(path)
                    waiting.extend(name for name in modules(path) if name.split(".")[0] == "inforeg")
    return found


def undeclared(names: Iterable[str], requirements: Iterable[str]) -> list[str]:
    declared = {re.split(r"[<>=\[]", each)[0].lower() for each in requirements}
    owners = packages_distributions()
    return sorted(
        name
        for name in names
        if not declared & {owner.lower().replace("_", "-") for owner in owners.get(name, [name])}
    )


def test_every_package_in_use_is_declared() -> None:
    names = imported((ROOT / "inforeg").rglob("*.py"))
    assert {"pip", "torch", "pydantic"} <= names
    assert not undeclared(names, [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["suite"]])


def test_ones_own_loop_needs_the_core_alone() -> None:
    paths = reached("inforeg.regulation")
    assert {path.parent.name for path in paths} == {"inforeg", "regulation"}
    assert "torch" in imported(paths)
    assert not undeclared(imported(paths), PROJECT["dependencies"])
