"""One process at a time where the file system can tell, and a warning where it cannot."""

import errno
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from inforeg.errors import UserError
from inforeg.locks import LOCKLESS, locked

RACE = """
import sys
from pathlib import Path
from inforeg.locks import locked
for _ in range(200):
    with locked(Path("lock")):
        number = int(Path("number").read_text())
        Path("number").write_text(str(number + 1))
"""


def test_two_processes_take_turns(tmp_path: Path) -> None:
    (tmp_path / "number").write_text("0")
    racers = [subprocess.Popen([sys.executable, "-c", RACE], cwd=tmp_path) for _ in range(2)]
    assert [racer.wait() for racer in racers] == [0, 0]
    assert (tmp_path / "number").read_text() == "400"


def test_a_lock_with_a_refusal_does_not_wait_and_lets_go(tmp_path: Path) -> None:
    def again() -> None:
        with locked(tmp_path / "lock", "Taken; wait."):
            pass

    with locked(tmp_path / "lock"), pytest.raises(UserError, match=r"^Taken; wait\.$"):
        again()
    with locked(tmp_path / "lock", "Taken; wait."), pytest.raises(UserError, match="Taken"):
        again()
    again()


def refusing(error: Exception) -> object:
    def acquire(self: FileLock, *arguments: object, **settings: object) -> None:
        raise error

    return acquire


@pytest.mark.parametrize("error", [*(OSError(number, "-") for number in LOCKLESS), NotImplementedError()])
def test_a_file_system_without_locks_is_a_warning(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(FileLock, "acquire", refusing(error))
    with caplog.at_level(logging.WARNING), locked(tmp_path / "lock"):
        pass
    assert "lock cannot be locked here; give no second command" in caplog.text


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_place_that_cannot_be_written_is_an_error(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileLock, "acquire", refusing(OSError(number, "-")))
    with pytest.raises(OSError, match="-"), locked(tmp_path / "lock"):
        pytest.fail("entered")
