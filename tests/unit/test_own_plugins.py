"""Plug-ins of one's own, in a package of the project or of another distribution."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from tests.unit.conftest import TRAIN, fingerprint, write

METHOD = '''"""A method of one's own."""

from inforeg.methods.base import Method
from {package}.shared import TITLE


class Mine(Method):
    """Joint training by another name."""

    name = "{name}"
    title = TITLE
    family = "baseline"
    reference = "-"
'''
METRIC = "from inforeg.metrics.base import Metric\n\nMINE = Metric('mine', 'my metric', by_modality=False)\n"


def add(folder, package, name):
    """A package with a method, what the method shares, and a metric."""
    own = folder / package
    (own / "methods").mkdir(parents=True)
    (own / "__init__.py").touch()
    (own / "methods/__init__.py").touch()
    (own / "shared.py").write_text("TITLE = 'My own method'\n")
    (own / "metric.py").write_text(METRIC)
    (own / "methods/mine.py").write_text(METHOD.format(package=package, name=name))
    return own


def inforeg(*arguments, **environment):
    """The command in a process of its own, so that no other test finds these plug-ins."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "inforeg", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def named(project, *packages):
    config = {"experiments": ["main"], "quick": "main", "plugins": list(packages)}
    write(project.root / "workflow/config/config.yaml", config)


@pytest.fixture
def own(project):
    """A project with a package of its own."""
    named(project, "own")
    return add(project.root, "own", "mine")


def test_a_package_that_the_configuration_names_is_searched(project, own):
    assert "\nmine " in inforeg("list", "methods").stdout
    assert "my metric" in inforeg("list", "metrics").stdout
    answer = inforeg(*TRAIN, "mine", "--seed", "0")
    assert answer.returncode == 0, answer.stderr
    run = json.loads((project.root / "results/runs/toy/mine/default/seed=0/run.json").read_text())
    assert set(run["sources"]) == {"own.methods.mine", "own.shared"}  # an edit of either is another result
    (own / "shared.py").write_text("TITLE = 'Another'\nMORE = 1\n")
    answer = inforeg(*TRAIN, "mine", "--seed", "0")
    assert answer.returncode == 2
    assert "own.shared" in answer.stderr


def test_a_package_that_an_entry_point_names_is_searched(project, tmp_path):
    site = tmp_path / "site"
    add(site, "theirs", "their_own")
    info = site / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[inforeg.plugins]\nany = theirs\n")
    found = json.loads(inforeg("list", "methods", "--json", PYTHONPATH=str(site)).stdout)
    assert "their_own" in [method["name"] for method in found]


def test_two_plug_ins_of_one_name_are_refused(project):
    add(project.root, "own", "joint")
    named(project, "own")
    answer = inforeg("list", "methods")
    assert answer.returncode == 2
    assert answer.stderr == "inforeg: Two methods are named 'joint'; rename one of them.\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            None,
            "own, which cannot be imported (ModuleNotFoundError: No module named 'own'); mend it, or name it",
        ),
        (
            "import nothing_at_all",
            "own.broken, which cannot be imported (ModuleNotFoundError: No module named",
        ),
        ("x = (", "own.broken, which cannot be imported (SyntaxError: "),
    ],
    ids=["missing", "lacks a package", "no Python"],
)
def test_a_package_that_cannot_be_imported_is_one_sentence(project, content, sentence):
    named(project, "own")
    if content is not None:
        (project.root / "own").mkdir()
        (project.root / "own/__init__.py").touch()
        (project.root / "own/broken.py").write_text(content)
    before = fingerprint(project.root)
    answer = inforeg(*TRAIN, "joint", "--seed", "0", PYTHONDONTWRITEBYTECODE="1")
    assert answer.returncode == 2
    assert f"inforeg: Plug-ins are looked for in {sentence}" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert fingerprint(project.root) == before


@pytest.mark.parametrize("name", ["../own", "own-package", "", "own.", "3"])
def test_a_name_that_is_no_package_is_refused(project, name):
    named(project, name)
    answer = inforeg("list", "methods")
    assert answer.returncode == 2
    assert "config.yaml" in answer.stderr
    assert "plugins" in answer.stderr


def test_a_configuration_without_plug_ins_is_as_it_was(project):
    config = project.root / "workflow/config/config.yaml"
    assert "plugins" not in yaml.safe_load(config.read_text())
    assert inforeg("list", "methods").returncode == 0
