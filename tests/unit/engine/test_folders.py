"""A run's directory is a run's: nothing else in it is touched, and one spec is trained there at a time."""

import threading
from pathlib import Path

import pytest
from filelock import FileLock

from inforeg.engine import holding
from inforeg.engine.record import Record
from inforeg.engine.train import train
from inforeg.errors import UserError
from tests.conftest import make_config, make_data, make_spec

SHORT = make_config(training={"epochs": 2})
SPEC = make_spec(config=SHORT)
OTHER = make_spec(config=make_config(training={"epochs": 2, "lr": 0.1}))
FOREIGN = (
    ".movie.part",
    ".movie.inforeg.part",
    ".movie.1234.inforeg.part",
    ".model.pt.part",
    ".model.pt.mine.inforeg.part",
    "notes.txt",
    "model.pt.damaged",
    "tensorboard/notes.txt",
)
OURS = (".model.pt.1234.inforeg.part", ".run.json.99.inforeg.part", ".last.ckpt.7.inforeg.part")


def put(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"mine: {name}")


def there(folder: Path, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if (folder / name).exists()]


def test_only_our_own_temporaries_are_cleared(tmp_path):
    put(tmp_path, (*FOREIGN[:-1], *OURS))
    train(SPEC, tmp_path, make_data(), tmp_path)
    put(tmp_path, FOREIGN)
    put(tmp_path, OURS)
    train(OTHER, tmp_path, make_data(), tmp_path, discard=True)
    assert there(tmp_path, FOREIGN) == list(FOREIGN)
    assert all((tmp_path / name).read_text() == f"mine: {name}" for name in FOREIGN)
    assert there(tmp_path, OURS) == []


@pytest.mark.parametrize("discard", [False, True])
@pytest.mark.parametrize("name", ["model.pt", "summary.json", "tensorboard/x"])
def test_a_refused_directory_stays_as_it_is(tmp_path, name, discard):
    put(tmp_path, (*FOREIGN[:-1], *OURS, name))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match="belongs to no run; choose another directory"):
        train(SPEC, tmp_path, make_data(), tmp_path, discard=discard)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_is_no_directory(tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(UserError, match="taken is no directory; choose another one"):
        train(SPEC, tmp_path / "taken", make_data(), tmp_path, discard=True)
    assert (tmp_path / "taken").read_text() == "mine"


def test_links_are_replaced_and_what_they_lead_to_is_not(tmp_path):
    """The directory may be a link, and its files too, for instance into an archive."""
    archive, link = tmp_path / "archive", tmp_path / "link"
    archive.mkdir()
    link.symlink_to(archive, target_is_directory=True)
    train(SPEC, link, make_data(), tmp_path)
    for name in ("model.pt", "metrics.jsonl", "tensorboard/events.out.tfevents.0.inforeg"):
        path = archive / name
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    train(SPEC, link, make_data(), tmp_path)  # is done
    train(OTHER, link, make_data(), tmp_path, discard=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    assert not any(path.is_symlink() for path in archive.rglob("*"))


@pytest.fixture
def held(tmp_path):
    """A directory in which another thread, as another process would, has begun to train SPEC."""
    folder = tmp_path / "run"
    folder.mkdir()
    Record(folder, SPEC)
    begun, done = threading.Event(), threading.Event()

    def hold():
        with FileLock(folder / ".lock"):
            begun.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    yield folder, done
    done.set()
    thread.join()


def test_another_spec_is_refused_while_a_run_is_trained(held, monkeypatch):
    monkeypatch.setattr(holding, "LOOK", 0.05)
    folder, _ = held
    before = (folder / "run.json").read_bytes()
    with pytest.raises(UserError, match=f"Another process is training another spec in {folder}; wait for it"):
        train(OTHER, folder, make_data(), folder, discard=True)
    assert (folder / "run.json").read_bytes() == before


def test_the_same_spec_waits_until_it_can_go_on(held, monkeypatch):
    monkeypatch.setattr(holding, "LOOK", 0.01)
    folder, done = held
    looks = []

    def look(folder, spec, other=holding._other):
        looks.append(other(folder, spec))
        if len(looks) == 5:
            done.set()
        return looks[-1]

    monkeypatch.setattr(holding, "_other", look)
    train(SPEC, folder, make_data(), folder)
    assert looks[:5] == [False] * 5
    assert (folder / "summary.json").exists()


def test_one_that_has_just_taken_over_is_waited_for(held, monkeypatch):
    """Whoever discards a run holds the directory for a moment while the old spec is still there."""
    monkeypatch.setattr(holding, "LOOK", 0.01)
    folder, done = held
    looks = []

    def look(folder, spec, other=holding._other):
        looks.append(other(folder, spec))
        if len(looks) == 1:
            Record(folder, OTHER, replace=True)
        if len(looks) == 3:
            done.set()
        return looks[-1]

    monkeypatch.setattr(holding, "_other", look)
    train(OTHER, folder, make_data(), folder, discard=True)
    assert looks[:3] == [True, False, False]
