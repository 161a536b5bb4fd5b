"""The lock file: all that pyproject.toml asks for, at versions that it allows, each with its hashes."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "workflow/envs/lock.txt").read_text(encoding="utf-8")
LINES = re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE).replace("\\\n", "").splitlines()
PYTHON = "3.12"  # of the lock; its markers, and those of what it has, are read for this one
ENVIRONMENT = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0"}


def applies(requirement: Requirement, extra: str = "") -> bool:
    environment = {**default_environment(), **ENVIRONMENT, "extra": extra}
    return requirement.marker is None or requirement.marker.evaluate(environment)


def pins() -> dict[str, Version]:
    """Versions that the lock has for this system, by canonical name."""
    requirements = [Requirement(line.partition(" --hash")[0]) for line in LINES]
    return {
        canonicalize_name(each.name): Version(str(each.specifier).removeprefix("=="))
        for each in requirements
        if applies(each)
    }


def declared() -> Iterator[Requirement]:
    """What `inforeg[suite,test]` asks for by name."""
    optional = PROJECT["optional-dependencies"]
    for text in [*PROJECT["dependencies"], *optional["suite"], *optional["test"]]:
        requirement = Requirement(text)
        if requirement.name != PROJECT["name"]:
            yield requirement


def required(pinned: dict[str, Version]) -> Iterator[Requirement]:
    """All that is required, however indirectly; of others, where the pinned version is installed."""
    waiting, seen = list(declared()), set()
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        yield requirement
        try:
            found = distribution(requirement.name)
        except PackageNotFoundError:
            continue
        # A local part, as that of torch's builds without CUDA, makes no other version.
        if Version(Version(found.version).public) == pinned.get(canonicalize_name(requirement.name)):
            wanted = [Requirement(text) for text in found.requires or ()]
            waiting += [each for each in wanted if any(applies(each, of) for of in ("", *requirement.extras))]


def test_every_line_is_one_version_with_hashes() -> None:
    for line in LINES:
        assert re.fullmatch(r"[\w.\-]+==[\w.]+( ; [^-\\]+?)?( +--hash=sha256:[0-9a-f]{64})+", line), line


def test_it_says_how_it_was_made_and_nothing_of_where() -> None:
    assert f"uv pip compile --universal --python-version {PYTHON} --generate-hashes" in LOCK.splitlines()[1]
    assert "://" not in LOCK
    assert not re.search(r"(^|\s)/|index-url|find-links", LOCK)


def test_it_has_all_that_is_required_at_versions_that_are_allowed() -> None:
    pinned = pins()
    for requirement in required(pinned):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, (
            f"workflow/envs/lock.txt lacks {requirement}; make it anew by its first lines"
        )
        assert requirement.specifier.contains(version, prereleases=True), (
            f"{requirement}, locked at {version}"
        )


@pytest.mark.parametrize("name", ["torch", "pytest"])
def test_what_it_lacks_would_be_found(name: str) -> None:
    pinned = pins()
    del pinned[name]
    assert name in {canonicalize_name(each.name) for each in required(pinned)} - pinned.keys()


def test_the_pythons_that_are_named_are_those_that_are_allowed() -> None:
    label = "Programming Language :: Python :: 3."
    minors = [int(each.removeprefix(label)) for each in PROJECT["classifiers"] if each.startswith(label)]
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert all(f"3.{minor}" in allowed for minor in minors)
    assert f"3.{minors[0] - 1}" not in allowed
    assert PYTHON in {f"3.{minor}" for minor in minors}
