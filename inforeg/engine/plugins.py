"""The sources of plug-ins: the code of a run that is not the package's own."""

import ast
import importlib
import json
import pkgutil
import sys
from functools import cache
from hashlib import sha256
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

from inforeg.engine.versions import ENGINE_VERSION
from inforeg.files import write_json
from inforeg.registry import DATASETS, ENCODERS, FUSIONS, METHODS, others
from inforeg.runspec import RunSpec

REGISTRIES = (METHODS, DATASETS, ENCODERS, FUSIONS)
PACKAGES = ("inforeg.data.", "inforeg.methods.", "inforeg.models.encoders.", "inforeg.models.fusions.")
"""Plug-ins and what they share."""

RELEASED = Path(__file__).with_name("released.json")
"""The package's own modules among them: the SHA-256 of each one's source, and the versions pinned with it."""

WORDS = {"title", "reference", "licence", "citation"}
"""Class variables that only people read."""


def sources(spec: RunSpec) -> dict[str, str]:
    """SHA-256, by module, of the sources that compute `spec` and are not those that the package came with.

    They are the modules of its method, data set, fusion and encoders, and what these take from the same
    packages.
    """
    config = spec.config
    classes = [METHODS.get(spec.method), DATASETS.get(config.data.name), FUSIONS.get(config.fusion)]
    classes += [ENCODERS.get(encoder.kind) for encoder in config.encoders.values()]
    own = json.loads(RELEASED.read_text(encoding="utf-8"))
    modules = {module for cls in classes for module in _modules(cls)}
    found = {module: digest(module) for module in sorted(modules)}
    return {
        module: code for module, code in found.items() if code and code != own.get(module, {}).get("sha256")
    }


@cache
def digest(module: str) -> str | None:
    """SHA-256 of a module's source without comments, docstrings, layout and words; None where it has no file.

    Once per process, as the module itself is read: an edit afterwards does not change what computes here.
    """
    tree = _tree(module)
    return None if tree is None else sha256(json.dumps(_shape(tree)).encode()).hexdigest()


def pins() -> dict[str, Any]:
    """What `RELEASED` holds when it is up to date; ENGINE_VERSION stands for modules that are shared."""
    classes = [item for registry in REGISTRIES for item in registry.classes.items()]
    found: dict[str, Any] = {}
    for prefix in PACKAGES:
        package = importlib.import_module(prefix.rstrip("."))
        for info in pkgutil.walk_packages(package.__path__, prefix):
            module = importlib.import_module(info.name).__name__
            mine = {name: cls for name, cls in classes if cls.__module__ == module}
            versions = {name: getattr(cls, "version", ENGINE_VERSION) for name, cls in mine.items()}
            if not info.ispkg:
                found[module] = {"sha256": digest(module), "versions": versions or {"engine": ENGINE_VERSION}}
    return found


def renew() -> None:
    """Write `RELEASED` anew, of a tree without plug-ins and once no result changes without its version."""
    write_json(RELEASED, pins())


def _modules(cls: type) -> set[str]:
    """The module of `cls`, those of its bases that are plug-ins, and what these import of such modules."""
    packages = (*PACKAGES, *(f"{name}." for name in others()))
    waiting = [b.__module__ for b in cls.__mro__ if b is cls or b.__module__.startswith(packages)]
    found: set[str] = set()
    while waiting:
        if (module := waiting.pop()) not in found:
            found.add(module)
            waiting += [name for name in _imported(module) if name.startswith(packages)]
    return found


@cache
def _imported(module: str) -> frozenset[str]:
    """The loaded modules that a module imports."""
    named: set[str] = set()
    for node in ast.walk(_tree(module) or ast.Module([], [])):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), module.rpartition(".")[0])
            named.update((origin, *(f"{origin}.{alias.name}" for alias in node.names)))
    return frozenset(named & sys.modules.keys())


def _tree(module: str) -> ast.Module | None:
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return ast.parse(Path(file).read_bytes()) if file.endswith(".py") else None


def _shape(node: Any) -> Any:
    """A syntax tree as JSON, the same under every Python, without what does not compute."""
    if isinstance(node, ast.AST):
        fields = {name: value for name, value in ast.iter_fields(node) if value not in (None, [])}
        return [type(node).__name__, {name: _shape(value) for name, value in sorted(fields.items())}]
    if isinstance(node, list):
        return [_shape(each) for each in node if not _is_read_only_by_people(each)]
    return ascii(node)


def _is_read_only_by_people(node: Any) -> bool:
    """Whether a statement is a docstring, or gives one of WORDS a text."""
    text = isinstance(getattr(node, "value", None), ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return text and all(isinstance(target, ast.Name) and target.id in WORDS for target in targets)
    return text and isinstance(node, ast.Expr)
