"""Whatever DVC raises is a warning, and the folder just rebuilt is kept."""

import builtins
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from inforeg.errors import UserError
from inforeg.registry import DATASETS
from inforeg.suite.folders import dvc_cache, store
from inforeg.suite.project import Project
from tests.unit.data.test_store import content, leftovers

RAISED = [
    PermissionError(13, "Permission denied", "/var/cache/dvc"),
    OSError(30, "Read-only file system"),
    KeyError("getpwuid(): uid not found: 4711"),
    RuntimeError("Could not determine home directory."),
    AttributeError("module 'pathspec' has no attribute"),
]


def raising(error: BaseException) -> Callable[..., Any]:
    def _raise(*arguments: object, **settings: object) -> Any:
        raise error

    return _raise


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_a_dvc_that_cannot_open_its_project(
    project: Project, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dvc_cache, "Repo", raising(error))
    store.fetch("toy", project)
    store.verify("toy", project)
    assert "DVC cannot be asked for data/toy" in caplog.text
    assert f"DVC does not keep the data ({type(error).__name__}" in caplog.text
    assert "training needs no DVC" in caplog.text
    assert leftovers(project) == []


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_a_cache_that_cannot_be_written(
    project: Project, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dvc_cache, "transfer", raising(error))
    store.fetch("toy", project)
    store.verify("toy", project)
    assert "DVC does not keep the data" in caplog.text


def test_a_dvc_that_cannot_be_imported(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name == "inforeg.suite.folders" and "dvc_cache" in others[2]:
            raise ImportError("cannot import name 'GitWildMatchPattern'")
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    store.fetch("toy", project)
    store.verify("toy", project)
    assert "DVC does not keep the data (ImportError: cannot import name" in caplog.text


def test_a_user_without_a_name_and_a_home(
    tmp_path: Path, make_project: Callable[[str, Mapping[str, str]], Project]
) -> None:
    project = make_project(
        "project", {"synthetic": store.prepare(DATASETS.build("synthetic", {}), tmp_path / "made")}
    )
    program = (
        "import getpass, os, pwd, sys\n"
        "def missing(*_): raise KeyError('uid not found: 4711')\n"
        "pwd.getpwuid = pwd.getpwnam = getpass.getuser = missing\n"
        "for name in ('HOME', 'USER', 'LOGNAME', 'USERNAME', 'LNAME', 'XDG_CACHE_HOME', 'INFOREG_CACHE'):\n"
        "    os.environ.pop(name, None)\n"
        "from inforeg.__main__ import main\n"
        "sys.exit(main(['data', 'fetch', 'synthetic']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=project.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    store.verify("synthetic", project)


def test_data_without_sources_are_not_asked_of_dvc(
    tmp_path: Path,
    make_project: Callable[[str, Mapping[str, str]], Project],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = make_project(
        "project", {"synthetic": store.prepare(DATASETS.build("synthetic", {}), tmp_path / "made")}
    )
    monkeypatch.setattr(dvc_cache, "take", raising(AssertionError("asked")))
    store.fetch("synthetic", project)
    store.verify("synthetic", project)


def test_data_whose_own_files_are_elsewhere_come_from_dvc(
    project: Project, toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = content(store.fetch("toy", project))
    shutil.rmtree(project.root / "data/toy")
    # The author's prepare reads a file of its own machine, which is not here.
    monkeypatch.setattr(DATASETS.get("toy"), "sources", {})
    assert content(store.fetch("toy", project)) == whole
    shutil.rmtree(project.root / ".dvc/cache")
    shutil.rmtree(project.root / "data/toy")
    with pytest.raises(UserError, match=r"prepare\(\) of the data set 'toy' fails \(KeyError: 'digits'"):
        store.fetch("toy", project)
    assert leftovers(project) == []
