"""Damaged runs, collected frames and statistics: noticed by whoever reads them, never used in silence."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.conftest import EXAMINE, TIMES, TRAIN, damaged
from tests.unit.conftest import fingerprint

CASES, PARTS = 200, 8
UNREAD = {"cost.json"}
"""What `train` and `evaluate` need not read."""


def files(root: Path) -> list[Path]:
    """What runs, their collection and its statistics leave behind, apart from logs of times."""
    kept = (root / "results" / name for name in ("runs", "collected", "statistics/main"))
    found = [path for folder in kept for path in folder.rglob("*")]
    return sorted(p for p in found if p.is_file() and p.name != ".lock" and "tensorboard" not in p.parts)


def same(before: bytes, after: bytes) -> bool:
    """Whether nothing but white space of a JSON text differs."""
    if before == after:
        return True
    try:
        return bool(json.loads(before) == json.loads(after))
    except ValueError:
        return False


@pytest.mark.parametrize("part", range(PARTS))
def test_a_damaged_file_is_named_or_not_needed(
    copied: Callable[[str], Path], ask: Callable[..., Any], part: int
) -> None:
    for number in range(part, CASES * TIMES, PARTS):
        chance = random.Random(number)
        root = copied(f"project{number}")
        path = chance.choice(files(root))
        before = path.read_bytes()
        others = [p.read_bytes() for p in files(root) if p.suffix == path.suffix and p != path]
        after = damaged(before, others or [b""], chance)
        if chance.random() < 0.1:
            path.unlink()
        else:
            path.write_bytes(after)
            if same(before, after):
                continue
        where = f"{number}: {path.relative_to(root)}"
        if readers := _readers(path):
            for command in readers:
                assert ask(command, "main").status == 2, (where, command)
        elif path.name.startswith("probe="):
            _read_result(ask, path, before, where)
        else:
            _read_run(ask, path, where)


def _readers(path: Path) -> tuple[str, ...]:
    """The commands that read the file of an experiment at `path`; none for a file of a run."""
    if "collected" in path.parts:
        rendering = ("table", "claims", "paper") if path.suffix == ".json" else ()
        return ("statistics", "merge", *rendering)
    return ("table", "claims", "paper") if "statistics" in path.parts else ()


def _read_run(ask: Callable[..., Any], path: Path, where: str) -> None:
    """Every reader of the damaged file at `path` refuses it; one that does not need it answers as before."""
    before = fingerprint(Path("results"))
    collected = ask("collect", "main")
    if path.name.startswith("seeds="):  # that of another cell may have been left behind by an earlier spec
        assert collected.status == 2 or collected.results == before, where
        return
    assert collected.status == 2, where
    assert ask("check", "--runs", "results/runs").status == 2, where
    method, variant, seed = path.parts[-4:-1]
    command = [*TRAIN[f"{method}/{variant}"], "--seed", seed.partition("=")[2]]
    whole = path.exists() or path.name != "summary.json"
    if path.name not in UNREAD and whole:
        assert ask(*command).status == 2, where
        assert ask("evaluate", str(path.parent)).status == 2, where


def _read_result(ask: Callable[..., Any], path: Path, whole: bytes, where: str) -> None:
    """What a probe found is refused where it is damaged, and made anew; its report is read by the check."""
    if ".seeds=" in path.name:  # that of another cell may have been left behind by an earlier spec
        assert ask("collect", "main").status == 0, where
        ask("check", "--runs", "results/runs")
        return
    assert ask("collect", "main").status == 2, where
    assert ask("check", "--runs", "results/runs").status == 2, where
    method, variant, seed = path.parts[-4:-1]
    command = [*EXAMINE, *TRAIN[f"{method}/{variant}"][1:], "--seed", seed.partition("=")[2]]
    assert ask(*command).status == 0, where
    assert path.read_bytes() == whole, where
