"""`inforeg test-method` and `test-data` notice what is broken, in a sentence, and nothing else."""

import pytest

from inforeg.__main__ import main
from inforeg.registry import METHODS
from inforeg.testing.collected import EACH, ONCE
from inforeg.testing.promises import titled
from tests.contract.faults import FAULTS, Failing, Sound

CHECKS = [titled(check) for check in (*ONCE, *EACH)]


@pytest.fixture
def answered(monkeypatch, capsys):
    """The command's status and what it prints of a class, as a method of the name `planted`."""

    def _answered(cls, *arguments):
        monkeypatch.setitem(METHODS.classes, "planted", cls)
        status = main(["test-method", "planted", *arguments])
        return status, *capsys.readouterr()

    return _answered


def test_every_promise_has_a_method_that_breaks_it():
    assert set(FAULTS) == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_broken_is_noticed(answered, check):
    status, out, err = answered(FAULTS[check], "--only", check)
    assert (status, err) == (
        2,
        "inforeg: The method 'planted' breaks 1 of 1 promises; mend what the lines above name.\n",
    )
    assert out.startswith(f"{check}: BROKEN: ")
    assert out.count("\n") == 1
    assert " it fails (" not in out


def test_a_sound_method_keeps_all(answered):
    # Of this file's neighbour only the sound one goes through the state.
    kept = [check for check in CHECKS if check != "steps"]
    status, out, err = answered(Sound, *(word for check in kept for word in ("--only", check)))
    assert (status, err) == (0, "")
    assert out.splitlines() == [f"{check}: kept" for check in kept]


def test_a_method_that_fails_is_a_sentence_with_its_place(answered):
    status, out, _ = answered(Failing, "--only", "finite")
    assert status == 2
    assert out.startswith("finite: BROKEN: it fails (KeyError: 'mine'; faults.py, line ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["test-method", "joimt"], "There is no method 'joimt'; did you mean 'joint'?"),
        (["test-method", "joint", "--only", "resume"], "There is no check 'resume'; did you mean 'resumes'?"),
        (["test-data", "synthetic", "--raw", "."], "The data set 'synthetic' takes no --raw."),
    ],
)
def test_what_does_not_exist_is_refused(capsys, arguments, sentence):
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", f"inforeg: {sentence}\n")
