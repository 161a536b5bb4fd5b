"""The parts of the package, and of its analysis, import downwards, in the order of CONTRIBUTING.md's maps."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["inforeg", "inforeg/analysis"]

RENDERING = ("site", "report", "figures", "tables")
STATISTICS = "inforeg.analysis.statistics"
STORED = {"Ranks", "Results", "Statistics"}
COMPUTING = {"scipy", "statsmodels", "scikit_posthocs", "sklearn"}


def layers(package: str) -> list[list[str]]:
    """The parts of each line of the package's map, top to bottom."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    block = blocks[PACKAGES.index(package)]
    return [line.split("  ")[0].split() for line in block.splitlines()]


def parts(package: str) -> set[str]:
    folder = ROOT / package
    folders = {path.name for path in folder.iterdir() if (path / "__init__.py").exists()}
    return folders | {path.stem for path in folder.glob("*.py") if not path.stem.startswith("__")}


def imports(file: Path) -> Iterator[str]:
    """What a file imports, with its module; also inside functions and for types alone."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def arrows(package: str) -> Iterator[tuple[Path, str, str]]:
    """File, its part and a part that it imports."""
    prefix = package.replace("/", ".") + "."
    for file in (ROOT / package).rglob("*.py"):
        part = file.relative_to(ROOT / package).with_suffix("").parts[0]
        for name in imports(file):
            if name.startswith(prefix):
                yield file, part, name.removeprefix(prefix).split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_map_has_every_part_once(package):
    listed = [part for layer in layers(package) for part in layer]
    assert sorted(listed) == sorted(parts(package))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_import_leads_downwards(package):
    heights = {part: -number for number, layer in enumerate(layers(package)) for part in layer}
    back = [
        f"{file.relative_to(ROOT)}: {part} imports {other}"
        for file, part, other in arrows(package)
        if part in heights and other in heights and other != part and heights[other] >= heights[part]
    ]
    assert not back


def test_what_renders_takes_of_statistics_constants_and_what_is_stored():
    computed = []
    for file in (path for part in RENDERING for path in (ROOT / "inforeg/analysis" / part).rglob("*.py")):
        for name in imports(file):
            module, _, thing = name.rpartition(".")
            of_statistics = name.startswith(STATISTICS)
            constant = module == f"{STATISTICS}.level" and thing.isupper()
            stored = module == f"{STATISTICS}.stored" and thing in STORED
            if (of_statistics and not (constant or stored)) or name.split(".")[0] in COMPUTING:
                computed.append(f"{file.relative_to(ROOT)}: {name}")
    assert not computed
