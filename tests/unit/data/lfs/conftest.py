"""A server, a repository of pointers to its objects, and a call that fetches them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inforeg.data import objects, transfer
from inforeg.data.lfs import fetch_tree
from inforeg.data.pointers import Repository
from tests.unit.data.lfs.server import MEDIA, Lfs, published, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lfs]:
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    with serving() as running:
        yield running


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited for, had there been time."""
    waited: list[float] = []
    monkeypatch.setattr(objects.Courier, "wait", lambda self, seconds: waited.append(seconds))
    return waited


@pytest.fixture
def repository(tmp_path: Path, server: Lfs) -> Repository:
    return published(tmp_path / "repository", server, MEDIA)


@pytest.fixture
def fetch(tmp_path: Path, repository: Repository) -> Callable[[], list[str]]:
    """Fetch the repository's media to tmp_path/cache; what was asked to be confirmed."""

    def _fetch() -> list[str]:
        told: list[str] = []
        fetch_tree(repository, tmp_path / "cache", confirm=told.append)
        return told

    return _fetch
