"""The package's parts import downwards, in the order of the map in CONTRIBUTING.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "inforeg"


def layers() -> list[list[str]]:
    """The parts of each line of the map, top to bottom."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"```\n(cli\b.*?)```", text, re.DOTALL)
    assert block
    return [line.split("  ")[0].split() for line in block[1].splitlines()]


def parts() -> set[str]:
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    return folders | {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")}


def arrows() -> Iterator[tuple[Path, str, str]]:
    """File, its part and a part that it imports; also inside functions and for types alone."""
    for file in PACKAGE.rglob("*.py"):
        part = file.relative_to(PACKAGE).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for name in names:
                package, _, rest = name.partition(".")
                if package == "inforeg" and rest:
                    yield file, part, rest.split(".")[0]


def test_the_map_has_every_part_once():
    listed = [part for layer in layers() for part in layer]
    assert sorted(listed) == sorted(parts())


def test_every_import_leads_downwards():
    heights = {part: -number for number, layer in enumerate(layers()) for part in layer}
    back = [
        f"{file.relative_to(ROOT)}: {part} imports {other}"
        for file, part, other in arrows()
        if part in heights and other in heights and other != part and heights[other] >= heights[part]
    ]
    assert not back
