"""The Dockerfile: what its steps name is there, and it ends in the replication, by a user without rights."""

import json
import re
import subprocess
from pathlib import Path

from tests.unit.test_lock import LINES, PYTHON

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "workflow/envs"
TEXT = re.sub(r"^#.*\n", "", (FOLDER / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
STEPS = [step.split(maxsplit=1) for step in TEXT.replace("\\\n", "").splitlines() if step]


def having(word: str) -> list[str]:
    return [rest for name, rest in STEPS if name == word]


def test_what_is_copied_is_there() -> None:
    copied = [re.sub(r"--\S+ ", "", rest).split()[0] for rest in having("COPY")]
    assert copied == ["workflow/envs/lock.txt", "."]
    assert all((ROOT / path).exists() for path in copied)


def test_it_installs_the_lock_with_its_hashes_and_nothing_beside() -> None:
    installed = [
        part for rest in having("RUN") for part in rest.split(" && ") if part.startswith("pip install")
    ]
    assert len(installed) == 2
    assert "--require-hashes --requirement workflow/envs/lock.txt" in installed[0]
    assert "--no-deps --no-build-isolation" in installed[1]
    assert any(line.startswith("setuptools==") for line in LINES)  # builds the package, without isolation
    assert having("ARG") == [f"BASE=python:{PYTHON}-slim-bookworm"]


def test_it_has_a_tex() -> None:
    assert "texlive-latex-recommended" in having("RUN")[0]


def test_it_makes_the_replication_by_a_user_without_rights() -> None:
    (user,) = having("USER")
    assert int(user) > 0
    assert f"--uid {user} " in having("RUN")[0]
    assert [name for name, _ in STEPS[-2:]] == ["USER", "CMD"]
    quick_start = (ROOT / "README.md").read_text(encoding="utf-8").split("```bash")[1].split("```")[0]
    assert " ".join(json.loads(having("CMD")[0])) == quick_start.splitlines()[-1]


def test_it_leaves_out_no_tracked_file() -> None:
    def listed(*options: str) -> list[str]:
        command = [
            "git",
            "ls-files",
            *options,
            "--ignored",
            f"--exclude-from={FOLDER / 'Dockerfile.dockerignore'}",
        ]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()

    assert listed("--cached") == []
    left_out = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"/.venv", "/.snakemake", "/data", "/results/*"} <= set(left_out)
