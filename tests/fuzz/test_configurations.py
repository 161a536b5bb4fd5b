"""Configurations with something wrong in them: refused in one sentence, or good enough to be used."""

import copy
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inforeg.errors import UserError
from inforeg.reading import read_yaml
from inforeg.runspec import BenchmarkConfig
from tests.fuzz.conftest import TIMES, TRAIN, damaged
from tests.unit.conftest import fingerprint

CASES, PARTS = 300, 12

FILES = ["benchmarks/dots", "experiments/main", "config", "tuning", "../../data"]

VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2,
        3.5,
        1e-300,
        1e300,
        -1e300,
        10**30,
        "",
        " ",
        "x",
        "x2",
        "x0",
        "x1e9",
        "0x_",
    ),
    *("default", "joint", "inforeg", "dots", "first", "accuracy/*", "weakest", "1e400", "2020-13-45", ".nan"),
    *(
        "$(touch evil)",
        "a b",
        "../../x",
        "/etc/passwd",
        "é",
        "γ",
        "日本",
        "\u202e",
        "a\nb",
        "{{x}}",
        "\\input{x}",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        ["first"],
        ["first", "first"],
        {"a": 1},
        {"name": "dots"},
        [{}],
        "a" * 300,
        [1] * 40,
    ),
]
SCALARS = [
    "!!int abc",
    "!!bool abc",
    "!!timestamp abc",
    "0x_",
    "0b_",
    "2020-13-45",
    "9" * 5000,
    "[" * 50,
    ".inf",
]
SCALARS += [
    "!!python/name:os.system",
    "*x",
    "&x [*x]",
    "!!binary x",
    "{a: 1, a: 2}",
    "? [1]\n: 2",
    "@x",
    "%x",
    "`",
]


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in nested lists and mappings."""
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in parts:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(tree: Any, chance: random.Random) -> str:
    """YAML of the tree with one or two values replaced, dropped, moved, or under another key."""
    tree = copy.deepcopy(tree)
    marks: dict[str, str] = {}
    for _ in range(chance.choice([1, 1, 2])):
        found = list(places(tree))
        if not found:
            break
        *above, key = chance.choice(found)
        part = tree
        for step in above:
            part = part[step]
        way = chance.randrange(6)
        if way == 0:
            del part[key]
        elif way == 1 and isinstance(part, dict):
            part[chance.choice([f"{key}s", str(key)[:-1], 5, "", None, "γ"])] = part.pop(key)
        elif way == 2:
            mark = f"MARK{len(marks)}"
            marks[mark] = chance.choice(SCALARS)
            part[key] = mark
        elif way == 3 and isinstance(part, list):
            part.insert(0, copy.deepcopy(part[key]))
        else:
            part[key] = copy.deepcopy(chance.choice(VALUES))
    text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)
    for mark, scalar in marks.items():
        text = text.replace(mark, scalar)
    return text


def small(root: Path) -> bool:
    """Whether what the benchmark asks for is done in a moment."""
    try:
        config = read_yaml(root / "workflow/config/benchmarks/dots.yaml", BenchmarkConfig)
    except UserError:
        return True
    return config.training.epochs < 9 and len(str(config.model_dump())) < 2000 and "16384" not in str(config)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_changed_configuration_is_refused_in_one_sentence_or_used(
    copied: Callable[[str], Path], ask: Callable[..., Any], part: int
) -> None:
    root = copied("project")
    whole = {name: (root / f"workflow/config/{name}{'.dvc' * (name[0] == '.')}") for name in FILES}
    paths = {
        name: path if path.suffix == ".dvc" else path.with_name(f"{path.name}.yaml")
        for name, path in whole.items()
    }
    contents = {path: path.read_bytes() for path in paths.values()}
    for number in range(part, CASES * TIMES, PARTS):
        chance = random.Random(number)
        path = chance.choice(list(contents))
        if chance.random() < 0.25:
            path.write_bytes(damaged(contents[path], list(contents.values()), chance))
        else:
            path.write_text(changed(yaml.safe_load(contents[path]), chance), encoding="utf-8")
        before = fingerprint(root)
        verdicts = [ask("check").status]
        assert fingerprint(root) == before, number
        if small(root):
            verdicts.append(ask(*TRAIN[chance.choice(list(TRAIN))], "--out", f"{root}-{number}").status)
        path.write_bytes(contents[path])
