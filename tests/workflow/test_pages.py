"""The documentation is followed from its first block to its last: what it shows works as it stands there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import torch
import yaml

from inforeg.__main__ import parser
from inforeg.cli import worker
from tests.pages import ROOT, Block, blocks_of, pages, start_of
from tests.workflow.conftest import Tree

MADE = ("csv", "latex", "python", "text", "toml", "yaml")
"""Languages of files."""


def has_own_test(page: Path) -> bool:
    """Whether a test whose name begins with its own reads it, as where it takes a server or a scheduler."""
    found = ROOT.glob(f"tests/**/test_{page.stem}*.py")
    return any(page.name in path.read_text(encoding="utf-8") for path in found)


FOLLOWED = [page for page in pages() if next(blocks_of(page), None) and not has_own_test(page)]


class Follower:
    """Somebody who does what a page says, in a folder.

    Args:
        folder: where they start.
        environment: of their commands.
        package: a copy of the package that they have; None for the installed one.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], package: Path | None = None) -> None:
        self.start, self.folder, self.said = folder, folder, ""
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.targets: list[str] = []
        self.environment = {**environment, **({"PYTHONPATH": str(package)} if package else {})}

    def follow(self, block: Block) -> None:
        """Do what it says."""
        if block.verb == "tested by":
            assert (ROOT / block.path).is_file(), block.path
        elif block.verb == "from":
            lines = (ROOT / block.path).read_text(encoding="utf-8").splitlines()
            assert [line for line in block.text.splitlines() if line not in lines] == []
        elif block.verb == "merge":
            path = self.folder / block.path
            merged = {**yaml.safe_load(path.read_text(encoding="utf-8")), **yaml.safe_load(block.text)}
            path.write_text(yaml.safe_dump(merged, sort_keys=False), encoding="utf-8")
        elif block.path:
            assert block.language in MADE
            (self.folder / block.path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / block.path).write_text(block.text, encoding="utf-8")
        else:
            assert block.verb in ("", "cuda", "dry-run"), block.verb
            {"bash": self._run, "python": self._compute, "text": self._compare}[block.language](block)

    def plan(self) -> None:
        """Plan all targets that were to be planned, together."""
        if self.targets:
            self._bash(shlex.join(["snakemake", "--dry-run", "--quiet", "--cores", "all", *self.targets]))

    def _run(self, block: Block) -> None:
        lines = [line for line in block.text.splitlines() if not self._installs(line)]
        if block.verb == "dry-run":
            lines = [line for line in map(self._planned, lines) if line]
        if block.verb == "cuda" and not torch.cuda.is_available():
            answer = self._answer("\n".join(lines))
            assert (answer.returncode, "CUDA" in answer.stdout) == (2, True), answer.stdout
        else:
            self._bash("\n".join(lines))

    def _planned(self, line: str) -> str:
        """What plans what a line runs; nothing where its targets are planned with the others."""
        words = shlex.split(line, comments=True)
        if words[0] == "inforeg":
            parser().parse_args(words[1:])
            return ""
        assert words[0] == "snakemake", line
        if words[1:3] == ["--cores", "all"] and not any(word.startswith("-") for word in words[3:]):
            self.targets += words[3:]
            return ""
        return shlex.join([words[0], "--dry-run", "--quiet", *words[1:]])

    def _installs(self, line: str) -> bool:
        """Whether a line installs packages: extras of this one that it names are there."""
        if not line.startswith("pip install "):
            return False
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        for extra in re.findall(r"(?:inforeg|\.)\[(\w+)\]", line):
            assert re.search(rf"^{extra} = \[", text, re.MULTILINE), line
        return True

    def _bash(self, text: str) -> None:
        """Run it where the last block ended."""
        ended = self.start / ".ended"
        answer = self._answer(f"{text}\npwd > {shlex.quote(str(ended))}")
        self.said = answer.stdout
        assert answer.returncode == 0, f"{text}\n{self.said}"
        self.folder = Path(ended.read_text(encoding="utf-8").rstrip("\n"))

    def _answer(self, text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            check=False,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _compute(self, block: Block) -> None:
        """Run Python here, with the names of the page's blocks before it."""
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as said:
            patch.chdir(self.folder)
            exec(compile(block.text, f"block at line {block.line}", "exec"), self.names)
        self.said = said.getvalue()

    def _compare(self, block: Block) -> None:
        """What is shown was said, with anything in the place of `...`."""
        for line in block.text.splitlines():
            wanted = r".*".join(map(re.escape, line.split("...")))
            assert re.search(wanted, self.said), f"{line!r} is not in:\n{self.said}"


@pytest.fixture(scope="module")
def environment() -> Mapping[str, str]:
    """That of commands, for which a process has imported torch."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("INFOREG_ROOT", "INFOREG_SELECT"):
            patch.delenv(name, raising=False)
        for name in worker.THREADS:
            patch.setenv(name, "1")
        patch.setenv(worker.PLACE, "")  # which it sets: other tests know nothing of it
        patch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        worker.start()
        return dict(os.environ)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What a clone has."""
    folder = tmp_path / "inforeg"
    folder.mkdir()
    for name in ("Snakefile", "data.dvc", "CITATION.cff"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "workflow", folder / "workflow")
    (folder / "inforeg").symlink_to(ROOT / "inforeg")
    return folder


@pytest.fixture
def follower(
    page: Path, tmp_path: Path, environment: Mapping[str, str], request: pytest.FixtureRequest
) -> Follower:
    """The page's reader, where they start."""
    start, package = start_of(page), None
    if start == "empty":
        return Follower(tmp_path, environment)
    if start == "repository":
        folder: Path = request.getfixturevalue("repository")
    else:
        assert start == "small"
        tree: Tree = request.getfixturevalue("tree")
        folder = package = tree.path
    (folder / "results").mkdir(exist_ok=True)
    (folder / "results/published").symlink_to(ROOT / "results/published")
    return Follower(folder, environment, package)


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_followed_to_its_end(page: Path, follower: Follower) -> None:
    for block in blocks_of(page):
        follower.follow(block)
    follower.plan()


def test_a_block_that_fails_is_noticed(tmp_path: Path) -> None:
    reader = Follower(tmp_path, os.environ)
    for language, text in (("bash", "false\ntrue"), ("python", "assert False"), ("text", "never said")):
        with pytest.raises(AssertionError):
            reader.follow(Block(language, text, "", "", 1))
    with pytest.raises(AssertionError, match="nothing"):
        reader.follow(Block("bash", "pip install 'inforeg[nothing]'", "", "", 1))
    with pytest.raises(KeyError):
        reader.follow(Block("cobol", "", "", "", 1))
    with pytest.raises(AssertionError, match="dryrun"):
        reader.follow(Block("bash", "", "dryrun", "", 1))
