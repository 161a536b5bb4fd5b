"""What `pip install inforeg` gives: the built wheel, beside the packages that it asks for and no others."""

import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import PathDistribution, distribution
from pathlib import Path
from typing import NoReturn

import pytest
from packaging.requirements import Requirement

from inforeg.__main__ import main
from tests.pages import DOCS, README, blocks_of

ROOT = Path(__file__).parents[2]


def sources(target: Path) -> None:
    """The tracked and new files that a wheel is built of: building leaves folders beside them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in listed:
        if name and not name.startswith(("results/", "tests/")) and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


def needed(found: PathDistribution) -> Iterator[PathDistribution]:
    """The distributions that one without extras asks for, and those that they do."""
    waiting, seen = [found], set()
    while waiting:
        for text in waiting.pop().requires or ():
            requirement = Requirement(text)
            if requirement.name not in seen and (
                requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            ):
                seen.add(requirement.name)
                other = distribution(requirement.name)
                waiting.append(other)
                yield other


def link(found: PathDistribution, packages: Path) -> None:
    """Let an environment have a distribution of this one."""
    for top in {path.parts[0] for path in found.files or ()} - {"..", "__pycache__"}:
        if not (packages / top).exists():
            (packages / top).symlink_to(found.locate_file(top))


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment's folder of programs."""
    place = tmp_path_factory.mktemp("core")
    sources(place / "source")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", place, place / "source"], check=True)
    venv.create(place / "env", symlinks=True)
    programs = place / "env/bin"
    install = ["--python", programs / "python", "install", "--no-deps", "--no-index"]
    subprocess.run([*pip, *install, *place.glob("*.whl")], check=True)
    (packages,) = place.glob("env/lib/python*/site-packages")
    (own,) = packages.glob("inforeg-*.dist-info")
    for each in needed(PathDistribution(own)):
        link(each, packages)
    return programs


def test_it_asks_for_torch_and_what_torch_warns_without(core: Path) -> None:
    (own,) = core.parent.glob("lib/python*/site-packages/inforeg-*.dist-info")
    asked = [Requirement(text) for text in PathDistribution(own).requires or ()]
    assert {each.name for each in asked if each.marker is None} == {"numpy", "torch"}


@pytest.mark.parametrize("name", ["workflow", "template"])
def test_the_rules_and_the_template_come_with_it(core: Path, name: str) -> None:
    (there,) = core.parent.glob(f"lib/python*/site-packages/inforeg/{name}")

    def files(folder: Path) -> set[str]:
        found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path.relative_to(folder)) for path in found}

    assert files(there) == files(ROOT / "inforeg" / name) != set()


def test_ones_own_loop_runs_with_the_core_alone(core: Path, tmp_path: Path) -> None:
    blocks = [block for page in (README, DOCS / "loop.md") for block in blocks_of(page)]
    loops = "\n".join(block.text for block in blocks if block.language == "python")
    report = "assert len(regulation.history['audio']) == len(monitor.signals['trace/audio']) == epochs\n"
    report += "import sys, inforeg; print(inforeg.__file__, *{m.split('.')[0] for m in sys.modules})"
    (tmp_path / "loop.py").write_text(f"{loops}\n{report}\n")
    done = subprocess.run(
        [core / "python", "-I", "-W", "error", "loop.py"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    *_, last = done.stdout.splitlines()
    place, *modules = last.split()
    assert Path(place).is_relative_to(core.parent)
    assert not {"pydantic", "pandas", "snakemake", "dvc"} & set(modules)


def test_what_lacks_a_package_of_ones_own_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking() -> NoReturn:
        raise ModuleNotFoundError("No module named 'own'", name="own")

    monkeypatch.setattr("inforeg.__main__.parser", lacking)
    with pytest.raises(ModuleNotFoundError, match="own"):
        main(["list", "methods"])


@pytest.mark.parametrize("arguments", [[], ["--help"], ["list", "methods"], ["check"]], ids=" ".join)
@pytest.mark.parametrize("program", [["inforeg"], ["python", "-I", "-m", "inforeg"]], ids=" ".join)
def test_commands_say_how_to_get_the_suite(
    core: Path, tmp_path: Path, program: list[str], arguments: list[str]
) -> None:
    done = subprocess.run(
        [core / program[0], *program[1:], *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"inforeg: [^\n]*pip install 'inforeg\[suite\]'\.\n", done.stderr)
    assert not list(tmp_path.iterdir())
